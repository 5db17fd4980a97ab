"""One price, two private limits, each uniform on the same range: what can be had of the possible gains.

The scenario ``private``. In units of the range the buyer's limit is b and the seller's s, both U(0, 1). Gains are
possible where b > s; their mean is E[max(b - s, 0)] = 1/6. None of these figures knows of discounting.
"""

from __future__ import annotations

import numpy as np

from negotiation_env.theory.checks import Float64, Numbers, numbers, plain


def mean_gains(low: Numbers = 0.0, high: Numbers = 1.0) -> Numbers:
    """The mean of the possible gains ``max(b - s, 0)``: a sixth of the range's width, in currency units."""
    bottom, top = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if not (top > bottom).all():
        raise ValueError(f"the range is ({low}, {high}); low must be below high.")
    return plain((top - bottom) / 6.0)


def linear_bid(limit: Numbers, role: Numbers, low: Numbers = 0.0, high: Numbers = 1.0, k: Numbers = 0.5) -> Float64:
    """The sealed bid of the linear equilibrium of the double auction, in currency units.

    Both sides name a price at once; where the buyer's B is not below the seller's S, they trade at ``k B + (1 - k) S``.
    In units of the range ``B = b / (1 + k) + k (1 - k) / (2 (1 + k))`` and ``S = s / (2 - k) + (1 - k) / 2``; with
    k = 1/2 that is ``2/3 b + 1/12`` and ``2/3 s + 1/4`` (Chatterjee, Samuelson 1983, "Bargaining under Incomplete
    Information", Operations Research 31, the example of uniform limits). With k = 1 it is the buyer, with k = 0 the
    seller who makes a take-it-or-leave-it offer. A bid is never past the own limit: where the line is, there is no
    trade, and the limit is bid.

    Args:
        limit: the own limit, from ``low`` to ``high``.
        role: +1 for the seller, -1 for the buyer.
        low: the lower end of the range of both limits, currency units.
        high: the upper end.
        k: the weight of the buyer's bid in the price, in [0, 1].

    Raises:
        ValueError: ``k`` is outside [0, 1], or a role is neither +1 nor -1.
    """
    weight, roles = numbers("k", k, 0.0, 1.0), numbers("role", role, -1.0, 1.0)
    if (np.abs(roles) != 1.0).any():
        raise ValueError(f"role is {role!r}; it must be +1 (seller) or -1 (buyer).")
    value = (np.asarray(limit) - low) / (np.asarray(high) - low)
    bid = np.minimum(value / (1.0 + weight) + weight * (1.0 - weight) / (2.0 * (1.0 + weight)), value)
    ask = np.maximum(value / (2.0 - weight) + (1.0 - weight) / 2.0, value)
    return np.asarray(low + np.where(roles > 0.0, ask, bid) * (np.asarray(high) - low))


def double_auction_trade_rate(k: Numbers = 0.5) -> Numbers:
    """How often the linear equilibrium of the double auction trades; 9/32 with k = 1/2 (possible is 1/2).

    They trade where ``b >= m s + c`` with ``m = (1 + k) / (2 - k)`` and ``c = (1 - k) / 2``, a triangle of area
    ``(1 - c)^2 / (2 m)`` (Chatterjee, Samuelson 1983; integrated here).
    """
    slope, start = _frontier(k)
    return plain((1.0 - start) ** 2 / (2.0 * slope))


def double_auction_share(k: Numbers = 0.5) -> Numbers:
    """The share of the possible gains that the linear equilibrium of the double auction realises.

    27/32 with k = 1/2 (gains of 9/64 of 1/6), 3/4 with k = 0 and 1. Over the triangle ``b >= m s + c`` the mean of
    b - s is that of its corners, (s, b) = (0, c), (0, 1), ((1 - c) / m, 1).
    """
    slope, start = _frontier(k)
    width = (1.0 - start) / slope
    mean = (start + 1.0 + (1.0 - width)) / 3.0
    return plain(6.0 * mean * np.asarray(double_auction_trade_rate(k)))


def _frontier(k: Numbers) -> tuple[Float64, Float64]:
    """The m and c of the line ``b = m s + c`` above which the double auction trades."""
    weight = numbers("k", k, 0.0, 1.0)
    return (1.0 + weight) / (2.0 - weight), (1.0 - weight) / 2.0


def second_best_share() -> float:
    """The most of the possible gains that any equilibrium of any game realises: 27/32.

    No mechanism that is incentive-compatible, individually rational and needs no subsidy realises them all; for
    uniform limits the best one trades where ``b - s >= 1/4`` (Myerson, Satterthwaite 1983, "Efficient Mechanisms for
    Bilateral Trading", Journal of Economic Theory 29, theorem 2 and the example of uniform limits), which is where the
    double auction with k = 1/2 trades.
    """
    return float(double_auction_share(0.5))


def take_it_or_leave_it_share() -> float:
    """The share of the possible gains where one side names its best price once and the other takes it or not: 3/4.

    A seller asks ``(1 + s) / 2``, a buyer offers ``b / 2`` (Riley, Zeckhauser 1983, "Optimal Selling Strategies: When
    to Haggle, When to Hold Firm", Quarterly Journal of Economics 98): the double auction with k = 0 or 1.
    """
    return float(double_auction_share(1.0))


def posted_price_share(place: Numbers = 0.5) -> Numbers:
    """The share of the possible gains where both take or leave a price posted in advance; 3/4 in the middle.

    They trade where ``s <= p <= b``, with mean gain 1/2 there: ``6 p (1 - p) / 2``. Posted prices are the mechanisms
    in which telling one's limit is dominant (Hagerty, Rogerson 1987, "Robust Trading Mechanisms", Journal of Economic
    Theory 42; integrated here).

    Args:
        place: p, where in the range of the limits the price is, from 0 to 1.
    """
    price = numbers("place", place, 0.0, 1.0)
    return plain(3.0 * price * (1.0 - price))
