"""What the opponent's offers so far promise for its next one, in own gains (B,)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceView
from negotiation_policies.orientation import count_offers, known_columns, offer_before
from negotiation_policies.strategy import NOISE, Bool


@dataclass(frozen=True, eq=False)
class Outlook:
    """The opponent's offers as gains (B,); -inf where it has made none.

    Attributes:
        last: of its last offer.
        best: of its best offer.
        next: of its next offer, if its steps go on growing or shrinking as they did: the last step times its ratio to
            the one before. If it has taken anything back lately, of its last offer again.
        never_moved: whether all its offers are the same.
    """

    last: Float64
    best: Float64
    next: Float64
    never_moved: Bool

    @classmethod
    def of(cls, view: PriceView) -> Outlook:
        """What the offers in a view promise."""
        made = count_offers(view, view.opponent_offers)
        offers = [offer_before(view.opponent_offers, made, back) for back in range(3)]
        last, before, earlier = (view.role * (offer - view.reservation_price) for offer in offers)
        step, previous = np.nan_to_num(last - before), np.nan_to_num(before - earlier)
        grows = np.where(previous > 0.0, step / np.where(previous > 0.0, previous, 1.0), 1.0)
        steady = (step >= -NOISE) & (previous >= -NOISE)
        ahead = np.where(steady, step * grows, 0.0)
        known = known_columns(view, view.opponent_offers)
        gains = view.role[:, None] * (known - view.reservation_price[:, None])
        best = np.where(np.isnan(gains), -np.inf, gains).max(axis=1, initial=-np.inf)
        worst = np.where(np.isnan(gains), np.inf, gains).min(axis=1, initial=np.inf)
        last = np.where(np.isnan(last), -np.inf, last)
        return cls(last, best, last + ahead, best <= worst + NOISE)


def waits(view: PriceView, offers: int) -> Bool:
    """Whether the opponent's first ``offers`` offers stood still, or took something back: (B,), False before them.

    Standing still is moving by less than a 2000th of the public range in all.
    """
    if not offers:
        return np.zeros(len(view), dtype=np.bool_)
    head = view.opponent_offers[:, :offers]
    gains = view.role[:, None] * (head - view.reservation_price[:, None])
    known = ~np.isnan(gains).any(axis=1) & (head.shape[1] == offers)
    gains = np.where(known[:, None], gains, 0.0)
    still = np.ptp(gains, axis=1) <= _STILL * (view.price_high - view.price_low)
    return np.asarray(known & (still | (np.diff(gains, axis=1) < -NOISE).any(axis=1)))


_STILL = 0.0005
