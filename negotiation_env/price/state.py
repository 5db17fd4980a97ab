"""B price games at once: the arrays of their state, what a seat sees of them, and how a move changes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Message
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Float64, Int64
from negotiation_env.price.scenarios import PriceSetup
from negotiation_env.price.view import LatePriceView, PriceDecision, PriceView, resolve_decision

Rows = slice | Int64


_FLOATS = ("buyer_max", "seller_min", "low", "high", "standing")
_INTS = ("buyer_offers", "seller_offers", "first", "turn", "standing_seat", "standing_turn", "game")


class PriceState:
    """The state of B games, each at its own turn. The attributes are views of three blocks of numbers.

    Attributes:
        limits: (2, B) float64, the private limits by seat (0 buyer, 1 seller).
        low, high: (B,) float64, the public price range.
        standing: (B,) float64, the last offer on the table; NaN if there is none.
        standing_seat: (B,) int64, whose offer that is; -1 if there is none.
        standing_turn: (B,) int64, the turn on which it was made.
        counts: (2, B) int64, how many offers each seat has made.
        first: (B,) int64, the seat that moves first.
        turn: (B,) int64, the 1-based turn to be played.
        game: (B,) int64, the slot of the game in its batch.
        ended: (B,) int8, `rules.RUNNING` or how the game ended.
        seat_seeds: (2, B) uint64, each seat's own seed.
        offers: (2, T, B) float64, the k-th offer of a seat at ``[seat, k]``; what stands behind the last is old.
        chat: for each game its messages so far, or ``None`` without chat.
    """

    def __init__(self, config: PriceConfig, size: int) -> None:
        self.config = config
        self._set_blocks(np.full((len(_FLOATS), size), np.nan), np.zeros((len(_INTS), size), dtype=np.int64))
        self.turn[:], self.standing_seat[:], self.game[:] = 1, -1, np.arange(size)
        self.offers = np.full((2, config.max_turns, size), np.nan)
        self._flat_offers = self.offers.reshape(2, -1)
        self._slots = np.arange(size)
        self._deals = 0
        self._unknown = _constant(np.nan, size)
        self._roles = [_constant(role, size) for role in rules.ROLES]
        self._deadline = _constant(config.max_turns, size)
        self.ended = np.zeros(size, dtype=np.int8)
        self.seat_seeds = np.zeros((2, size), dtype=np.uint64)
        self.chat: list[list[Message]] | None = [[] for _ in range(size)] if config.chat else None

    def _set_blocks(self, floats: Float64, ints: Int64) -> None:
        self._floats, self._ints = floats, ints
        self.limits, (self.low, self.high, self.standing) = floats[:2], floats[2:]
        self.counts = ints[:2]
        self.first, self.turn, self.standing_seat, self.standing_turn, self.game = ints[2:]

    def __getstate__(self) -> dict[str, Any]:
        views = {
            "limits",
            "low",
            "high",
            "standing",
            "counts",
            "first",
            "turn",
            "standing_seat",
            "standing_turn",
            "game",
        }
        return {name: value for name, value in self.__dict__.items() if name not in views | {"_flat_offers"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_blocks(self._floats, self._ints)
        self._flat_offers = self.offers.reshape(2, -1)

    def __len__(self) -> int:
        return len(self.turn)

    def deal(self, rows: Rows, setup: PriceSetup, first: Int64, seat_seeds: Iterable[NDArray[np.uint64]]) -> None:
        """Start new games in the given rows from setups, first movers (n,) and both seats' seeds (n,)."""
        facts = (setup.buyer_max, setup.seller_min, setup.low, setup.high, np.nan, 0, 0, first, 1, -1, 0)
        for column, fact in zip((*self._floats, *self._ints[:-1]), facts, strict=True):
            column[rows] = fact
        self._deals += 1
        self.ended[rows] = rules.RUNNING
        self.seat_seeds[0][rows], self.seat_seeds[1][rows] = seat_seeds
        if self.chat is not None:
            for row in np.arange(len(self))[rows].tolist():
                self.chat[row] = []

    @property
    def _capacity(self) -> int:
        """How many games the block of offers was made for."""
        return self._flat_offers.shape[1] // self.config.max_turns

    def history(self, rows: Rows, seat: int) -> Float64:
        """The offers (T, n) of a seat so far, the k-th in row k; NaN after the last."""
        offers: Float64 = self.offers[seat][:, rows]
        if self._deals > 1:
            made = np.arange(len(offers))[:, None] < self.counts[seat][rows]
            offers = np.where(made, offers, np.nan)
        return offers

    def acceptable(self, rows: Rows, seat: int) -> Float64:
        """The offer (n,) that a seat could accept now: the opponent's standing one, else NaN."""
        standing: Float64 = np.where(self.standing_seat[rows] == 1 - seat, self.standing[rows], np.nan)
        return standing

    def view(self, rows: Rows, seat: int) -> PriceView:
        """What a seat knows in the given rows; every array is read-only, the histories are read when asked for."""
        standing, known = self.acceptable(rows, seat), self.config.information == "known"
        size = len(standing)
        facts = {
            "role": self._roles[seat][:size],
            "turn": _read_only(self.turn[rows]),
            "max_turns": self._deadline[:size],
            "messages": self._messages(rows),
            "reservation_price": _read_only(self.limits[seat][rows]),
            "price_low": _read_only(self.low[rows]),
            "price_high": _read_only(self.high[rows]),
            "standing_offer": _read_only(standing),
            "opponent_reservation_price": _read_only(self.limits[1 - seat][rows]) if known else self._unknown[:size],
        }
        late = {
            "own_offers": lambda: self.history(rows, seat).T,
            "opponent_offers": lambda: self.history(rows, 1 - seat).T,
            "game": lambda: self.game[rows],
            "game_seed": lambda: self.seat_seeds[seat][rows],
        }
        return LatePriceView.of(facts, late)

    def _messages(self, rows: Rows) -> Sequence[Sequence[Message]] | None:
        if self.chat is None:
            return None
        return [list(self.chat[row]) for row in np.arange(len(self))[rows].tolist()]

    def resolve(self, view: PriceView, decision: PriceDecision, player: str) -> tuple[NDArray[np.int64], Float64]:
        """Check a decision and quantise its offers (NaN for other moves); see `check_decision` for what raises."""
        return resolve_decision(view, decision, player, *self.config.resolution)

    def say(self, rows: Rows, seat: int, messages: Sequence[str | None]) -> None:
        """Add what a seat says with its move to the games' chats; without chat it is dropped."""
        if self.chat is None:
            return
        for row, text in zip(np.arange(len(self))[rows].tolist(), messages, strict=True):
            if text:
                self.chat[row].append((int(self.turn[row]), rules.AGENTS[seat], text))

    def outcome(self, rows: Rows) -> dict[str, NDArray[np.generic]]:
        """How games ended: ``ended``, ``turns``, the ``price`` of a deal (else NaN) and its ``offer_turn``."""
        ended = self.ended[rows]
        deal = ended == rules.DEAL
        return {
            "ended": ended,
            "turns": self.turn[rows] - 1,
            "price": np.where(deal, self.standing[rows], np.nan),
            "offer_turn": np.where(deal, self.standing_turn[rows], 0),
        }

    def quantise(self, rows: Rows, seat: int, price: Float64) -> Float64:
        """An offered price (n,) as the engine knows it: on the tick or on the game's own grid."""
        limit, low, high = self.limits[seat, rows], self.low[rows], self.high[rows]
        return rules.quantise(price, rules.ROLES[seat], limit, low, high, *self.config.resolution)

    def advance(self, rows: Rows, seat: int, kind: NDArray[np.integer], price: Float64) -> NDArray[np.int8]:
        """Play one legal, quantised move of a seat in the given rows; returns how each game ended, or 0.

        A `rules.PASS` costs the turn and changes nothing else. The games' prices are read from ``standing``.
        """
        places = self._slots[rows] if isinstance(rows, slice) else rows
        turn = self.turn[rows]
        offering = np.flatnonzero(kind == rules.OFFER)
        if len(offering) == len(places):
            self._put_offers(places, seat, turn, price)
        else:
            self._put_offers(places.take(offering), seat, turn.take(offering), price.take(offering))
        ended = _ENDING_OF_KIND.take(kind)
        late = turn >= self.config.max_turns
        if late.any():
            ended[late & (ended == rules.RUNNING)] = rules.DEADLINE
        self.turn[rows] = turn + 1
        self.ended[rows] = ended
        return ended

    def _put_offers(self, rows: Int64, seat: int, turn: Int64, price: Float64) -> None:
        count = self.counts[seat].take(rows)
        self._flat_offers[seat][count * self._capacity + rows] = price
        self.counts[seat][rows] = count + 1
        self.standing[rows] = price
        self.standing_seat[rows] = seat
        self.standing_turn[rows] = turn

    def keep(self, rows: Int64) -> None:
        """Drop all games but the given rows (n,), in that order."""
        size, used = len(rows), int(self.counts.max(initial=0))
        self.offers[:, :used, :size] = self.offers[:, :used, rows]
        self.offers = self.offers[:, :, :size]
        self._slots = self._slots[:size]
        self._set_blocks(self._floats.take(rows, axis=1), self._ints.take(rows, axis=1))
        self.ended, self.seat_seeds = self.ended[rows], self.seat_seeds[:, rows]
        if self.chat is not None:
            self.chat = [self.chat[row] for row in rows.tolist()]


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _constant(value: float, size: int) -> NDArray[Any]:
    return _read_only(np.full(size, value))


_ENDING_OF_KIND = np.array([rules.RUNNING, rules.DEAL, rules.WALKED, rules.FAULTED, rules.RUNNING], dtype=np.int8)
