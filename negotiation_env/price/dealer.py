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
        single = isinstance(seeds, int)
        self.seeds = np.broadcast_to(np.asarray(seeds, dtype=np.uint64), (size,))
        self.step = size if single else 1
        self.current = np.full(size, -1, dtype=np.int64)
        self._start = np.arange(size) if single else np.zeros(size, dtype=np.int64)
        self._played = np.zeros(size, dtype=np.int64)
        self._drawn = np.zeros(size, dtype=np.int64)
        self._size = size
        self._facts = np.empty((4, _AHEAD * size))
        self._numbers = np.empty((2, _AHEAD * size), dtype=np.int64)
        self._seat_seeds = np.empty((2, _AHEAD * size), dtype=np.uint64)

    def deal(self, state: PriceState, rows: Int64, options: Mapping[str, Any] | None = None) -> Int64:
        """Start the next game in each of the given slots (k,); returns the sampled opponents (k,)."""
        turn = self._played[rows]
        if options:
            self._draw(rows, turn, options)
        elif (turn >= self._drawn[rows]).any():
            self._draw_ahead()
        place = turn % _AHEAD * self._size + rows
        setup = PriceSetup(*self._facts.take(place, axis=1))
        first, opponent = self._numbers.take(place, axis=1)
        state.deal(rows, setup, first, self._seat_seeds.take(place, axis=1))
        self.current[rows] = self._start[rows] + self.step * turn
        self._played[rows] = turn + 1
        if options:
            self._drawn[rows] = turn + 1
        return np.asarray(opponent)

    def _draw_ahead(self) -> None:
        """Fill each slot's store of games to come."""
        todo = np.maximum(self._drawn, self._played) + np.arange(_AHEAD)[:, None]
        wanted, slots = np.nonzero(todo < self._played + _AHEAD)
        self._draw(slots, todo[wanted, slots], None)
        self._drawn = self._played + _AHEAD

    def _draw(self, rows: Int64, turn: Int64, options: Mapping[str, Any] | None) -> None:
        """Draw each slot's ``turn``-th game, (k,) slots and turns."""
        games, place = self._start[rows] + self.step * turn, turn % _AHEAD * self._size + rows
        setup, first = deal_setup(self.config, self.seeds[rows], games, options)
        keys = seeding.game_keys(self.seeds[rows], games)
        self._facts[:, place] = np.stack([setup.buyer_max, setup.seller_min, setup.low, setup.high])
        opponent = (seeding.unit(keys, self.sample_stream) * self.opponents).astype(np.int64)
        self._numbers[:, place] = np.stack([first, opponent])
        self._seat_seeds[:, place] = seeding.seat_seeds(keys)
