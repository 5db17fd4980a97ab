"""Strategies that draw their offers at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.seeding import uniform
from negotiation_policies.orientation import OpeningStrategy, decision, gain, price_of
from negotiation_policies.strategy import NOISE, Strategy


def _offer_or_accept(view: PriceView, span: Float64) -> PriceDecision:
    """Draw a gain uniformly from [0, span]; accept what gains at least as much, else offer it."""
    drawn = uniform(view) * span
    return decision(price_of(view, drawn), gain(view, view.standing_offer) >= drawn - NOISE)


@dataclass(frozen=True)
class RandomOffer(OpeningStrategy):
    """Draws a new gain between 0 and its opening on every turn; accepts what is at least as good."""

    opening_margin: float | None = None

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what is as good as the draw, else offer the draw."""
        return _offer_or_accept(view, self.opening_gain(view))


@dataclass(frozen=True)
class RandomZopa(Strategy):
    """An oracle, not a fair contestant: draws each offer uniformly from the true surplus zone.

    It reads the opponent's limit and refuses to run where the game does not show it. With an empty zone
    it offers its own limit. It accepts what is at least as good as its draw.
    """

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what is as good as the draw, else offer the draw.

        Raises:
            ValueError: the game hides the opponent's limit.
        """
        if np.isnan(view.opponent_reservation_price).any():
            raise ValueError(
                "random_zopa is an oracle that draws inside the true surplus zone; it needs the opponent's limit. "
                'Play it with information="known" (--information known), or use the policy "random".'
            )
        width = gain(view, view.opponent_reservation_price)
        return _offer_or_accept(view, np.maximum(width, 0.0))
