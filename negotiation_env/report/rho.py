"""Calibration of a commanded rho, from the table of `negotiate evaluate-rho`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.documents import parse_json, read_text
from negotiation_env.records.errors import RecordError
from negotiation_env.records.files import refuse_links
from negotiation_env.report.numbers import short

if TYPE_CHECKING:
    import polars as pl

TABLE, SUMMARY = "rho_table.parquet", "rho_summary.json"
_COLUMNS = (
    "policy", "scenario", "information", "command", "num_episodes", "deal_rate", "achieved", "closest_achievable",
    "faults",
)  # fmt: skip
_MEASURES = ("regret", "missed_deals", "deal_rate", "spearman", "slope", "impasse_at_minus_one")


def find_rho(results: Path, given: Path | None) -> Path | None:
    """The folder of an evaluation: the one that is given, else the results' own, else a folder in it.

    Raises:
        RecordError: the folder that is given holds no evaluation.
    """
    if given is not None:
        if not (given / TABLE).is_file():
            raise RecordError(
                f"{given} holds no {TABLE}; give a folder that 'negotiate evaluate-rho --output_dir FOLDER' wrote."
            )
        return given
    found = [path.parent for path in (results / TABLE, *sorted(results.glob(f"*/{TABLE}"))) if path.is_file()]
    return found[0] if found else None


def calibration(folder: Path) -> list[dict[str, Any]]:
    """For each scenario and information what the policies were commanded and came to, and how close they could come.

    Raises:
        RecordError: the table cannot be read.
    """
    import polars as pl

    try:
        refuse_links((folder / TABLE, folder / SUMMARY))
        table = pl.read_parquet(folder / TABLE)
        table = table.select(_COLUMNS)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise RecordError(f"{folder / TABLE} is no table of 'negotiate evaluate-rho': {error}.") from error
    summary = _summary(folder / SUMMARY)
    cases = table.select("scenario", "information").unique(maintain_order=True).rows()
    return [_case(table, scenario, told, summary) for scenario, told in cases]


def _summary(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = parse_json(read_text(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RecordError(f"{path} cannot be read: {error}.") from error
    return found


def _case(table: pl.DataFrame, scenario: str, told: str, summary: dict[str, Any]) -> dict[str, Any]:
    import polars as pl

    rows = table.filter((pl.col("scenario") == scenario) & (pl.col("information") == told) & (pl.col("command") >= 0.0))
    names = rows["policy"].unique(maintain_order=True).to_list()
    measured = summary.get(scenario, {}).get(told, {})
    return {
        "scenario": scenario,
        "information": told,
        "policies": [
            {
                "policy": name,
                "points": _points(rows.filter(pl.col("policy") == name)),
                "summary": {key: _measured(measured.get(name, {}), key) for key in _MEASURES},
            }
            for name in names
        ],
    }


def _measured(summary: dict[str, Any], key: str) -> list[float | None]:
    low, high = summary.get(f"{key}_interval") or (None, None)
    return [short(summary.get(key)), short(low), short(high)]


def _points(rows: pl.DataFrame) -> list[list[float | None]]:
    """For each command: command, mean rho of the deals, mean distance that was achievable, deal rate."""
    points = []
    for (command,), part in sorted(rows.group_by("command"), key=lambda group: float(group[0][0])):
        games = (part["num_episodes"] * (1.0 - part["faults"])).to_numpy()
        deals = part["deal_rate"].fill_null(0.0).to_numpy() * games
        points.append(
            [
                short(float(command)),
                short(_mean(part["achieved"].to_numpy(), deals)),
                short(_mean(part["closest_achievable"].to_numpy(), np.ones(len(part)))),
                short(_mean(part["deal_rate"].to_numpy(), games)),
            ]
        )
    return points


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    """The weighted mean of the finite values; NaN without any."""
    known = np.isfinite(values) & (weights > 0.0)
    return float(np.average(values[known], weights=weights[known])) if known.any() else float("nan")
