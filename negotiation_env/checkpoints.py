"""Trained networks on the disk: a folder with ``model.safetensors`` and ``policy.json``, and never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.documents import parse_json, read_text
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import explained
from negotiation_env.records.files import created, flush, named, publish_together, reserved

WEIGHTS, FACTS, LOCK = "model.safetensors", "policy.json", "network.lock"


def write_checkpoint(
    folder: str | Path, kind: str, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, JsonValue], overwrite: bool
) -> Path:
    """Write a network, both files or none.

    Args:
        folder: where; it is made if it is not there.
        kind: the policy that reads it, such as ``"sb3"``.
        tensors: the weights by name.
        facts: what else it needs to act.
        overwrite: replace a network that is there, and nothing else.

    Returns:
        The folder.

    Raises:
        RecordError: it cannot be written, or another process is writing one there.
        ValueError: there is a network already, and ``overwrite`` is false.
    """
    from safetensors.numpy import save

    place = named(folder)
    whole = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    text = json.dumps({"kind": kind, **facts}, indent=1, sort_keys=True, allow_nan=False) + "\n"
    with reserved(place, LOCK, f"another process is writing a network into {place}; give another folder."):
        taken = next((name for name in (FACTS, WEIGHTS) if (place / name).exists()), None)
        if taken is not None and not overwrite:
            raise ValueError(
                f"{place} holds a network already ({taken}); give another folder, or overwrite=True (--overwrite)."
            )
        _write(place, {WEIGHTS: save(whole), FACTS: text.encode()})
    return place


def _write(place: Path, contents: Mapping[str, bytes]) -> None:
    pairs = [(place / f".{name}.unfinished", place / name) for name in contents]
    try:
        with explained(place):
            for (temporary, _), content in zip(pairs, contents.values(), strict=True):
                with created(temporary) as file:
                    file.write(content)
                    flush(file)
        publish_together(pairs)
    finally:
        for temporary, _ in pairs:
            temporary.unlink(missing_ok=True)


def digest(tensors: Mapping[str, NDArray[Any]]) -> str:
    """The first 12 hex digits of the SHA-256 of arrays: what records keep of a network, which is no path."""
    whole = hashlib.sha256()
    for name in sorted(tensors):
        whole.update(name.encode())
        whole.update(np.ascontiguousarray(tensors[name]).data)
    return whole.hexdigest()[:12]


def read_checkpoint(folder: str | Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The weights and the facts of a network.

    Raises:
        ValueError: there is none, it is not whole, or another policy reads it; the message names the folder.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    place = Path(folder)
    missing = [name for name in (WEIGHTS, FACTS) if not (place / name).is_file()]
    if missing:
        raise ValueError(f"{place} holds no trained network: there is no {' and no '.join(missing)} in it.")
    try:
        facts = parse_json(read_text(place / FACTS))
        tensors = load((place / WEIGHTS).read_bytes())
    except (ValueError, SafetensorError) as error:
        raise ValueError(f"{place} holds a network that is not whole ({error}); train it again.") from None
    found = facts.get("kind") if isinstance(facts, dict) else None
    if found != kind:
        raise ValueError(f"{place} holds a network for the policy {found!r}, not for {kind!r}; name that policy.")
    return tensors, facts
