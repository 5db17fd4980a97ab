"""What gates, packing and caches of Janus cost and save, against plain LoRA on the same model.

python benchmarks/janus.py              # some minutes on two cores that do nothing else
python benchmarks/janus.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measure import Figure, options_of, report

TITLE = "Janus"
LAYERS, BATCH, STEPS = 10, 32, 8
DECODED, TURNS, REPEATS = 64, 6, 7
GAMES, SEED = 1000, 0
OPPONENTS = ("naive_boulware", "fair", "split_difference", "linear")
NOTES = [
    f"SmolLM2-135M-Instruct, its first {LAYERS} layers, adapters of rank 16 on all seven projections, on the CPU.",
    f"A training step: {BATCH} whole games of the recipe price-teacher-known, in bfloat16 where the machine is fast in "
    "it. Plain LoRA is the same PEFT model without the hooks, on the same batches, the two in turns in one process. "
    "Time is the median of the steps, memory the peak of a process that trains one of them.",
    f"Decoding: turn {TURNS} of {DECODED} games with {DECODED} different rhos, all read before, against plain LoRA.",
    "Packed: decisions learned from in a second, whole games against one sequence for each decision.",
    f"Games: {GAMES} of the shipped `janus` in the seat of the buyer, limits known, against {', '.join(OPPONENTS)}.",
]  # fmt: skip


class Plain:
    """The part of `HyperLoRA` that training and decoding ask for, over LoRA that no hook gates."""

    hypernet = None

    def __init__(self, model: Any, device: Any) -> None:
        self.model, self.device = model, device

    def rho_context(self, _: object) -> Any:
        """Nothing: plain LoRA knows no rho."""
        return nullcontext()

    def train(self) -> None:
        """As of a module."""
        self.model.train()

    def eval(self) -> Plain:
        """As of a module."""
        self.model.eval()
        return self

    def trainable(self) -> dict[str, Any]:
        """The adapters' weights by name."""
        return {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}


def adapted(gated: bool) -> tuple[Any, Any]:
    """A model with fresh adapters, and its text."""
    from negotiation_janus.hyperlora import LoraSettings
    from negotiation_janus.prompts import PriceText
    from negotiation_janus.sft import has_fast_bf16
    from negotiation_janus.training import ModelSettings
    from peft import get_peft_model

    settings = ModelSettings(num_layers=LAYERS)
    base = settings.base(has_fast_bf16())
    text = PriceText(base.tokenizer)
    if gated:
        return settings.adapters(base, SEED), text
    model = get_peft_model(base.model, LoraSettings().config())
    return Plain(model, base.model.device), text


def trainer(games: Path, gated: bool, k_history: int | None = None) -> Any:
    """A training of one kind on recorded games."""
    from negotiation_janus.sft import SftSettings, Trainer, has_fast_bf16
    from negotiation_janus.transcripts import read_transcripts

    model, text = adapted(gated)
    data = read_transcripts(games, text, k_history=k_history)
    settings = SftSettings(batch_size=BATCH, bf16=has_fast_bf16())
    made = Trainer(model, text, data, settings)
    made.step(0)
    return made


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def medians(actions: list[Callable[[int], object]], repeats: int) -> list[float]:
    """The median seconds of actions that take turns; each is told the number of the round."""
    taken = [[seconds(partial(action, round_)) for action in actions] for round_ in range(repeats)]
    return [float(value) for value in np.median(taken, axis=0)]


def steps(games: Path) -> Figure:
    """A training step, gated against plain."""
    plain, gated = (trainer(games, kind) for kind in (False, True))
    slow, fast = medians([gated.step, plain.step], STEPS)
    return Figure("a training step, gated over plain LoRA", slow / fast, "x", 1.05, True, f"plain: {fast:.2f} s")


def peak(games: Path, gated: bool, queue: Any) -> None:
    """Tell the most memory that this process had while it trained."""
    made = trainer(games, gated)
    for step in range(1, STEPS):
        made.step(step)
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10)


def memory(games: Path) -> Figure:
    """The peak memory of a training, gated against plain."""
    found = []
    for gated in (True, False):
        context = get_context("spawn")
        queue = context.SimpleQueue()
        process = context.Process(target=peak, args=(games, gated, queue))
        process.start()
        process.join()
        if process.exitcode:
            raise RuntimeError("a training failed; its error is above.")
        found.append(float(queue.get()))
    much, little = found
    name = "memory of a training, gated over plain LoRA"
    return Figure(name, much / little, "x", 1.05, True, f"plain: {little:,.0f} MB")


