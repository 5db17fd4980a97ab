"""Exact Pareto and bargaining-solution analysis over all splits of a pool between two agents with additive values.

`solve` is for one game, `solve_batch` for many, `outcome_metrics` says how good the outcomes of games were. With ``u``
an agent's utility, ``d`` its utility without a deal (`disagreement`) and ``u^max`` its greatest over the frontier:

| set | points of the frontier that maximise | source |
|---|---|---|
| `pareto` | all: no split is at least as good for both and better for one | |
| `nash` | ``(u_0 - d_0) (u_1 - d_1)``, over the points where nobody loses | Nash 1950 |
| `kalai_smorodinsky` | ``min_i (u_i - d_i) / (u_i^max - d_i)`` | Kalai and Smorodinsky 1975 |
| `egalitarian` | ``min_i (u_i - d_i)`` | Kalai 1977 |
| `leximin` | the other gain as well, among the egalitarian points | Chun and Peters 1988 |
| `utilitarian` | ``u_0 + u_1`` | |

Each is a *set* of distinct utility pairs: splits are indivisible, so there are ties, and all are kept (1e-9; more only
where floats cannot tell, for numbers beyond 70,000). Points are not mixed by lotteries. In the corners:

- An agent that no split can make better off (``u_i^max <= d_i``) is left out of the ``min``; if both are, all tie.
- If on every point of the frontier somebody loses, all are Nash points; two losses never make a good product.
- NegMAS calls `egalitarian` ``kalai``. Its ``ks`` takes the point of the frontier that is nearest to the line of equal
  normalised gains, so it differs from `kalai_smorodinsky` on some games.

`outcome_metrics` returns these columns, one entry a game. Distances are Euclidean, between utilities in shares of each
agent's worth of the whole pool. X stands for each of the six sets.

| column | meaning | range |
|---|---|---|
| `pareto_optimal` | no split is at least as good for both as the outcome and better for one | bool |
| `envy_free` | a deal in which each values its own items at least as much as the other's (Foley 1967) | bool |
| `welfare` | sum of both utilities | utility |
| `max_welfare` | the greatest sum over all splits | > 0 |
| `efficiency` | ``welfare / max_welfare``; not above 1 where no deal is worth more, not below 0 | [0, 1] |
| `nash_product` | product of both gains; a loss counts as no gain | >= 0 |
| `opposition` | least distance of a split to the ideal point, where both have all they value | [0, 1] |
| `X_distance` | distance to the nearest point of the set | >= 0 |
| `X_optimality` | 1 - distance / the largest distance of any split, or of no deal; 1 in the set | [0, 1] |

Where there was no deal, the outcome is the disagreement point; it is no division, so `envy_free` is false.

`opposition` is the definition of Baarslag et al. 2013 (see `negotiation_env.solutions.solve.opposition`). NegMAS
computes the distance to the point (1, 1) from raw utilities, which on games whose utilities are not in [0, 1] is
another number.

The price domain needs none of this: the surplus is fixed, so every deal inside the ZOPA is Pareto-optimal, and the
Nash, Kalai-Smorodinsky and egalitarian points are all its midpoint (rho = 0.5).
"""

from __future__ import annotations

from negotiation_env.solutions.concepts import CONCEPTS
from negotiation_env.solutions.games import split_utilities
from negotiation_env.solutions.outcomes import COLUMNS, is_pareto_optimal, outcome_metrics
from negotiation_env.solutions.solve import Solution, Solutions, solve, solve_batch
from negotiation_env.splits import MAX_SPLITS, all_splits, count_splits

__all__ = [
    "COLUMNS",
    "CONCEPTS",
    "MAX_SPLITS",
    "Solution",
    "Solutions",
    "all_splits",
    "count_splits",
    "is_pareto_optimal",
    "outcome_metrics",
    "solve",
    "solve_batch",
    "split_utilities",
]
