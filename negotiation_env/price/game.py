"""One price game, the scalar twin of `negotiation_env.price.state.PriceState`: fast to step one move at a time.

The tests prove that the same games come out of both, move for move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.domain import Move, surplus_shares

_KIND_WORDS = {rules.OFFER: "offer", rules.ACCEPT: "accept", rules.WALK: "walk", rules.FAULT: "fault"}
_NAN = float("nan")


@dataclass(slots=True)
class PriceGame:
    """The state of one game; seats are 0 (buyer) and 1 (seller), prices in currency units."""

    config: PriceConfig
    buyer_max: float
    seller_min: float
    low: float
    high: float
    first: int
    turn: int = 1
    standing: float = _NAN
    standing_seat: int = -1
    standing_turn: int = 0
    ended: int = rules.RUNNING
    offers: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    moves: list[Move] = field(default_factory=list)
    illegal_moves: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def mover(self) -> int:
        """The seat that moves now."""
        return (self.first + self.turn - 1) & 1

    @property
    def acceptable(self) -> bool:
        """Whether the mover has an offer of the opponent to accept."""
        return self.standing_seat == 1 - self.mover

    def limit(self, seat: int) -> float:
        """A seat's private limit."""
        return self.seller_min if seat else self.buyer_max

    def illegal_reason(self, kind: int) -> str | None:
        """Why the mover may not make a move of this kind now; ``None`` if it may."""
        if kind == rules.PASS:
            return "it is its own turn, and passing is only for the agent that waits"
        if kind == rules.ACCEPT and not self.acceptable:
            return "the opponent has no offer on the table"
        return None

    def quantise(self, price: float) -> float:
        """An offered price as the game knows it: on the tick or on the game's own grid."""
        tick, points = self.config.resolution
        price = rules.scalar_on_tick(price, tick)
        if points is None:
            return price
        role, limit = rules.ROLES[self.mover], self.limit(self.mover)
        offered, own, low, high = (np.array([value]) for value in (price, limit, self.low, self.high))
        return float(rules.quantise(offered, role, own, low, high, tick, points)[0])

    def play(self, kind: int, price: float = _NAN, message: str | None = None) -> None:
        """Play one legal move of the mover; `rules.PASS` only costs the turn. The price is quantised."""
        seat = self.mover
        if kind == rules.OFFER:
            price = self.quantise(price)
            self.offers[seat].append(price)
            self.standing, self.standing_seat, self.standing_turn = price, seat, self.turn
        elif kind != rules.PASS:
            self.ended = {rules.ACCEPT: rules.DEAL, rules.WALK: rules.WALKED, rules.FAULT: rules.FAULTED}[kind]
        if kind != rules.PASS:
            offered = price if kind == rules.OFFER else None
            self.moves.append((self.turn, rules.AGENTS[seat], _KIND_WORDS[kind], offered, message))
        if self.ended == rules.RUNNING and self.turn >= self.config.max_turns:
            self.ended = rules.DEADLINE
        self.turn += 1

    def rewards(self) -> tuple[float, float]:
        """The rewards of (buyer, seller): 0 until a deal, then discounted payoff / width of the range."""
        if self.ended != rules.DEAL:
            return (_NAN, _NAN) if self.ended == rules.FAULTED else (0.0, 0.0)
        buyer, seller = (
            rules.reward(self.gain(seat), self.high - self.low, self.config.discounts[seat], self.standing_turn)
            for seat in (rules.BUYER, rules.SELLER)
        )
        return buyer, seller

    def gain(self, seat: int) -> float:
        """What a seat gains at the standing price, currency units."""
        return rules.payoff(rules.ROLES[seat], self.limit(seat), self.standing)

    def outcome(self) -> dict[str, Any]:
        """What has come out of an ended game; payoffs are in currency units, undiscounted."""
        deal, fault = self.ended == rules.DEAL, self.ended == rules.FAULTED
        gains = (self.gain(rules.BUYER), self.gain(rules.SELLER)) if deal else (0.0, 0.0)
        rho = float(rules.settlement_rho(self.standing, self.buyer_max, self.seller_min)) if deal else rules.NO_DEAL_RHO
        return {
            "deal": deal,
            "price": self.standing if deal else None,
            "rho": _NAN if fault else rho,
            "payoffs": dict(zip(rules.AGENTS, (_NAN, _NAN) if fault else gains, strict=True)),
            "surplus_share": surplus_shares(deal, rho),
            "violations": {
                agent: bool(rules.violates_limit(gain, self.config.tick))
                for agent, gain in zip(rules.AGENTS, gains, strict=True)
            },
            "illegal_moves": dict(zip(rules.AGENTS, self.illegal_moves, strict=True)),
            "turns": self.turn - 1,
            "ended_by": rules.ENDED_BY[self.ended],
        }
