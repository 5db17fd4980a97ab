"""Which policies differ: paired over draws, with Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.bootstrap import intervals, ratio
from negotiation_env.policy import Float64, Int64
from negotiation_env.tournament.outcome_cube import OutcomeCube
from negotiation_env.turns import FLOAT_NOISE

if TYPE_CHECKING:
    import polars as pl


def comparison_table(cube: OutcomeCube, names: Sequence[str], weights: Int64) -> pl.DataFrame:
    """One row for two policies, see ``comparisons.parquet`` in `negotiation_env.tournament`.

    What is compared is, draw by draw, the mean share against the same opponents in the same roles and with the same
    first movers, where neither has lost the cell. The test is Student's paired t test over draws; p values are
    corrected for all rows by Holm 1979 ("A simple sequentially rejective multiple test procedure").
    """
    import polars as pl

    by_role = _shares_by_role(cube)
    pairs = list(combinations(range(cube.policies), 2))
    found = [_differences(by_role[one], by_role[two]) for one, two in pairs]
    gaps = np.array([gap for gap, _ in found])
    known = ~np.isnan(gaps)
    sums = np.stack([np.where(known, gaps, 0.0), known])
    ends = intervals(ratio(sums @ weights.T)) if gaps.shape[1] > 1 else np.full((len(pairs), 2), np.nan)
    t, p = paired_t(gaps)
    places = np.array(pairs)
    kind = pl.Enum(list(names))
    return pl.DataFrame(
        {
            "policy": pl.Series([names[place] for place in places[:, 0]], dtype=kind),
            "other": pl.Series([names[place] for place in places[:, 1]], dtype=kind),
            "difference": ratio(sums.sum(axis=2)),
            "difference_low": ends[:, 0],
            "difference_high": ends[:, 1],
            "t": t,
            "p_value": p,
            "p_holm": holm(p),
            "cells": np.array([cells for _, cells in found]),
            "draws": known.sum(axis=1),
        }
    ).fill_nan(None)


def _shares_by_role(cube: OutcomeCube) -> Float64:
    """Shares (P, 2 P, 2, D): of each policy, by role and opponent, by whether it moves first, in each draw."""
    shape = (cube.policies, cube.policies, 2, -1)
    as_0 = cube.measures["share_0"].reshape(shape)
    as_1 = cube.measures["share_1"].reshape(shape).swapaxes(0, 1)
    return np.concatenate([as_0, as_1], axis=1)


def _differences(one: Float64, two: Float64) -> tuple[Float64, int]:
    """The mean difference in each draw (D,) of shares (2 P, 2, D), and in how many of 2 P cells both have played."""
    gaps = (one - two).reshape(len(one), 2, -1)
    known = ~np.isnan(gaps)
    sums = np.stack([np.where(known, gaps, 0.0).sum(axis=(0, 1)), known.sum(axis=(0, 1))])
    return ratio(sums), int(known.any(axis=(1, 2)).sum())


def paired_t(gaps: Float64) -> tuple[Float64, Float64]:
    """Student's t and two-sided p values (N,) of differences (N, D), NaN where a draw does not count.

    Differences that are all 0 differ by nothing: t is 0 and p is 1. With fewer than two draws both are NaN.
    """
    from scipy.stats import t as student

    count = (~np.isnan(gaps)).sum(axis=1)
    enough = count > 1
    mean = ratio(np.stack([np.nansum(gaps, axis=1), count]))
    variance = np.nansum((gaps - mean[:, None]) ** 2, axis=1) / np.where(enough, count - 1, 1)
    error = np.sqrt(variance / np.maximum(count, 1))
    same = np.abs(mean) <= FLOAT_NOISE
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(enough, np.where(same & (error <= FLOAT_NOISE), 0.0, mean / error), np.nan)
    return t, 2.0 * student.sf(np.abs(t), np.maximum(count - 1, 1))


def holm(p_values: Float64) -> Float64:
    """The p values (N,) after Holm's correction; NaN stays and counts as no test."""
    from statsmodels.stats.multitest import multipletests

    corrected, known = np.full(len(p_values), np.nan), ~np.isnan(p_values)
    if known.any():
        corrected[known] = multipletests(p_values[known], method="holm")[1]
    return corrected
