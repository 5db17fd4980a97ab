"""B games at once, each at its own turn: the part of their state that all domains share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.domain import Array, Config, Rows
from negotiation_env.policy import Float64, Int64, Message
from negotiation_env.seeding import UInt64


class GameState(ABC):
    """The state of B games of alternating offers; a domain adds its private facts and what an offer is worth.

    Attributes:
        standing: (B,) the last offer on the table; `nothing` if there is none.
        standing_seat: (B,) int64, whose offer that is; -1 if there is none.
        standing_turn: (B,) int64, the turn on which it was made.
        counts: (2, B) int64, how many offers each seat has made.
        first: (B,) int64, the seat that moves first.
        turn: (B,) int64, the 1-based turn to be played.
        game: (B,) int64, the slot of the game in its batch.
        ended: (B,) int8, `turns.RUNNING` or how the game ended.
        seat_seeds: (2, B) uint64, each seat's own seed.
        chat: for each game its messages so far, or ``None`` without chat.
    """

    agents: ClassVar[tuple[str, str]]
    nothing: ClassVar[float | int]
    """What stands for "no offer"; its type is that of offers."""
    facts: ClassVar[tuple[str, ...]]
    """The attributes (B, ...) that hold a domain's own facts, in the order of its setup."""

    def __init__(self, config: Config, size: int) -> None:
        self.config = config
        self.turn: Int64 = np.ones(size, dtype=np.int64)
        self.first: Int64 = np.zeros(size, dtype=np.int64)
        self.standing_turn: Int64 = np.zeros(size, dtype=np.int64)
        self.standing_seat: Int64 = np.full(size, -1)
        self.game: Int64 = np.arange(size)
        self.counts: Int64 = np.zeros((2, size), dtype=np.int64)
        self.ended: NDArray[np.int8] = np.zeros(size, dtype=np.int8)
        self.seat_seeds: UInt64 = np.zeros((2, size), dtype=np.uint64)
        self.standing: Array = np.full(size, self.nothing)
        self.chat: list[list[Message]] | None = [[] for _ in range(size)] if config.chat else None
        self._offers = np.full((2, config.max_turns * size), self.nothing)
        self._capacity, self._slots, self._deals = size, np.arange(size), 0

    def __len__(self) -> int:
        return len(self.turn)

    def deal(self, rows: Rows, setup: Any, first: Int64, seat_seeds: Iterable[NDArray[np.uint64]]) -> None:  # noqa: ANN401
        """Start new games in the given rows from a setup, first movers (n,) and both seats' seeds (n,)."""
        for name in self.facts:
            getattr(self, name)[rows] = getattr(setup, name)
        self.counts[0][rows] = self.counts[1][rows] = 0
        self.first[rows], self.turn[rows] = first, 1
        self.standing[rows], self.standing_seat[rows], self.standing_turn[rows] = self.nothing, -1, 0
        self.ended[rows] = turns.RUNNING
        self.seat_seeds[0][rows], self.seat_seeds[1][rows] = seat_seeds
        self._deals += 1
        if self.chat is not None:
            for row in np.arange(len(self))[rows].tolist():
                self.chat[row] = []

    # Reading ----------------------------------------------------------------------------------------------

    def history(self, rows: Rows, seat: int) -> Array:
        """The offers (T, n) of a seat so far, the k-th in row k; `nothing` after the last."""
        offers: Array = self._offers[seat].reshape(self.config.max_turns, -1)[:, : len(self)][:, rows]
        if self._deals > 1:  # what games before this one have left behind
            made = np.arange(len(offers))[:, None] < self.counts[seat][rows]
            offers = np.where(made, offers, self.nothing)
        return offers

    def acceptable(self, rows: Rows, seat: int) -> Array:
        """The offer (n,) that a seat could accept now: the opponent's standing one, else `nothing`."""
        return np.where(self.standing_seat[rows] == 1 - seat, self.standing[rows], self.nothing)

    def messages(self, rows: Rows) -> Sequence[Sequence[Message]] | None:
        """The chats of the given games so far; ``None`` without chat."""
        if self.chat is None:
            return None
        return [list(self.chat[row]) for row in np.arange(len(self))[rows].tolist()]

    def outcome(self, rows: Rows) -> dict[str, Array]:
        """How games ended: ``ended``, ``turns``, and the ``offer_turn`` of a deal (else 0)."""
        ended = self.ended[rows]
        deal = ended == turns.DEAL
        return {
            "ended": ended,
            "turns": self.turn[rows] - 1,
            "offer_turn": np.where(deal, self.standing_turn[rows], 0),
        }

    @abstractmethod
    def view(self, rows: Rows, seat: int) -> Any:  # noqa: ANN401  # the domain's own view
        """What a seat knows in the given rows; every array is read-only."""

    @abstractmethod
    def gain(self, seat: int) -> Float64:
        """What the standing offers would earn a seat (B,) above no deal, in currency or utility."""

    @abstractmethod
    def settlement(self, deal: NDArray[np.bool_]) -> dict[str, Array]:
        """What was agreed and the payoffs (B,) of games that are over, with or without a ``deal``."""

    @abstractmethod
    def scale(self, seat: int) -> Float64:
        """The gain (B,) that is a reward of 1."""

    # Playing ----------------------------------------------------------------------------------------------

    def say(self, rows: Rows, seat: int, messages: Sequence[str | None]) -> None:
        """Add what a seat says with its move to the games' chats; without chat it is dropped."""
        if self.chat is None:
            return
        for row, text in zip(np.arange(len(self))[rows].tolist(), messages, strict=True):
            if text:
                self.chat[row].append((int(self.turn[row]), self.agents[seat], text))

    def advance(self, rows: Rows, seat: int, kind: NDArray[np.integer], offer: Array) -> NDArray[np.int8]:
        """Play one legal move of a seat in the given rows; returns how each game ended, or 0.

        A `turns.PASS` costs the turn and changes nothing else. Deals are at ``standing``.
        """
        places = self._slots[rows] if isinstance(rows, slice) else rows
        turn = self.turn[rows]
        offering = np.flatnonzero(kind == turns.OFFER)
        if len(offering) == len(places):
            self._put_offers(places, seat, turn, offer)
        else:
            self._put_offers(places.take(offering), seat, turn.take(offering), offer.take(offering))
        ended = turns.ENDING_TABLE.take(kind)
        late = turn >= self.config.max_turns
        if late.any():
            ended[late & (ended == turns.RUNNING)] = turns.DEADLINE
        self.turn[rows] = turn + 1
        self.ended[rows] = ended
        return ended

    def _put_offers(self, rows: Int64, seat: int, turn: Int64, offer: Array) -> None:
        count = self.counts[seat].take(rows)
        self._offers[seat][count * self._capacity + rows] = offer
        self.counts[seat][rows] = count + 1
        self.standing[rows] = offer
        self.standing_seat[rows] = seat
        self.standing_turn[rows] = turn

    def keep(self, rows: Int64) -> None:
        """Drop all games but the given rows (n,), in that order."""
        size, used = len(rows), int(self.counts.max(initial=0))
        offers = self._offers.reshape(2, self.config.max_turns, -1)
        offers[:, :used, :size] = offers[:, :used, rows]
        self._slots = self._slots[:size]
        self.counts, self.seat_seeds = self.counts.take(rows, axis=1), self.seat_seeds.take(rows, axis=1)
        for name in ("turn", "first", "standing", "standing_seat", "standing_turn", "game", "ended", *self.facts):
            setattr(self, name, getattr(self, name).take(rows, axis=0))
        if self.chat is not None:
            self.chat = [self.chat[row] for row in rows.tolist()]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, which can no longer be written."""
    array.flags.writeable = False
    return array


def constant(value: float, size: int) -> NDArray[Any]:
    """A read-only array (size,) of one value."""
    return read_only(np.full(size, value))
