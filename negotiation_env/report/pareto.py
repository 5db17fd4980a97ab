"""The Pareto picture of multi-item games: where the outcomes of each pair lie in shares of both pools."""

from __future__ import annotations

from typing import Any

from negotiation_env.report.measures import names_by_rank
from negotiation_env.report.numbers import short
from negotiation_env.tournament.results import Results

_GRID = 40
"""Outcomes are gathered on a grid of so many steps from nothing to the whole pool."""
MOST_PLACES = 40_000
"""With more places of single pairs, only those of all games are kept."""
ALL = "all pairs"


def outcome_places(results: Results) -> dict[str, list[list[float | None]]]:
    """For all games, and for each pair ``"one|two"``: share_0, share_1, games, how many Pareto-optimal, deals.

    Pairs are named by the places of their policies.
    """
    import polars as pl

    shares = [(pl.col(f"share_{seat}") * _GRID).round() / _GRID for seat in (0, 1)]
    counted = (
        results.outcomes.filter(~pl.col("fault"))
        .with_columns(shares)
        .group_by("policy_0", "policy_1", "share_0", "share_1")
        .agg(pl.len().alias("games"), pl.col("pareto_optimal").sum(), pl.col("deal").sum())
    )
    numbers = ("games", "pareto_optimal", "deal")
    every = counted.group_by("share_0", "share_1").agg(pl.col(name).sum() for name in numbers)
    places = {ALL: _rows(every)}
    if len(counted) <= MOST_PLACES:
        index = {name: place for place, name in enumerate(names_by_rank(results))}
        for (one, two), part in counted.group_by("policy_0", "policy_1"):
            places[f"{index[str(one)]}|{index[str(two)]}"] = _rows(part)
    return places


def _rows(table: Any) -> list[list[float | None]]:  # noqa: ANN401  # a Polars frame
    ordered = table.select("share_0", "share_1", "games", "pareto_optimal", "deal").sort("share_0", "share_1")
    return [[short(value) for value in row] for row in ordered.iter_rows()]
