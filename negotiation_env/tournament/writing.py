"""The result files of a tournament, made of the cells that were played."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.bootstrap import resample_weights
from negotiation_env.episodes import Episodes
from negotiation_env.policy import JsonValue
from negotiation_env.records.files import publish_together
from negotiation_env.records.finished import finished_games
from negotiation_env.records.games import Games, joined
from negotiation_env.records.parquet import DECISIONS, EPISODES, ParquetPair
from negotiation_env.records.splits import Split
from negotiation_env.tournament.comparisons import comparison_table
from negotiation_env.tournament.folder import GAMES, TEMPORARY, ResultFolder
from negotiation_env.tournament.meta_game import meta_game
from negotiation_env.tournament.outcome_cube import make_cube
from negotiation_env.tournament.plan import Plan
from negotiation_env.tournament.playing import PlayedCell
from negotiation_env.tournament.ranking import ranking
from negotiation_env.tournament.tables import cell_table, outcome_table, policy_table
from negotiation_env.tournament.timing import timing_table

if TYPE_CHECKING:
    import polars as pl

_HISTORY, _CELLS_AT_ONCE = 5, 64
"""Earlier offers that each row of the kept decisions repeats, as elsewhere by default; cells that are joined."""


def write_results(folder: ResultFolder, played: Sequence[PlayedCell]) -> None:
    """Write every result file; see `negotiation_env.tournament` for what is in them."""
    plan = folder.plan
    cube = make_cube(played, len(plan.entrants), plan.draws, plan.columns.means)
    weights = resample_weights(np.random.default_rng(plan.seed), plan.draws)
    tables = {
        "outcomes": outcome_table(plan, cube),
        "cells": cell_table(plan, cube, weights),
        "policies": policy_table(plan, cube, weights),
        "comparisons": comparison_table(cube, plan.names, weights),
        "timings": timing_table(plan, played),
    }
    texts = {
        "ranking": ranking(cube, plan.names),
        "meta_game": meta_game(cube, plan.names),
        "failures": _failures(plan, played),
    }
    folder.withdraw()
    _write_games(folder, played)
    for name, table in tables.items():
        _write_table(folder, f"{name}.parquet", table)
    for name, value in texts.items():
        content = json.dumps(value, indent=1, allow_nan=False).encode() + b"\n"
        folder.write(f"{name}.json", content)


def _write_table(folder: ResultFolder, name: str, table: pl.DataFrame) -> None:
    content = io.BytesIO()
    table.write_parquet(content, compression="zstd", compression_level=1)
    folder.write(name, content.getvalue())


def _failures(plan: Plan, played: Sequence[PlayedCell]) -> list[JsonValue]:
    return [
        {
            "policy_0": plan.names[cell.cell[0]],
            "policy_1": plan.names[cell.cell[1]],
            "first_mover": cell.failure.first_mover,
            "type": cell.failure.type,
            "message": cell.failure.message,
            "traceback": cell.failure.traceback,
        }
        for cell in played
        if cell.failure is not None
    ]


def _write_games(folder: ResultFolder, played: Sequence[PlayedCell]) -> None:
    place = folder.path / GAMES
    place.mkdir(exist_ok=True)
    pair = ParquetPair(place, TEMPORARY, Split(), _HISTORY)
    try:
        for low in range(0, len(played), _CELLS_AT_ONCE):
            kept = list(_kept_games(folder.plan, played[low : low + _CELLS_AT_ONCE]))
            if kept:
                pair.write(joined(kept))
        pair.close()
    except BaseException:
        pair.abort()
        raise
    publish_together([(place / f"{name}{TEMPORARY}", place / name) for name in (DECISIONS, EPISODES)])


def _kept_games(plan: Plan, played: Sequence[PlayedCell]) -> Iterator[Games]:
    for cell in played:
        for first, batch in enumerate(cell.kept):
            yield finished_games(Episodes(plan.run(cell.cell, first), batch))
