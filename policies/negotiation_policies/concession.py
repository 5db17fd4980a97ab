"""Concession curves: how much of the opening is given up by each turn of a game."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from negotiation_env.policy import Float64, View
from negotiation_policies.clock import TURN_CLOCK, at_turn, times

POLYNOMIAL, EXPONENTIAL, EXPONENTIAL_UTILITY = "polynomial", "exponential", "exponential_utility"
CURVES = (POLYNOMIAL, EXPONENTIAL, EXPONENTIAL_UTILITY)
_TABLES_KEPT = 4096


@dataclass(frozen=True)
class ConcessionCurve:
    """The share of the opening gain that has been given up by each turn; 0 = nothing, 1 = all.

    With clock ``t``, exponent ``e`` and initial concession ``k``, cut off at ``cap``:

    - ``polynomial``: ``k + (1 - k) t^e`` (Faratin et al. 1998; e = 1 / beta);
    - ``exponential``: ``exp(ln(k) (1 - t)^(1 / e))``, k above 0 (Faratin et al. 1998; e = 1 / beta);
    - ``exponential_utility``: ``1 - (1 - k) (exp((1 - t)^(1 / e)) - 1) / (exp(1) - 1)`` (as in NegMAS,
      whose exponent is 1 / e).
    """

    curve: str = POLYNOMIAL
    exponent: float = 1.0
    initial_concession: float = 0.0
    concession_cap: float = 1.0
    clock: str = TURN_CLOCK

    def share(self, t: Float64) -> Float64:
        """The share given up at clock readings ``t``, of the same shape."""
        start = self.initial_concession
        if self.curve == POLYNOMIAL:
            conceded = start + (1.0 - start) * t**self.exponent
        elif self.curve == EXPONENTIAL:
            conceded = np.exp(math.log(start) * (1.0 - t) ** (1.0 / self.exponent))
        else:
            utility = np.expm1((1.0 - t) ** (1.0 / self.exponent)) / math.expm1(1.0)
            conceded = 1.0 - (1.0 - start) * utility
        return np.minimum(conceded, self.concession_cap)

    def at(self, view: View) -> Float64:
        """The share (B,) given up at each decision point."""
        return at_turn(view, partial(_table, self))


@lru_cache(maxsize=_TABLES_KEPT)
def _table(curve: ConcessionCurve, max_turns: int) -> Float64:
    table = curve.share(times(curve.clock, max_turns))
    table.setflags(write=False)
    return table
