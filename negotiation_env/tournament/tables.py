"""The tables by cell and by policy, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.bootstrap import intervals, ratio
from negotiation_env.policy import Float64, Int64
from negotiation_env.tournament.outcome_cube import SEAT_MEANS, Bool, OutcomeCube
from negotiation_env.tournament.plan import Plan

if TYPE_CHECKING:
    import polars as pl

BOTH, MOVES = "both", ("first", "second")


def estimates(values: Sequence[Float64], weights: Int64) -> Float64:
    """Means with 95 % intervals (N, 3): of N groups of games, each (K, D), NaN where a game does not count.

    Args:
        values: the groups; D draws are resampled, the same for all groups.
        weights: (R, D), how often each draw is drawn, see `negotiation_env.bootstrap.resample_weights`.
    """
    sums = np.stack([np.stack([np.nansum(group, axis=0), (~np.isnan(group)).sum(axis=0)]) for group in values], axis=1)
    drawn = ratio(sums @ weights.T)
    ends = intervals(drawn) if weights.shape[1] > 1 else np.full((len(values), 2), np.nan)
    return np.column_stack([ratio(sums.sum(axis=2)), ends])


def outcome_table(plan: Plan, cube: OutcomeCube) -> pl.DataFrame:
    """One row a game of the cells that did not fail."""
    import polars as pl

    there = np.flatnonzero(~cube.failed)
    games = 2 * plan.draws
    seats = {f"policy_{seat}": np.divmod(there, cube.policies)[seat] for seat in (0, 1)}
    series = [_names(name, np.repeat(places, games), plan.names) for name, places in seats.items()]
    for name, column in cube.columns.items():
        values = column[there].reshape(-1)
        if name == "first":
            series.append(_names("first_mover", values, plan.domain.sides))
        else:
            series.append(pl.Series(name, values, nan_to_null=values.dtype.kind == "f"))
    return pl.DataFrame(series)


def cell_table(plan: Plan, cube: OutcomeCube, weights: Int64) -> pl.DataFrame:
    """Three rows a cell: over both first movers, and with each of them."""
    groups = [slice(None), slice(0, 1), slice(1, 2)]
    cells = np.repeat(np.arange(len(cube.failed)), len(groups))
    fault = cube.columns["fault"]
    counts = {
        "num_episodes": np.array([(~fault[cell, group]).sum() for cell in range(len(fault)) for group in groups]),
        "faults": np.array([fault[cell, group].sum() for cell in range(len(fault)) for group in groups]),
    }
    counts["faults"][cube.failed[cells]] = 0
    columns = {
        "policy_0": _names("policy_0", cells // cube.policies, plan.names),
        "policy_1": _names("policy_1", cells % cube.policies, plan.names),
        "first_mover": _names("", np.tile(np.arange(3), len(fault)), (BOTH, *plan.domain.sides)),
        "run_id": [None if first < 0 else plan.run_id(cell, first) for cell in plan.cells for first in (-1, 0, 1)],
        "failed": cube.failed[cells],
        **counts,
    }
    return _with_measures(
        columns,
        {name: [cell[group] for cell in values for group in groups] for name, values in cube.measures.items()},
        weights,
    )


def policy_table(plan: Plan, cube: OutcomeCube, weights: Int64) -> pl.DataFrame:
    """Nine rows a policy: in both roles and each, moving first or second and either way, against all policies."""
    rows = [(policy, role, moves) for policy in range(cube.policies) for role in range(3) for moves in range(3)]
    picked = [[_mask(cube.policies, seat, *row) for seat in (0, 1)] for row in rows]
    fault = cube.columns["fault"] & ~cube.failed[:, None, None]
    games = [masks[0] | masks[1] for masks in picked]  # its games against itself, in which it has both seats, once
    places = np.array(rows)
    columns = {
        "policy": _names("policy", places[:, 0], plan.names),
        "role": _names("role", places[:, 1], (BOTH, *plan.domain.sides)),
        "moves": _names("moves", places[:, 2], (BOTH, *MOVES)),
        "failed_cells": np.array([(cube.failed & mask.any(axis=1)).sum() for mask in games]),
        "num_episodes": np.array([(~cube.columns["fault"][mask]).sum() for mask in games]),
        "faults": np.array([fault[mask].sum() for mask in games]),
    }
    return _with_measures(columns, _seen_by(cube, picked), weights)


def _mask(policies: int, seat: int, policy: int, role: int, moves: int) -> Bool:
    """Which games (C, 2) a policy plays in a seat; ``role`` and ``moves`` are 0 for all, else 1 + what is wanted."""
    own = np.divmod(np.arange(policies**2), policies)[seat] == policy
    first = np.arange(2) == seat  # whether the one in this seat moves first
    wanted = np.ones(2, dtype=np.bool_) if not moves else first if moves == 1 else ~first
    return np.asarray(own[:, None] & wanted if role in (0, seat + 1) else np.zeros((len(own), 2), dtype=np.bool_))


def _seen_by(cube: OutcomeCube, picked: Sequence[Sequence[Bool]]) -> dict[str, list[Float64]]:
    """The measures as the policies see them, by name; a group of games for each row, from its seats' masks (C, 2)."""

    def groups(one: str, two: str) -> list[Float64]:
        return [
            np.concatenate([cube.measures[name][mask] for name, mask in zip((one, two), masks, strict=True)])
            for masks in picked
        ]

    shared = [name for name in cube.measures if name.rstrip("01").rstrip("_") not in SEAT_MEANS]
    found = {name: groups(name, name) for name in shared}
    for name in SEAT_MEANS:
        found[name] = groups(f"{name}_0", f"{name}_1")
        found[f"opponent_{name}"] = groups(f"{name}_1", f"{name}_0")
    return found


def _with_measures(columns: Mapping[str, Any], values: Mapping[str, Sequence[Float64]], weights: Int64) -> pl.DataFrame:
    import polars as pl

    table = pl.DataFrame(columns)
    measured = []
    for name, groups in values.items():
        for column, numbers in zip(("", "_low", "_high"), estimates(groups, weights).T, strict=True):
            measured.append(pl.Series(f"{name}{column}", numbers, nan_to_null=True))
    return table.with_columns(measured)


def _names(name: str, places: Int64, names: Sequence[str]) -> pl.Series:
    """A column of names, as a Polars ``Enum`` of all that there are."""
    import polars as pl

    return pl.Series(name, np.array(names, dtype=object)[places].tolist(), dtype=pl.Enum(list(names)))
