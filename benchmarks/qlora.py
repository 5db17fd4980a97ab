"""Training gated adapters on a model of Qwen2-7B's shape in four bits: that it runs, its memory, its tokens a second.

python benchmarks/qlora.py                # random weights of the whole shape: 15 GB of disk, a GPU or 16 GB of memory
python benchmarks/qlora.py --layers 2     # the same with fewer layers
python benchmarks/qlora.py --write        # also write the section of benchmarks/RESULTS.md

The weights are random, so nothing is learned that anybody would want: only size and speed are those of the real model.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from measure import Figure, options_of, report
from safetensors.torch import save_file

TITLE = "QLoRA at the size of 7B"
SHAPE = {
    "hidden_size": 3584, "intermediate_size": 18944, "num_attention_heads": 28, "num_key_value_heads": 4,
    "vocab_size": 152064, "tie_word_embeddings": False,
}  # fmt: skip
LAYERS, STEPS = 28, 3
GIGABYTES = 6.0
SHARD = 48
PAUSE = 0.05
"""Seconds between two looks at the memory of a process."""


def write_model(folder: Path, layers: int) -> None:
    """A folder of random weights in bfloat16, as `from_pretrained` reads one, with the tokenizer of SmolLM2."""
    from negotiation_janus.base_model import load_base
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        **SHAPE, num_hidden_layers=layers, max_window_layers=layers, architectures=["Qwen2ForCausalLM"]
    )
    config.save_pretrained(folder)
    load_base(num_layers=1).tokenizer.save_pretrained(folder)
    with torch.device("meta"):
        shapes = {name: weight.shape for name, weight in Qwen2ForCausalLM(config).state_dict().items()}
    names = sorted(shapes)
    files: dict[str, str] = {}
    torch.manual_seed(0)
    for number, low in enumerate(range(0, len(names), SHARD)):
        part = names[low : low + SHARD]
        file = f"model-{number:05d}.safetensors"
        save_file({name: _random(name, shapes[name]) for name in part}, folder / file, {"format": "pt"})
        files |= dict.fromkeys(part, file)
    index = {"metadata": {}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def _random(name: str, shape: torch.Size) -> torch.Tensor:
    if name.endswith("norm.weight"):
        return torch.ones(shape, dtype=torch.bfloat16)
    return torch.empty(shape, dtype=torch.bfloat16).normal_(std=0.02)


def trained(folder: Path, batch_size: int) -> tuple[float, float, float, int]:
    """Gigabytes of the frozen weights and at most in training; seconds of the steps after the first, their tokens."""
    from negotiation_janus.hyperlora import HyperLoRA, LoraSettings
    from negotiation_janus.prompts import PriceText
    from negotiation_janus.sft import SftSettings, Trainer
    from negotiation_janus.training import ModelSettings
    from negotiation_janus.transcripts import read_transcripts

    from negotiation_env.records.generate import generate
    from negotiation_env.records.recipes import load_recipe

    games = folder / "games.jsonl"
    generate(load_recipe("price-teacher-known").run(), 500, games)
    base = ModelSettings(str(folder), use_qlora=True).base(bf16=True)
    text = PriceText(base.tokenizer)
    settings = SftSettings(batch_size=batch_size, bf16=True, gradient_checkpointing=True)
    model = HyperLoRA.fresh(base.model, LoraSettings())
    trainer = Trainer(model, text, read_transcripts(games, text), settings)
    weights = sum(weight.numel() * weight.element_size() for weight in base.model.parameters()) / 1e9
    with Peak(base.model) as peak:
        trainer.step(0)
        start, tokens = time.perf_counter(), 0
        for step in range(1, STEPS):
            tokens += trainer.data.padded(trainer._sampler(step))[0].size
            trainer.step(step)
        seconds = time.perf_counter() - start
    return weights, peak.gigabytes, seconds, tokens


class Peak:
    """The most memory in use until the block is left, gigabytes: on a GPU that of its tensors.

    On the CPU it is that of the process without what is mapped from files, whose pages the system takes back when it
    needs them, and with the frozen weights that stay mapped: embeddings, head and norms.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        mapped = [weight for weight in model.parameters() if not weight.requires_grad and weight.dtype != torch.uint8]
        self._mapped = sum(weight.numel() * weight.element_size() for weight in mapped) / 1e9
        self._over, self._thread = threading.Event(), threading.Thread(target=self._watch, daemon=True)
        self.gigabytes = 0.0

    def __enter__(self) -> Peak:
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        else:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if torch.cuda.is_available():
            self.gigabytes = torch.cuda.max_memory_allocated() / 1e9
            return
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PAUSE):
            lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            own = next(int(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("RssAnon:"))
            self.gigabytes = max(self.gigabytes, own + self._mapped)


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--layers", type=int, default=LAYERS, help="of the 28")
    parser.add_argument("--batch_size", type=int, default=16, help="games of a step")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder, options.layers)
        weights, gigabytes, seconds, tokens = trained(folder, options.batch_size)
    place = torch.cuda.get_device_name() if torch.cuda.is_available() else "of the process, on the CPU"
    figures = [
        Figure("weights", weights, "GB"),
        Figure("peak memory of training", gigabytes, "GB", GIGABYTES, True, place),
        Figure("tokens a second in training", tokens / seconds, ""),
    ]
    report(TITLE, figures, _notes(options), "python benchmarks/qlora.py", options.write)


def _notes(options: Any) -> list[str]:
    return [
        f"Random weights of Qwen2-7B's shape, {options.layers} of its {LAYERS} layers, nf4 with double quantisation, "
        "computed in bfloat16; embeddings and head stay in bfloat16, 1.1 GB each.",
        f"Gated adapters of rank 16 on all seven projections; {options.batch_size} whole games a step, gradient "
        "checkpointing.",
        "On the CPU, memory is that of the process without what is mapped from files, and with the weights that stay "
        "mapped (embeddings, head, norms).",
    ]


if __name__ == "__main__":
    main()
