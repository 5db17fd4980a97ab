"""Actions as numbers: two encodings over one typed move, (kind, price).

- ``discrete``: ``Discrete(num_prices + 3)``; 0 to num_prices - 1 are the points of an even price grid over the
  game's public range, then accept, walk, pass.
- ``continuous``: ``Box(-1, 1, (2,))``; the first number decides: accept from .5, offer from -.5, pass from -.75,
  walk below; the second is the price, -1 the low and 1 the high end of the public range.

Kinds are those of `negotiation_env.turns`; an encoding is only a view of the typed move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.faces.discrete import ANSWER, OPEN, DiscreteMoves, status_of
from negotiation_env.game import NAN
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.game import PriceGame
from negotiation_env.price.rules import Float64, Int64
from negotiation_env.price.state import PriceState
from negotiation_env.price.view import PriceView
from negotiation_env.registry import unknown_name

ACTION_MODES = ("discrete", "continuous")
ACCEPT_FROM, OFFER_FROM, PASS_FROM = 0.5, -0.5, -0.75
_KIND_NUMBERS = np.array([0.0, 1.0, -1.0, np.nan, -0.625])


@dataclass(frozen=True)
class DiscreteEncoding:
    """Grid prices, then accept, walk, pass; ``price_range`` is given where it is the same in all games."""

    num_prices: int
    tick: float
    price_range: tuple[float, float] | None = None

    @cached_property
    def moves(self) -> DiscreteMoves:
        """The indices."""
        return DiscreteMoves(self.num_prices, "price")

    @property
    def space(self) -> spaces.Discrete:
        """``Discrete(num_prices + 3)``."""
        return self.moves.space

    def decode_one(self, action: object, game: PriceGame) -> tuple[int, float]:
        """The (kind, price) of one index."""
        kind, index = self.moves.split_one(action)
        if kind != turns.OFFER:
            return kind, NAN
        price = game.low + index * (game.high - game.low) / (self.num_prices - 1)
        return kind, rules.scalar_on_tick(price, self.tick)

    def decode(self, actions: object, state: PriceState, seat: int) -> tuple[Int64, Float64]:
        """The kinds (n,) and prices (n,) of n indices."""
        kind, index = self.moves.split(actions, len(state))
        if self.price_range is not None:
            price = self._prices.take(index)
        else:
            price = rules.grid_price(index, state.low, state.high, self.num_prices, self.tick)
        return kind, _as_played(state, seat, price)

    @cached_property
    def _prices(self) -> Float64:
        low, high = self.price_range or (0.0, 0.0)
        ends = np.array([low]), np.array([high])
        grid = rules.grid_price(np.arange(self.num_prices), *ends, self.num_prices, self.tick)
        return np.concatenate([grid, np.full(3, np.nan)])

    def encode(self, kind: NDArray[np.integer], price: Float64, view: PriceView) -> Int64:
        """The indices (n,) of n typed moves; a price is rounded to the mover's own advantage."""
        known = np.where(kind == turns.OFFER, price, view.price_low)
        limit, low, high = view.reservation_price, view.price_low, view.price_high
        return self.moves.join(kind, rules.grid_index(known, view.role, limit, low, high, self.num_prices, self.tick))

    def read(self, actions: object, view: PriceView) -> tuple[Int64, Float64]:
        """The kinds (n,) and prices (n,) of n indices on a view."""
        kind, index = self.moves.split(actions, len(view))
        price = rules.grid_price(index, view.price_low, view.price_high, self.num_prices, self.tick)
        return kind, np.where(kind == turns.OFFER, price, np.nan)

    def legal(self, view: PriceView) -> NDArray[np.int8]:
        """Which indices are legal on a view: int8 (n, num_prices + 3)."""
        return self.moves.table[np.where(np.isnan(view.standing_offer), OPEN, ANSWER)]

    def told(self, view: PriceView) -> PriceView:
        """The view of a policy that can offer the points of the grid."""
        return replace(view, price_points=self.num_prices)

    def mask(self, game: PriceGame, seat: int) -> NDArray[np.int8]:
        """Which indices are legal for a seat now: int8 (num_prices + 3,)."""
        mask: NDArray[np.int8] = self.moves.table[status_of(game, seat)]
        return mask.copy()

    def masks(self, state: PriceState, status: Int64) -> NDArray[np.int8]:
        """Which indices are legal: int8 (B, num_prices + 3)."""
        return self.moves.table.take(status, axis=0)


