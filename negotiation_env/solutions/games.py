"""Games to be solved: checked input, and the utilities of every split a few games at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_env.splits import as_numbers, check_quantities, count_splits

_CHUNK = 2**16
"""Splits that are looked at together; it bounds the memory."""


@dataclass(frozen=True, eq=False)
class Games:
    """G games.

    Attributes:
        quantities: (G, I) int64, how many items of each type there are.
        values: (G, 2, I), each agent's value of one item of each type.
        disagreement: (G, 2), each agent's utility without a deal.
        worth: (G, 2), each agent's value of the whole pool.
    """

    quantities: Int64
    values: Float64
    disagreement: Float64
    worth: Float64

    def __len__(self) -> int:
        return len(self.quantities)


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some games that share a pool.

    Attributes:
        rows: (n,) int64, which games they are.
        utilities: (2, n, S), each agent's utility of every split, in the order of `negotiation_env.splits`.
    """

    rows: Int64
    utilities: Float64


def check_games(quantities: ArrayLike, values: ArrayLike, disagreement: ArrayLike, games: int | None = None) -> Games:
    """Checked games; one pool, one table of values or one disagreement point serves all of them.

    Args:
        quantities: (G, I) or (I,).
        values: (G, 2, I) or (2, I).
        disagreement: (G, 2) or (2,).
        games: G; found from the others if not given.

    Raises:
        ValueError: as `negotiation_env.splits.check_quantities`; a value is negative or not finite; an agent values
            the whole pool at nothing; the disagreement is not finite; the shapes do not fit.
    """
    pools = check_quantities(quantities)
    worths, outside = as_numbers(values, "values"), as_numbers(disagreement, "disagreement")
    types = pools.shape[-1]
    if worths.shape[-2:] != (2, types) or worths.ndim > 3 or pools.ndim > 2:
        raise ValueError(
            f"values must be two lists (agent 0, agent 1) with a number for each of {types} item types, "
            f"shape (2, {types}) or (games, 2, {types}), not {worths.shape}."
        )
    if outside.shape[-1:] != (2,) or outside.ndim > 2 or not np.isfinite(outside).all():
        raise ValueError(f"disagreement must be two finite numbers, agent 0's and agent 1's, not {disagreement!r}.")
    sizes = {len(given) for given, single in ((pools, 1), (worths, 2), (outside, 1)) if given.ndim > single}
    if games is not None:
        sizes.add(games)
    if len(sizes) > 1:
        raise ValueError(
            f"quantities, values, disagreement and outcomes must be of one number of games, not of {sorted(sizes)}."
        )
    size = sizes.pop() if sizes else 1
    pools = np.broadcast_to(pools, (size, types))
    worths = np.broadcast_to(worths, (size, 2, types))
    return Games(pools, worths, np.broadcast_to(outside, (size, 2)), _pool_worth(pools, worths))


def _pool_worth(quantities: Int64, values: Float64) -> Float64:
    """Each agent's value of the whole pool (G, 2), from checked values."""
    _refuse(
        values,
        np.asarray(~(np.isfinite(values) & (values >= 0.0)).all(axis=2)),
        "every value must be a finite number of at least 0; write 0 for what is worth nothing.",
    )
    worth = np.asarray((quantities[:, None, :] * values).sum(axis=2))
    _refuse(values, np.asarray(worth == 0.0), "at least one item of the pool must be worth more than 0.")
    return worth


def _refuse(values: Float64, wrong: NDArray[np.bool_], advice: str) -> None:
    if wrong.any():
        game, agent = np.argwhere(wrong)[0].tolist()
        where = f" in game {game}" if len(values) > 1 else ""
        raise ValueError(f"agent {agent}'s values {values[game, agent].tolist()}{where}: {advice}")


def chunks(games: Games) -> Iterator[Chunk]:
    """All games, those of one pool together and few enough to bound the memory."""
    pools, which = np.unique(games.quantities, axis=0, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(which.reshape(-1), minlength=len(pools)))
    for pool, end, count in zip(pools, ends, np.diff(ends, prepend=0), strict=True):
        rows = order[end - count : end]
        size = max(1, _CHUNK // int(count_splits(pool)))
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            yield Chunk(some, utilities_of(pool, games.values[some]))


def utilities_of(pool: Int64, values: Float64) -> Float64:
    """Both agents' utilities (2, n, S) of every split of a pool (I,), from values (n, 2, I).

    Utility is additive: the sum over types of value times items kept.
    """
    kept = np.zeros((2, len(values), 1))
    for quantity, value in zip(pool.tolist(), values.transpose(2, 1, 0), strict=True):
        own = np.arange(quantity + 1.0)
        more = value[:, :, None, None] * np.stack([own, own[::-1]])[:, None, None, :]
        kept = (kept[:, :, :, None] + more).reshape(2, len(values), -1)
    return kept


def split_utilities(quantities: ArrayLike, values: ArrayLike) -> Float64:
    """Both agents' utilities (S, 2) of every split of a pool (I,) with values (2, I), in the order of the index.

    Raises:
        ValueError: as `check_games`.
    """
    games = check_games(quantities, values, (0.0, 0.0), games=1)
    return utilities_of(games.quantities[0], games.values)[:, 0].T.copy()
