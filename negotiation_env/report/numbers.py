"""Numbers of tables as JSON: short, and null where there are none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import polars as pl

Number = float | None
Estimate = tuple[Number, Number, Number]
"""A mean and the ends of its 95 % interval."""
Matrix: TypeAlias = list[list[Number]]


def short(value: float | None, digits: int = 4) -> Number:
    """A number to so many significant digits; ``None`` for what is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def estimate(row: dict[str, float | None], measure: str) -> Estimate:
    """A measure of a row, with its interval."""
    mean, low, high = (short(row.get(f"{measure}{end}")) for end in ("", "_low", "_high"))
    return mean, low, high


def matrix(table: pl.DataFrame, rows: str, columns: str, value: str, names: Sequence[str]) -> Matrix:
    """The values of a long table as rows by columns, both in the order of ``names``."""
    place = {name: index for index, name in enumerate(names)}
    made: Matrix = [[None] * len(names) for _ in names]
    for row, column, number in table.select(rows, columns, value).iter_rows():
        made[place[row]][place[column]] = short(number)
    return made
