"""B price games at once: their private facts, and what a seat sees of them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.domain import Array, Rows
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Float64
from negotiation_env.price.view import PriceView
from negotiation_env.state import GameState, constant, read_only


class PriceState(GameState):
    """The state of B price games; offers are prices, NaN for none.

    Attributes:
        buyer_max, seller_min: (B,) float64, the private limits.
        low, high: (B,) float64, the public price range.
    """

    agents: ClassVar[tuple[str, str]] = rules.AGENTS
    nothing: ClassVar[float | int] = np.nan
    facts: ClassVar[tuple[str, ...]] = ("buyer_max", "seller_min", "low", "high")
    config: PriceConfig
    buyer_max: Float64
    seller_min: Float64
    low: Float64
    high: Float64

    def __init__(self, config: PriceConfig, size: int) -> None:
        super().__init__(config, size)
        self.buyer_max, self.seller_min, self.low, self.high = np.full((4, size), np.nan)
        self._unknown = constant(np.nan, size)
        self._roles = [constant(role, size) for role in rules.ROLES]
        self._deadline = constant(config.max_turns, size)

    def limit(self, seat: int) -> Float64:
        """A seat's private limits (B,)."""
        return self.seller_min if seat else self.buyer_max

    def view(self, rows: Rows, seat: int) -> PriceView:
        """What a seat knows in the given rows; what few strategies ask for is read when it is asked for."""
        standing, known = self.acceptable(rows, seat), self.config.information == "known"
        size = len(standing)
        facts = {
            "role": self._roles[seat][:size],
            "turn": read_only(self.turn[rows]),
            "max_turns": self._deadline[:size],
            "messages": self.messages(rows),
            "reservation_price": read_only(self.limit(seat)[rows]),
            "price_low": read_only(self.low[rows]),
            "price_high": read_only(self.high[rows]),
            "standing_offer": read_only(standing),
            "opponent_reservation_price": read_only(self.limit(1 - seat)[rows]) if known else self._unknown[:size],
            "discount": self.config.discounts[seat],
            "tick": self.config.tick,
            "price_points": self.config.price_grid,
        }
        late = {
            "own_offers": lambda: self.history(rows, seat).T,
            "opponent_offers": lambda: self.history(rows, 1 - seat).T,
            "game": lambda: self.game[rows],
            "game_seed": lambda: self.seat_seeds[seat][rows],
        }
        return PriceView.late(facts, late)

    def quantise(self, seat: int, price: Float64) -> Float64:
        """Offered prices (B,) of a seat as the engine knows them: on the tick or on the game's own grid."""
        role, limit = rules.ROLES[seat], self.limit(seat)
        return rules.quantise(price, role, limit, self.low, self.high, *self.config.resolution)

    def gain(self, seat: int) -> Float64:
        """What a seat gains at the standing prices (B,), currency units; NaN without one."""
        standing: Float64 = self.standing
        return rules.payoff(rules.ROLES[seat], self.limit(seat), standing)

    def scale(self, seat: int) -> Float64:
        """The width (B,) of the public range."""
        return self.high - self.low

    def outcome(self, rows: Rows) -> dict[str, Array]:
        """How games ended, and the ``price`` of a deal (else NaN)."""
        facts = super().outcome(rows)
        return {**facts, "price": np.where(facts["ended"] == turns.DEAL, self.standing[rows], np.nan)}

    def settlement(self, deal: NDArray[np.bool_]) -> dict[str, Array]:
        """The price, rho and payoffs (B,) of games that are over, NaN, -1 and 0 without a ``deal``."""
        price = np.where(deal, self.standing, np.nan)
        rho = rules.settlement_rho(price, self.buyer_max, self.seller_min)
        payoffs: dict[str, Any] = {
            f"payoff_{side}": np.where(deal, self.gain(seat), 0.0) for seat, side in enumerate(rules.SIDES)
        }
        return {"price": price, "rho": np.where(deal, rho, rules.NO_DEAL_RHO), **payoffs}
