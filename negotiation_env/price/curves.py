"""What strategies offer over the turns of many games, as medians and percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import OFFER
from negotiation_env.price import rules
from negotiation_env.price.rules import Float64, Int64
from negotiation_env.registry import Player, name_among
from negotiation_env.turns import FLOAT_NOISE

if TYPE_CHECKING:
    from negotiation_env.episodes import Episodes

BAND = (10.0, 90.0)
"""Percentiles between which the band lies."""


@dataclass(frozen=True, eq=False)
class ConcessionCurve:
    """What one strategy offers on each turn, over many games.

    Attributes:
        label: the strategy.
        side: ``"buyer"`` or ``"seller"``.
        turns: (K,) the turns on which it still made an offer in at least half of its games; where it opens in some
            games only, the middles of rounds of two turns.
        low: (K,) 10th percentile of these offers.
        middle: (K,) their median.
        high: (K,) their 90th percentile.
        deal: median turn and level of its deals; ``None`` if less than half of its games end in one.
    """

    label: str
    side: str
    turns: Float64
    low: Float64
    middle: Float64
    high: Float64
    deal: tuple[float, float] | None

    @property
    def is_random(self) -> bool:
        """Whether its offers differ between games."""
        return bool(np.any(self.high - self.low > FLOAT_NOISE))

    @property
    def end(self) -> float:
        """Where the curve ends on the price axis: at the deal, else at the last offer."""
        if self.deal is not None:
            return self.deal[1]
        return float(self.middle[-1]) if len(self.middle) else np.nan


def concession_curves(
    episodes: Episodes, side: str, in_shares: bool = False, among: Sequence[Player] = ()
) -> list[ConcessionCurve]:
    """The curve of each strategy that plays a side: in prices, or in shares of the surplus (rho).

    Games without a surplus have no shares; where these are asked for, they are left out. Labels have the parameters
    in which players of one name differ, here and ``among`` further players.
    """
    table, decisions = episodes.episodes, episodes.decisions
    seat, game = rules.SIDES.index(side), decisions["episode"]
    shown = has_surplus(episodes) if in_shares else np.ones(len(episodes), dtype=np.bool_)
    unit = np.where(shown, table["buyer_max"] - table["seller_min"], np.nan) if in_shares else np.ones(len(episodes))
    origin = table["seller_min"] if in_shares else np.zeros(len(episodes))
    offered = (decisions["price"] - origin[game]) / unit[game]
    settled = (table["price"] - origin) / unit
    player = episodes.batch.episodes[f"player_{seat}"]
    moved = (decisions["seat"] == seat) & (decisions["kind"] == OFFER)
    curves = []
    for index, seated in enumerate(episodes.run.players[seat]):
        mine = shown & (player == index)
        if not mine.any():
            continue
        opens = int((table["first_mover"][mine] == side).sum())
        rows, deals = moved & mine[game], mine & table["deal"]
        band = _band(decisions["turn"][rows], offered[rows], opens, int(mine.sum()) - opens)
        settles = 2 * deals.sum() >= mine.sum()
        deal = (float(np.median(table["turns"][deals])), float(np.median(settled[deals]))) if settles else None
        label = name_among(seated, [*episodes.run.players[seat], *among])
        curves.append(ConcessionCurve(label, side, *band, deal))
    return curves


def has_surplus(episodes: Episodes) -> NDArray[np.bool_]:
    """Whether each game (E,) has a surplus to share."""
    table = episodes.episodes
    return np.asarray(table["buyer_max"] > table["seller_min"])


def _band(turn: Int64, offer: Float64, opening: int, answering: int) -> tuple[Float64, Float64, Float64, Float64]:
    """Turns and percentiles of the offers; ``opening`` games have them on odd turns, ``answering`` on even ones."""
    place = rounds(turn) if opening and answering else turn.astype(np.float64)
    kept, percentiles = [], []
    for now in np.unique(place).tolist():
        made = offer[place == now]
        if 2 * len(made) >= opening + answering:
            kept.append(now)
            percentiles.append(np.percentile(made, (BAND[0], 50.0, BAND[1])))
    low, middle, high = np.array(percentiles).reshape(-1, 3).T
    return np.array(kept), low, middle, high


def rounds(turn: Int64) -> Float64:
    """The middle of the round of two turns that each turn (n,) is in: 1.5, 3.5, ..."""
    return np.asarray((turn + 1) // 2 * 2 - 0.5)
