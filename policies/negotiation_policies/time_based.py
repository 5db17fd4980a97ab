"""Time-dependent tactics: what is offered depends on the clock alone (Faratin, Sierra, Jennings 1998).

"Negotiation decision functions for autonomous agents", section 4.2. In this project a larger exponent
concedes *later*: ``exponent`` is the inverse of the literature's beta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.seeding import gaussian
from negotiation_policies.acceptance import Accepting, Situation
from negotiation_policies.clock import CLOCKS, TURN_CLOCK, at_turn, times
from negotiation_policies.orientation import OpeningStrategy, decision, price_of
from negotiation_policies.parameters import check_choice, check_number, check_positive

POLYNOMIAL, EXPONENTIAL, EXPONENTIAL_UTILITY = "polynomial", "exponential", "exponential_utility"
CURVES = (POLYNOMIAL, EXPONENTIAL, EXPONENTIAL_UTILITY)
_TABLES_KEPT = 4096


@dataclass(frozen=True)
class ConcessionCurve:
    """The share of the opening gain that has been given up by each turn; 0 = nothing, 1 = all.

    With clock ``t``, exponent ``e`` and initial concession ``k``, cut off at ``cap``:

    - ``polynomial``: ``k + (1 - k) t^e`` (Faratin et al. 1998; e = 1 / beta);
    - ``exponential``: ``exp(ln(k) (1 - t)^(1 / e))``, k above 0 (Faratin et al. 1998; e = 1 / beta);
    - ``exponential_utility``: ``1 - (1 - k) (exp((1 - t)^(1 / e)) - 1) / (exp(1) - 1)`` (as in NegMAS,
      whose exponent is 1 / e).
    """

    curve: str = POLYNOMIAL
    exponent: float = 1.0
    initial_concession: float = 0.0
    concession_cap: float = 1.0
    clock: str = TURN_CLOCK

    def share(self, t: Float64) -> Float64:
        """The share given up at clock readings ``t``, of the same shape."""
        start = self.initial_concession
        if self.curve == POLYNOMIAL:
            conceded = start + (1.0 - start) * t**self.exponent
        elif self.curve == EXPONENTIAL:
            conceded = np.exp(math.log(start) * (1.0 - t) ** (1.0 / self.exponent))
        else:
            utility = np.expm1((1.0 - t) ** (1.0 / self.exponent)) / math.expm1(1.0)
            conceded = 1.0 - (1.0 - start) * utility
        return np.minimum(conceded, self.concession_cap)

    def at(self, view: PriceView) -> Float64:
        """The share (B,) given up at each decision point."""
        return at_turn(view, partial(_table, self))


@lru_cache(maxsize=_TABLES_KEPT)
def _table(curve: ConcessionCurve, max_turns: int) -> Float64:
    table = curve.share(times(curve.clock, max_turns))
    table.setflags(write=False)
    return table


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
        accept = self.acceptance_rule.accepts(Situation(view, aspiration, offer, opening))
        return decision(price_of(view, offer), accept)

    def _offer(self, view: PriceView, aspiration: Float64, opening: Float64) -> Float64:
        offer = aspiration
        if self.tolerance:
            offer = offer - self.tolerance * (view.price_high - view.price_low)
        if self.noise:
            offer = offer + self.noise * opening * gaussian(view)
        return offer
