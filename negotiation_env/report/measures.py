"""The measures of a report, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from negotiation_env.report.numbers import Estimate, estimate, matrix
from negotiation_env.tournament.results import Results

if TYPE_CHECKING:
    import polars as pl

BOTH = "both"


@dataclass(frozen=True)
class Measure:
    """One measure of ``cells.parquet``.

    Attributes:
        key: its column.
        label: what it is called; ``{0}`` and ``{1}`` are the sides.
        scale: ``share`` (0.5 is the middle), ``rate`` (0 to 1) or ``number``.
    """

    key: str
    label: str
    scale: str


CELLS: dict[str, tuple[Measure, ...]] = {
    "price": (
        Measure("share_0", "Surplus share of the {0}", "share"),
        Measure("share_1", "Surplus share of the {1}", "share"),
        Measure("deal_rate_possible", "Deal rate where a deal is possible", "rate"),
        Measure("deal_rate", "Deal rate", "rate"),
        Measure("deal_rate_impossible", "Deal rate where no deal is possible", "rate"),
        Measure("rho", "Mean rho of the sound deals", "share"),
        Measure("turns", "Turns", "number"),
        Measure("violation_rate_0", "Deals past the limit of the {0}", "rate"),
        Measure("violation_rate_1", "Deals past the limit of the {1}", "rate"),
        Measure("illegal_replies_0", "Unusable replies a game of the {0}", "number"),
        Measure("illegal_replies_1", "Unusable replies a game of the {1}", "number"),
    ),
    "multi_item": (
        Measure("share_0", "Share of its pool of {0}", "share"),
        Measure("share_1", "Share of its pool of {1}", "share"),
        Measure("deal_rate", "Deal rate", "rate"),
        Measure("efficiency", "Efficiency", "rate"),
        Measure("pareto_rate", "Pareto-optimal outcomes", "rate"),
        Measure("nash_distance", "Distance to the Nash point", "number"),
        Measure("kalai_smorodinsky_distance", "Distance to the Kalai-Smorodinsky point", "number"),
        Measure("egalitarian_distance", "Distance to the egalitarian point", "number"),
        Measure("envy_free_rate", "Envy-free deals", "rate"),
        Measure("turns", "Turns", "number"),
        Measure("illegal_replies_0", "Unusable replies a game of {0}", "number"),
        Measure("illegal_replies_1", "Unusable replies a game of {1}", "number"),
    ),
}
POLICIES = {
    "price": (
        Measure("share", "Surplus share", "share"),
        Measure("deal_rate_possible", "Deals where possible", "rate"),
        Measure("deal_rate", "Deals", "rate"),
        Measure("turns", "Turns", "number"),
        Measure("violation_rate", "Past the own limit", "rate"),
        Measure("illegal_replies", "Unusable replies", "number"),
    ),
    "multi_item": (
        Measure("share", "Share of the own pool", "share"),
        Measure("deal_rate", "Deals", "rate"),
        Measure("efficiency", "Efficiency", "rate"),
        Measure("pareto_rate", "Pareto-optimal", "rate"),
        Measure("turns", "Turns", "number"),
        Measure("illegal_replies", "Unusable replies", "number"),
    ),
}
_RARE = ("violation", "illegal", "deal_rate_impossible")
"""Measures that are shown only where there is something to see."""


def names_by_rank(results: Results) -> list[str]:
    """The policies, the strongest first, as all parts of a report order them; then those without a rank."""
    ranked = [str(name) for name in results.ranking.policies["policy"]]
    return [*ranked, *(name for name in results.settings.names if name not in ranked)]


def heat_maps(results: Results) -> dict[str, Any]:
    """What the heat maps show: for each measure and first mover a matrix, rows seat 0 and columns seat 1."""
    import polars as pl

    movers = (BOTH, *results.settings.sides)
    parts = {mover: results.cells.filter(pl.col("first_mover").cast(pl.String) == mover) for mover in movers}
    names = names_by_rank(results)
    every = CELLS[results.settings.domain]
    shown = [measure for measure in every if _is_shown(results.cells, measure)] or every[:1]

    def matrices(part: pl.DataFrame, key: str) -> list[Any]:
        return [matrix(part, "policy_0", "policy_1", f"{key}{end}", names) for end in ("", "_low", "_high")]

    return {
        "measures": [{**asdict(measure), "label": measure.label.format(*results.settings.sides)} for measure in shown],
        "movers": list(movers),
        "games": {mover: matrix(part, "policy_0", "policy_1", "num_episodes", names) for mover, part in parts.items()},
        "cells": {
            mover: {measure.key: matrices(part, measure.key) for measure in shown} for mover, part in parts.items()
        },
    }


def policy_rows(results: Results, role: str = BOTH, moves: str = BOTH) -> dict[str, dict[str, Estimate]]:
    """All measures of each policy in a role, moving first, second or both."""
    import polars as pl

    wanted = (pl.col("role").cast(pl.String) == role) & (pl.col("moves").cast(pl.String) == moves)
    rows = {str(row["policy"]): row for row in results.policies.filter(wanted).iter_rows(named=True)}
    measures = POLICIES[results.settings.domain]
    return {
        name: {measure.key: estimate(rows[name], measure.key) for measure in measures}
        for name in names_by_rank(results)
        if name in rows
    }


def policy_measures(results: Results) -> Sequence[Measure]:
    """The measures of policies that have something to show."""
    return [measure for measure in POLICIES[results.settings.domain] if _is_shown(results.policies, measure)]


def _is_shown(table: pl.DataFrame, measure: Measure) -> bool:
    if measure.key not in table.columns:
        return False
    known = table[measure.key].drop_nulls()
    if measure.key == "deal_rate" and not len(table["deal_rate_impossible"].drop_nulls()):
        return "rho" not in table.columns  # the deal rate of the games in which one is possible is the same
    return len(known) > 0 and (not measure.key.startswith(_RARE) or bool((known > 0.0).any()))
