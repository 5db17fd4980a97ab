"""Figures of multi-item games in utility space: the course of single games, and the outcomes of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.chart import (
    BODY,
    COLUMN_WIDTH,
    PAGE_WIDTH,
    TITLE,
    axes_size,
    figure_pixels,
    legend_above,
    legend_lines,
    new_figure,
    place_heading,
    save_figure,
    tidy_grid,
    wrapped,
)
from negotiation_env.episodes import Episodes
from negotiation_env.multi_item.outcomes import outcome_figure
from negotiation_env.multi_item.paths import AGENT_COLOURS, draw_paths, proposal_mark, proposal_path
from negotiation_env.multi_item.rules import AGENTS
from negotiation_env.multi_item.space import (
    DEAL_MARK,
    DISAGREEMENT_MARK,
    draw_disagreement,
    draw_key,
    draw_solutions,
    draw_splits,
    in_points,
    prepare_space,
)
from negotiation_env.solutions import Solution, solve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from negotiation_env.multi_item.domain import MultiItemEpisode
    from negotiation_env.past import Move

__all__ = [
    "draw_game", "draw_key", "figure_pixels", "new_figure", "outcome_figure", "save_figure", "utility_figure",
]  # fmt: skip

_PANELS_A_ROW = 3
_FEW_SPLITS = 64
"""Up to so many different splits there is room beside their dots for the turns of proposals."""
_LEFT, _BETWEEN, _RIGHT = 0.46, 0.4, 0.2
"""Room beside and between panels, in inches."""


def draw_game(
    axes: Axes,
    quantities: Sequence[int],
    values: Sequence[Sequence[float]],
    moves: Sequence[Move],
    disagreement: Sequence[float],
    outcome: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    max_turns: int | None = None,
) -> None:
    """Draw every split of the pool, what the bargaining solutions are, and each agent's proposals up to the outcome.

    Proposals grow darker with time and carry their turns. `draw_key` explains the marks that all games share.

    Args:
        axes: where to draw.
        quantities: (I,) how many items of each type there are.
        values: (2, I) what one item of each type is worth to each agent.
        moves: (turn, agent, kind, what the mover would keep or None, message) in turn order.
        disagreement: (2,) both agents' utilities without a deal.
        outcome: ``None`` while the game runs, else deal, payoffs by agent, turns and ended_by.
        names: what each agent is called, such as the name of its strategy.
        max_turns: the deadline, in single turns.
    """
    worth = np.asarray(values, dtype=np.float64) @ np.asarray(quantities, dtype=np.float64)
    solution = solve(quantities, values, disagreement)
    prepare_space(axes, worth, np.array([disagreement]), AGENT_COLOURS)
    splits = draw_splits(axes, quantities, values, solution)
    draw_disagreement(axes, disagreement)
    marks = draw_solutions(axes, solution)
    paths = {agent: proposal_path(quantities, values, moves, agent) for agent in AGENTS}
    taken = np.concatenate([marks, in_points(axes, splits if len(splits) <= _FEW_SPLITS else splits[:0])])
    draw_paths(axes, paths, moves[-1][0] if moves else 0, taken)
    for agent in AGENTS:
        axes.plot([], [], label=_caption(axes, agent, moves, names), **proposal_mark(agent))
    if outcome is not None:
        _draw_outcome(axes, solution, outcome)
    legend_above(axes)
    place_heading(axes, _fit(axes, headline(moves, outcome, max_turns), TITLE), legend_lines(axes))


def _draw_outcome(axes: Axes, solution: Solution, outcome: Mapping[str, Any]) -> None:
    """Mark the agreement, if there is one, and say in the heading what the outcome is worth."""
    payoffs = np.array([outcome["payoffs"][agent] for agent in AGENTS], dtype=np.float64)
    if not np.isfinite(payoffs).all():
        return
    worth = " and ".join(f"{round(payoff, 3):g}" for payoff in payoffs.tolist())
    if not outcome["deal"]:
        axes.plot([], [], label=f"no deal: {worth}", **DISAGREEMENT_MARK)
        return
    efficient = bool((np.abs(solution.pareto - payoffs) < 1e-9).all(axis=1).any())
    axes.plot(
        *payoffs, zorder=7, gid="agreement", **DEAL_MARK,
        label=_fit(axes, f"deal: {worth}{', Pareto-optimal' if efficient else ''}"),
    )  # fmt: skip


def _caption(axes: Axes, agent: str, moves: Sequence[Move], names: Mapping[str, str] | None) -> str:
    """Who an agent is and whether it moved first, wrapped to the width of the panel."""
    name = (names or {}).get(agent, "")
    opened = " (opens)" if moves and moves[0][1] == agent else ""
    return _fit(axes, f"{agent}: {name}{opened}" if name else f"{agent}{opened}")


def _fit(axes: Axes, text: str, size: float = BODY) -> str:
    """The text in lines that are hardly longer than the panel is wide; a title has no mark in front of it."""
    room = axes_size(axes)[0] + (30 if size == TITLE else 15)
    return wrapped(text, max(int(room / (0.5 * size)), 20))


def headline(moves: Sequence[Move], outcome: Mapping[str, Any] | None, max_turns: int | None = None) -> str:
    """How a game stands or ended."""
    deadline = "" if max_turns is None else f" of {max_turns}"
    if outcome is None:
        return f"Turn {moves[-1][0] if moves else 0}{deadline}"
    when = f"turn {outcome['turns']}{deadline}"
    if outcome["deal"]:
        return f"Deal on {when}"
    if outcome["ended_by"] == "deadline" or not moves:
        return f"No deal by the deadline, turn {outcome['turns']}"
    what = "walked away" if outcome["ended_by"] == "walk" else "failed"
    return f"No deal: {moves[-1][1]} {what} on {when}"


def utility_figure(
    games: MultiItemEpisode | Sequence[MultiItemEpisode] | Episodes,
    names: Sequence[Mapping[str, str]] | None = None,
    disagreement: Sequence[float] | None = None,
    columns: int = _PANELS_A_ROW,
) -> Figure:
    """One panel a game: all splits, the frontier, the solution points, both paths of proposals and the outcome.

    Args:
        games: a game of ``negotiation_env.play("multi_item", ...)``, or several.
        names: for each game what its agents are called; the names of their policies by default.
        disagreement: both agents' utilities without a deal; by default what the games say, else (0, 0), the default
            of the game.
        columns: how many panels stand in a row.

    Raises:
        ValueError: there is no game.
    """
    episodes = list(games) if isinstance(games, Sequence) else [games]
    if not episodes:
        raise ValueError("there is no game to draw; give at least one episode.")
    if disagreement is None and isinstance(games, Episodes):
        disagreement = games.run.config.disagreement  # type: ignore[attr-defined]  # this domain's config
    across = min(columns, len(episodes))
    figure = panel_figure(len(episodes), across)
    for place, (axes, game) in enumerate(zip(figure.axes, episodes, strict=True)):
        outcome = {name: getattr(game, name) for name in ("deal", "payoffs", "turns", "ended_by")}
        without = disagreement if disagreement is not None else game.details.get("disagreement", (0.0, 0.0))
        draw_game(
            axes, game.quantities, [game.values[agent] for agent in AGENTS], game.moves, without, outcome,
            names[place] if names else game.players, game.details["max_turns"],
        )  # fmt: skip
    finish_panels(figure, across)
    return figure


def panel_figure(count: int, across: int, width: float | None = None) -> Figure:
    """A figure with so many square panels to draw games in; `finish_panels` comes after that.

    Args:
        count: how many panels.
        across: how many stand in a row.
        width: of the figure in inches; by default a column for one panel in a row, a page for three.
    """
    page = PAGE_WIDTH * max(across / _PANELS_A_ROW, 2 / 3)
    figure = new_figure(width or (COLUMN_WIDTH if across == 1 else page), 1.0)
    figure.set_layout_engine("none")  # it knows no squares
    side = _side(figure, across)
    figure.set_figheight(side)
    for _ in range(count):
        figure.add_axes((0.0, 0.0, side / figure.get_figwidth(), 1.0))
    return figure


def _side(figure: Figure, across: int) -> float:
    """Width of a panel in inches."""
    return (figure.get_figwidth() - _LEFT - _RIGHT - (across - 1) * _BETWEEN) / across


def finish_panels(figure: Figure, across: int, lines: int = 0) -> None:
    """Arrange the panels of a figure in rows, with room for their headings, and explain the marks below them.

    Args:
        figure: of `panel_figure`, with the games drawn.
        across: how many panels stand in a row.
        lines: the least number of lines below titles for which there is room.
    """
    tidy_grid(figure.axes, across)
    titles = max(axes.get_title(loc="left").count("\n") + 1 for axes in figure.axes)
    heading = (titles * 1.3 * TITLE + max(lines, *map(legend_lines, figure.axes)) * 1.32 * BODY + 8) / 72
    side, down = _side(figure, across), -(-len(figure.axes) // across)
    row, bottom = heading + side + 0.25, draw_key(figure) + 0.17
    width, height = figure.get_figwidth(), down * row + bottom
    figure.set_size_inches(width, height)
    for place, axes in enumerate(figure.axes):
        left = _LEFT + place % across * (side + _BETWEEN)
        base = bottom + (down - 1 - place // across) * row + 0.25
        axes.set_position((left / width, base / height, side / width, side / height))
