"""The meta-game: whoever takes part chooses a policy, and earns the mean share that it reached in the tournament.

An equilibrium is found exactly, as the mixed-integer program of Sandholm, Gilpin and Conitzer 2005 ("Mixed-integer
programming methods for finding Nash equilibria"), by HiGHS in SciPy: for each population k with payoffs M_k against
weights y of the population that it meets, ``u >= (M_k y)_i`` for every policy i, and ``u = (M_k y)_i`` wherever i has
weight. Of several equilibria the one of the greatest total value is taken. Strategies that play alike make meta-games
degenerate, on which Lemke and Howson's algorithm may walk in circles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negotiation_env.bootstrap import ratio
from negotiation_env.policy import Float64, JsonValue
from negotiation_env.tournament.outcome_cube import OutcomeCube
from negotiation_env.turns import FLOAT_NOISE

_TIMES = np.concatenate([[0.0], np.geomspace(0.1, 1000.0, 81)])
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


def meta_game(cube: OutcomeCube, names: Sequence[str]) -> dict[str, JsonValue]:
    """The content of ``meta_game.json``, see `negotiation_env.tournament`."""
    shares = [mean_shares(cube, seat) for seat in (0, 1)]
    kept = complete_policies(shares[0])
    one, two = (share[np.ix_(kept, kept)] for share in shares)
    payoffs = (one + two.T) / 2.0
    policies = [names[place] for place in kept]
    gains = payoffs.max(axis=0) - payoffs.diagonal() if len(kept) else np.zeros(0)
    answers = payoffs.argmax(axis=0).tolist() if len(kept) else []
    return {
        "policies": policies,
        "left_out": [name for place, name in enumerate(names) if place not in set(kept)],
        "payoffs": payoffs.tolist(),
        "equilibrium": _told(symmetric_equilibrium(payoffs)) if len(kept) else None,
        "roles": {
            "payoffs_0": one.tolist(),
            "payoffs_1": two.tolist(),
            "equilibrium": _told_by_role(role_equilibrium(one, two)) if len(kept) else None,
        },
        "exploitability": dict(zip(policies, gains.tolist(), strict=True)),
        "best_responses": {name: policies[answer] for name, answer in zip(policies, answers, strict=True)},
        "replicator": {"times": _TIMES.tolist(), "weights": replicator(payoffs).tolist()} if len(kept) else None,
    }


def mean_shares(cube: OutcomeCube, seat: int) -> Float64:
    """What a seat earns on average (P, P), by the policies of seats 0 and 1; NaN in cells where no game counts."""
    values = cube.measures[f"share_{seat}"].reshape(cube.policies**2, -1)
    count = (~np.isnan(values)).sum(axis=1)
    return ratio(np.stack([np.nansum(values, axis=1), count])).reshape(cube.policies, cube.policies)


def complete_policies(shares: Float64) -> list[int]:
    """The policies left when, one by one, the one with most unknown cells (P, P) of those left is taken out."""
    left = list(range(len(shares)))
    while True:
        unknown = np.isnan(shares[np.ix_(left, left)])
        missing = unknown.sum(axis=0) + unknown.sum(axis=1)
        if not missing.any():
            return left
        left.pop(int(missing.argmax()))


def symmetric_equilibrium(payoffs: Float64) -> Equilibrium | None:
    """A Nash equilibrium in which both choose with the same weights, from payoffs (n, n) of the row's policy.

    There always is one (Nash 1951); ``None`` if it was not found within the limit of the search.
    """
    return _equilibrium([payoffs], [0])


def role_equilibrium(payoffs_0: Float64, payoffs_1: Float64) -> Equilibrium | None:
    """A Nash equilibrium of seat 0, which chooses a row, and seat 1, which chooses a column; payoffs (n, m)."""
    return _equilibrium([payoffs_0, payoffs_1.T], [1, 0])


def _equilibrium(payoffs: Sequence[Float64], meets: Sequence[int]) -> Equilibrium | None:
    """Of populations with payoffs (n_k, n_met); variables are all weights, then who has weight, then the values."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    sizes = [len(table) for table in payoffs]
    starts, total = np.cumsum([0, *sizes[:-1]]), sum(sizes)
    columns = 2 * total + len(sizes)
    rows: list[Float64] = []
    lows: list[float] = []
    highs: list[float] = []

    def add(matrix: Float64, low: float, high: float) -> None:
        rows.append(matrix)
        lows.extend([low] * len(matrix))
        highs.extend([high] * len(matrix))

    for place, (table, met) in enumerate(zip(payoffs, meets, strict=True)):
        size, own, used = sizes[place], slice(starts[place], starts[place] + sizes[place]), total + starts[place]
        span = float(np.ptp(table)) + 1.0
        loss = np.zeros((size, columns))
        loss[:, starts[met] : starts[met] + sizes[met]] = -table
        loss[:, 2 * total + place] = 1.0
        add(loss, 0.0, np.inf)
        unused = loss.copy()
        unused[:, used : used + size] += span * np.eye(size)
        add(unused, -np.inf, span)
        weighed = np.zeros((size, columns))
        weighed[:, own], weighed[:, used : used + size] = np.eye(size), -np.eye(size)
        add(weighed, -np.inf, 0.0)
        whole = np.zeros((1, columns))
        whole[0, own] = 1.0
        add(whole, 1.0, 1.0)
    is_value = np.arange(columns) >= 2 * total
    found = milp(
        -is_value.astype(np.float64),
        constraints=LinearConstraint(np.concatenate(rows), lows, highs),
        integrality=(np.arange(columns) >= total) & ~is_value,
        bounds=Bounds(np.where(is_value, -np.inf, 0.0), np.where(is_value, np.inf, 1.0)),
        options={"node_limit": _NODES},
    )
    if found.x is None:
        return None
    weights = [_cleaned(found.x[start : start + size]) for start, size in zip(starts, sizes, strict=True)]
    return _measured(payoffs, meets, weights)


def _cleaned(weights: Float64) -> Float64:
    positive = np.where(weights > FLOAT_NOISE, weights, 0.0)
    return np.asarray(positive / positive.sum())


def _measured(payoffs: Sequence[Float64], meets: Sequence[int], weights: Sequence[Float64]) -> Equilibrium:
    earned = [table @ weights[met] for table, met in zip(payoffs, meets, strict=True)]
    values = [float(own @ gain) for own, gain in zip(weights, earned, strict=True)]
    regret = max(float(gain.max()) - value for gain, value in zip(earned, values, strict=True))
    return Equilibrium(tuple(weights), tuple(values), max(regret, 0.0))


def replicator(payoffs: Float64, times: Float64 = _TIMES) -> Float64:
    """Replicator dynamics ``x_i' = x_i ((A x)_i - x A x)`` (Taylor and Jonker 1978) from equal weights, (times, n)."""
    import nashpy

    weights = nashpy.Game(payoffs, payoffs.T).replicator_dynamics(
        y0=np.full(len(payoffs), 1.0 / len(payoffs)), timepoints=times
    )
    positive = np.maximum(weights, 0.0)
    return np.asarray(positive / positive.sum(axis=1, keepdims=True))


def _told(found: Equilibrium | None) -> JsonValue:
    if found is None:
        return None
    return {"weights": found.weights[0].tolist(), "value": found.values[0], "regret": found.regret}


def _told_by_role(found: Equilibrium | None) -> JsonValue:
    if found is None:
        return None
    told: dict[str, JsonValue] = {f"weights_{seat}": found.weights[seat].tolist() for seat in (0, 1)}
    return {**told, "value_0": found.values[0], "value_1": found.values[1], "regret": found.regret}
