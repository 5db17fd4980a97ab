"""Behaviour cloning and offline reinforcement learning: d3rlpy's algorithms on an exported dataset.

Batches and the noise of step n are drawn from (seed, n), so the same seed gives the same weights, and a training that
was cut off goes on to the weights that it would have come to anyway. That holds for every algorithm, on one kind of
processor with one number of threads.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.checkpoints import FACTS, LOCK, WEIGHTS, read_checkpoint, write_checkpoint
from negotiation_env.offline import to_transitions
from negotiation_env.records.files import reserved
from negotiation_policies.learned import d3rlpy_network as networks
from negotiation_policies.learned.coding import Coding
from negotiation_policies.learned.d3rlpy_data import Batches
from negotiation_policies.learned.d3rlpy_dataset import (
    action_size,
    check_steps,
    coding_of,
    load_dataset,
    warn_of_hindsight,
)

if TYPE_CHECKING:
    from minari import MinariDataset

KIND = "d3rlpy"
_SEEDED = ("algo", "dataset", "seed", "batch_size", "learning_rate", "num_episodes", "num_decisions")
"""What a training that goes on must share with the one that was cut off."""
_LOGGED_EVERY = 100
_STEPS, _LOGS, _LOCK = "steps", "logs", "training.lock"
Evaluate = Callable[[int, Path], Mapping[str, float]]
"""From the step and the folder of a network to figures by name."""


def train(
    dataset: MinariDataset | str,
    algo: str,
    output_dir: str | Path,
    *,
    num_steps: int = 10_000,
    batch_size: int = 256,
    learning_rate: float | None = None,
    seed: int = 0,
    save_every: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    evaluate: Evaluate | None = None,
    eval_every: int | None = None,
    begun: Callable[[int], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Train a policy on what one seat did in exported games.

    Rewards of ``iql`` and ``cql`` are divided by the standard deviation of the episodes' returns; their discount is 1,
    since a dataset's rewards are discounted already.

    Args:
        dataset: a Minari dataset that `negotiation_env.minari_export.export_minari` has written, or its id.
        algo: ``"bc"`` and ``"iql"`` for continuous actions, ``"discrete_bc"`` for discrete ones, ``"cql"`` and
            ``"dt"`` (decision transformer) for both.
        output_dir: where the policy goes; checkpoints are in ``steps/`` inside, what TensorBoard shows in ``logs/``.
        num_steps: gradient steps.
        batch_size: decisions a step.
        learning_rate: the step size of the optimizers; ``None`` for that of the algorithm.
        seed: of the first weights, of batches and of noise.
        save_every: steps between checkpoints; ``None`` for one at the end.
        resume: go on from the last checkpoint in ``output_dir``.
        overwrite: replace a training that is there, with its checkpoints and logs.
        evaluate: called with a step and the folder of its network, at the end and every ``eval_every`` steps; what it
            returns is drawn by TensorBoard.
        eval_every: steps between evaluations.
        begun: called with the step that the training goes on from, 0 for a new one.
        progress: called with the number of steps that were made since the last call.

    Returns:
        The folder, for ``make_policy("d3rlpy", path=...)``.

    Raises:
        ValueError: a bad argument, a dataset of other environments or with NaN, a taken folder, nothing to resume.
        RecordError: the folder cannot be written, or another process is training into it.
        ImportError: d3rlpy or minari is missing.
    """
    import torch
    from torch.utils.tensorboard import SummaryWriter

    networks.imported()
    _check_numbers(num_steps=num_steps, batch_size=batch_size, save_every=save_every, eval_every=eval_every)
    loaded = load_dataset(dataset)
    coding = coding_of(loaded)
    networks.check_algo(algo, coding.is_discrete)
    rate = networks.LEARNING_RATE[algo] if learning_rate is None else learning_rate
    if not (np.isfinite(rate) and rate > 0.0):
        raise ValueError(f"learning_rate is {rate}; it must be a number above 0.")
    folder = Path(output_dir)
    _check_folder(folder, overwrite or resume)
    data = Batches(to_transitions(loaded))
    check_steps(data.steps, coding, loaded.id)
    if algo in ("iql", "cql"):
        warn_of_hindsight(loaded, algo)
        data = Batches(data.steps, float(np.std(data.returns)) or 1.0)
    facts = _facts(algo, coding, loaded.id, data, seed, batch_size, rate)
    turns = (coding.config.max_turns + 1) // 2
    refusal = f"another process is training into {folder}; wait for it, or give another folder."
    with reserved(folder, _LOCK, refusal), torch.random.fork_rng():
        _check_folder(folder, overwrite or resume)
        if not resume:
            _clear(folder)
        torch.manual_seed(_drawn(seed, 0))
        sizes = coding.observation_size, action_size(coding)
        algorithm = networks.new_algorithm(algo, coding.is_discrete, sizes, turns, batch_size, rate)
        facts["network"] = networks.network_facts(algorithm)
        done = _resumed(algorithm, folder, facts, num_steps) if resume else 0
        if begun is not None:
            begun(done)
        with closing(SummaryWriter(folder / _LOGS, purge_step=done + 1 if resume else None)) as board:
            for step in range(done + 1, num_steps + 1):
                losses = _update(algorithm, data, seed, step, batch_size)
                if step % _LOGGED_EVERY == 0:
                    for name, value in losses.items():
                        board.add_scalar(f"train/{name}", value, step)
                is_last = step == num_steps
                is_evaluated = evaluate is not None and (is_last or (eval_every is not None and step % eval_every == 0))
                if is_last or is_evaluated or (save_every is not None and step % save_every == 0):
                    _save(algorithm, folder, facts, step)
                if is_evaluated and evaluate is not None:
                    for name, value in evaluate(step, step_folder(folder, step)).items():
                        board.add_scalar(f"evaluation/{name}", value, step)
                if progress is not None:
                    progress(1)
        facts["steps"] = num_steps
        return write_checkpoint(folder, KIND, networks.weights_of(algorithm), facts, overwrite=True)


