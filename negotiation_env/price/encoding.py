"""Actions as numbers: two encodings over one typed move, (kind, price).

- ``discrete``: ``Discrete(num_prices + 3)``; 0 to num_prices - 1 are the points of an even price grid over the
  game's public range, then accept, walk, pass.
- ``continuous``: ``Box(-1, 1, (2,))``; the first number decides: accept from .5, offer from -.5, pass from -.75,
  walk below; the second is the price, -1 the low and 1 the high end of the public range.

Kinds are those of `negotiation_env.price.rules`; an encoding is only a view of the typed move.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Float64, Int64
from negotiation_env.registry import unknown_name

ACTION_MODES = ("discrete", "continuous")
ACCEPT_FROM, OFFER_FROM, PASS_FROM = 0.5, -0.5, -0.75
_KIND_NUMBERS = np.array([0.0, 1.0, -1.0, np.nan, -0.625])


class Encoding(Protocol):
    """One way to write moves as numbers."""

    @property
    def space(self) -> spaces.Space[object]:
        """The action space of one agent."""

    def decode_one(self, action: object, low: float, high: float) -> tuple[int, float]:
        """The move of one action; raises ``ValueError`` for what is outside the space."""

    def decode(self, actions: object, size: int, low: Float64, high: Float64) -> tuple[Int64, Float64]:
        """The moves of n actions; raises ``ValueError`` for what is outside the space."""

    def encode(
        self, kind: Int64, price: Float64, role: Int64, limit: Float64, low: Float64, high: Float64
    ) -> NDArray[np.generic]:
        """The actions of n typed moves; a price on a grid is rounded to the mover's own advantage."""


@dataclass(frozen=True)
class DiscreteEncoding:
    """Grid prices, then accept, walk, pass; ``price_range`` is given where it is the same in all games."""

    num_prices: int
    tick: float
    price_range: tuple[float, float] | None = None

    @cached_property
    def space(self) -> spaces.Discrete:
        """``Discrete(num_prices + 3)``."""
        return spaces.Discrete(self.num_prices + 3)

    def decode_one(self, action: object, low: float, high: float) -> tuple[int, float]:
        """The (kind, price) of one index."""
        try:
            index = operator.index(action)  # type: ignore[arg-type]  # what is no index raises
        except TypeError:
            index = -1
        if 0 <= index < self.num_prices:
            price = low + index * (high - low) / (self.num_prices - 1)
            return rules.OFFER, rules.scalar_on_tick(price, self.tick)
        if self.num_prices <= index < self.num_prices + 3:
            return (rules.ACCEPT, rules.WALK, rules.PASS)[index - self.num_prices], float("nan")
        raise ValueError(self._outside(action))

    def _outside(self, action: object) -> str:
        top = self.num_prices
        return (
            f"action {action!r} is outside Discrete({top + 3}): give a whole number, 0 to {top - 1} for a price, "
            f"{top} to accept, {top + 1} to walk, {top + 2} to pass."
        )

    def decode(self, actions: object, size: int, low: Float64, high: Float64) -> tuple[Int64, Float64]:
        """The kinds (n,) and prices (n,) of n indices."""
        index = np.asarray(actions)
        if index.shape != (size,) or index.dtype.kind not in "iu":
            raise ValueError(f"actions have shape {index.shape} and type {index.dtype}; give {size} whole numbers.")
        if size and (index.min() < 0 or index.max() >= self.num_prices + 3):
            raise ValueError(self._outside(index[(index < 0) | (index >= self.num_prices + 3)][0]))
        if self.price_range is not None:
            return self._kinds.take(index), self._prices.take(index)
        return self._kinds.take(index), rules.grid_price(index, low, high, self.num_prices, self.tick)

    @cached_property
    def _kinds(self) -> Int64:
        offers = np.full(self.num_prices, rules.OFFER, dtype=np.int64)
        return np.concatenate([offers, np.array([rules.ACCEPT, rules.WALK, rules.PASS])])

    @cached_property
    def _prices(self) -> Float64:
        low, high = self.price_range or (0.0, 0.0)
        ends = np.array([low]), np.array([high])
        grid = rules.grid_price(np.arange(self.num_prices), *ends, self.num_prices, self.tick)
        return np.concatenate([grid, np.full(3, np.nan)])

    def encode(
        self, kind: Int64, price: Float64, role: Int64, limit: Float64, low: Float64, high: Float64
    ) -> NDArray[np.int64]:
        """The indices (n,) of n typed moves."""
        others = self.num_prices + np.array([0, 0, 1, 1, 2])[kind]
        known = np.where(kind == rules.OFFER, price, low)
        grid = rules.grid_index(known, role, limit, low, high, self.num_prices, self.tick)
        return np.where(kind == rules.OFFER, grid, others)

    def masks(self) -> dict[str, NDArray[np.int8]]:
        """Which indices are legal: on one's own turn with an offer to accept, without one, and when waiting."""
        move = np.ones(self.num_prices + 3, dtype=np.int8)
        move[-1] = 0
        opening = move.copy()
        opening[self.num_prices] = 0
        wait = np.zeros(self.num_prices + 3, dtype=np.int8)
        wait[-1] = 1
        return {"answer": move, "open": opening, "wait": wait}


