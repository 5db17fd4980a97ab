"""Percentile bootstrap (Efron 1979) of ratios of sums over episodes, for many quantities at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64

RESAMPLES = 1000
_QUANTILES = (0.025, 0.975)


def resample_weights(rng: np.random.Generator, episodes: int, resamples: int = RESAMPLES) -> Int64:
    """How often each of E episodes is drawn in each of R resamples: (R, E), rows add up to E."""
    return rng.multinomial(episodes, np.full(episodes, 1.0 / episodes), size=resamples)


def mean_sums(parts: Sequence[Float64]) -> Float64:
    """(2, E): for each episode the sum of the values (K, E) that are there, and how many there are."""
    values = np.concatenate(parts)
    return np.stack([np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0)])


def ratio(sums: Float64) -> Float64:
    """Means (...) from sums and counts (2, ...); NaN where nothing was counted."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[0] / sums[1])


def intervals(drawn: Float64) -> Float64:
    """95 % intervals (..., 2) of what R resamples (..., R) gave, as far as they gave anything; NaN where none did."""
    if not drawn.size:
        return np.full((*drawn.shape[:-1], 2), np.nan)
    rows = drawn.reshape(-1, drawn.shape[-1])
    missing: NDArray[np.bool_] = np.isnan(rows)
    found = np.full((len(rows), 2), np.nan)
    whole = ~missing.any(axis=1)
    if whole.any():
        found[whole] = np.quantile(rows[whole], _QUANTILES, axis=1).T
    for row in np.flatnonzero(~whole & ~missing.all(axis=1)):
        found[row] = np.quantile(rows[row][~missing[row]], _QUANTILES)
    return found.reshape(*drawn.shape[:-1], 2)


def interval(drawn: Float64) -> tuple[float, float]:
    """The 95 % interval of what resamples (R,) gave, as `intervals`."""
    low, high = intervals(drawn)
    return float(low), float(high)