def _check_folder(folder: Path, may_hold_one: bool) -> None:
    """Raise ``ValueError`` if a training may not be written to a folder."""
    if _checkpoints(folder) and not may_hold_one:
        raise ValueError(
            f"{folder} holds a training: resume goes on with it, overwrite replaces it (--resume, --overwrite)."
        )
    if (folder / WEIGHTS).exists() and not _checkpoints(folder):
        raise ValueError(f"{folder} holds a {WEIGHTS} that no training here has written; give another folder.")


def _facts(
    algo: str, coding: Coding, dataset: str, data: Batches, seed: int, batch_size: int, rate: float
) -> dict[str, Any]:
    """What is written beside the weights, but for what the network and the steps are."""
    return {
        "versions": {name: version(name) for name in ("d3rlpy", "torch")},
        "algo": algo,
        "coding": coding.as_json(),
        "dataset": dataset,
        "num_episodes": len(data.returns),
        "num_decisions": len(data.steps),
        "data_digest": data.digest,
        "seed": seed,
        "batch_size": batch_size,
        "learning_rate": rate,
        "reward_scale": data.reward_scale,
        "target_return": float(data.returns.max()),
    }


def step_folder(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step is."""
    return folder / _STEPS / f"{step:08d}"


def _checkpoints(folder: Path) -> list[Path]:
    """Where a training has left whole networks: those of its steps in order, and the last one."""
    return [path.parent for path in (*sorted(folder.glob(f"{_STEPS}/*/{FACTS}")), folder / FACTS) if path.exists()]


def _clear(folder: Path) -> None:
    """Remove what another training has left, but for its policy, which stays until there is a new one.

    Files that are not a training's stay, and so do the folders that hold them.
    """
    written = {name for file in (WEIGHTS, FACTS) for name in (file, f".{file}.unfinished")} | {LOCK}
    for step in folder.glob(f"{_STEPS}/{'[0-9]' * 8}"):
        if {path.name for path in step.iterdir()} <= written:
            shutil.rmtree(step)
    for events in folder.glob(f"{_LOGS}/events.out.tfevents.*"):
        events.unlink()
    for name in (_STEPS, _LOGS):
        if (folder / name).is_dir() and not any((folder / name).iterdir()):
            (folder / name).rmdir()


def _check_numbers(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ValueError(f"{name} is {value!r}; it must be a whole number, at least 1.")


def _drawn(seed: int, step: int) -> int:
    return int(np.random.SeedSequence((seed, step)).generate_state(1)[0])


def _update(algorithm: Any, data: Batches, seed: int, step: int, batch_size: int) -> dict[str, float]:  # noqa: ANN401
    """One gradient step, which depends on what came before through the weights and the optimizers alone."""
    import torch

    torch.manual_seed(_drawn(seed, step))
    rows = np.random.default_rng((seed, step)).integers(len(data.steps), size=batch_size)
    algorithm.set_grad_step(step - 1)
    context = getattr(algorithm.config, "context_size", None)
    batch = data.transitions(rows) if context is None else data.trajectories(rows, context)
    losses: dict[str, float] = algorithm.update(batch)
    return losses


def _save(algorithm: Any, folder: Path, facts: Mapping[str, Any], step: int) -> None:  # noqa: ANN401
    """A checkpoint is a policy, and the optimizers beside it."""
    tensors, state = networks.optimizers_of(algorithm)
    known = {**facts, "steps": step, "optimizers": state}
    write_checkpoint(step_folder(folder, step), KIND, networks.weights_of(algorithm) | tensors, known, overwrite=True)


def _resumed(algorithm: Any, folder: Path, facts: Mapping[str, Any], num_steps: int) -> int:  # noqa: ANN401
    """Put an algorithm into the state of the last whole checkpoint, and return its step."""
    found = [place for place in _checkpoints(folder) if place != folder]
    if not found:
        raise ValueError(f"there is no checkpoint in {folder / _STEPS}; leave resume out, or give the right folder.")
    tensors, known = read_checkpoint(found[-1], KIND)
    same = json.loads(json.dumps({name: facts[name] for name in (*_SEEDED, "coding", "network")}))
    for name, value in same.items():
        if known.get(name) != value:
            told = "" if isinstance(value, dict) else f": {known.get(name)!r} and not {value!r}"
            raise ValueError(f"the training in {folder} is of another {name}{told}; it goes on with the same only.")
    if known.get("data_digest") != facts["data_digest"]:
        raise ValueError(
            f"the training in {folder} has learned from other data than {facts['dataset']!r} holds now; it goes on "
            "with the same only: bring them back, or train anew."
        )
    if known["steps"] > num_steps:
        raise ValueError(f"the training in {folder} has made {known['steps']:,} steps; give num_steps beyond that.")
    networks.write_weights(algorithm, tensors)
    networks.write_optimizers(algorithm, tensors, known["optimizers"])
    return int(known["steps"])
