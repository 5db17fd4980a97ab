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
        self.current = np.zeros(size, dtype=np.int64)
        self._upcoming = np.arange(size) if single else np.zeros(size, dtype=np.int64)
        self._facts = np.empty((4, size))
        self._first = np.empty(size, dtype=np.int64)
        self._seeds = np.empty((2, size), dtype=np.uint64)
        self._opponent = np.empty(size, dtype=np.int64)
        self._ready = np.zeros(size, dtype=np.bool_)

    def deal(self, state: PriceState, rows: Int64, options: Mapping[str, Any] | None = None) -> Int64:
        """Start the next game in each of the given slots (k,); returns the sampled opponents (k,)."""
        if options:
            self._ready[rows] = False
            self._draw(rows, options)
        elif not self._ready[rows].all():
            self._draw(np.flatnonzero(~self._ready), None)
        low, high = self._facts[2, rows], self._facts[3, rows]
        setup = PriceSetup(self._facts[0, rows], self._facts[1, rows], low, high)
        state.deal(rows, setup, self._first[rows], self._seeds[:, rows])
        self._ready[rows] = False
        self.current[rows] = self._upcoming[rows]
        self._upcoming[rows] += self.step
        return self._opponent[rows]

    def _draw(self, rows: Int64, options: Mapping[str, Any] | None) -> None:
        games = self._upcoming[rows]
        setup, first = deal_setup(self.config, self.seeds[rows], games, options)
        keys = seeding.game_keys(self.seeds[rows], games)
        self._facts[:, rows] = np.stack([setup.buyer_max, setup.seller_min, setup.low, setup.high])
        self._first[rows], self._seeds[:, rows] = first, seeding.seat_seeds(keys)
        self._opponent[rows] = (seeding.unit(keys, self.sample_stream) * self.opponents).astype(np.int64)
        self._ready[rows] = True
