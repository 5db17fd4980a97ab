"""Time-dependent tactics: what is offered depends on the clock alone (Faratin, Sierra, Jennings 1998).

"Negotiation decision functions for autonomous agents", section 4.2. In this project a larger exponent
concedes *later*: ``exponent`` is the inverse of the literature's beta.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.seeding import gaussian
from negotiation_policies.acceptance import Accepting
from negotiation_policies.clock import CLOCKS, TURN_CLOCK
from negotiation_policies.concession import CURVES, EXPONENTIAL, POLYNOMIAL, ConcessionCurve
from negotiation_policies.orientation import OpeningStrategy, decision, price_of, situation
from negotiation_policies.parameters import check_choice, check_number, check_positive


@dataclass(frozen=True)
class TimeDependent(OpeningStrategy, Accepting):
    """Concedes along a curve of the clock, whatever the opponent does.

    Aspiration: ``g(t) = opening * (1 - min(cap, conceded(t)))``, see `ConcessionCurve`. Offer:
    ``g(t) - tolerance * width of the public range + noise * opening * z`` with z standard normal.

    Attributes:
        exponent: above 1 concedes late (Boulware), below 1 early (Conceder); the literature's 1 / beta.
        concession_cap: the largest share of the opening that is ever given up.
        curve: ``"polynomial"``, ``"exponential"`` or ``"exponential_utility"``.
        initial_concession: Faratin's kappa, the share given up at t = 0.
        clock: ``"t/T"`` (turn over deadline) or ``"(step+1)/(n+1)"`` (rounds of two turns, never 0 or 1).
        tolerance: what an offer yields below the aspiration, as a share of the public range's width.
        noise: standard deviation of the offers, as a share of the opening gain.
    """

    exponent: float = 1.0
    concession_cap: float = 1.0
    curve: str = POLYNOMIAL
    initial_concession: float = 0.0
    clock: str = TURN_CLOCK
    tolerance: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_acceptance()
        check_positive("exponent", self.exponent)
        check_number("concession_cap", self.concession_cap, 0.0, 1.0)
        check_choice("curve", self.curve, CURVES)
        check_number("initial_concession", self.initial_concession, 0.0, 1.0)
        if self.curve == EXPONENTIAL and self.initial_concession == 0.0:
            raise ValueError(
                "initial_concession is 0; the exponential curve needs it above 0 (at most 1), for instance 0.05."
            )
        check_choice("clock", self.clock, CLOCKS)
        check_number("tolerance", self.tolerance, 0.0, 1.0)
        check_number("noise", self.noise, low=0.0)

    @cached_property
    def concession(self) -> ConcessionCurve:
        """The curve that the parameters describe."""
        return ConcessionCurve(self.curve, self.exponent, self.initial_concession, self.concession_cap, self.clock)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept by the chosen rule, else offer the aspiration."""
        opening = self.opening_gain(view)
        aspiration = opening * (1.0 - self.concession.at(view))
        offer = self._offer(view, aspiration, opening)
        accept = self.acceptance_rule.accepts(situation(view, aspiration, offer, opening))
        return decision(price_of(view, offer), accept)

    def _offer(self, view: PriceView, aspiration: Float64, opening: Float64) -> Float64:
        offer = aspiration
        if self.tolerance:
            offer = offer - self.tolerance * (view.price_high - view.price_low)
        if self.noise:
            offer = offer + self.noise * opening * gaussian(view)
        return offer
