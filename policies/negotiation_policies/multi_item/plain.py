"""Simple floors that other strategies should beat: chance, and the cheapest item first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_env.seeding import uniform
from negotiation_env.splits import count_splits, keep_of
from negotiation_policies.multi_item.blocks import Block, select
from negotiation_policies.multi_item.utilities import SplitStrategy, floor, known_columns, own_utility, pool_worth
from negotiation_policies.parameters import check_number, check_whole
from negotiation_policies.strategy import NOISE, count_true

_FIRST, _AGAIN = 0, 1
"""Streams of random numbers."""


@dataclass(frozen=True)
class RandomSplit(SplitStrategy):
    """Draws a split uniformly among all that are worth at least disagreement, anew on every turn.

    By default it accepts what is at least as good for it as its draw.
    """

    acceptance: str = "next"

    def plan(self, view: MultiItemView) -> tuple[Int64, None]:
        """The draw; what falls below disagreement is drawn again among the splits that do not."""
        drawn = (uniform(view, _FIRST) * count_splits(view.quantities)).astype(np.int64)
        keep = keep_of(drawn, view.quantities)
        if np.any(view.disagreement > 0.0):
            bad = np.flatnonzero(own_utility(view, keep) < floor(view) - NOISE)
            keep[bad] = _rational_draw(view.take(bad))
        return keep, None


def _rational_draw(view: MultiItemView) -> Int64:
    """A split (B, I) drawn among those worth at least disagreement; anything where there is none."""
    enough, draw = floor(view) - NOISE, uniform(view, _AGAIN)

    def choose(block: Block) -> Int64:
        eligible = block.own >= enough[block.rows]
        place = (draw[block.rows] * eligible.sum(axis=0)).astype(np.int64)
        return np.asarray(np.argmax(eligible.cumsum(axis=0) > place, axis=0))

    return select(view, choose)


@dataclass(frozen=True)
class GreedyConcession(SplitStrategy):
    """Asks for everything at first, and gives up the item that costs itself least with every further proposal.

    With k own proposals made, ``items_per_turn * k`` items are given up in the order of their own value (then of the
    types), as long as what is left is worth at least ``max(reserve * own value of the whole pool, disagreement)``.

    Attributes:
        reserve: the share of the own value of the whole pool that is never given up.
        items_per_turn: how many items a concession is.
    """

    acceptance: str = "next"
    reserve: float = 0.0
    items_per_turn: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("reserve", self.reserve, 0.0, 1.0)
        check_whole("items_per_turn", self.items_per_turn, low=1)

    def plan(self, view: MultiItemView) -> tuple[Int64, None]:
        """The pool without the items given up so far."""
        worth = pool_worth(view)
        spare = worth - np.maximum(self.reserve * worth, floor(view))
        given = self.items_per_turn * count_true(known_columns(view, view.own_offers)[:, :, 0] >= 0)
        return view.quantities - cheapest(view, given, spare), None


def cheapest(view: MultiItemView, number: Int64, spare: Float64) -> Int64:
    """The ``number`` (B,) cheapest items (B, I), or fewer if they are worth more than ``spare`` (B,) together."""
    order = np.argsort(view.values, axis=1, kind="stable")
    price = np.take_along_axis(view.values, order, axis=1)
    stock = np.take_along_axis(view.quantities, order, axis=1)
    given = np.zeros_like(stock)
    for place in range(order.shape[1]):
        value = price[:, place]
        affordable = np.floor((spare + NOISE) / np.where(value > 0.0, value, 1.0))
        most = np.where(value > 0.0, np.minimum(affordable, number), number)
        given[:, place] = np.clip(most, 0, stock[:, place])
        number = np.where(given[:, place] < stock[:, place], 0, number - given[:, place])
        spare = spare - given[:, place] * value
    items = np.empty_like(given)
    np.put_along_axis(items, order, given, axis=1)
    return items
