"""Checks of what formulas are given: numbers or arrays, within a range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Numbers = float | Float64 | NDArray[np.int64]


def numbers(name: str, value: object, low: float, high: float, above_low: bool = False) -> Float64:
    """``value`` as float64, any shape, each from ``low`` (or above it) to ``high``.

    Raises:
        ValueError: it is no number, or one lies outside.
    """
    above = "above" if above_low else "from"
    advice = f"it must be a number, or numbers, {above} {low:g} to {high:g}."
    try:
        given = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; {advice}") from None
    inside = ((given > low) if above_low else (given >= low)) & (given <= high)
    if not inside.all():
        raise ValueError(f"{name} is {given[~inside].flat[0]}; {advice}")
    return given


def plain(value: Float64) -> Numbers:
    """A float where there is a single number, else the array."""
    return float(value) if np.ndim(value) == 0 else value
