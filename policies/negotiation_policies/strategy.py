"""What all scripted strategies share, whatever is negotiated about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Int64

Bool = NDArray[np.bool_]
NOISE = 1e-9
"""Currency units or utilities by which two amounts may differ through floating-point arithmetic alone."""


@dataclass(frozen=True)
class Strategy:
    """A strategy that is a function of the view alone."""

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing to prepare: whatever is needed is recomputed from the view."""


def count_true(flags: Bool) -> Int64:
    """How many entries of each row of ``flags`` (B, K) are true."""
    return np.asarray(flags.sum(axis=1), dtype=np.int64)
