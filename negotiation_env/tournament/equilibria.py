"""Nash equilibria of small games, exactly.

An equilibrium is a solution of the mixed-integer program of Sandholm, Gilpin and Conitzer 2005 ("Mixed-integer
programming methods for finding Nash equilibria"), by HiGHS in SciPy: for each population k with payoffs M_k against
weights y of the population that it meets, ``u >= (M_k y)_i`` for every policy i, and ``u = (M_k y)_i`` wherever i has
weight. Strategies that play alike make meta-games degenerate, and on such a game the algorithm of Lemke and Howson, as
nashpy has it, may go round in circles for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.turns import FLOAT_NOISE

_NODES = 200_000
"""The most branches that are looked at; a limit in seconds would not give equal results."""


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Weights from which nobody gains by deviating.

    Attributes:
        weights: for each population (n,), the share of each policy.
        values: what each population earns.
        regret: the most that any of them could gain by another policy.
    """

    weights: tuple[Float64, ...]
    values: tuple[float, ...]
    regret: float


def symmetric_equilibrium(payoffs: Float64) -> Equilibrium | None:
    """A Nash equilibrium in which both choose with the same weights, from payoffs (n, n) of the row's policy.

    There always is one (Nash 1951); ``None`` if it was not found within the limit of the search.
    """
    return _equilibrium([payoffs], [0])


def role_equilibrium(payoffs_0: Float64, payoffs_1: Float64) -> Equilibrium | None:
    """A Nash equilibrium of seat 0, which chooses a row, and seat 1, which chooses a column; payoffs (n, m)."""
    return _equilibrium([payoffs_0, payoffs_1.T], [1, 0])


def _equilibrium(payoffs: Sequence[Float64], meets: Sequence[int]) -> Equilibrium | None:
    """Of populations with payoffs (n_k, n_met), each against the one that it ``meets``."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    layout = _Layout(tuple(len(table) for table in payoffs))
    parts = [part for place, table in enumerate(payoffs) for part in layout.conditions(table, place, meets[place])]
    matrix, low, high = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    values = [(table.min(), table.max()) for table in payoffs]
    found = milp(
        np.zeros(layout.columns),  # any equilibrium will do; HiGHS fails on some games if it is to find the best one
        constraints=LinearConstraint(matrix, low, high),
        integrality=np.repeat([0, 1, 0], [layout.total, layout.total, len(payoffs)]),
        bounds=Bounds(
            np.concatenate([np.zeros(2 * layout.total), [least for least, _ in values]]),
            np.concatenate([np.ones(2 * layout.total), [most for _, most in values]]),
        ),
        options={"node_limit": _NODES, "presolve": False},
    )
    if found.x is None:
        return None
    weights = [_cleaned(found.x[start : start + size]) for start, size in zip(layout.starts, layout.sizes, strict=True)]
    return _measured(payoffs, meets, weights)


@dataclass(frozen=True)
class _Layout:
    """The variables of the program: all weights, then for each whether it is above 0, then the populations' values."""

    sizes: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.sizes)

    @property
    def starts(self) -> list[int]:
        return [sum(self.sizes[:place]) for place in range(len(self.sizes))]

    @property
    def columns(self) -> int:
        return 2 * self.total + len(self.sizes)

    def conditions(self, table: Float64, place: int, met: int) -> list[tuple[Float64, Float64, Float64]]:
        """What must hold of one population, as matrices with the least and the largest value of each row."""
        size, start, span = self.sizes[place], self.starts[place], float(np.ptp(table)) + 1.0
        weight, used = np.zeros((2, size, self.columns))
        weight[:, start : start + size] = np.eye(size)
        used[:, self.total + start : self.total + start + size] = np.eye(size)
        loss = np.zeros((size, self.columns))
        loss[:, self.starts[met] : self.starts[met] + self.sizes[met]] = -table
        loss[:, 2 * self.total + place] += 1.0
        ones = np.ones(size)
        return [
            (loss, 0.0 * ones, np.inf * ones),  # nothing earns more than the value,
            (loss + span * used, -np.inf * ones, span * ones),  # what is used earns no less,
            (weight - used, -np.inf * ones, 0.0 * ones),  # what is not used has no weight,
            (weight.sum(axis=0, keepdims=True), np.ones(1), np.ones(1)),  # and the weights add up to 1.
        ]


def _cleaned(weights: Float64) -> Float64:
    positive = np.where(weights > FLOAT_NOISE, weights, 0.0)
    return np.asarray(positive / positive.sum())


def _measured(payoffs: Sequence[Float64], meets: Sequence[int], weights: Sequence[Float64]) -> Equilibrium:
    earned = [table @ weights[met] for table, met in zip(payoffs, meets, strict=True)]
    values = [float(own @ gain) for own, gain in zip(weights, earned, strict=True)]
    regret = max(float(gain.max()) - value for gain, value in zip(earned, values, strict=True))
    return Equilibrium(tuple(weights), tuple(values), max(regret, 0.0))
