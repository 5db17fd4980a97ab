"""One price game, the scalar twin of `negotiation_env.price.state.PriceState`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from negotiation_env import turns
from negotiation_env.game import NAN, Game
from negotiation_env.price import rules


@dataclass(slots=True, kw_only=True)
class PriceGame(Game):
    """The state of one game; seats are 0 (buyer) and 1 (seller), prices in currency units."""

    agents: ClassVar[tuple[str, str]] = rules.AGENTS
    buyer_max: float
    seller_min: float
    low: float
    high: float

    def limit(self, seat: int) -> float:
        """A seat's private limit."""
        return self.seller_min if seat else self.buyer_max

    def quantise(self, offer: float) -> float:
        """An offered price as the game knows it: on the tick or on the game's own grid."""
        tick, points = self.config.resolution
        price = rules.scalar_on_tick(offer, tick)
        if points is None:
            return price
        role, limit = rules.ROLES[self.mover], self.limit(self.mover)
        offered, own, low, high = (np.array([value]) for value in (price, limit, self.low, self.high))
        return float(rules.quantise(offered, role, own, low, high, tick, points)[0])

    def shown(self, offer: float) -> float:
        """The price."""
        return offer

    def gain(self, seat: int) -> float:
        """What a seat gains at the standing price, currency units."""
        return rules.payoff(rules.ROLES[seat], self.limit(seat), self.standing)

    def scale(self, seat: int) -> float:
        """The width of the public range."""
        return self.high - self.low

    def result(self) -> dict[str, Any]:
        """Price, rho, payoffs, shares of the surplus, and who has dealt past its own limit."""
        deal, fault = self.ended == turns.DEAL, self.ended == turns.FAULTED
        gains = (self.gain(rules.BUYER), self.gain(rules.SELLER)) if deal else (0.0, 0.0)
        rho = float(rules.settlement_rho(self.standing, self.buyer_max, self.seller_min)) if deal else rules.NO_DEAL_RHO
        broken = [bool(rules.violates_limit(gain, self.config.tick)) for gain in gains]
        return {
            "price": self.standing if deal else None,
            "rho": NAN if fault else rho,
            "payoffs": dict(zip(rules.AGENTS, (NAN, NAN) if fault else gains, strict=True)),
            "surplus_share": rules.surplus_shares(deal, rho),
            "violations": dict(zip(rules.AGENTS, broken, strict=True)),
        }
