"""The Pareto frontier of many games at once, by sorting: O(S log S) for S splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64

Mask = NDArray[np.bool_]
TOLERANCE = 1e-9
"""Utilities, and what is maximised, this close are equal."""
_ROUNDING = 2.0**-46
"""The same relative to the numbers at hand: what adding and multiplying a few of them may lose."""


def slack(size: Float64) -> Float64:
    """How far apart numbers of this size (...) may be and still count as equal: 1e-9, or more if they are huge."""
    return np.maximum(TOLERANCE, _ROUNDING * np.abs(size))


@dataclass(frozen=True, eq=False)
class Frontier:
    """The distinct Pareto-optimal points of n games.

    Attributes:
        points: (2, n, F) utilities, by falling utility of agent 0; a shorter frontier is filled up with its first.
        exists: (n, F), false where a frontier is filled up.
    """

    points: Float64
    exists: Mask


def pareto_frontier(utilities: Float64) -> Frontier:
    """The frontier of splits with utilities (2, n, S).

    Strong Pareto optimality: no split is at least as good for both agents and better for one. Taken by falling utility
    of agent 0, and among equals of agent 1, these are the splits that give agent 1 more than all before them; splits
    of equal utilities are one point.
    """
    first, second = utilities
    near = slack(utilities.max(axis=(0, 2)))[:, None]
    order = np.argsort(-first, axis=1, kind="stable")
    sorted_first = np.take_along_axis(first, order, axis=1)
    level = np.zeros(first.shape, dtype=np.int64)
    np.cumsum(sorted_first[:, :-1] - sorted_first[:, 1:] > near, axis=1, out=level[:, 1:])
    within = np.lexsort((-np.take_along_axis(second, order, axis=1), level))
    order = np.take_along_axis(order, within, axis=1)
    sorted_second = np.take_along_axis(second, order, axis=1)
    kept = np.ones(first.shape, dtype=bool)
    kept[:, 1:] = sorted_second[:, 1:] > np.maximum.accumulate(sorted_second, axis=1)[:, :-1] + near
    columns, exists = columns_of(kept)
    return Frontier(pick(utilities, np.take_along_axis(order, columns, axis=1)), exists)


def columns_of(mask: Mask) -> tuple[Int64, Mask]:
    """The marked columns of each row of (n, S), in order, and which of them are not filled up by the first: (n, F)."""
    counts = mask.sum(axis=1)
    width = int(counts.max())
    columns = np.argsort(~mask, axis=1, kind="stable")[:, :width]
    exists = np.arange(width) < counts[:, None]
    return np.where(exists, columns, columns[:, :1]), exists


def pick(points: Float64, columns: Int64) -> Float64:
    """The points (2, n, F) of the given columns (n, F) of (2, n, S)."""
    return np.take_along_axis(points, columns[None], axis=2)


def dominated(outcome: Float64, frontier: Frontier) -> Mask:
    """Whether outcomes (2, n) are dominated: some split is at least as good for both and better for one. (n,)."""
    gap = frontier.points - outcome[:, :, None]
    near = slack(frontier.points.max(axis=(0, 2)))[:, None]
    beats = np.asarray((gap >= -near).all(axis=0) & (gap > near).any(axis=0))
    return np.asarray(beats.any(axis=1))
