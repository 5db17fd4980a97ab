"""Which split to propose: among those of enough own utility, by a rule that leaves nothing to chance.

A rule is a number for each split, its key, and the least key wins. Keys are whole numbers below 2^53 that end with the
index of the split, so no two splits of a game have the same:

- the *tier*, own utility as a share of the pool's worth in steps of 2^-26: splits closer than that are one tier;
- the *burden*, what the split takes from the opponent: the items I keep, or their share of the opponent's pool by the
  weights of a model, in 4,095 steps;
- the index, lowest first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_env.splits import MAX_SPLITS
from negotiation_policies.multi_item.blocks import Block, select
from negotiation_policies.strategy import NOISE

_TIERS, _STEPS = 2.0**26, 4095.0
_INDEX, _BURDEN = float(MAX_SPLITS), 2.0**12


def least_enough(view: MultiItemView, level: Float64, weights: Float64 | None = None) -> Int64:
    """The split (B, I) of least own utility that is worth at least ``level`` (B,): the tier of an aspiration.

    Ties go to the least burden, then to the lowest index. At least the whole pool must be worth ``level``.

    Args:
        view: the decision points.
        level: the own utility (B,) to reach.
        weights: what an item of each type is worth to the opponent (B, I), as a share of its pool; by default all
            items are alike.
    """
    enough = level - NOISE

    def choose(block: Block) -> Int64:
        key = (_tier(block) * _BURDEN + _burden(block, weights)) * _INDEX + _index(block)
        return _least(np.where(block.own >= enough[block.rows], key, np.inf))

    return select(view, choose)


def most_liked(view: MultiItemView, level: Float64, band: float, liking: Callable[[Block], Float64]) -> Int64:
    """The split (B, I) near an iso-utility line that is liked most.

    The line holds the splits worth at least ``level`` (B,), and at most ``band`` of the pool more than the least of
    them. Ties go to the most own utility, then to the lowest index.

    Args:
        view: the decision points.
        level: the own utility (B,) to reach.
        band: how wide the line is, as a share of the pool's worth.
        liking: gives each split a number (S, n) in [0, 1], told apart in 4,095 steps.
    """
    enough = level - NOISE

    def choose(block: Block) -> Int64:
        above = np.where(block.own >= enough[block.rows], block.own, np.inf)
        widest = above.min(axis=0) + band * block.worth + NOISE
        disliked = np.rint((1.0 - liking(block)) * _STEPS)
        key = (disliked * (2.0 * _TIERS) + (_TIERS - _tier(block))) * _INDEX + _index(block)
        return _least(np.where(above <= widest, key, np.inf))

    return select(view, choose)


def in_order(view: MultiItemView, level: Float64, place: Int64) -> Int64:
    """The split (B, I) at ``place`` (B,), from 0, by falling own utility, among those worth at least ``level`` (B,).

    Ties go to the least burden, then to the lowest index; a place beyond the last is the last.
    """
    enough = level - NOISE

    def choose(block: Block) -> Int64:
        key = ((_TIERS - _tier(block)) * _BURDEN + _burden(block, None)) * _INDEX + _index(block)
        keys = np.where(block.own >= enough[block.rows], key, np.inf).T
        last = np.isfinite(keys).sum(axis=1) - 1
        ordered = np.sort(np.ascontiguousarray(keys), axis=1)
        return _named(ordered[np.arange(len(last)), np.clip(place[block.rows], 0, np.maximum(last, 0))])

    return select(view, choose)


def _index(block: Block) -> Float64:
    return np.arange(float(len(block.own)))[:, None]


def _tier(block: Block) -> Float64:
    """Own utility (S, n) in steps of 2^-26 of the pool's worth."""
    return np.rint(block.own * (_TIERS / block.worth))


def _burden(block: Block, weights: Float64 | None) -> Float64:
    """How much of what the opponent wants (S, n) I keep, in whole steps from 0 to 4,095."""
    if weights is None:
        return np.asarray(sum(block.keep[1:], start=block.keep[0]))
    return np.rint(block.total(weights[block.rows]) * _STEPS)


def _least(keys: Float64) -> Int64:
    return _named(keys.min(axis=0))


def _named(key: Float64) -> Int64:
    """The index (n,) of the split that a key ends with; 0 where no split was eligible."""
    return np.where(np.isfinite(key), key, 0.0).astype(np.int64) % MAX_SPLITS
