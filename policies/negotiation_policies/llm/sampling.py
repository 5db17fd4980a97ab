"""The seed of a request's sampling: a function of the game, the seat and the turn."""

from __future__ import annotations

import numpy as np

from negotiation_env import seeding
from negotiation_env.policy import View

_STREAM = 101


def request_seed(view: View, row: int) -> int:
    """31 random bits for the requests of one row at its turn."""
    bits = seeding.bits(np.asarray(view.game_seed[row : row + 1]), _STREAM, int(view.turn[row]))
    return int(bits[0] >> np.uint64(33))
