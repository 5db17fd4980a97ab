"""What games came to: rates, settlements and payoffs, with what is uncertain beside them.

Impasse is no point on the line of rho, so means of rho are over deals only; a deal counts as a success only
if it is *sound*, inside both limits (a buyer that pays any price closes every deal). Games that ended by a
fault of a policy or its backend are counted beside the others and enter nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.policy import Float64

_SMALL_SAMPLE_T = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004)
"""97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom."""
_Z = 1.959963984540054


@dataclass(frozen=True)
class PriceSummary:
    """Statistics of price games; rates are fractions of ``episodes``, prices in currency units.

    Attributes:
        buyer: the buyer's name; empty if the games are of several.
        seller: the seller's name; empty if the games are of several.
        episodes: games that came to an end.
        faults: games that ended by a fault; they enter nothing else.
        possible_rate: how often a sound deal was possible: the buyer's limit is not below the seller's.
        deal_rate: how often they agreed.
        sound_deal_rate: how often they agreed on a price inside both limits (to half a tick).
        violation_rate_buyer: how often the buyer paid more than its limit.
        violation_rate_seller: how often the seller took less than its limit.
        mean_rho: mean seller's share of the surplus over sound deals with a surplus to share; NaN without any.
        rho_interval: 95 % interval of that mean (Student's t); NaN with fewer than two such deals.
        mean_payoff_buyer: mean of ``buyer_max - price`` over all games, 0 without a deal.
        mean_payoff_seller: mean of ``price - seller_min`` over all games, 0 without a deal.
        mean_share_buyer: mean share of the surplus over games with a surplus, 0 without a deal.
        mean_share_seller: the same for the seller.
        mean_turns: mean number of turns.
    """

    buyer: str
    seller: str
    episodes: int
    faults: int
    possible_rate: float
    deal_rate: float
    sound_deal_rate: float
    violation_rate_buyer: float
    violation_rate_seller: float
    mean_rho: float
    rho_interval: tuple[float, float]
    mean_payoff_buyer: float
    mean_payoff_seller: float
    mean_share_buyer: float
    mean_share_seller: float
    mean_turns: float


@dataclass(frozen=True)
class PriceSummaries:
    """Statistics of all games, and of the games of each pair.

    Attributes:
        overall: of all games.
        pairs: (buyer, seller) -> of their games, in alphabetical order.
    """

    overall: PriceSummary
    pairs: Mapping[tuple[str, str], PriceSummary]


def price_summary(games: Episodes | Mapping[str, Array]) -> PriceSummaries:
    """Statistics of price games, overall and by pair of strategies.

    Args:
        games: what `negotiation_env.rollout` returns, or its episode table (a mapping of columns (E,)).

    Raises:
        ValueError: there are no games, or they are not price games.
    """
    table = games.episodes if isinstance(games, Episodes) else games
    if "buyer_max" not in table:
        raise ValueError("price_summary needs the episode table of price games, with a column 'buyer_max'.")
    if not len(table["buyer_max"]):
        raise ValueError("there are no games to summarise; play at least one.")
    buyers, sellers = (np.asarray(table[side], dtype=str) for side in ("buyer", "seller"))
    names, codes = np.unique(np.stack([buyers, sellers]), axis=1, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(names.shape[1] + 1))
    columns = {name: table[name] for name in _COLUMNS}
    pairs = {}
    for pair, (buyer, seller) in enumerate(names.T.tolist()):
        rows = order[ends[pair] : ends[pair + 1]]
        pairs[buyer, seller] = _summary({name: values[rows] for name, values in columns.items()}, buyer, seller)
    return PriceSummaries(_summary(columns, "", ""), pairs)


_COLUMNS = (
    "buyer_max", "seller_min", "deal", "rho", "payoff_buyer", "payoff_seller", "violation_buyer", "violation_seller",
    "turns", "ended_by",
)  # fmt: skip


def _summary(table: Mapping[str, Array], buyer: str, seller: str) -> PriceSummary:
    ended = table["ended_by"] != "fault"
    rows = {name: values[ended] for name, values in table.items()}
    deal, rho = rows["deal"], rows["rho"]
    width = rows["buyer_max"] - rows["seller_min"]
    sound = deal & ~rows["violation_buyer"] & ~rows["violation_seller"]
    shareable = width > 0.0
    settled = rho[sound & shareable]
    return PriceSummary(
        buyer=buyer,
        seller=seller,
        episodes=int(ended.sum()),
        faults=int((~ended).sum()),
        possible_rate=_mean(width >= 0.0),
        deal_rate=_mean(deal),
        sound_deal_rate=_mean(sound),
        violation_rate_buyer=_mean(rows["violation_buyer"]),
        violation_rate_seller=_mean(rows["violation_seller"]),
        mean_rho=_mean(settled),
        rho_interval=mean_interval(settled),
        mean_payoff_buyer=_mean(rows["payoff_buyer"]),
        mean_payoff_seller=_mean(rows["payoff_seller"]),
        mean_share_buyer=_mean(np.where(deal, 1.0 - rho, 0.0)[shareable]),
        mean_share_seller=_mean(np.where(deal, rho, 0.0)[shareable]),
        mean_turns=_mean(rows["turns"]),
    )


def _mean(values: Array) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def mean_interval(values: Float64) -> tuple[float, float]:
    """95 % confidence interval of the mean of values (n,), by Student's t; NaN for fewer than two values."""
    size = len(values)
    if size < 2:
        return (math.nan, math.nan)
    mean = float(np.mean(values))
    reach = student_t(size - 1) * float(np.std(values, ddof=1)) / math.sqrt(size)
    return (mean - reach, mean + reach)


def student_t(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, to four digits.

    Tabulated for few degrees of freedom, else the Cornish-Fisher expansion (Abramowitz and Stegun 1964, 26.7.5).
    """
    if freedom <= len(_SMALL_SAMPLE_T):
        return _SMALL_SAMPLE_T[freedom - 1]
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / freedom**power for power, term in enumerate(terms, 1)))
