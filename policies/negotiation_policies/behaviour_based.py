"""Behaviour-dependent tactics: what is offered answers what the opponent did.

Absolute, random absolute, relative and averaged tit-for-tat are those of Faratin, Sierra, Jennings (1998),
"Negotiation decision functions for autonomous agents", section 4.4. Until the opponent has made the offers
that a tactic compares, it repeats its last offer (its opening if there is none).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.seeding import uniform
from negotiation_policies.acceptance import Accepting
from negotiation_policies.orientation import (
    OpeningStrategy,
    count_offers,
    decision,
    gain,
    offer_before,
    rational_price,
    scaled,
    situation,
)
from negotiation_policies.parameters import check_flag, check_number, check_whole


@dataclass(frozen=True)
class AnsweringStrategy(OpeningStrategy, Accepting, ABC):
    """Moves away from its own last offer by a rule that a subclass gives in `answer`.

    Accepts by AC_next unless ``acceptance`` says otherwise; the aspiration is the next offer.
    """

    acceptance: str = "next"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_acceptance()

    @abstractmethod
    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """The next price (B,) from the own last price, before it is kept rational; NaN repeats the last."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept by the chosen rule, else offer the answer."""
        opening = self.opening_gain(view)
        made = offer_before(view.own_offers, count_offers(view, view.own_offers))
        own_last = np.where(np.isnan(made), view.reservation_price + view.role * opening, made)
        answer = self.answer(view, own_last)
        price = rational_price(view, np.where(np.isnan(answer), own_last, answer))
        next_gain = gain(view, price)
        accept = self.acceptance_rule.accepts(situation(view, next_gain, next_gain, opening))
        return decision(price, accept)


@dataclass(frozen=True)
class SplitDifference(AnsweringStrategy):
    """Offers the midpoint of its own last offer (at first: its opening) and the standing offer.

    With AC_next on the unrounded midpoint it accepts what is at least as good as its own last offer.

    Attributes:
        split: how far to go towards the standing offer; 0.5 is the midpoint.
    """

    split: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("split", self.split, 0.0, 1.0)

    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """``(1 - split) * own last + split * standing``."""
        return (1.0 - self.split) * own_last + self.split * view.standing_offer


@dataclass(frozen=True)
class LaggedAnswer(AnsweringStrategy):
    """An answer to the concession that the opponent made ``lag`` steps ago.

    Attributes:
        lag: delta of the source, 1 = the opponent's last concession.
    """

    lag: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("lag", self.lag, low=1)

    def opponent_pair(self, view: PriceView) -> tuple[Float64, Float64]:
        """The opponent's offers (B,) before and after that concession; NaN while there are too few."""
        count = count_offers(view, view.opponent_offers)
        offers = view.opponent_offers
        return offer_before(offers, count, self.lag), offer_before(offers, count, self.lag - 1)


@dataclass(frozen=True)
class TitForTat(LaggedAnswer):
    """Absolute tit-for-tat: gives in by the amount that the opponent gave in.

    ``own last + (opponent's offer before - after)``: the source's random absolute tactic without its
    random part.

    Attributes:
        imitate_retraction: also answer an offer worse for me than the one before by asking for more; the
            source does, the default does not.
    """

    imitate_retraction: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_flag("imitate_retraction", self.imitate_retraction)

    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """Own last price moved by the opponent's concession."""
        before, after = self.opponent_pair(view)
        concession = view.role * (after - before)
        if not self.imitate_retraction:
            concession = np.maximum(concession, 0.0)
        return own_last - view.role * concession


@dataclass(frozen=True)
class RandomAbsoluteTitForTat(TitForTat):
    """Random absolute tit-for-tat: gives in by the opponent's concession and a random amount.

    ``TitForTat - R(M)`` in own orientation, R(M) uniform on [0, M]; the random part gets two imitators
    out of a deadlock.

    Attributes:
        max_random_step: M, in currency units of a public range of width ``margin_range``.
    """

    imitate_retraction: bool = True
    max_random_step: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("max_random_step", self.max_random_step, low=0.0)

    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """Own last price moved by the opponent's concession and R(M)."""
        extra = uniform(view) * scaled(view, self.max_random_step, self.margin_range)
        return super().answer(view, own_last) - view.role * extra


def _ratio(numerator: Float64, denominator: Float64) -> Float64:
    """The quotient of two prices (B,); 1 where the denominator is not positive, NaN where one is missing."""
    is_positive = denominator > 0.0
    quotient = numerator / np.where(is_positive, denominator, 1.0)
    return np.where(is_positive | np.isnan(denominator), quotient, 1.0) + 0.0 * denominator


@dataclass(frozen=True)
class RelativeTitForTat(LaggedAnswer):
    """Relative tit-for-tat: reproduces the opponent's concession as a proportion of the price.

    ``own last * (opponent's offer before / after)``. A ratio of prices is not symmetric: the same currency
    amount is a larger step for the side whose prices are lower.
    """

    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """Own last price times the opponent's ratio."""
        before, after = self.opponent_pair(view)
        return own_last * _ratio(before, after)


@dataclass(frozen=True)
class AveragedTitForTat(AnsweringStrategy):
    """Averaged tit-for-tat: reproduces the opponent's change over its last ``window`` concessions.

    ``own last * (opponent's offer window steps ago / its last offer)``; window 1 is relative tit-for-tat.

    Attributes:
        window: gamma of the source.
    """

    window: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("window", self.window, low=1)

    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """Own last price times the opponent's ratio over the window."""
        count = count_offers(view, view.opponent_offers)
        first = offer_before(view.opponent_offers, count, self.window)
        return own_last * _ratio(first, offer_before(view.opponent_offers, count))
