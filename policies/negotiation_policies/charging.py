"""ChargingBoul: a Boulware agent that classifies its opponent and makes late concessions (Shymanski 2025).

"ChargingBoul: A Competitive Negotiating Agent with Novel Opponent Modeling", arXiv 2512.06595. The paper
plays many-issue domains of thousands of rounds and models an opponent across encounters; this is its map
to one price and one game, recomputed from the view.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.seeding import uniform
from negotiation_policies.clock import elapsed
from negotiation_policies.concession import POLYNOMIAL, ConcessionCurve
from negotiation_policies.orientation import OpeningStrategy, count_offers, decision, gain, known_columns, price_of
from negotiation_policies.parameters import check_number, check_positive, check_whole
from negotiation_policies.strategy import NOISE, Bool

_DEEPEST = 10
"""The paper's largest index in the start of the late phase, ``1 - 0.5^min(UBI, 10)``."""


@dataclass(frozen=True, eq=False)
class OpponentModel:
    """What the opponent's offers of this game say about it; arrays (B,).

    Attributes:
        offers: how many offers it made.
        unique_bid_index: UBI; how often, halving the history towards its end, the later half holds more
            new offers than the earlier one. High: it explores late (Boulware).
        average_utility_index: AUI; how often, halving likewise, the later half is better for me on
            average. Low: it does not concede (Hardliner).
        first: the gain of its first offer; NaN if none.
        best: the gain of its best offer so far; -inf if none.
    """

    offers: Int64
    unique_bid_index: Int64
    average_utility_index: Int64
    first: Float64
    best: Float64


def _halvings(totals: Float64, count: Int64, excess: Float64) -> Int64:
    """How many times in a row the later half of the last n, n/2, n/4, ... entries outweighs the earlier.

    Args:
        totals: (B, K + 1) running totals of the entries, from 0.
        count: (B,) the number n of entries.
        excess: (B,) by how much per entry the later half must be ahead.
    """
    rows = np.arange(len(count))
    index = np.zeros(len(count), dtype=np.int64)
    going = np.ones(len(count), dtype=np.bool_)
    for depth in range(1, int(count.max(initial=0)).bit_length()):
        half = count >> depth
        end, middle, start = totals[rows, count], totals[rows, count - half], totals[rows, count - 2 * half]
        going = going & (half > 0) & ((end - middle) - (middle - start) > excess * half + NOISE)
        index += going
    return index


def observe(view: PriceView, resolution: Float64) -> OpponentModel:
    """The model of each row's opponent; offers closer than ``resolution`` (B,) count as the same."""
    count = count_offers(view, view.opponent_offers)
    offers = known_columns(view, view.opponent_offers)
    gains = view.role[:, None] * (offers - view.reservation_price[:, None])
    is_new = np.abs(np.diff(gains, axis=1, prepend=np.inf)) > resolution[:, None] + NOISE
    nothing = np.zeros(len(view))
    return OpponentModel(
        offers=count,
        unique_bid_index=_halvings(_totals(is_new), count, nothing),
        average_utility_index=_halvings(_totals(np.where(np.isnan(gains), 0.0, gains)), count, resolution),
        first=gains[:, 0],
        best=np.where(np.isnan(gains), -np.inf, gains).max(axis=1, initial=-np.inf),
    )


def _totals(entries: Float64 | NDArray[np.bool_]) -> Float64:
    """Running totals (B, K + 1) of entries (B, K), from 0."""
    totals = np.zeros((entries.shape[0], entries.shape[1] + 1))
    np.cumsum(entries, axis=1, out=totals[:, 1:])
    return totals


