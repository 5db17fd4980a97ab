"""Pictures of multi-item games in utility space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.multi_item.rules import AGENTS
from negotiation_env.past import Move
from negotiation_env.solutions import solve, split_utilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_game(
    axes: Axes,
    quantities: Sequence[int],
    values: Sequence[Sequence[float]],
    moves: Sequence[Move],
    disagreement: tuple[float, float],
) -> None:
    """Draw every split, the frontier and the path of proposals of a game."""
    points = split_utilities(quantities, values)
    axes.scatter(points[:, 0], points[:, 1], s=8, color="0.7")
    frontier = solve(quantities, values, disagreement).pareto
    axes.plot(frontier[:, 0], frontier[:, 1], color="0.3")
    for agent in AGENTS:
        path = np.array(
            [_worth(quantities, values, move) for move in moves if move[1] == agent and move[3] is not None]
        )
        if len(path):
            axes.plot(path[:, 0], path[:, 1], marker="o", label=agent)
    axes.set_xlabel(f"utility of {AGENTS[0]}")
    axes.set_ylabel(f"utility of {AGENTS[1]}")


def _worth(quantities: Sequence[int], values: Sequence[Sequence[float]], move: Move) -> tuple[float, float]:
    rest = [total - kept for total, kept in zip(quantities, move[3], strict=True)]
    one, two = (move[3], rest) if move[1] == AGENTS[0] else (rest, move[3])
    return float(np.dot(values[0], one)), float(np.dot(values[1], two))
