"""Gated adapters on the disk: a standard adapter folder of PEFT, and the hypernetwork beside it.

Plain PEFT reads such a folder too, without the gates, which is why there is no reading it here without them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save

from negotiation_env.documents import parse_json
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import explained
from negotiation_env.records.files import created, flush, named, publish_together
from negotiation_janus.base_model import BaseModel
from negotiation_janus.calibration import CALIBRATION
from negotiation_janus.hyperlora import ADAPTER, HyperLoRA, device_of, gated_layers
from negotiation_janus.hypernet import Hypernet, HypernetSettings

HYPERNET, WEIGHTS, CONFIG = "hypernet.safetensors", "adapter_model.safetensors", "adapter_config.json"
_FILES = (HYPERNET, WEIGHTS, CONFIG)
_NEEDED = ("layers", "rank", "settings", "base_model", "facts")
_SET = ("task_type", "r", "lora_alpha", "lora_dropout", "target_modules", "layers_to_transform")
_TOLD = ("base_model_name_or_path", "inference_mode", "peft_version")
"""What a configuration of ours sets, and what it tells beside that."""
Tensors = Mapping[str, torch.Tensor]


def save_adapters(
    model: HyperLoRA,
    folder: str | Path,
    base: BaseModel,
    facts: Mapping[str, JsonValue] | None = None,
    dtype: torch.dtype = torch.float32,
    overwrite: bool = False,
) -> Path:
    """Write adapters and hypernetwork, all files or none.

    Args:
        model: what is saved.
        folder: where; it is made if it is not there.
        base: the model below, whose name and shape are kept.
        facts: what else the reader needs to know.
        dtype: of the weights on the disk.
        overwrite: replace adapters that are there, and nothing else.

    Returns:
        The folder.

    Raises:
        ValueError: there are adapters already, and ``overwrite`` is false.
        RecordError: the folder cannot be written.
    """
    hypernet = model.hypernet
    told = {
        "layers": list(hypernet.layers),
        "rank": hypernet.rank,
        "settings": asdict(hypernet.settings),
        "base_model": dict(base.facts),
        "facts": dict(facts or {}),
    }
    contents = {
        HYPERNET: save(_cast(hypernet.state_dict(), dtype), {"janus": json.dumps(told)}),
        **_adapter(model, get_peft_model_state_dict(model.model), base, dtype),
    }
    return _write(named(folder), contents, overwrite)


def freeze_at(
    model: HyperLoRA,
    rho: float,
    folder: str | Path,
    base: BaseModel,
    dtype: torch.dtype = torch.float32,
    overwrite: bool = False,
) -> Path:
    """Write an ordinary LoRA adapter that does what ``model`` does at one rho; PEFT, vLLM and llama.cpp can serve it.

    Raises:
        ValueError: rho is neither in [0, 1] nor -1, or there are adapters already and ``overwrite`` is false.
        RecordError: the folder cannot be written.
    """
    return _write(named(folder), _adapter(model, model.folded(rho), base, dtype), overwrite)


def load_adapters(folder: str | Path, base: BaseModel, trainable: bool = False) -> HyperLoRA:
    """Read what `save_adapters` has written onto a base model, which is changed in place.

    Args:
        folder: where they are.
        base: the model that they were trained on.
        trainable: whether they are to be trained further.

    Raises:
        ValueError: a file is missing or not whole, or the adapters are of another base model, rank or layers; the
            message names the folder.
    """
    place = Path(folder)
    told = read_facts(place)
    try:
        config = LoraConfig.from_pretrained(str(place))
    except (ValueError, TypeError, KeyError) as error:
        raise _not_whole(place / CONFIG, error) from None
    _check_config(place, config)
    _check_base(place, told["base_model"], base.facts)
    config.inference_mode = not trainable
    config.base_model_name_or_path = base.model.__dict__.get("name_or_path")  # it was checked above, by name and shape
    if config.r != told["rank"]:
        raise ValueError(f"{place}: the adapters have rank {config.r}, and the hypernetwork gates {told['rank']}.")
    model = get_peft_model(base.model, config)
    found = set(gated_layers(model))
    if found != set(told["layers"]):
        raise ValueError(
            f"{place}: the hypernetwork gates {len(told['layers'])} layers, and {CONFIG} puts adapters on "
            f"{len(found)} others; these files do not belong together."
        )
    hypernet = Hypernet(told["layers"], told["rank"], HypernetSettings(**told["settings"]))
    try:
        hypernet.load_state_dict({name: tensor.float() for name, tensor in _tensors(place / HYPERNET).items()})
        state = {name: tensor.float() for name, tensor in _tensors(place / WEIGHTS).items()}
        if set(state) != set(get_peft_model_state_dict(model)):
            raise RuntimeError("it holds other tensors than the configuration asks for")
        set_peft_model_state_dict(model, state)
    except RuntimeError as error:
        raise ValueError(f"{place}: the weights do not fit ({error}); these files do not belong together.") from error
    return HyperLoRA(model, hypernet.to(device_of(model)))


def _check_config(place: Path, config: LoraConfig) -> None:
    """Raise ``ValueError`` if a configuration sets what `save_adapters` never does: some of it imports modules."""
    if not isinstance(config, LoraConfig):
        raise ValueError(f"{place / CONFIG} is of a {type(config).__name__}, and Janus has adapters of LoRA.")
    plain = LoraConfig(**{name: getattr(config, name) for name in _SET})
    odd = [
        field.name
        for field in fields(plain)
        if field.name not in _TOLD and getattr(config, field.name) != getattr(plain, field.name)
    ]
    if odd:
        raise ValueError(f"{place / CONFIG} sets {', '.join(odd)}, which adapters of Janus do not; it is not loaded.")


def digest_of(folder: Path) -> str:
    """What tells one adapter's weights and gates from others; raises ``ValueError`` if a file is missing."""
    _check_files(folder)
    digest = hashlib.sha256()
    for name in (WEIGHTS, HYPERNET):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:12]


