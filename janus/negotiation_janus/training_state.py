"""What a training that was cut off goes on from: the adapters in full precision and the optimizer's state."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import explained
from negotiation_env.records.files import flush, flush_names
from negotiation_janus.adapters import save_adapters
from negotiation_janus.base_model import BaseModel
from negotiation_janus.hyperlora import HyperLoRA

STATE = "training.safetensors"
_PREFIX = "checkpoint-"
_MOMENTS = ("exp_avg", "exp_avg_sq")


def save_state(
    folder: Path,
    step: int,
    model: HyperLoRA,
    base: BaseModel,
    optimizer: torch.optim.AdamW,
    facts: dict[str, JsonValue],
) -> Path:
    """Write ``checkpoint-<step>`` below a folder, and remove the one before it.

    Raises:
        RecordError: it cannot be written; the one before it stays.
    """
    unfinished, place = folder / f".{_PREFIX}{step}.unfinished", folder / f"{_PREFIX}{step}"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with explained(folder, "Once that is mended, go on with --resume_from, or start anew."):
            _write(unfinished, step, model, base, optimizer, facts)
            shutil.rmtree(place, ignore_errors=True)
            unfinished.rename(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    for other in checkpoints(folder):
        if other != place:
            shutil.rmtree(other)
    return place


def _write(
    folder: Path,
    step: int,
    model: HyperLoRA,
    base: BaseModel,
    optimizer: torch.optim.AdamW,
    facts: dict[str, JsonValue],
) -> None:
    """Write a checkpoint, and see that it is on the disk."""
    save_adapters(model, folder, base, facts)
    moments = {
        f"{name}.{moment}": optimizer.state[weight][moment].contiguous()
        for name, weight in model.trainable().items()
        for moment in _MOMENTS
    }
    with (folder / STATE).open("wb") as file:
        file.write(save(moments, {"step": str(step), "facts": json.dumps(facts, sort_keys=True)}))
        flush(file)
    flush_names(folder)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints below a folder, the oldest first."""
    found = [path for path in folder.glob(f"{_PREFIX}*") if path.name.removeprefix(_PREFIX).isdigit()]
    return sorted(found, key=lambda path: int(path.name.removeprefix(_PREFIX)))


def load_state(place: Path, model: HyperLoRA, optimizer: torch.optim.AdamW, facts: dict[str, JsonValue]) -> int:
    """Give the optimizer what was saved, and return how many steps had been made; the adapters are loaded before.

    Raises:
        ValueError: there is no such state, it is not whole, or it is of a training with other settings or data.
    """
    path = place / STATE
    if not path.is_file():
        raise ValueError(f"{place} holds no {STATE} to go on from; give a checkpoint-<step> folder of a training.")
    try:
        with safe_open(path, framework="pt", device=str(model.device)) as file:
            told = file.metadata() or {}
            tensors: dict[str, torch.Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is not whole ({error}); go on from another checkpoint, or train again.") from None
    _check_facts(place, json.loads(told["facts"]), facts)
    step = int(told["step"])
    for name, weight in model.trainable().items():
        state: dict[str, Any] = {moment: tensors[f"{name}.{moment}"] for moment in _MOMENTS}
        optimizer.state[weight] = {"step": torch.tensor(float(step)), **state}
    return step


def _check_facts(place: Path, told: dict[str, Any], facts: dict[str, JsonValue]) -> None:
    before, now = _leaves(told), _leaves(json.loads(json.dumps(facts)))
    wrong = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if wrong:
        listed = ", ".join(f"{name} was {before.get(name)!r} and is {now.get(name)!r}" for name in wrong)
        raise ValueError(f"{place} is of another training: {listed}. Give the same settings and data, or start anew.")


def _leaves(facts: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested facts by their dotted names."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        found |= _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found
