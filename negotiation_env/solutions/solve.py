"""Frontier and solution points of one game, or of many in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from negotiation_env.policy import Float64, Int64
from negotiation_env.solutions.concepts import CONCEPTS, best_points
from negotiation_env.solutions.frontier import Frontier, Mask, pareto_frontier
from negotiation_env.solutions.games import Games, check_games, chunks


@dataclass(frozen=True, eq=False)
class Solution:
    """What is best in one game; see `negotiation_env.solutions` for the definitions.

    The point sets are arrays (n, 2) of distinct pairs (utility of agent 0, of agent 1), by falling utility of agent 0.

    Attributes:
        pareto: the Pareto frontier.
        nash: greatest product of gains.
        kalai_smorodinsky: greatest least share of the own best gain.
        egalitarian: greatest least gain.
        leximin: of these, the greatest other gain.
        utilitarian: greatest sum of utilities.
        max_welfare: that sum.
        opposition: how far the ideal point is out of reach, from 0 (reachable) to 1.
    """

    pareto: Float64
    nash: Float64
    kalai_smorodinsky: Float64
    egalitarian: Float64
    leximin: Float64
    utilitarian: Float64
    max_welfare: float
    opposition: float


@dataclass(frozen=True, eq=False)
class Solutions:
    """What is best in each of G games.

    Attributes:
        points: (G, F, 2), each game's frontier by falling utility of agent 0, filled up with NaN.
        members: name of `negotiation_env.solutions.CONCEPTS` -> (G, F), which of these points belong to the set.
        max_welfare: (G,), the greatest sum of utilities.
        opposition: (G,), from 0 to 1.
    """

    points: Float64
    members: Mapping[str, Mask]
    max_welfare: Float64
    opposition: Float64

    def __len__(self) -> int:
        return len(self.max_welfare)

    def game(self, row: int) -> Solution:
        """One game's point sets."""
        sets = {name: self.points[row][mask[row]] for name, mask in self.members.items()}
        return Solution(**sets, max_welfare=float(self.max_welfare[row]), opposition=float(self.opposition[row]))


def solve(quantities: ArrayLike, values: ArrayLike, disagreement: ArrayLike = (0.0, 0.0)) -> Solution:
    """The frontier and the solution points of one game, over all its splits.

    Args:
        quantities: (I,), how many items of each type there are, whole numbers.
        values: (2, I), each agent's value of one item of each type.
        disagreement: (2,), each agent's utility without a deal.

    Raises:
        ValueError: a negative, NaN or infinite value, a pool that is worth nothing to an agent, a pool with more than
            `negotiation_env.splits.MAX_SPLITS` splits, or shapes that do not fit.

    >>> solution = solve(quantities=[2, 1, 2], values=[[3, 4, 0], [3, 2, 1]])
    >>> solution.nash.tolist(), solution.max_welfare
    ([[7.0, 5.0]], 12.0)
    """
    return _solved(check_games(quantities, values, disagreement, games=1)).game(0)


def solve_batch(quantities: ArrayLike, values: ArrayLike, disagreement: ArrayLike = (0.0, 0.0)) -> Solutions:
    """The frontiers and the solution points of G games, which may have different pools.

    Time is best when games share pools: those of one pool are solved together. A game with fewer item types than
    others has quantity 0 of the rest.

    Args:
        quantities: (G, I), or (I,) for all games.
        values: (G, 2, I), or (2, I) for all games.
        disagreement: (G, 2), or (2,) for all games.

    Raises:
        ValueError: as `solve`.
    """
    return _solved(check_games(quantities, values, disagreement))


def _solved(games: Games) -> Solutions:
    parts: list[tuple[Int64, Frontier, dict[str, Mask]]] = []
    for chunk in chunks(games):
        frontier = pareto_frontier(chunk.utilities)
        parts.append((chunk.rows, frontier, best_points(frontier, games.disagreement[chunk.rows])))
    width = max((frontier.exists.shape[1] for _, frontier, _ in parts), default=0)
    points = np.full((len(games), width, 2), np.nan)
    members = {name: np.zeros((len(games), width), dtype=bool) for name in CONCEPTS}
    welfare, opposed = np.zeros((2, len(games)))
    for rows, frontier, masks in parts:
        size = frontier.exists.shape[1]
        points[rows, :size] = np.where(frontier.exists, frontier.points, np.nan).transpose(1, 2, 0)
        for name, mask in masks.items():
            members[name][rows, :size] = mask
        welfare[rows] = max_welfare(frontier)
        opposed[rows] = opposition(frontier, games.worth[rows])
    return Solutions(points, members, welfare, opposed)


def max_welfare(frontier: Frontier) -> Float64:
    """The greatest sum of both utilities (n,)."""
    return np.asarray(frontier.points.sum(axis=0).max(axis=1))


def opposition(frontier: Frontier, worth: Float64) -> Float64:
    """The least distance (n,) of a split to the ideal point (1, 1), utilities in shares of the pool's worth (n, 2).

    Baarslag, Fujita, Gerding et al. 2013, "Evaluating practical negotiating agents: results and analysis of the 2011
    international competition", Artificial Intelligence 198. 0: both can have all they value. It is never above 1,
    which is where giving everything to one agent lies. The nearest split is on the frontier.
    """
    missing = 1.0 - frontier.points / worth.T[:, :, None]
    return np.asarray(np.hypot(missing[0], missing[1]).min(axis=1))
