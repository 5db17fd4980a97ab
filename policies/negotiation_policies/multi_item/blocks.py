"""All splits of the pools of many games, a bounded number at a time: what strategies that compare splits look at.

Splits run along the first axis and games along the last, so that a formula over all splits of all games is one NumPy
expression over long rows. What depends on the pool alone is kept for pools seen lately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_env.splits import all_splits, count_splits

Rows = slice | Int64
_BLOCK, _FEWEST = 2**13, 16
"""Splits of a block, over all its games: 64 KiB a table, which stays in the processor's cache. At least 16 games."""
_POOLS_KEPT = 512
_MOST_CODES = 2**62


@dataclass(frozen=True, eq=False)
class Block:
    """Some games of a view with all their splits; n games, S the most splits of a pool among them.

    Attributes:
        rows: which rows of the view they are.
        keep: for each type (S, n), or (S, 1) if all pools are the same: what I keep in each split.
        own: (S, n) what each split is worth to me; -inf where a pool has fewer than S splits.
        worth: (n,) what the whole pool is worth to me; 1 where that is 0.
        items: (n,) how many items the pool has.
    """

    rows: Rows
    keep: list[Float64]
    own: Float64
    worth: Float64
    items: Int64

    def total(self, weights: Float64) -> Float64:
        """The sum over types of weight (n, I) times items kept, (S, n)."""
        total = weights[:, 0] * self.keep[0]
        for item in range(1, len(self.keep)):
            total += weights[:, item] * self.keep[item]
        return total

    def kept_at(self, index: Int64) -> Int64:
        """What I keep (n, I) in the splits of the given indices (n,)."""
        columns = np.arange(len(index)) if self.keep[0].shape[1] > 1 else 0
        return np.stack([keep[index, columns] for keep in self.keep], axis=1).astype(np.int64)


def select(view: MultiItemView, choose: Callable[[Block], Int64]) -> Int64:
    """What I keep (B, I) in the splits that ``choose`` names by their index (n,) in each block."""
    kept = np.zeros(view.quantities.shape, dtype=np.int64)
    for block in blocks(view.quantities, view.values):
        kept[block.rows] = block.kept_at(choose(block))
    return kept


def blocks(quantities: Int64, values: Float64) -> Iterator[Block]:
    """All games with pools (B, I) and own values (B, I), block by block."""
    if not len(quantities):
        return
    pools, which = _distinct(quantities)
    if len(pools) == 1:
        keep = list(_table(pools, 0, 1)[:, :, 0, None])
        size = _games(len(keep[0]))
        for start in range(0, len(quantities), size):
            part = slice(start, start + size)
            yield _block(part, keep, quantities[part], values[part])
        return
    order = np.argsort(which, kind="stable")
    of_row = which[order]
    splits = count_splits(pools)
    for start, stop in _parts(splits[of_row]):
        rows, first, last = order[start:stop], of_row[start], of_row[stop - 1]
        local = of_row[start:stop] - first
        table = _table(pools, first, last + 1)
        keep = [kept.take(local, axis=1) for kept in table]
        exists = np.arange(table.shape[1])[:, None] < splits[of_row[start:stop]]
        yield _block(rows, keep, quantities[rows], values[rows], exists)


def _games(splits: int) -> int:
    """How many games with so many splits make a block."""
    return max(_FEWEST, _BLOCK // splits)


def _parts(splits: Int64) -> Iterator[tuple[int, int]]:
    """Bounds of consecutive rows whose splits fit one block together; ``splits`` (B,) is sorted."""
    start, size = 0, len(splits)
    while start < size:
        widest = int(splits[min(start + _games(int(splits[start])), size) - 1])
        stop = min(start + _games(widest), size)
        yield start, stop
        start = stop


def _block(
    rows: Rows, keep: list[Float64], quantities: Int64, values: Float64, exists: NDArray[np.bool_] | None = None
) -> Block:
    own = values[:, 0] * keep[0]
    worth = values[:, 0] * quantities[:, 0]
    for item in range(1, len(keep)):
        own += values[:, item] * keep[item]
        worth += values[:, item] * quantities[:, item]
    if exists is not None and not exists.all():
        own = np.where(exists, own, -np.inf)
    return Block(rows, keep, own, np.where(worth > 0.0, worth, 1.0), quantities.sum(axis=1))


def _distinct(quantities: Int64) -> tuple[Int64, Int64]:
    """The different pools (P, I) among (B, I), by their number of splits, and which one each row has (B,)."""
    if (quantities == quantities[0]).all():
        return quantities[:1], np.zeros(len(quantities), dtype=np.int64)
    radix = quantities.max(axis=0) + 1
    if np.prod(radix.astype(np.float64)) < _MOST_CODES:
        weights = np.cumprod(np.concatenate([[1], radix[:0:-1]]))[::-1]
        _, first, which = np.unique(quantities @ weights, return_index=True, return_inverse=True)
        pools = quantities[first]
    else:
        pools, which = np.unique(quantities, axis=0, return_inverse=True)
    order = np.argsort(count_splits(pools), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return pools[order], rank[which.reshape(-1)]


def _table(pools: Int64, first: int, last: int) -> Float64:
    """What I keep of each type in every split of some pools, (I, S, last - first); 0 where there are fewer than S."""
    kept = [_splits_of(tuple(pool)) for pool in pools[first:last].tolist()]
    table = np.zeros((pools.shape[1], kept[-1].shape[1], len(kept)))
    for place, splits in enumerate(kept):
        table[:, : splits.shape[1], place] = splits
    return table


@lru_cache(maxsize=_POOLS_KEPT)
def _splits_of(pool: tuple[int, ...]) -> NDArray[np.int16]:
    """What I keep of each type in every split of a pool, (I, S)."""
    kept = all_splits(pool).T.astype(np.int16)
    kept.setflags(write=False)
    return kept
