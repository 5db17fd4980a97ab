"""Checks of strategy parameters, made once when a strategy is built."""

from __future__ import annotations

import math
from collections.abc import Sequence


def check_number(name: str, value: object, low: float = -math.inf, high: float = math.inf) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number in [low, high]."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(float(value)) or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise ValueError(f"{name} is {value!r}; it must be a finite number {_interval(low, high)}.")


def check_positive(name: str, value: object) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number above 0."""
    check_number(name, value)
    if not float(value) > 0.0:  # type: ignore[arg-type]  # check_number has seen that it is a number
        raise ValueError(f"{name} is {value!r}; it must be above 0.")


def check_whole(name: str, value: object, low: int) -> None:
    """Raise ``ValueError`` unless ``value`` is a whole number, at least ``low``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ValueError(f"{name} is {value!r}; it must be a whole number, at least {low}.")


def check_flag(name: str, value: object) -> None:
    """Raise ``ValueError`` unless ``value`` is a bool."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}; it must be true or false.")


def check_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of ``allowed``."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}.")


def _interval(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "of any sign"
    if math.isinf(high):
        return f"of at least {low:g}"
    return f"from {low:g} to {high:g}"
