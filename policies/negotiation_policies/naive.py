"""Deliberately simple strategies: baselines that a learner should beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.acceptance import Accepting
from negotiation_policies.clock import TURN_CLOCK
from negotiation_policies.concession import POLYNOMIAL, ConcessionCurve
from negotiation_policies.orientation import OpeningStrategy, count_offers, decision, gain, price_of, scaled, situation
from negotiation_policies.parameters import check_number, check_positive
from negotiation_policies.strategy import NOISE


@dataclass(frozen=True)
class NaiveConcession(OpeningStrategy, Accepting):
    """Comes down by the same step with every offer, whatever the opponent does.

    Offer number k (from 0): ``max(0, opening - k * step)``.

    Attributes:
        step: the concession per own offer, in currency units of a public range of width ``margin_range``.
    """

    acceptance: str = "next"
    step: float = 50.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_acceptance()
        check_number("step", self.step, low=0.0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept by the chosen rule, else offer one step less than the last time."""
        opening = self.opening_gain(view)
        steps = count_offers(view, view.own_offers)
        offer = np.maximum(opening - steps * scaled(view, self.step, self.margin_range), 0.0)
        accept = self.acceptance_rule.accepts(situation(view, offer, offer, opening))
        return decision(price_of(view, offer), accept)


@dataclass(frozen=True)
class NaiveBoulware(OpeningStrategy):
    """A Boulware curve the wrong way round: starts at its own limit, asks for more, and takes anything.

    Offer: ``opening * (t / T)^exponent``. Accepts what gains at least ``accept_share * opening``, by
    default any rational offer.

    Attributes:
        exponent: above 1, the demand grows late.
        accept_share: the share of the opening gain that is enough.
    """

    exponent: float = 3.0
    accept_share: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("exponent", self.exponent)
        check_number("accept_share", self.accept_share, 0.0, 1.0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what is enough, else ask for the demand of this turn."""
        opening = self.opening_gain(view)
        demand = ConcessionCurve(POLYNOMIAL, self.exponent, clock=TURN_CLOCK).at(view)
        enough = self.accept_share * opening - NOISE
        return decision(price_of(view, opening * demand), gain(view, view.standing_offer) >= enough)
