"""The meta-game: whoever takes part chooses a policy, and earns the mean share that it reached in the tournament."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from negotiation_env.bootstrap import ratio
from negotiation_env.policy import Float64, JsonValue
from negotiation_env.tournament.equilibria import Equilibrium, role_equilibrium, symmetric_equilibrium
from negotiation_env.tournament.outcome_cube import OutcomeCube

_TIMES = np.concatenate([[0.0], np.geomspace(0.1, 1000.0, 81)])


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
