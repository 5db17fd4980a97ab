"""Exact solutions of multi-item games: CPU-seconds of many small games, and of large ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from measure import Figure, best, show

from negotiation_env.solutions import outcome_metrics, solve, solve_batch, split_utilities

GAMES, LARGE_GAMES, ALONE = 10_000, 200, 20
ITEMS, MANY_ITEMS = 4, 10


def solution_figures() -> list[Figure]:
    """Frontier and all solution points, in batches and one game at a time; and the outcomes of games."""
    rng = np.random.default_rng(0)
    small = np.round(rng.uniform(0.05, 1.0, size=(GAMES, 2, ITEMS)), 1)
    large = np.round(rng.uniform(0.05, 1.0, size=(LARGE_GAMES, 2, MANY_ITEMS)), 1)
    keep = rng.integers(0, 2, size=(GAMES, ITEMS))
    solve_batch([1] * ITEMS, small[:100])  # warm up
    solved, _ = best(lambda: solve_batch([1] * ITEMS, small))
    judged, _ = best(lambda: outcome_metrics([1] * ITEMS, small, keep))
    batched, _ = best(lambda: solve_batch([1] * MANY_ITEMS, large))
    return [
        Figure(f"exact solutions, {GAMES:,} games of {ITEMS} single items", solved, "CPU-s", 1.0, at_most=True),
        Figure(f"metrics of as many outcomes, {ITEMS} single items", judged, "CPU-s"),
        Figure(
            f"exact solutions, {MANY_ITEMS} single items, {LARGE_GAMES} games together",
            1e3 * batched / LARGE_GAMES,
            "CPU-ms a game",
            20.0,
            at_most=True,
        ),
        _one_by_one(large[:ALONE]),
    ]


def _one_by_one(values: np.ndarray) -> Figure:
    """`solve` a game at a time, beside the frontier alone by comparing every split with every other."""
    pool = [1] * MANY_ITEMS
    ours, solutions = best(lambda: [solve(pool, value) for value in values])
    compare: Callable[[], list[np.ndarray]] = lambda: [pairwise_frontier(pool, value) for value in values]  # noqa: E731
    theirs, frontiers = best(compare)
    if not all(np.allclose(found.pareto, known) for found, known in zip(solutions, frontiers, strict=True)):
        raise AssertionError("the frontiers differ from those of comparing pairs.")
    return Figure(
        f"exact solutions, {MANY_ITEMS} single items, one game at a time",
        1e3 * ours / len(values),
        "CPU-ms a game",
        20.0,
        at_most=True,
        reference=f"frontier alone, every pair of splits in NumPy: {1e3 * theirs / len(values):.1f} CPU-ms",
        ratio=theirs / ours,
    )


def pairwise_frontier(quantities: list[int], values: np.ndarray) -> np.ndarray:
    """The frontier (F, 2) by definition, by falling utility of agent 0: O(S^2) for S splits."""
    points = split_utilities(quantities, values)
    first, second = points.round(9).T
    as_good = (first[:, None] >= first) & (second[:, None] >= second)
    better = (first[:, None] > first) | (second[:, None] > second)
    return np.unique(points[~(as_good & better).any(axis=0)].round(9), axis=0)[::-1]


if __name__ == "__main__":
    show(solution_figures())
