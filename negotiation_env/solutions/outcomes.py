"""How good the outcomes are that games came to, beside what their splits allowed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Float64, Int64
from negotiation_env.solutions.concepts import CONCEPTS, best_points, gain_product
from negotiation_env.solutions.frontier import Frontier, Mask, columns_of, dominated, pareto_frontier, pick, slack
from negotiation_env.solutions.games import Chunk, Games, check_games, chunks
from negotiation_env.solutions.solve import max_welfare, opposition
from negotiation_env.splits import as_numbers, check_keep


def outcome_metrics(
    quantities: ArrayLike,
    values: ArrayLike,
    keep: ArrayLike,
    deal: ArrayLike | None = None,
    disagreement: ArrayLike = (0.0, 0.0),
) -> dict[str, Array]:
    """The columns (G,) of the table in `negotiation_env.solutions`, for the outcomes of G games.

    Args:
        quantities: (G, I), or (I,) for all games.
        values: (G, 2, I), or (2, I) for all games.
        keep: (G, I), what agent 0 got; anything where there was no deal.
        deal: (G,) bool, whether there was a deal; by default all are.
        disagreement: (G, 2), or (2,) for all games; the outcome where there was no deal.

    Raises:
        ValueError: as `negotiation_env.solutions.solve`, or ``keep`` is not between 0 and the quantities.
    """
    kept, agreed = _check_outcomes(keep, deal)
    games = check_games(quantities, values, disagreement, games=len(kept))
    taken = check_keep(kept, games.quantities)
    utility = np.where(agreed, reached(games.quantities, games.values, taken), games.disagreement.T)
    columns: dict[str, Array] = {name: np.zeros(len(games)) for name in COLUMNS}
    columns["pareto_optimal"] = np.zeros(len(games), dtype=bool)
    columns["envy_free"] = agreed & (2.0 * utility >= games.worth.T - slack(games.worth.T)).all(axis=0)
    columns["welfare"] = utility.sum(axis=0)
    columns["nash_product"] = gain_product(utility - games.disagreement.T)
    for chunk in chunks(games):
        for name, column in _beside_splits(games, chunk, utility[:, chunk.rows]).items():
            columns[name][chunk.rows] = column
    columns["efficiency"] = np.clip(columns["welfare"] / columns["max_welfare"], 0.0, 1.0)
    return columns


COLUMNS = (
    "pareto_optimal", "envy_free", "welfare", "max_welfare", "efficiency", "nash_product", "opposition",
    *(f"{name}_distance" for name in CONCEPTS), *(f"{name}_optimality" for name in CONCEPTS),
)  # fmt: skip
"""The names of the columns, in order."""


def _check_outcomes(keep: ArrayLike, deal: ArrayLike | None) -> tuple[Float64, Mask]:
    """What agent 0 got (G, I), nothing where there was no deal, and whether there was one (G,)."""
    kept = as_numbers(keep, "keep")
    if kept.ndim != 2:
        raise ValueError(f"keep must have shape (games, types), one row a game, not {kept.shape}.")
    agreed = np.ones(len(kept), dtype=bool) if deal is None else np.asarray(deal, dtype=bool)
    if agreed.shape != (len(kept),):
        raise ValueError(f"deal must have one entry for each of {len(kept)} games, not shape {agreed.shape}.")
    return np.where(agreed[:, None], kept, 0.0), agreed


def is_pareto_optimal(quantities: ArrayLike, values: ArrayLike, keep: ArrayLike) -> NDArray[np.bool_]:
    """Whether splits are Pareto-optimal: no split is at least as good for both agents and better for one.

    Args:
        quantities: (I,), one pool.
        values: (2, I).
        keep: (..., I), what agent 0 keeps; e.g. (I,), or (S, I) as of `negotiation_env.splits.all_splits`.

    Returns:
        A bool for each split, (...).

    Raises:
        ValueError: as `outcome_metrics`.
    """
    games = check_games(quantities, values, (0.0, 0.0), games=1)
    taken = check_keep(keep, games.quantities[0])
    outcomes = reached(games.quantities, games.values, taken.reshape(-1, taken.shape[-1]))
    (chunk,) = chunks(games)
    frontier = pareto_frontier(chunk.utilities)
    return ~dominated(outcomes, frontier).reshape(taken.shape[:-1])


def reached(quantities: Int64, values: Float64, keep: Int64) -> Float64:
    """Both agents' utilities (2, G) of splits (G, I), summed in the order in which `utilities_of` sums."""
    utility = np.zeros((2, len(keep)))
    for item in range(keep.shape[1]):
        own = keep[:, item]
        utility += values[:, :, item].T * np.stack([own, quantities[:, item] - own])
    return utility


def _beside_splits(games: Games, chunk: Chunk, utility: Float64) -> Mapping[str, Array]:
    """The columns (n,) that need every split, for outcomes with utilities (2, n)."""
    worth, disagreement = games.worth[chunk.rows], games.disagreement[chunk.rows]
    frontier = pareto_frontier(chunk.utilities)
    columns: dict[str, Array] = {
        "pareto_optimal": ~dominated(utility, frontier),
        "max_welfare": max_welfare(frontier),
        "opposition": opposition(frontier, worth),
    }
    scale = worth.T[:, :, None]
    places = np.concatenate([chunk.utilities, disagreement.T[:, :, None], utility[:, :, None]], axis=2) / scale
    scaled = Frontier(frontier.points / scale, frontier.exists)
    for name, mask in best_points(frontier, disagreement).items():
        distance = _distance(places, scaled, mask)
        farthest = distance.max(axis=1)
        columns[f"{name}_distance"] = distance[:, -1]
        columns[f"{name}_optimality"] = 1.0 - distance[:, -1] / np.where(farthest > 0.0, farthest, 1.0)
    return columns


def _distance(places: Float64, frontier: Frontier, members: Mask) -> Float64:
    """Euclidean distance (n, K) of places (2, n, K) to the nearest marked point of the frontier."""
    targets = pick(frontier.points, columns_of(members)[0])
    least = np.full(places.shape[1:], np.inf)
    for column in range(targets.shape[2]):
        gap = places - targets[:, :, column, None]
        np.minimum(least, gap[0] * gap[0] + gap[1] * gap[1], out=least)
    distance = np.sqrt(least)
    return np.where(distance <= slack(distance), 0.0, distance)
