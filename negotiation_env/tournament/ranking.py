"""Who beats whom: a Bradley-Terry model with the effects of sitting in seat 0 and of moving first.

``log odds(seat 0 wins) = strength_0 - strength_1 + seat_0 + first_mover * (1/2 if seat 0 moves first else -1/2)``
(Bradley and Terry 1952; effects of the order of presentation as in Davidson and Beaver 1977). A win is the larger
share of the surplus; shares within .01 (`negotiation_env.metrics.wins`), and no deal, are half a win for either. Half a
win is added to both sides of each cell and first mover (Haldane 1955, Anscombe 1956), so that who always wins has a
finite strength. Intervals and p values take the sandwich covariance clustered by draw, since all cells share the draws
(Liang and Zeger 1986).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negotiation_env.bootstrap import ratio
from negotiation_env.metrics import wins
from negotiation_env.policy import Float64, JsonValue
from negotiation_env.tournament.outcome_cube import Bool, OutcomeCube

_Z = 1.959963984540054
EFFECTS = ("seat_0", "first_mover")


@dataclass(frozen=True, eq=False)
class BradleyTerry:
    """A fitted model of P policies.

    Attributes:
        strengths: (P,) log odds, their mean is 0; NaN of a policy that has no game against another.
        strength_errors: (P,) standard errors.
        effects: (2,) of sitting in seat 0, and of moving first.
        effect_errors: (2,).
    """

    strengths: Float64
    strength_errors: Float64
    effects: Float64
    effect_errors: Float64


def ranking(cube: OutcomeCube, names: Sequence[str]) -> dict[str, JsonValue]:
    """The content of ``ranking.json``, see `negotiation_env.tournament`."""
    wins = won(cube)
    model = bradley_terry(wins, cube.policies)
    rates, shares = _means_by_policy(cube, wins)
    order = np.argsort(-model.strengths, kind="stable").tolist()  # NaN comes last
    return {
        "policies": [
            {
                "rank": rank,
                "policy": names[place],
                "strength": _number(model.strengths[place]),
                "strength_low": _number(model.strengths[place] - _Z * model.strength_errors[place]),
                "strength_high": _number(model.strengths[place] + _Z * model.strength_errors[place]),
                "win_rate": _number(rates[place]),
                "share": _number(shares[place]),
            }
            for rank, place in enumerate(order, 1)
        ],
        "effects": {name: _effect(model.effects[at], model.effect_errors[at]) for at, name in enumerate(EFFECTS)},
    }


def _effect(value: float, error: float) -> dict[str, JsonValue]:
    from scipy.stats import norm

    p = 2.0 * float(norm.sf(abs(value) / error)) if error > 0.0 else None
    low, high = _number(value - _Z * error), _number(value + _Z * error)
    return {"log_odds": _number(value), "low": low, "high": high, "p_value": p}


def won(cube: OutcomeCube) -> Float64:
    """What part of a win seat 0 has (C, 2, D): 1, 0.5 or 0; NaN where there is nothing to share, and for faults."""
    return wins(cube.measures["share_0"], cube.measures["share_1"])


def bradley_terry(wins: Float64, policies: int) -> BradleyTerry:
    """Fit the model to wins of seat 0 (C, 2, D), by cell, seat that moves first, and draw; NaN does not count.

    Standard errors are NaN with fewer than two draws, and everything is NaN without any game.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    games = wins.reshape(-1, wins.shape[-1])
    count = (~np.isnan(games)).sum(axis=1)
    there = count > 0
    if not there.any():
        return BradleyTerry(*np.full((2, policies), np.nan), *np.full((2, len(EFFECTS)), np.nan))
    rated = _rated(there, policies)
    design, games, count = _design(rated)[there], games[there], count[there] + 1.0
    rate = (np.nansum(games, axis=1) + 0.5) / count
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")  # that the model fits cells exactly is no fault here
        fitted = GLM(rate, design, family=Binomial(), var_weights=count).fit(tol=1e-12, maxiter=200)
    covariance = _clustered(design, games, count, fitted.fittedvalues)
    basis = _sum_to_zero(int(rated.sum()))
    strengths, errors = np.full((2, policies), np.nan)
    strengths[rated] = basis @ fitted.params[:-2]
    variances = np.einsum("pk,kl,pl->p", basis, covariance[:-2, :-2], basis)
    errors[rated] = _root(variances)
    return BradleyTerry(strengths, errors, fitted.params[-2:], _root(covariance.diagonal()[-2:]))


def _root(variances: Float64) -> Float64:
    return np.sqrt(np.maximum(variances, 0.0))  # rounding can leave a little less than 0


def _clustered(design: Float64, games: Float64, count: Float64, expected: Float64) -> Float64:
    """The sandwich covariance of the parameters, the games (N, D) of a draw being one cluster."""
    if games.shape[1] < 2:
        return np.full((design.shape[1], design.shape[1]), np.nan)
    spread = np.linalg.pinv(design.T @ (design * (count * expected * (1.0 - expected))[:, None]))
    scores = np.where(np.isnan(games), 0.0, games - expected[:, None]).T @ design
    return np.asarray(spread @ (scores.T @ scores) @ spread)


def _rated(there: Bool, policies: int) -> Bool:
    """Which policies (P,) have games against another one, from the rows of the design that have games (2 C,)."""
    cells = there.reshape(policies, policies, 2).any(axis=2) & ~np.eye(policies, dtype=np.bool_)
    return np.asarray(cells.any(axis=0) | cells.any(axis=1))


def _design(rated: Bool) -> Float64:
    """A row for each cell and seat that moves first: strengths of which the last is minus the sum of the others.

    The strength of a policy that is not rated is 0; it meets nobody but itself.
    """
    policies = len(rated)
    cells = np.arange(policies**2)
    basis = np.zeros((policies, max(int(rated.sum()) - 1, 0)))
    basis[rated] = _sum_to_zero(int(rated.sum()))
    gaps = np.repeat(basis[cells // policies] - basis[cells % policies], 2, axis=0)
    return np.column_stack([gaps, np.ones(len(gaps)), np.tile([0.5, -0.5], len(cells))])


def _sum_to_zero(policies: int) -> Float64:
    if not policies:
        return np.zeros((0, 0))
    return np.concatenate([np.eye(policies - 1), -np.ones((1, policies - 1))])


def _means_by_policy(cube: OutcomeCube, wins: Float64) -> tuple[Float64, Float64]:
    """The win rate (P,) and the mean share (P,) of each policy, over both roles."""
    shape = (cube.policies, cube.policies, -1)

    def mean(one: Float64, two: Float64) -> Float64:
        values = np.concatenate([one.reshape(shape), two.reshape(shape).swapaxes(0, 1)], axis=1)
        flat = values.reshape(cube.policies, -1)
        count = (~np.isnan(flat)).sum(axis=1)
        return ratio(np.stack([np.nansum(flat, axis=1), count]))

    return mean(wins, 1.0 - wins), mean(cube.measures["share_0"], cube.measures["share_1"])


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