@dataclass(frozen=True)
class ContinuousEncoding:
    """A decision number and a price number."""

    tick: float

    @cached_property
    def space(self) -> spaces.Box:
        """``Box(-1, 1, (2,))``."""
        return spaces.Box(-1.0, 1.0, (2,), np.float32)

    def decode_one(self, action: object, low: float, high: float) -> tuple[int, float]:
        """The (kind, price) of one action (2,)."""
        try:
            decision, place = (float(number) for number in action)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            raise ValueError(
                f"action {action!r} is not two numbers: give (decision, price), each in [-1, 1]."
            ) from None
        if not (-1.0 <= decision <= 1.0 and -1.0 <= place <= 1.0):
            raise ValueError(f"action ({decision}, {place}) is outside Box(-1, 1, (2,)): both must be in [-1, 1].")
        if decision >= ACCEPT_FROM:
            return rules.ACCEPT, float("nan")
        if decision >= OFFER_FROM:
            return rules.OFFER, rules.scalar_on_tick(low + (place + 1.0) * 0.5 * (high - low), self.tick)
        return (rules.PASS if decision >= PASS_FROM else rules.WALK), float("nan")

    def decode(self, actions: object, size: int, low: Float64, high: Float64) -> tuple[Int64, Float64]:
        """The kinds (n,) and prices (n,) of actions (n, 2)."""
        numbers = np.asarray(actions, dtype=np.float64)
        if numbers.shape != (size, 2):
            raise ValueError(f"actions have shape {numbers.shape}; give ({size}, 2), a decision and a price each.")
        if not (np.abs(numbers) <= 1.0).all():
            row = int(np.flatnonzero(~(np.abs(numbers) <= 1.0).all(axis=1))[0])
            raise ValueError(f"action {numbers[row].tolist()} of row {row} is outside Box(-1, 1, (2,)).")
        decision, place = numbers.T
        passing = np.where(decision >= PASS_FROM, rules.PASS, rules.WALK)
        kind = np.where(decision >= ACCEPT_FROM, rules.ACCEPT, np.where(decision >= OFFER_FROM, rules.OFFER, passing))
        return kind, rules.on_tick(low + (place + 1.0) * 0.5 * (high - low), self.tick)

    def encode(
        self, kind: Int64, price: Float64, role: Int64, limit: Float64, low: Float64, high: Float64
    ) -> NDArray[np.float32]:
        """The actions (n, 2) of n typed moves."""
        place = np.where(kind == rules.OFFER, (price - low) / (high - low) * 2.0 - 1.0, 0.0)
        return np.stack([_KIND_NUMBERS[kind], np.clip(place, -1.0, 1.0)], axis=-1).astype(np.float32)


def make_encoding(config: PriceConfig, action_mode: str, num_prices: int) -> DiscreteEncoding | ContinuousEncoding:
    """The encoding of a mode; an unknown mode or a bad ``num_prices`` raises ``ValueError``."""
    if action_mode not in ACTION_MODES:
        raise ValueError(unknown_name("action_mode", action_mode, ACTION_MODES))
    if isinstance(num_prices, bool) or not isinstance(num_prices, int) or not 2 <= num_prices <= 1_000_001:
        raise ValueError(f"num_prices is {num_prices!r}; it must be a whole number from 2 to 1,000,001.")
    if action_mode == "continuous":
        return ContinuousEncoding(config.tick)
    return DiscreteEncoding(num_prices, config.tick, config.price_range if config.catalogue is None else None)
