"""The theory scales of price games: what policies realised of the gains that were possible, and what theory says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from negotiation_env.report.measures import names_by_rank
from negotiation_env.report.numbers import Estimate, short
from negotiation_env.theory.scales import UNIFORM, measured_share, references
from negotiation_env.tournament.results import Results

if TYPE_CHECKING:
    import polars as pl

REFERENCES = {
    "first_best": "all possible gains",
    "second_best": "second best (Myerson, Satterthwaite)",
    "double_auction": "double auction",
    "take_it_or_leave_it": "take it or leave it",
    "posted_price": "posted price",
}


def theory_scales(results: Results) -> dict[str, Any] | None:
    """The measured share of the possible gains of all games, by policy and by pair, and what theory names.

    Intervals take all games of a draw as one, since all cells share the draws. ``None`` in other domains, and where
    there was nothing to gain.
    """
    if results.settings.domain != "price":
        return None
    gains = _gains(results.outcomes)
    every = _measured(gains)
    if every[0] is None:
        return None
    game = results.settings.game
    named = references(game["scenario"] == UNIFORM and game["information"] == "private")
    seats = [gains[f"policy_{seat}"] for seat in (0, 1)]
    return {
        "all": every,
        "policies": [
            {"policy": name, "share": _measured(gains.filter((seats[0] == name) | (seats[1] == name)))}
            for name in names_by_rank(results)
        ],
        "pairs": [
            {"players": [str(one), str(two)], "share": _measured(part)}
            for (one, two), part in gains.group_by("policy_0", "policy_1", maintain_order=True)
        ],
        "references": [[label, short(named[name])] for name, label in REFERENCES.items() if name in named],
    }


def _gains(outcomes: pl.DataFrame) -> pl.DataFrame:
    """What both sides gained, and could have gained, of each pair in each draw; games with a fault are left out."""
    import polars as pl

    names = ("policy_0", "policy_1")
    return (
        outcomes.filter(~pl.col("fault"))
        .group_by(*names, "draw", maintain_order=True)
        .agg(
            (pl.col("payoff_0") + pl.col("payoff_1")).sum().alias("realised"),
            pl.col("surplus").clip(lower_bound=0.0).sum().alias("possible"),
        )
        .with_columns(pl.col(*names).cast(pl.String))
    )


def _measured(gains: pl.DataFrame) -> Estimate:
    import polars as pl

    by_draw = gains.group_by("draw", maintain_order=True).agg(pl.col("realised", "possible").sum())
    share, low, high = measured_share(by_draw["realised"].to_numpy(), by_draw["possible"].to_numpy())
    return short(share), short(low), short(high)
