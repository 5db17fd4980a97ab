"""Strategies that settle at a share they hold to be fair, seen from their own opening."""

from __future__ import annotations

from dataclasses import dataclass

from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.clock import elapsed
from negotiation_policies.orientation import OpeningStrategy, decision, gain, price_of
from negotiation_policies.parameters import check_number
from negotiation_policies.strategy import NOISE


@dataclass(frozen=True)
class Fair(OpeningStrategy):
    """Starts a little above the fair share and comes down to it linearly; takes any fair offer at once.

    Offer: ``opening * (fair_share + early_bonus * (1 - t / T))``. Accepts what gains at least
    ``opening * fair_share``, on any turn.

    Attributes:
        fair_share: the share of the opening gain held to be fair.
        early_bonus: what is asked for above it at the start, as a share of the opening gain.
    """

    fair_share: float = 0.5
    early_bonus: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("fair_share", self.fair_share, 0.0, 1.0)
        check_number("early_bonus", self.early_bonus, 0.0, 1.0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what is fair, else offer the fair price and what is left of the bonus."""
        opening = self.opening_gain(view)
        fair = self.fair_share * opening
        offer = fair + self.early_bonus * opening * (1.0 - elapsed(view))
        return decision(price_of(view, offer), gain(view, view.standing_offer) >= fair - NOISE)
