"""What games came to: rates, settlements and payoffs, with what is uncertain beside them.

Impasse is no point on the line of rho, so means of rho are over deals only; a deal counts as a success only
if it is *sound*, inside both limits (a buyer that pays any price closes every deal). Games that ended by a
fault of a policy or its backend are counted beside the others and enter nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.policy import Float64, Int64
from negotiation_env.turns import FLOAT_NOISE

_SMALL_SAMPLE_T = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004)
"""97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom."""
_Z = 1.959963984540054
TIE = 0.01
"""Shares that differ by no more than this are equal: a tick, or a token concession, wins no game."""


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
class MultiItemSummary:
    """Statistics of multi-item games; rates are fractions of ``episodes``; see `negotiation_env.solutions`.

    Attributes:
        agent_0: the name of agent_0's policy; empty if the games are of several.
        agent_1: the name of agent_1's policy; empty if the games are of several.
        episodes: games that came to an end.
        faults: games that ended by a fault; they enter nothing else.
        deal_rate: how often they agreed.
        mean_efficiency: mean welfare over the greatest that the pool allows, without a deal that of the disagreement.
        efficiency_interval: 95 % interval of that mean (Student's t), within [0, 1]; NaN with fewer than two games.
        pareto_rate: how often no split is better for one and at least as good for the other.
        envy_free_rate: how often they agreed, and each values its own items at least as much as the other's.
        mean_payoff_agent_0: mean utility of agent_0, that of the disagreement without a deal.
        mean_payoff_agent_1: the same of agent_1.
        mean_share_agent_0: mean utility of agent_0 over its worth of the whole pool.
        mean_share_agent_1: the same of agent_1.
        mean_nash_distance: mean distance to the nearest Nash point.
        mean_kalai_smorodinsky_distance: mean distance to the nearest Kalai-Smorodinsky point.
        mean_turns: mean number of turns.
    """

    agent_0: str
    agent_1: str
    episodes: int
    faults: int
    deal_rate: float
    mean_efficiency: float
    efficiency_interval: tuple[float, float]
    pareto_rate: float
    envy_free_rate: float
    mean_payoff_agent_0: float
    mean_payoff_agent_1: float
    mean_share_agent_0: float
    mean_share_agent_1: float
    mean_nash_distance: float
    mean_kalai_smorodinsky_distance: float
    mean_turns: float


SummaryT = TypeVar("SummaryT")


@dataclass(frozen=True)
class Summaries(Generic[SummaryT]):
    """Statistics of all games, and of the games of each pair.

    Attributes:
        overall: of all games.
        pairs: (policy of the first seat, of the second) -> of their games, in alphabetical order.
    """

    overall: SummaryT
    pairs: Mapping[tuple[str, str], SummaryT]


def price_summary(games: Episodes | Mapping[str, Array]) -> Summaries[PriceSummary]:
    """Statistics of price games, overall and by pair of strategies.

    Args:
        games: what `negotiation_env.rollout` returns, or its episode table (a mapping of columns (E,)).

    Raises:
        ValueError: there are no games, or they are not price games.
    """
    columns = (
        "buyer_max", "seller_min", "deal", "rho", "payoff_buyer", "payoff_seller", "violation_buyer",
        "violation_seller", "turns", "ended_by",
    )  # fmt: skip
    return _summaries(games, "price", ("buyer", "seller"), columns, _price_summary)


def multi_item_summary(games: Episodes | Mapping[str, Array]) -> Summaries[MultiItemSummary]:
    """Statistics of multi-item games, overall and by pair of policies.

    Args:
        games: what `negotiation_env.rollout` returns, or its episode table (a mapping of columns (E, ...)).

    Raises:
        ValueError: there are no games, or they are not multi-item games.
    """
    columns = (
        "quantities", "values_0", "values_1", "deal", "efficiency", "pareto_optimal", "envy_free", "payoff_agent_0",
        "payoff_agent_1", "nash_distance", "kalai_smorodinsky_distance", "turns", "ended_by",
    )  # fmt: skip
    return _summaries(games, "multi_item", ("agent_0", "agent_1"), columns, _multi_item_summary)


def _summaries(
    games: Episodes | Mapping[str, Array],
    domain: str,
    sides: tuple[str, str],
    columns: Sequence[str],
    summarise: Callable[[Mapping[str, Array], int, str, str], SummaryT],
) -> Summaries[SummaryT]:
    table = games.episodes if isinstance(games, Episodes) else games
    missing = [name for name in (*sides, *columns) if name not in table]
    if missing:
        raise ValueError(f"{domain}_summary needs the episode table of {domain} games, with a column {missing[0]!r}.")
    if not len(table["deal"]):
        raise ValueError("there are no games to summarise; play at least one.")
    names, codes = np.unique(
        np.stack([np.asarray(table[side], dtype=str) for side in sides]), axis=1, return_inverse=True
    )
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(names.shape[1] + 1))
    needed = {name: table[name] for name in columns}

    def of(rows: Int64 | slice, one: str, two: str) -> SummaryT:
        picked = {name: values[rows] for name, values in needed.items()}
        ended = picked.pop("ended_by") != "fault"
        return summarise({name: values[ended] for name, values in picked.items()}, int((~ended).sum()), one, two)

    pairs = {
        (one, two): of(order[ends[pair] : ends[pair + 1]], one, two) for pair, (one, two) in enumerate(names.T.tolist())
    }
    return Summaries(of(slice(None), "", ""), pairs)


def wins(own: Float64, other: Float64, tie: float = TIE) -> Float64:
    """What part of a win shares are (...): 1 for the larger one, 0 for the smaller, 0.5 for both if equal; NaN stays.

    Args:
        own: shares of the surplus, or of the own pool; 0 without a deal.
        other: those of the opponent in the same games.
        tie: shares that differ by no more than this are equal.
    """
    lead = own - other
    score = np.where(lead > tie + FLOAT_NOISE, 1.0, np.where(lead < -tie - FLOAT_NOISE, 0.0, 0.5))
    return np.where(np.isnan(lead), np.nan, score)


def sound_deals(table: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Which price games (E,) ended in a deal inside both limits."""
    return np.asarray(table["deal"] & ~table["violation_buyer"] & ~table["violation_seller"])


def settled_rho(table: Mapping[str, Array]) -> Float64:
    """The rho of the sound deals that had a surplus to share."""
    return np.asarray(table["rho"][sound_deals(table) & (table["buyer_max"] > table["seller_min"])])


def _price_summary(rows: Mapping[str, Array], faults: int, buyer: str, seller: str) -> PriceSummary:
    deal, rho = rows["deal"], rows["rho"]
    width = rows["buyer_max"] - rows["seller_min"]
    shareable, settled = width > 0.0, settled_rho(rows)
    return PriceSummary(
        buyer=buyer,
        seller=seller,
        episodes=len(deal),
        faults=faults,
        possible_rate=_mean(width >= 0.0),
        deal_rate=_mean(deal),
        sound_deal_rate=_mean(sound_deals(rows)),
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


def _multi_item_summary(rows: Mapping[str, Array], faults: int, agent_0: str, agent_1: str) -> MultiItemSummary:
    worth = [np.einsum("ei,ei->e", rows[f"values_{seat}"], rows["quantities"]) for seat in (0, 1)]
    return MultiItemSummary(
        agent_0=agent_0,
        agent_1=agent_1,
        episodes=len(rows["deal"]),
        faults=faults,
        deal_rate=_mean(rows["deal"]),
        mean_efficiency=_mean(rows["efficiency"]),
        efficiency_interval=_within(mean_interval(rows["efficiency"]), 0.0, 1.0),
        pareto_rate=_mean(rows["pareto_optimal"]),
        envy_free_rate=_mean(rows["envy_free"]),
        mean_payoff_agent_0=_mean(rows["payoff_agent_0"]),
        mean_payoff_agent_1=_mean(rows["payoff_agent_1"]),
        mean_share_agent_0=_mean(rows["payoff_agent_0"] / worth[0]),
        mean_share_agent_1=_mean(rows["payoff_agent_1"] / worth[1]),
        mean_nash_distance=_mean(rows["nash_distance"]),
        mean_kalai_smorodinsky_distance=_mean(rows["kalai_smorodinsky_distance"]),
        mean_turns=_mean(rows["turns"]),
    )


def _within(interval: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    """An interval cut to what the quantity can be; NaN stays."""
    return (max(interval[0], low), min(interval[1], high)) if math.isfinite(interval[0]) else interval


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
