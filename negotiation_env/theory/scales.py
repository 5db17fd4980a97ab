"""Where a match-up's measured share of the possible gains stands beside what theory allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.metrics import student_t
from negotiation_env.theory.bilateral_trade import (
    double_auction_share,
    posted_price_share,
    second_best_share,
    take_it_or_leave_it_share,
)

if TYPE_CHECKING:
    from negotiation_env.domain import Array
    from negotiation_env.episodes import Episodes

UNIFORM = "private"
"""The scenario whose limits are independent and uniform on the same range, which the second best is worked out for."""
_COLUMNS = ("scenario", "information", "buyer_max", "seller_min", "payoff_buyer", "payoff_seller", "ended_by")


def scales(games: Episodes | Mapping[str, Array]) -> dict[str, float]:
    """The measured share of the possible gains of price games, and the shares that theory names.

    The measured share is what both sides gained over ``max(buyer_max - seller_min, 0)``, each summed over the games;
    gains are not discounted, and a deal where there is nothing to gain counts against it. Games that ended by a fault
    are left out.

    Names: ``measured`` with ``measured_low`` and ``measured_high`` (see `measured_share`), and those of `references`.

    How to read it. No *equilibrium* realises more than the second best (Myerson, Satterthwaite 1983), whatever the
    rules of the game. A pair that does is one of two things. Either it is no equilibrium: one side could gain by
    asking for more, and pays the other for its honesty; `negotiation_env.best_response` says how much it leaves on the
    table. Or the limits are not private: something a side is told (its observation, the scenario, a seed) gives the
    other's limit away. Where a pair stays above the second best although neither side gains by a better answer that is
    worked out without the other's limit, it is a leak, and the environment is to be mended, not the pair to be praised.
    Many a share below is no fault: theory leaves room for 5/32 of the gains to be lost.

    Args:
        games: what `negotiation_env.rollout` returns, or its episode table (a mapping of columns (E,)).

    Raises:
        ValueError: they are not price games, or none of them has anything to gain.
        TypeError: they are neither of these.
    """
    table = games if isinstance(games, Mapping) else getattr(games, "episodes", None)
    if table is None:
        raise TypeError(f"games is a {type(games).__name__}; give what rollout returns, or its attribute episodes.")
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise ValueError(f"scales needs the episode table of price games, with a column {missing[0]!r}.")
    kept = table["ended_by"] != "fault"
    possible = np.maximum(table["buyer_max"] - table["seller_min"], 0.0)[kept]
    if not possible.sum() > 0.0:
        raise ValueError(f"none of the {len(kept)} games has anything to gain; play games with a surplus.")
    realised = (table["payoff_buyer"] + table["payoff_seller"])[kept]
    share, low, high = measured_share(realised, possible)
    fixed = set() if isinstance(games, Mapping) else {"buyer_max", "seller_min"} & set(games.run.options)
    uniform = not fixed and bool((table["scenario"] == UNIFORM).all())
    private = bool((table["information"] == "private").all())
    return {"measured": share, "measured_low": low, "measured_high": high, **references(uniform and private)}


def references(uniform: bool) -> dict[str, float]:
    """The shares of the possible gains that theory names.

    ``first_best`` (1), and where both limits are private, independent and uniform (scenario ``"private"``, information
    ``"private"``, no option that fixes a limit) ``second_best``, ``double_auction``, ``take_it_or_leave_it`` and
    ``posted_price``.
    """
    if not uniform:
        return {"first_best": 1.0}
    return {
        "first_best": 1.0,
        "second_best": second_best_share(),
        "double_auction": float(double_auction_share()),
        "take_it_or_leave_it": take_it_or_leave_it_share(),
        "posted_price": float(posted_price_share()),
    }


def measured_share(realised: Array, possible: Array) -> tuple[float, float, float]:
    """A share of the possible gains with its 95 % interval: a ratio of means, by the delta method and Student's t.

    Args:
        realised: (n,) what was gained in each of n independent games, or in all games of each independent draw.
        possible: (n,) what could have been gained there.

    Returns:
        The share and the ends of its interval (Cochran 1977, "Sampling Techniques", section 2.11), which are NaN for
        a single draw; all are NaN where nothing could be gained.
    """
    if not possible.sum() > 0.0:
        return math.nan, math.nan, math.nan
    share, size = float(realised.sum() / possible.sum()), len(realised)
    if size < 2:
        return share, math.nan, math.nan
    residual = realised - share * possible
    error = float(np.sqrt((residual**2).sum() / (size - 1) / size) / possible.mean())
    reach = student_t(size - 1) * error
    return share, share - reach, share + reach