@dataclass(frozen=True)
class ContinuousEncoding:
    """A decision number and a price number."""

    tick: float

    @cached_property
    def space(self) -> spaces.Box:
        """``Box(-1, 1, (2,))``."""
        return spaces.Box(-1.0, 1.0, (2,), np.float32)

    def decode_one(self, action: object, game: PriceGame) -> tuple[int, float]:
        """The (kind, price) of one action (2,)."""
        numbers = _numbers(action)
        if numbers is None or numbers.shape != (2,):
            raise ValueError(f"action {action!r} is not two numbers: give (decision, price), each in [-1, 1].")
        decision, place = numbers.tolist()
        if not (-1.0 <= decision <= 1.0 and -1.0 <= place <= 1.0):
            raise ValueError(f"action ({decision}, {place}) is outside Box(-1, 1, (2,)): both must be in [-1, 1].")
        if decision >= ACCEPT_FROM:
            return turns.ACCEPT, NAN
        if decision >= OFFER_FROM:
            return turns.OFFER, rules.scalar_on_tick(game.low + (place + 1.0) * 0.5 * (game.high - game.low), self.tick)
        return (turns.PASS if decision >= PASS_FROM else turns.WALK), NAN

    def decode(self, actions: object, state: PriceState, seat: int) -> tuple[Int64, Float64]:
        """The kinds (n,) and prices (n,) of actions (n, 2)."""
        kind, price = self._moves(actions, state.low, state.high)
        return kind, _as_played(state, seat, price)

    def read(self, actions: object, view: PriceView) -> tuple[Int64, Float64]:
        """The kinds (n,) and prices (n,) of actions (n, 2) on a view."""
        return self._moves(actions, view.price_low, view.price_high)

    def _moves(self, actions: object, low: Float64, high: Float64) -> tuple[Int64, Float64]:
        size, numbers = len(low), _numbers(actions)
        if numbers is None:
            raise ValueError(f"actions are not all numbers; give ({size}, 2), a decision and a price each.")
        if numbers.shape != (size, 2):
            raise ValueError(f"actions have shape {numbers.shape}; give ({size}, 2), a decision and a price each.")
        if not (np.abs(numbers) <= 1.0).all():
            row = int(np.flatnonzero(~(np.abs(numbers) <= 1.0).all(axis=1))[0])
            raise ValueError(f"action {numbers[row].tolist()} of row {row} is outside Box(-1, 1, (2,)).")
        decision, place = numbers.T
        passing = np.where(decision >= PASS_FROM, turns.PASS, turns.WALK)
        kind = np.where(decision >= ACCEPT_FROM, turns.ACCEPT, np.where(decision >= OFFER_FROM, turns.OFFER, passing))
        return kind, rules.on_tick(low + (place + 1.0) * 0.5 * (high - low), self.tick)

    def legal(self, view: PriceView) -> None:
        """A mask has no meaning for a Box of actions."""

    def encode(self, kind: NDArray[np.integer], price: Float64, view: PriceView) -> NDArray[np.float32]:
        """The actions (n, 2) of n typed moves."""
        low, width = view.price_low, view.price_high - view.price_low
        place = np.where(kind == turns.OFFER, (price - low) / width * 2.0 - 1.0, 0.0)
        return np.stack([_KIND_NUMBERS[kind], np.clip(place, -1.0, 1.0)], axis=-1).astype(np.float32)

    def told(self, view: PriceView) -> PriceView:
        """The view of a policy that can offer every price."""
        return view

    def mask(self, game: PriceGame, seat: int) -> None:
        """A mask has no meaning for a Box of actions."""

    def masks(self, state: PriceState, status: Int64) -> None:
        """A mask has no meaning for a Box of actions."""


def _numbers(actions: object) -> Float64 | None:
    """The numbers of an action or of many; ``None`` if they are none, such as text that looks like some."""
    try:
        found = np.asarray(actions)
        if found.dtype == object and all(isinstance(number, Real) for number in found.flat):
            found = found.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):  # nested lists of different lengths; a tensor that needs a gradient
        return None
    return found.astype(np.float64) if found.dtype.kind in "fiu" else None


def _as_played(state: PriceState, seat: int, price: Float64) -> Float64:
    return price if state.config.price_grid is None else state.quantise(seat, price)


def make_encoding(config: PriceConfig, action_mode: str, num_prices: int) -> DiscreteEncoding | ContinuousEncoding:
    """The encoding of a mode; an unknown mode or a bad ``num_prices`` raises ``ValueError``."""
    if action_mode not in ACTION_MODES:
        raise ValueError(unknown_name("action_mode", action_mode, ACTION_MODES))
    if isinstance(num_prices, bool) or not isinstance(num_prices, int) or not 2 <= num_prices <= 1_000_001:
        raise ValueError(f"num_prices is {num_prices!r}; it must be a whole number from 2 to 1,000,001.")
    if action_mode == "continuous":
        return ContinuousEncoding(config.tick)
    return DiscreteEncoding(num_prices, config.tick, config.price_range if config.catalogue is None else None)
