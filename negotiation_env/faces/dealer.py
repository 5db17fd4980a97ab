"""Deals the games of a vector environment's slots: slot i plays games i, i + n, i + 2n, ... of the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from negotiation_env import seeding
from negotiation_env.domain import Array, Config, Domain
from negotiation_env.policy import Int64
from negotiation_env.seeding import UInt64
from negotiation_env.state import GameState

_AHEAD = 8
"""How many games are drawn ahead for each slot."""


class Dealer:
    """Draws games ahead for all slots at once, since drawing few costs as much as drawing many.

    Args:
        domain: what is played.
        config: the games' settings.
        seeds: int, or int64 (n,) one for each slot (then slot i plays games 0, 1, ... of its own seed).
        size: the number of slots n.
        sample_stream: the stream of `negotiation_env.seeding` that samples the opponent.
        opponents: how many opponents there are to sample from.
    """

    def __init__(
        self,
        domain: Domain,
        config: Config,
        seeds: int | Sequence[int],
        size: int,
        sample_stream: int,
        opponents: int,
    ) -> None:
        self.domain: Domain = domain
        self.config: Config = config
        self.sample_stream: int = sample_stream
        self.opponents = opponents
        self._seed = seeds if isinstance(seeds, int) else None
        single = self._seed is not None
        self.seeds: UInt64 = np.broadcast_to(np.asarray(seeds, dtype=np.uint64), (size,))
        self.step: int = size if single else 1
        self.current: Int64 = np.full(size, -1, dtype=np.int64)
        self._start = np.arange(size) if single else np.zeros(size, dtype=np.int64)
        self._played = np.zeros(size, dtype=np.int64)
        self._drawn = np.zeros(size, dtype=np.int64)
        self._size = size
        self._stores: list[Array] = []
        self._setup_type: Any = None
        self._facts: tuple[str, ...] = domain.state_type.facts

    def deal(self, state: GameState, rows: Int64, options: Mapping[str, Any] | None = None) -> Int64:
        """Start the next game in each of the given slots (k,); returns the sampled opponents (k,)."""
        turn = self._played[rows]
        if options:
            self._draw(rows, turn, options)
        elif (turn >= self._drawn[rows]).any():
            self._draw_ahead()
        place = turn % _AHEAD * self._size + rows
        first, opponent, seed_0, seed_1, *facts = (store.take(place, axis=0) for store in self._stores)
        state.deal(rows, self._setup_type(*facts), first, (seed_0, seed_1))
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
        setup, first = self.domain.deal(self.config, seed, games, options)
        keys = seeding.game_keys(seed, games)
        opponent = np.zeros(len(games), dtype=np.int64)
        if self.opponents > 1:
            opponent = (seeding.unit(keys, self.sample_stream) * self.opponents).astype(np.int64)
        facts = [getattr(setup, name) for name in self._facts]
        self._store(place, [first, opponent, *seeding.seat_seeds(keys), *facts])
        self._setup_type = type(setup)

    def _store(self, place: Int64, columns: Sequence[Array]) -> None:
        if not self._stores:
            size = _AHEAD * self._size
            self._stores = [np.empty((size, *column.shape[1:]), column.dtype) for column in columns]
        for store, column in zip(self._stores, columns, strict=True):
            store[place] = column
