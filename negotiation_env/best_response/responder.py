"""A best response as a policy: what to ask and what to accept on each turn of the games it was worked out for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.best_response.games import Games, is_gain
from negotiation_env.best_response.tree import Layer, Tree
from negotiation_env.policy import ACCEPT, OFFER, Float64, Int64, JsonValue
from negotiation_env.price.view import PriceDecision, PriceView


@dataclass(frozen=True, eq=False)
class Responder:
    """Asks the price of each turn, and accepts what gains at least the level of that turn.

    It knows its games by the seed of its seat, so it can be played in any batch, but in these games only.

    Attributes:
        seat_seed: uint64 (B,), ascending.
        ask: (B, T + 1) the price to offer on each turn, currency units.
        level: (B, T + 1) the least gain to accept on each turn, currency units.
        params: what records keep of it.
    """

    seat_seed: NDArray[np.uint64]
    ask: Float64
    level: Float64
    params: Mapping[str, JsonValue]
    name = "best_response"

    def reset(self, size: int, seed: int | None = None) -> None:
        """Keeps nothing."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what reaches the level, else ask.

        Raises:
            ValueError: a game is none of those that it was worked out for.
        """
        row = np.minimum(np.searchsorted(self.seat_seed, view.game_seed), len(self.seat_seed) - 1)
        if (self.seat_seed[row] != view.game_seed).any():
            raise ValueError(
                "this best response was worked out for other games, or for the other seat; play it with the seed, the "
                "role and no more games than best_response was given."
            )
        gain = view.role * (view.standing_offer - view.reservation_price)
        accepts = is_gain(gain - self.level[row, view.turn])
        return PriceDecision(kind=np.where(accepts, ACCEPT, OFFER), price=self.ask[row, view.turn])


def turn_tables(games: Games, tree: Tree, memory: int | None) -> tuple[Float64, Float64]:
    """What to ask and the least gain to accept on each turn: prices and gains (B, T + 1), currency units.

    Against a time-dependent opponent the level is what going on is worth, which is best in every position that can
    come up, whatever was offered before. (On turns that the opponent never lets come, the tables ask the best price
    and accept any gain.) Against others they follow the best way through the tree, and whatever is worth as much as
    all of it is accepted.
    """
    every, size = np.arange(len(games)), games.max_turns + 1
    ask = np.repeat(games.price(every, np.zeros(len(games), dtype=np.int64))[:, None], size, axis=1)
    level = np.zeros((len(games), size))
    if memory != 0:
        level[:] = tree.value[:, None]
    node = np.full(len(games), -1)
    for place, layer in enumerate(tree.layers):
        if memory == 0 or place == 0:
            node[:] = -1
            node[layer.positions.game] = np.arange(len(layer.positions))
        there = np.flatnonzero(node >= 0)
        at = node[there]
        ask[there, layer.turn] = games.price(there, _step(layer, at))
        if memory == 0:
            level[there, layer.turn] = layer.continuation[at]
        choice = layer.choice[at]
        node[there] = np.where(choice >= 0, layer.child[at, choice], -1)
    factor = games.discount ** np.maximum(np.arange(size) - 2.0, 0.0)
    return ask, level / factor


def _step(layer: Layer, at: Int64) -> Int64:
    """The price (n,) to offer in the given positions, in steps; the best one where no offer is worth anything."""
    choice, closing = layer.choice[at], layer.closing[at]
    going = layer.tried[at, np.maximum(choice, 0)]
    useful = layer.continuation[at] > 0.0
    return np.where(choice >= 0, going, np.where(useful & (closing >= 0), closing, 0))
