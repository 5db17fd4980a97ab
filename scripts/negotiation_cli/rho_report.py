"""What `negotiate evaluate-rho` has found, on the screen and in files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from negotiation_janus.evaluation import RhoEvaluation

Case = tuple[str, str]
"""A scenario, and what is told of the other's limit."""
Found: TypeAlias = "dict[Case, dict[str, RhoEvaluation]]"
"""What was found for each policy."""
_KEYS = ("policy", "scenario", "information")
"""The first columns of the table."""
_MEASURES = {
    "regret": "regret", "strict_regret": "strict regret", "error": "error", "missed_deals": "missed deals",
    "deal_rate": "deals", "deal_rate_achievable": "deals achievable", "spearman": "Spearman",
    "spearman_achievable": "Spearman achievable", "slope": "slope", "negative_slopes": "opponents with negative slope",
    "impasse_at_minus_one": "impasse at -1", "violations": "deals past the own limit",
    "illegal_moves": "illegal moves a game", "turn": "turn of the deal", "faults": "games ended by a fault",
}  # fmt: skip
"""What is printed, in words."""
_BY_OPPONENT = ("regret", "missed_deals", "spearman", "slope")
"""What is printed for each opponent."""
ENOUGH = 10
"""The fewest episodes a row whose intervals are printed."""


def write(found: Found, files: Mapping[str | Case, Path]) -> None:
    """Write the table, the summary and the figures."""
    import polars as pl
    from negotiation_janus.plots import draw_calibration

    from negotiation_env.chart import save_figure
    from negotiation_env.records.files import created, publish

    files["table"].parent.mkdir(parents=True, exist_ok=True)
    tables = [
        result.table.select(
            *(pl.lit(value).alias(column) for column, value in zip(_KEYS, (name, *case), strict=True)), pl.all()
        )
        for case, results in found.items()
        for name, result in results.items()
    ]
    temporary = {name: files[name].with_name(f"{files[name].name}.tmp") for name in ("table", "summary")}
    with created(temporary["table"]) as file:
        pl.concat(tables).write_parquet(file)
    with created(temporary["summary"]) as file:
        file.write(f"{json.dumps(_finite(summaries(found)), indent=2)}\n".encode())
    for name, path in temporary.items():
        publish(path, files[name])
    for case, results in found.items():
        if case not in files:
            continue
        title = f"scenario {case[0]}, information {case[1]}"
        save_figure(draw_calibration({name: result.table for name, result in results.items()}, title), files[case])


def summaries(found: Found) -> dict[str, dict[str, dict[str, Any]]]:
    """The summaries by scenario, information and policy; ``groups`` in them are those by opponent and role."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for (drawn, told), results in found.items():
        made.setdefault(drawn, {})[told] = {
            name: {**result.summary, "groups": result.groups} for name, result in results.items()
        }
    return made


def _finite(value: Any) -> Any:  # noqa: ANN401  # JSON has no NaN
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def summary_table(results: Mapping[str, RhoEvaluation]) -> Any:  # noqa: ANN401  # a Rich table
    """One row a measure with its 95 % interval, one column a policy."""
    from negotiation_cli.output import table

    made = table("", *results, numbers=list(results))
    for measure, label in _MEASURES.items():
        if any(measure not in result.summary for result in results.values()):
            continue
        digits = 1 if measure == "turn" else 3
        made.add_row(label, *(_cell(result, result.summary, measure, digits) for result in results.values()))
    return made


def opponents_table(result: RhoEvaluation) -> Any:  # noqa: ANN401  # a Rich table
    """One row an opponent and role, one column a measure with its 95 % interval."""
    from negotiation_cli.output import table

    labels = [_MEASURES[measure] for measure in _BY_OPPONENT]
    made = table("opponent", "role", *labels, numbers=labels)
    for opponent, roles in result.groups.items():
        for role, summary in roles.items():
            made.add_row(opponent, role, *(_cell(result, summary, measure, 3) for measure in _BY_OPPONENT))
    return made


def _cell(result: RhoEvaluation, summary: Mapping[str, Any], measure: str, digits: int) -> str:
    """A measure of a summary, and its interval if it has any and there were enough episodes for it."""
    from negotiation_cli.output import number

    interval = summary.get(f"{measure}_interval", ()) if result.outcomes[0].rho.shape[1] >= ENOUGH else ()
    bounds = [number(bound, digits) for bound in interval]
    return number(summary[measure], digits) + (f" ({' to '.join(bounds)})" if bounds else "")
