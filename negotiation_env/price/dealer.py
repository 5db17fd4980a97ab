"""Deals the games of a vector environment's slots: slot i plays games i, i + n, i + 2n, ... of the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from negotiation_env import seeding
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Int64
from negotiation_env.price.scenarios import PriceSetup, deal_setup
from negotiation_env.price.state import PriceState

_AHEAD = 8
"""How many games are drawn ahead for each slot."""
_STORED = (*[np.float64] * 4, *[np.int64] * 2, *[np.uint64] * 2)
"""Types of what is kept of a game: limits and range, first mover and opponent, the seats' seeds."""


class Dealer:
    """Draws games ahead for all slots at once, since drawing few costs as much as drawing many.

    Args:
        config: the games' settings.
        seeds: int, or int64 (n,) one for each slot (then slot i plays games 0, 1, ... of its own seed).
        size: the number of slots n.
        sample_stream: the stream of `negotiation_env.seeding` that samples the opponent.
        opponents: how many opponents there are to sample from.
    """

    def __init__(
        self, config: PriceConfig, seeds: int | Sequence[int], size: int, sample_stream: int, opponents: int
    ) -> None:
        self.config, self.sample_stream, self.opponents = config, sample_stream, opponents
        self._seed = seeds if isinstance(seeds, int) else None
        single = self._seed is not None
        self.seeds = np.broadcast_to(np.asarray(seeds, dtype=np.uint64), (size,))
        self.step = size if single else 1
        self.current = np.full(size, -1, dtype=np.int64)
        self._start = np.arange(size) if single else np.zeros(size, dtype=np.int64)
        self._played = np.zeros(size, dtype=np.int64)
        self._drawn = np.zeros(size, dtype=np.int64)
        self._size = size
        self._stores = [np.empty(_AHEAD * size, dtype) for dtype in _STORED]

    def deal(self, state: PriceState, rows: Int64, options: Mapping[str, Any] | None = None) -> Int64:
        """Start the next game in each of the given slots (k,); returns the sampled opponents (k,)."""
        turn = self._played[rows]
        if options:
            self._draw(rows, turn, options)
        elif (turn >= self._drawn[rows]).any():
            self._draw_ahead()
        place = turn % _AHEAD * self._size + rows
        buyer_max, seller_min, low, high, first, opponent, *seeds = (store.take(place) for store in self._stores)
        state.deal(rows, PriceSetup(buyer_max, seller_min, low, high), first, seeds)
        self.current[rows] = self._start[rows] + self.step * turn
        self._played[rows] = turn + 1
        if options:
            self._drawn[rows] = turn + 1
        return opponent

    def _draw_ahead(self) -> None:
        """Fill each slot's store of games to come."""
        todo = np.maximum(self._drawn, self._played) + np.arange(_AHEAD)[:, None]
        wanted, slots = np.nonzero(todo < self._played + _AHEAD)
        self._draw(slots, todo[wanted, slots], None)
        self._drawn = self._played + _AHEAD

    def _draw(self, rows: Int64, turn: Int64, options: Mapping[str, Any] | None) -> None:
        """Draw each slot's ``turn``-th game, (k,) slots and turns."""
        games, place = self._start[rows] + self.step * turn, turn % _AHEAD * self._size + rows
        seed = self._seed if self._seed is not None else self.seeds[rows]
        setup, first = deal_setup(self.config, seed, games, options)
        keys = seeding.game_keys(seed, games)
        opponent: Int64 | int = 0
        if self.opponents > 1:
            opponent = (seeding.unit(keys, self.sample_stream) * self.opponents).astype(np.int64)
        facts = (setup.buyer_max, setup.seller_min, setup.low, setup.high, first, opponent)
        for store, drawn in zip(self._stores, (*facts, *seeding.seat_seeds(keys)), strict=True):
            store[place] = drawn
