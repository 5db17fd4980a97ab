"""What one agent knows in one game of the price domain, as plain Python values and as words for a prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.rules import quantise
from negotiation_env.price.view import PriceView
from negotiation_policies.llm.history import PastMove, past_moves

FIELDS = ("role", "opponent", "own_limit", "opponent_limit", "low", "high", "max_turns", "tick", "points", "discount")
"""The placeholders that a prompt of the price domain may have."""
_SIDES = {-1: "buyer", 1: "seller"}
_MOST_DIGITS = 6
_CENT, _DUST = 0.01, 1e-9


@dataclass(frozen=True)
class PriceSeat:
    """One row of a `PriceView`; prices in currency units.

    Attributes:
        role: ``"buyer"`` or ``"seller"``.
        sign: -1 or +1, so that ``sign * (price - limit)`` is what is gained.
        limit: the own limit.
        low: the lowest price that may be offered.
        high: the highest.
        turn: 1-based.
        max_turns: the deadline.
        standing: what can be accepted now; ``None`` if there is nothing.
        opponent_limit: ``None`` unless it is known.
        past: the moves so far.
        tick: the smallest price unit.
        points: how many even points the prices have; ``None`` if every tick is a price.
        discount: what the reward is multiplied by for each turn before the accepted offer.
    """

    role: str
    sign: int
    limit: float
    low: float
    high: float
    turn: int
    max_turns: int
    standing: float | None
    opponent_limit: float | None
    past: tuple[PastMove[float], ...]
    tick: float = 0.01
    points: int | None = None
    discount: float = 1.0

    @classmethod
    def of(cls, view: PriceView, row: int) -> Self:
        """The given row of a view.

        Raises:
            ValueError: the game has prices that are no whole cents, which no reply can name.
        """
        if abs(view.tick * 100 - round(view.tick * 100)) > _DUST or view.tick < _CENT:
            raise ValueError(
                f"language models name prices in whole cents, and this game has tick {view.tick:g}; "
                "use a multiple of .01."
            )
        turn, sign = int(view.turn[row]), int(view.role[row])
        messages = None if view.messages is None else view.messages[row]
        return cls(
            role=_SIDES[sign],
            sign=sign,
            limit=float(view.reservation_price[row]),
            low=float(view.price_low[row]),
            high=float(view.price_high[row]),
            turn=turn,
            max_turns=int(view.max_turns[row]),
            standing=_number(view.standing_offer, row),
            opponent_limit=_number(view.opponent_reservation_price, row),
            past=past_moves(turn, _made(view.own_offers[row]), _made(view.opponent_offers[row]), messages),
            tick=view.tick,
            points=view.price_points,
            discount=float(np.broadcast_to(view.discount, (len(view),))[row]),
        )

    @property
    def opponent(self) -> str:
        """The other side."""
        return _SIDES[-self.sign]

    def gain(self, price: float) -> float:
        """What a price earns."""
        return self.sign * (price - self.limit)

    def played(self, price: float) -> float:
        """The price that the game makes of an offered one: on its tick, or on its own points."""
        limit, low, high = (np.array([end]) for end in (self.limit, self.low, self.high))
        return float(quantise(np.array([price]), self.sign, limit, low, high, self.tick, self.points)[0])

    @cached_property
    def digits(self) -> int:
        """How many digits a price can have before the decimal point."""
        return max(_MOST_DIGITS, len(str(int(self.high))))

    def offer_words(self, offer: float) -> str:
        """A price in words for a prompt."""
        return money(offer)

    @property
    def fields(self) -> dict[str, str]:
        """What a prompt can say of the game: nothing that this side does not know, and nothing that changes."""
        return {
            "role": self.role,
            "opponent": self.opponent,
            "own_limit": money(self.limit),
            "opponent_limit": "unknown" if self.opponent_limit is None else money(self.opponent_limit),
            "low": money(self.low),
            "high": money(self.high),
            "max_turns": str(self.max_turns),
            "tick": money(self.tick),
            "points": str(self.points),
            "discount": f"{self.discount:g}",
        }


def money(price: float) -> str:
    """A price as it is written: ``$1,200.50``, whole where it is whole."""
    return f"${price:,.2f}".removesuffix(".00")


def _number(column: Float64, row: int) -> float | None:
    value = float(column[row])
    return None if math.isnan(value) else value


def _made(offers: Float64) -> list[float]:
    return [float(offer) for offer in offers if not math.isnan(offer)]
