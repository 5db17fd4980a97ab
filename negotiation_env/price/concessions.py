"""How strategies concede: their offers over the turns of many games, as medians and bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.price import rules
from negotiation_env.price.chart import (
    BLACK,
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
)
from negotiation_env.price.rules import Float64, Int64

if TYPE_CHECKING:

    from negotiation_env.episodes import Episodes

BAND = (10.0, 90.0)
"""Percentiles between which the band lies."""
OVERLAID = 8
"""Up to so many strategies share one panel; more get a small panel each."""
_STYLES = [
    *((colour, "-") for colour in (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)),
    (MUTED, (0, (4, 1.5))),
]
_SMALL_PANELS_A_ROW = 6


@dataclass(frozen=True, eq=False)
class ConcessionCurve:
    """What one strategy offers on each turn, over many games.

    Attributes:
        label: the strategy.
        side: ``"buyer"`` or ``"seller"``.
        turns: (K,) the turns on which it made an offer in at least half of its games.
        low: (K,) 10th percentile of these offers.
        middle: (K,) median.
        high: (K,) 90th percentile.
        deal: median turn and price of its deals; ``None`` if less than half of its games end in one.
    """

    label: str
    side: str
    turns: Int64
    low: Float64
    middle: Float64
    high: Float64
    deal: tuple[float, float] | None

    @property
    def is_random(self) -> bool:
        """Whether its offers differ from game to game."""
        return bool(np.any(self.high - self.low > rules.FLOAT_NOISE))


def concession_curves(episodes: Episodes, side: str, in_shares: bool) -> list[ConcessionCurve]:
    """The curve of each strategy that plays a side; prices, or shares of the surplus (rho)."""
    table, decisions = episodes.episodes, episodes.decisions
    seat = rules.SIDES.index(side)
    offset = table["seller_min"] if in_shares else np.zeros(len(episodes))
    unit = table["buyer_max"] - table["seller_min"] if in_shares else np.ones(len(episodes))
    game = decisions["episode"]
    level = (decisions["price"] - offset[game]) / unit[game]
    settled = np.where(table["deal"], (table["price"] - offset) / unit, np.nan)
    player = episodes.batch.episodes[f"player_{seat}"]
    offers = (decisions["seat"] == seat) & (decisions["kind"] == rules.OFFER)
    curves = []
    for index, label in enumerate(_player_labels(episodes, seat)):
        games = player == index
        if games.any():
            rows = offers & games[game]
            moved = (decisions["seat"] == seat)[games[game]].sum() and games.sum()
            band = _band(decisions["turn"][rows], level[rows], int(moved))
            curves.append(ConcessionCurve(label, side, *band, _deal(games & table["deal"], games, table["turns"], settled)))
    return curves
