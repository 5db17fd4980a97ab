"""Strategies of sealed mechanisms, played in the alternating game: equilibria to measure others against.

Each names one price, holds it to the end, and takes whatever is at least as good. They are equilibria where both
limits are uniform on the public range, as in the scenario ``private``; see `negotiation_env.theory`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.theory import linear_bid
from negotiation_policies.orientation import count_offers, decision, gain, rational_price
from negotiation_policies.parameters import check_number
from negotiation_policies.strategy import NOISE, Bool, Strategy


@dataclass(frozen=True)
class SealedBid(Strategy, ABC):
    """Names one price, holds it, and accepts what is at least as good."""

    @abstractmethod
    def bid(self, view: PriceView) -> Float64:
        """The price (B,) named, not past the own limit."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what reaches the bid, else make it."""
        bid = self.bid(view)
        return decision(bid, _reaches(view, bid))


@dataclass(frozen=True)
class DoubleAuction(SealedBid):
    """The linear equilibrium of the double auction (Chatterjee, Samuelson 1983), see `theory.linear_bid`.

    The side that moves first offers its bid. The other one answers a bid that reaches its own with the price of the
    auction, ``k * buyer's bid + (1 - k) * seller's``, which the first accepts; if that offer could not be answered any
    more, it accepts the first one's bid. Bids that do not cross stand until the deadline. So two of them trade where
    the auction trades, at its price.

    Attributes:
        k: the weight of the buyer's bid in the price.
    """

    k: float = 0.5

    def __post_init__(self) -> None:
        check_number("k", self.k, 0.0, 1.0)

    def bid(self, view: PriceView) -> Float64:
        """The equilibrium's bid."""
        return linear_bid(view.reservation_price, view.role, view.price_low, view.price_high, self.k)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what reaches the bid, but answer the first such bid with the auction's price."""
        bid = self.bid(view)
        crosses = _reaches(view, bid)
        answers = crosses & (count_offers(view, view.own_offers) == 0) & (view.turn < view.max_turns)
        own_weight = np.where(view.role > 0, 1.0 - self.k, self.k)
        price = own_weight * bid + (1.0 - own_weight) * view.standing_offer
        return decision(np.where(answers, price, bid), crosses & ~answers)


@dataclass(frozen=True)
class TakeItOrLeaveIt(SealedBid):
    """Names the price that is best against an uninformed taker: a seller halfway to the top, a buyer to the bottom.

    The seller's ask maximises ``(p - s) P(b >= p)`` over uniform b (Riley, Zeckhauser 1983).
    """

    def bid(self, view: PriceView) -> Float64:
        """``(limit + far end) / 2``: the double auction's bid where the own one is the price."""
        own_weight = np.where(view.role > 0, 0.0, 1.0)
        return linear_bid(view.reservation_price, view.role, view.price_low, view.price_high, own_weight)


@dataclass(frozen=True)
class PostedPrice(SealedBid):
    """Trades at a price fixed in advance or better; where that is past its limit, it offers its limit.

    Attributes:
        place: where in the public range the price is, from 0 to 1.
    """

    place: float = 0.5

    def __post_init__(self) -> None:
        check_number("place", self.place, 0.0, 1.0)

    def bid(self, view: PriceView) -> Float64:
        """The posted price, or the own limit."""
        posted = view.price_low + self.place * (view.price_high - view.price_low)
        return rational_price(view, posted)


def _reaches(view: PriceView, bid: Float64) -> Bool:
    """Whether (B,) there is an offer that is at least as good as the bid."""
    return np.asarray(gain(view, view.standing_offer) >= gain(view, bid) - NOISE)