def read_facts(folder: str | Path) -> dict[str, Any]:
    """What the hypernetwork's file says: ``layers``, ``rank``, ``settings``, ``base_model`` and ``facts``.

    Raises:
        ValueError: a file is missing or not whole.
    """
    place = Path(folder)
    _check_files(place)
    try:
        with safe_open(place / HYPERNET, framework="pt") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise _not_whole(place / HYPERNET, error) from None
    if "janus" not in metadata:
        raise ValueError(f"{place / HYPERNET} is no hypernetwork of Janus: its metadata do not describe one.")
    try:
        told: dict[str, Any] = parse_json(metadata["janus"])
    except ValueError as error:
        raise _not_whole(place / HYPERNET, error) from None
    missing = [name for name in _NEEDED if not isinstance(told, dict) or name not in told]
    if missing:
        raise ValueError(f"{place / HYPERNET} is no hypernetwork of Janus: its metadata lack {', '.join(missing)}.")
    return told


def _check_files(place: Path) -> None:
    missing = [name for name in _FILES if not (place / name).is_file()]
    if missing:
        plain = " Without it the adapters know no rho, and are not loaded." if missing == [HYPERNET] else ""
        raise ValueError(f"{place} holds no trained Janus: there is no {' and no '.join(missing)} in it.{plain}")


def _adapter(model: HyperLoRA, state: Tensors, base: BaseModel, dtype: torch.dtype) -> dict[str, bytes]:
    """The two files of an adapter by name."""
    config = model.model.peft_config[ADAPTER].to_dict()
    config |= {"base_model_name_or_path": base.facts["name"], "inference_mode": True}
    plain = {name: sorted(value) if isinstance(value, set) else value for name, value in config.items()}
    text = json.dumps(plain, indent=2, sort_keys=True) + "\n"
    return {WEIGHTS: save(_cast(state, dtype), {"format": "pt"}), CONFIG: text.encode()}


def _cast(state: Tensors, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in state.items()}


def _write(place: Path, contents: Mapping[str, bytes], overwrite: bool) -> Path:
    if (place / CONFIG).exists() and not overwrite:
        raise ValueError(f"{place} holds adapters; give another folder, or overwrite=True (--overwrite).")
    pairs = [(place / f".{name}.unfinished", place / name) for name in contents]
    with explained(place):
        place.mkdir(parents=True, exist_ok=True)
        for (temporary, _), content in zip(pairs, contents.values(), strict=True):
            with created(temporary) as file:
                file.write(content)
                flush(file)
        for old in {HYPERNET, CALIBRATION} - set(contents):
            (place / old).unlink(missing_ok=True)
    publish_together(pairs)
    return place


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        raise _not_whole(path, error) from None


def _not_whole(path: Path, error: Exception) -> ValueError:
    return ValueError(f"{path} is not whole ({error}); copy it again, or train again.")


def _check_base(place: Path, told: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    wrong = [f"{name} {told.get(name)!r} and not {value!r}" for name, value in facts.items() if told.get(name) != value]
    if wrong:
        raise ValueError(f"{place} was trained on another base model: {', '.join(wrong)}.")
