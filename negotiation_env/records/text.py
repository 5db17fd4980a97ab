"""JSON text of values, as records hold it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from negotiation_env.domain import Array

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=str)


def json_text(value: object) -> str:
    """Compact JSON in which what is not finite is null and what JSON does not know is its text."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_finite(value))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number_text(number: float | None) -> str:
    """JSON text of a number; NaN is null."""
    return "null" if number is None or number != number else repr(number)


def number_texts(values: Array) -> list[str]:
    """`number_text` of each number."""
    return ["null" if number != number else repr(number) for number in values.tolist()]
