"""The tables that stand beside the figures: what these show, for reading and for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from negotiation_env.report.numbers import Estimate, Number
from negotiation_env.report.page import interval, number


@dataclass(frozen=True)
class Cell:
    """A cell: what is written in it, and what it is sorted by."""

    text: str
    value: Number = None


@dataclass(frozen=True)
class Row:
    """A row, shown while all its policies are; the first cell is its heading."""

    cells: Sequence[Cell]
    policies: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """A table with a caption; ``summary`` is what opens it."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    summary: str = ""


def estimated(estimate: Estimate, scale: str = "number") -> Cell:
    """A cell of a mean with its interval."""
    return Cell(interval(estimate, scale), estimate[0])


def counted(value: float | None, digits: int = 0) -> Cell:
    """A cell of a number."""
    return Cell(number(value, digits), value)


def rated(value: float | None) -> Cell:
    """A cell of a rate, in per cent."""
    return estimated((value, None, None), "rate")


def worded(text: str) -> Cell:
    """A cell of text."""
    return Cell(text)
