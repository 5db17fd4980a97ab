"""The rules of the multi-item game: agents, utilities and limits of a pool.

Seats are 0 (``agent_0``) and 1 (``agent_1``). What is offered is a split, the index (`negotiation_env.splits`) of
what the proposer keeps; -1 stands for none.
"""

from __future__ import annotations

import numpy as np

from negotiation_env.policy import Float64, Int64

AGENTS = ("agent_0", "agent_1")
NO_SPLIT = -1
MAX_POOL = 1000.0
"""The most that a whole pool may be worth to an agent."""
DECIMALS = 3
"""Decimals of a value: as many as observations can hold."""


def utility(values: Float64, items: Int64) -> Float64:
    """What items (..., I) are worth: the sum of ``value * number``, (...)."""
    return np.asarray(np.einsum("...i,...i->...", values, items))
