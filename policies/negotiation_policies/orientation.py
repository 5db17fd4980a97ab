"""Own orientation: prices turned into gains, so that one formula serves the buyer and the seller.

A gain is ``role * (price - reservation_price)``: what the seat earns above its limit, in currency units,
high = good for me, 0 = the limit itself. Shapes are (B,) unless stated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.acceptance import Situation
from negotiation_policies.parameters import check_number, check_positive
from negotiation_policies.strategy import Bool, Strategy, count_true


def gain(view: PriceView, price: Float64) -> Float64:
    """What a price earns me: ``role * (price - reservation_price)``; NaN stays NaN."""
    return view.role * (price - view.reservation_price)


def reach(view: PriceView) -> Float64:
    """The gain of the best price for me in the public range; 0 if even that one is past my limit."""
    limit = view.reservation_price
    return np.maximum(np.where(view.role > 0, view.price_high - limit, limit - view.price_low), 0.0)


def rational_price(view: PriceView, price: Float64) -> Float64:
    """The nearest price that is not past my own limit and inside the public range."""
    rational = view.role * np.maximum(view.role * price, view.role * view.reservation_price)
    return np.minimum(np.maximum(rational, view.price_low), view.price_high)


def price_of(view: PriceView, own_gain: Float64) -> Float64:
    """The price that earns me ``own_gain``, kept rational and inside the public range."""
    return rational_price(view, view.reservation_price + view.role * own_gain)


def scaled(view: PriceView, amount: float, margin_range: float) -> Float64:
    """``amount``, given for a public range of width ``margin_range``, in this game's currency."""
    return amount * (view.price_high - view.price_low) / margin_range


def decision(price: Float64, accept: Bool) -> PriceDecision:
    """Accept where ``accept``, else offer ``price``."""
    return PriceDecision(kind=accept.astype(np.int8), price=price)


def situation(view: PriceView, aspiration: Float64, next_offer: Float64, opening: Float64) -> Situation:
    """What an acceptance rule looks at, from gains (B,) in currency units."""

    def received() -> Float64:
        offers = known_columns(view, view.opponent_offers)
        return view.role[:, None] * (offers - view.reservation_price[:, None])

    return Situation(view, aspiration, next_offer, opening, gain(view, view.standing_offer), received)


def known_columns(view: PriceView, offers: Float64) -> Float64:
    """The columns of ``offers`` (B, T) that can hold something by now: a side moves on every other turn."""
    return offers[:, : int(view.turn.max(initial=0)) // 2 + 1]


def count_offers(view: PriceView, offers: Float64) -> Int64:
    """How many offers each row of ``offers`` (B, T) holds."""
    return count_true(~np.isnan(known_columns(view, offers)))


def offer_before(offers: Float64, count: Int64, back: int = 0) -> Float64:
    """The offer ``back`` places before the last of ``offers`` (B, T); NaN where there is none."""
    column = count - 1 - back
    found = offers[np.arange(len(count)), np.maximum(column, 0)]
    return np.where(column >= 0, found, np.nan)


@dataclass(frozen=True)
class OpeningStrategy(Strategy):
    """A strategy that measures its opening from its own limit.

    Attributes:
        opening_margin: gain asked for at the start, in currency units of a public range of width
            ``margin_range``; never beyond the end of the range. ``None``: the end of the public range.
        margin_range: the width of the public range that ``opening_margin`` was written for.
    """

    opening_margin: float | None = 500.0
    margin_range: float = 1300.0

    def __post_init__(self) -> None:
        if self.opening_margin is not None:
            check_number("opening_margin", self.opening_margin, low=0.0)
        check_positive("margin_range", self.margin_range)

    def opening_gain(self, view: PriceView) -> Float64:
        """``min(opening_margin * width / margin_range, reach)``: the gain (B,) of the first offer."""
        if self.opening_margin is None:
            return reach(view)
        return np.minimum(scaled(view, self.opening_margin, self.margin_range), reach(view))