def turns(rhos: np.ndarray) -> list[Any]:
    """The buyer's views of its first turns in as many games as there are rhos."""
    from negotiation_env import rollout

    players = {"buyer_0": "linear", "seller_0": "boulware"}
    played = rollout("price", players, len(rhos), seed=SEED, scenario="varied", first_mover="buyer")
    seat, turn = played.decisions["seat"], played.decisions["turn"]
    return [played.views(np.flatnonzero((seat == 0) & (turn == 2 * k + 1))) for k in range(TURNS)]


def decoding() -> list[Figure]:
    """One turn of games with rhos of their own, gated against plain, and what of it is the hypernetwork."""
    import torch
    from negotiation_janus.decoding import Decoder

    rhos = np.linspace(0.0, 1.0, DECODED)
    views = turns(rhos)
    models = [adapted(gated) for gated in (True, False)]
    decoders = [(Decoder(model.eval(), text), text) for model, text in models]
    rounds = [[last_turn(*pair, views, rhos) for pair in decoders] for _ in range(REPEATS)]
    slow, fast = (float(value) for value in np.median(rounds[1:], axis=0))
    told = torch.as_tensor(rhos, dtype=torch.float32)
    with torch.no_grad():
        hypernet = np.median([seconds(lambda: models[0][0].hypernet(told)) for _ in range(50)])
    name = f"a turn of {DECODED} rhos, gated over plain LoRA"
    return [
        Figure(name, slow / fast, "x", 1.10, True, f"plain: {fast:.3f} s"),
        Figure("the hypernetwork, of a turn", 100.0 * float(hypernet) / slow, "%", 2.0, True),
    ]


def last_turn(decoder: Any, text: Any, views: list[Any], rhos: np.ndarray) -> float:
    """The seconds that the last of some turns takes, when those before have been read."""
    decoder.reset()
    taken = 0.0
    for view in views:
        size = len(view)
        low, high, free = np.zeros(size, int), np.full(size, 999), np.zeros(size, bool)
        packed, told = text.pack(view), rhos[view.game]
        start = time.perf_counter()
        decoder.answers(packed, low, high, free, told)
        taken = time.perf_counter() - start
    return taken


def packing(games: Path) -> Figure:
    """Decisions learned from in a second, packed against one by one."""
    packed, single = (rate(trainer(games, gated=True, k_history=k_history)) for k_history in (None, 20))
    figure = f"one by one: {single:.0f}"
    return Figure("decisions a second, packed over one by one", packed / single, "x", 5.0, False, figure)


def rate(made: Any) -> float:
    """Decisions that a training learns from in a second; each is a run of tokens with a target."""
    learned = 0
    start = time.perf_counter()
    for step in range(1, STEPS + 1):
        has_target = made.data.padded(made._sampler(step))[1] >= 0
        learned += int((np.diff(has_target.astype(int), axis=1, prepend=0) == 1).sum())
        made.step(step)
    return learned / (time.perf_counter() - start)


def evaluation() -> list[Figure]:
    """How long whole games of the shipped Janus take."""
    from negotiation_env import make_policy, rollout

    players = {"buyer_0": [make_policy("janus", rho=rho) for rho in (0.0, 0.5, 1.0)], "seller_0": list(OPPONENTS)}
    taken = seconds(lambda: rollout("price", players, GAMES, seed=SEED, scenario="varied", information="known"))
    return [
        Figure(f"{GAMES:,} games of the shipped janus", taken / 60.0, "minutes", 10.0, True),
        Figure("games a minute", GAMES / taken * 60.0, ""),
    ]


def figures() -> list[Figure]:
    """All of them."""
    from negotiation_env.records.generate import generate
    from negotiation_env.records.recipes import load_recipe

    with TemporaryDirectory() as folder:
        games = Path(folder) / "games.jsonl"
        generate(load_recipe("price-teacher-known").run(), 2000, games)
        return [steps(games), memory(games), *decoding(), packing(games), *evaluation()]


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/janus.py", options.write)


if __name__ == "__main__":
    main()
