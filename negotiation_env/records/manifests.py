"""What two recordings differ in, from what each notes of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping

_SHOWN = 60
"""Characters of a setting that a message shows."""


def difference(kept: str, asked: str) -> str:
    """What two manifests, JSON objects with a ``run``, differ in: what was kept, and what is asked for now."""
    one, two = (_flat(json.loads(manifest)) for manifest in (kept, asked))
    named = [name for name in sorted({*one, *two} - {"run_id"}) if one.get(name) != two.get(name)]
    return "; ".join(f"{name} {_short(one.get(name))}, not {_short(two.get(name))}" for name in named)


def _flat(manifest: Mapping[str, object]) -> dict[str, object]:
    run = manifest.get("run")
    return {**manifest, **(run if isinstance(run, Mapping) else {}), "run": None}


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
