"""The price bins of `rho_mlp`: a share of the commanded gain below it, fine above it, and one for the own extreme.

A gain is in units of the width of the public range. The bins of the commanded gain and of the own extreme are exact: an
offer of the target is not rounded, and neither is an anchor that is to stand still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64

if TYPE_CHECKING:
    import torch

BELOW, ABOVE = 100, 400
"""Bins from the own limit to the commanded gain, and from there over the width of the public range."""
EXTREME = BELOW + 1 + ABOVE
"""The bin of the own extreme."""
BINS = EXTREME + 1
_NEAR = 0.25 / ABOVE
_SPREAD = 1.0
"""Bins: the standard deviation of a soft target."""


def places_of(gains: Float64, base: Float64, reach: Float64) -> Float64:
    """Where gains (n,) lie among the bins, between two of them as a rule.

    Args:
        gains: of offers, units of the public range.
        base: (n,) the commanded gains.
        reach: (n,) the gains of the own extreme.
    """
    short = np.maximum(base - gains, 0.0) / np.where(base > 0.0, base, 1.0)
    place = np.clip(BELOW - BELOW * short + ABOVE * np.maximum(gains - base, 0.0), 0.0, EXTREME - 1)
    return np.where(gains >= reach - _NEAR, float(EXTREME), place)


def gains_of(places: NDArray[Any], base: Float64, reach: Float64) -> Float64:
    """The gains (n,) of bins (n,)."""
    gains = np.minimum(places / BELOW, 1.0) * base + np.maximum(places - BELOW, 0) / ABOVE
    return np.asarray(np.where(places == EXTREME, reach, np.minimum(gains, reach)))


def soft_targets(places: torch.Tensor) -> torch.Tensor:
    """(n, BINS): how right each bin is, for places (n,); neighbours count as nearly right, but for the own extreme.

    Gaussians as in HL-Gauss (Imani and White 2018).
    """
    import torch

    bins = torch.arange(EXTREME)
    soft = torch.softmax(-((bins - places[:, None]) ** 2) / (2 * _SPREAD**2), dim=1)
    extreme = (places == EXTREME).to(soft.dtype)[:, None]
    return torch.cat([soft * (1.0 - extreme), extreme], dim=1)
