"""MiCRO: concede one step only if the opponent has proposed as many different offers (de Jonge 2022).

"An Analysis of the Linear Bilateral ANAC Domains Using the MiCRO Benchmark Strategy", IJCAI 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.orientation import (
    OpeningStrategy,
    count_offers,
    decision,
    gain,
    known_columns,
    offer_before,
    price_of,
    scaled,
)
from negotiation_policies.parameters import check_positive
from negotiation_policies.strategy import NOISE, count_true


def count_distinct(view: PriceView, offers: Float64) -> Int64:
    """How many different prices each row of ``offers`` (B, T) holds."""
    ordered = np.sort(np.ascontiguousarray(known_columns(view, offers)), axis=1)  # NaN goes last
    return count_true(ordered[:, 1:] > ordered[:, :-1]) + ~np.isnan(ordered[:, 0])


@dataclass(frozen=True)
class Micro(OpeningStrategy):
    """Walks down a grid of own offers, one step for each new offer of the opponent.

    The n-th offer of the grid (from 0) gains ``max(0, opening - n * step)``. With m own and n opposing
    different offers so far, it proposes the next one if ``m <= n``, else repeats its last (the source
    repeats a random earlier one). It accepts what gains at least what it would propose.

    Attributes:
        step: the grid's step, in currency units of a public range of width ``margin_range``.
    """

    step: float = 25.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("step", self.step)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what gains at least the next proposal, else make it."""
        opening = self.opening_gain(view)
        step = scaled(view, self.step, self.margin_range)
        own_count = count_offers(view, view.own_offers)
        own_last = np.where(own_count > 0, gain(view, offer_before(view.own_offers, own_count)), opening)
        level = np.rint((opening - own_last) / step)
        own_distinct = np.where(own_count > 0, level + 1.0, 0.0)
        is_due = (own_count > 0) & (own_distinct <= count_distinct(view, view.opponent_offers))
        offer = np.maximum(opening - (level + is_due) * step, 0.0)
        accept = gain(view, view.standing_offer) >= offer - NOISE
        return decision(price_of(view, offer), accept)