@dataclass(frozen=True)
class ChargingBoul(OpeningStrategy):
    """Boulware until late; the floor and the exponent depend on the opponent's class.

    Utility is gain / opening gain. Goal: ``g(t) = m + (1 - m) (1 - t^exponent)``. Classes, from
    ``min_offers`` opponent offers on: *Boulware* if UBI >= ``boulware_index``, else *Hardliner* if
    AUI <= ``hardliner_index``, else *Conceder*. Against a Boulware the exponent is
    ``boulware_exponent * 2^(UBI - boulware_index)``, and once ``t > 1 - 0.5^min(UBI, 10)`` the floor m falls
    to ``late_floor`` and the opponent's best offer is proposed back if it gains more than that while it
    leaves the opponent less than ``2 * late_floor`` (its own first offer is worth 1 to it, my opening 0).
    A best offer that reaches the goal is always proposed back. Accepts what gains at least the proposal.

    Attributes:
        exponent: concession exponent, the inverse of the paper's E = 0.1.
        floor: the lowest utility aimed at, the paper's m.
        conceder_floor: the same against a Conceder.
        late_floor: the same in the late phase against a Boulware.
        boulware_exponent: the exponent against a Boulware at UBI = ``boulware_index``.
        boulware_index: the UBI from which on an opponent is a Boulware; 5 in the paper, whose histories
            are hundreds of times longer.
        hardliner_index: the AUI up to which an opponent is a Hardliner; 2 in the paper.
        min_offers: the opponent offers needed to classify it.
        bid_resolution: offers closer than this share of the public range's width count as the same.
        band: the paper's epsilon; an offer is drawn within ``(3 t + 1) * band`` of the goal.
    """

    exponent: float = 10.0
    floor: float = 0.5
    conceder_floor: float = 0.4
    late_floor: float = 0.3
    boulware_exponent: float = 5.0
    boulware_index: int = 1
    hardliner_index: int = 0
    min_offers: int = 4
    bid_resolution: float = 0.005
    band: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("exponent", self.exponent)
        check_positive("boulware_exponent", self.boulware_exponent)
        for name in ("floor", "conceder_floor", "late_floor", "bid_resolution", "band"):
            check_number(name, getattr(self, name), 0.0, 1.0)
        check_whole("boulware_index", self.boulware_index, low=1)
        check_whole("hardliner_index", self.hardliner_index, low=0)
        check_whole("min_offers", self.min_offers, low=1)

    @cached_property
    def curve(self) -> ConcessionCurve:
        """The concession curve against all but Boulwares."""
        return ConcessionCurve(POLYNOMIAL, self.exponent)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what gains at least the proposal, else make it."""
        opening = self.opening_gain(view)
        opponent = observe(view, self.bid_resolution * (view.price_high - view.price_low))
        is_boulware, floor = self._classify(opponent)
        is_late = is_boulware & self._is_late(view, opponent)
        floor = np.where(is_late, self.late_floor, floor)
        goal = opening * (floor + (1.0 - floor) * (1.0 - self._conceded(view, opponent, is_boulware)))
        if self.band:
            width = (3.0 * elapsed(view) + 1.0) * self.band * opening
            goal = goal + width * (2.0 * uniform(view) - 1.0)
        charges = is_late & self._is_cheap(opponent, opening)
        proposal = np.maximum(np.where((opponent.best >= goal - NOISE) | charges, opponent.best, goal), 0.0)
        return decision(price_of(view, proposal), gain(view, view.standing_offer) >= proposal - NOISE)

    def _classify(self, opponent: OpponentModel) -> tuple[Bool, Float64]:
        """Whether each opponent is a Boulware, and the floor against it before the late phase."""
        is_known = opponent.offers >= self.min_offers
        is_boulware = is_known & (opponent.unique_bid_index >= self.boulware_index)
        is_conceder = is_known & ~is_boulware & (opponent.average_utility_index > self.hardliner_index)
        return is_boulware, np.where(is_conceder, self.conceder_floor, self.floor)

    def _is_late(self, view: PriceView, opponent: OpponentModel) -> Bool:
        return elapsed(view) > 1.0 - 0.5 ** np.minimum(opponent.unique_bid_index, _DEEPEST)

    def _conceded(self, view: PriceView, opponent: OpponentModel, is_boulware: Bool) -> Float64:
        """``t`` to the exponent that each opponent's class calls for."""
        conceded = self.curve.at(view)
        deepest = int(opponent.unique_bid_index.max(initial=0))
        for index in range(self.boulware_index, deepest + 1):
            exponent = self.boulware_exponent * 2.0 ** (index - self.boulware_index)
            rows = is_boulware & (opponent.unique_bid_index == index)
            conceded = np.where(rows, ConcessionCurve(POLYNOMIAL, exponent).at(view), conceded)
        return conceded

    def _is_cheap(self, opponent: OpponentModel, opening: Float64) -> Bool:
        """Whether the opponent's best offer is good enough for me and leaves it little."""
        allowed = 2.0 * self.late_floor * (opening - opponent.first)
        is_enough = opponent.best > self.late_floor * opening + NOISE
        return is_enough & (opening - opponent.best < allowed - NOISE)
