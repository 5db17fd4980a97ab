"""What stands in a picture of utility space whoever plays: splits, frontier, solution points, disagreement point.

Both axes are treated alike: each runs to what the whole pool is worth to its agent, so in a square panel equal
distances are equal shares of the pools. No split lies above *and* to the right of a point of the frontier;
there each solution point carries its marks in a row, which shows coinciding solutions side by side and covers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.chart import BLACK, GREEN, MUTED, ORANGE, PURPLE, SKY, SMALL, axes_size, style_axes
from negotiation_env.policy import Float64, Int64
from negotiation_env.solutions import Solution, split_utilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SOLUTIONS = {
    "nash": ("Nash", "D", GREEN, 3.7),
    "kalai_smorodinsky": ("Kalai-Smorodinsky", "s", PURPLE, 4.3),
    "egalitarian": ("egalitarian", "^", ORANGE, 5.0),
    "utilitarian": ("utilitarian", "o", SKY, 4.6),
}
"""The point sets that are marked: the caption, the marker, its colour and its size in points."""
_SPLIT, _EFFICIENT = "#C4C4C4", "#4A4A4A"
_FIRST_MARK, _NEXT_MARK = 6.5, 4.0
"""How far up and to the right of its point the first mark stands, and each next one beyond it, in points."""
_CROWDED = 30
"""Sets with more points than this are drawn as a band."""
_BELOW, _BEYOND = 8.0, 16.0
"""Room inside the axes before and beyond all points, in points, so that marks there are not cut off."""
_KEY_COLUMN = 1.1
"""Width of a column of the key, in inches."""
_LARGEST_SPLIT = 45.0
"""Area of the largest dot, in square points."""
_ROUNDING = 9
"""Decimals to which utilities must agree to be one point."""


def prepare_space(axes: Axes, worth: Float64, others: Float64, agents: Mapping[str, str]) -> None:
    """Empty axes over both agents' utilities, for splits between nothing and the whole pool.

    Args:
        axes: where to draw.
        worth: (2,) what the whole pool is worth to each agent; its axis has a tick there and, as a rule, ends there.
        others: (n, 2) further points that must be inside.
        agents: both agents and their colours.
    """
    style_axes(axes, *(f"Utility of {agent}" for agent in agents))
    for label, colour in zip((axes.xaxis.label, axes.yaxis.label), agents.values(), strict=True):
        label.set_color(colour)
    lowest = np.minimum(0.0, others.min(axis=0, initial=0.0))
    highest = np.maximum(worth, others.max(axis=0, initial=0.0))
    side = axes_size(axes)[0]
    scales = (axes.set_xlim, axes.set_ylim), (axes.xaxis, axes.yaxis), ("bottom", "left")
    for set_limits, axis, spine, low, high, whole in zip(*scales, lowest, highest, worth, strict=True):
        point = (high - low) / max(side - _BELOW - _BEYOND, 1.0)
        set_limits(low - _BELOW * point, high + _BEYOND * point)
        ticks = _ticks(low, high, whole)
        axis.set_ticks(ticks, [f"{tick:.3g}" for tick in ticks])
        axes.spines[spine].set_bounds(low, high)


def _ticks(low: float, high: float, whole: float) -> list[float]:
    """Round numbers from low to high, and the worth of the whole pool in place of those too near to it."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.asarray(MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high))
    near = 0.6 * (ticks[1] - ticks[0])
    kept = (ticks >= low - 1e-9) & (ticks <= high + 1e-9) & (np.abs(ticks - whole) > near)
    return sorted([*ticks[kept].tolist(), whole])


def draw_splits(
    axes: Axes, quantities: Sequence[int], values: Sequence[Sequence[float]], solution: Solution
) -> Float64:
    """All splits as dots, larger where several have the same utilities, and the frontier as a staircase in front.

    Returns:
        (n, 2), the distinct utilities of all splits.
    """
    points, counts = distinct_points(split_utilities(quantities, values))
    colours = np.where(among(points, solution.pareto), _EFFICIENT, _SPLIT).tolist()
    axes.scatter(points[:, 0], points[:, 1], s=_areas(counts), c=colours, linewidths=0, zorder=2, gid="splits")
    axes.plot(
        *solution.pareto[::-1].T, color=_EFFICIENT, linewidth=0.8, drawstyle="steps-pre", zorder=2.5, gid="frontier"
    )
    return points


def distinct_points(points: Float64) -> tuple[Float64, Int64]:
    """The distinct points (n, 2) among (S, 2), and how many fall on each (n,)."""
    _, first, counts = np.unique(np.round(points, _ROUNDING), axis=0, return_index=True, return_counts=True)
    return points[first], counts


def among(points: Float64, members: Float64) -> NDArray[np.bool_]:
    """Which of the points (n, 2) are among others (m, 2)."""
    known = set(map(tuple, (np.round(members, _ROUNDING) + 0.0).tolist()))
    return np.array([tuple(point) in known for point in (np.round(points, _ROUNDING) + 0.0).tolist()], dtype=bool)


def _areas(counts: Int64) -> Float64:
    """Areas of dots in square points, in proportion to the counts as far as the smallest can still be seen."""
    least = 5.0 if len(counts) <= 150 else 2.5
    unit = np.clip(_LARGEST_SPLIT / counts.max(), least / 2, least)
    return np.asarray(np.clip(unit * counts, least, _LARGEST_SPLIT))


def draw_disagreement(axes: Axes, disagreement: Sequence[float]) -> None:
    """The point without a deal and, unless it is the origin, lines that bound what is better for each agent."""
    if any(disagreement):
        for draw, utility in zip((axes.axvline, axes.axhline), disagreement, strict=True):
            draw(utility, color=MUTED, linewidth=0.6, dashes=(3, 2), zorder=1, gid="disagreement-line")
    axes.plot(*disagreement, gid="disagreement", zorder=6, **DISAGREEMENT_MARK)


DEAL_MARK: dict[str, Any] = {
    "marker": "*", "markersize": 10.0, "color": BLACK, "markeredgecolor": "white", "markeredgewidth": 0.6,
    "linestyle": "", "clip_on": False,
}  # fmt: skip
DISAGREEMENT_MARK: dict[str, Any] = {
    "marker": "X", "markersize": 6.5, "color": "white", "markeredgecolor": BLACK, "markeredgewidth": 0.9,
    "linestyle": "", "clip_on": False,
}  # fmt: skip


def in_points(axes: Axes, places: Float64) -> Float64:
    """Places (n, 2) in utilities as distances in points from the lower left corner of axes with final limits."""
    width, height = axes_size(axes)
    return np.asarray(axes.transLimits.transform(places.reshape(-1, 2))) * (width / 0.85, height)


def draw_solutions(axes: Axes, solution: Solution) -> Float64:
    """The marks of the solution points, in a row up and to the right of each point, with a thin line to it.

    Where a set is large, such as the utilitarian one of a zero-sum game, its marks become a band without lines.

    Returns:
        (m, 2), where the marks stand in points, as `in_points` gives it.
    """
    points, held = _solution_points(solution)
    crowded = held.sum(axis=0) > _CROWDED
    for length in np.unique(held.sum(axis=1)):
        rows = (held.sum(axis=1) == length) & held[:, ~crowded].any(axis=1)
        _draw_stalks(axes, points[rows], _FIRST_MARK + (int(length) - 1) * _NEXT_MARK)
    place = np.cumsum(held, axis=1) - 1
    marks = []
    for column, name in enumerate(SOLUTIONS):
        for slot in np.unique(place[held[:, column], column]).tolist():
            rows = held[:, column] & (place[:, column] == slot)
            shift = _FIRST_MARK + slot * _NEXT_MARK
            marks.append(in_points(axes, points[rows]) + shift)
            axes.plot(
                *points[rows].T, transform=_shifted(axes, shift), gid=f"solution-{name}", zorder=4, clip_on=False,
                in_layout=False, **_mark(name, edge=0.0 if crowded[column] else 0.4),
            )  # fmt: skip
    return np.concatenate(marks)


def _solution_points(solution: Solution) -> tuple[Float64, NDArray[np.bool_]]:
    """The points (n, 2) that are a solution of some kind, and of which kinds of `SOLUTIONS` (n, 4)."""
    frontier = solution.pareto
    held = np.stack([among(frontier, getattr(solution, name)) for name in SOLUTIONS], axis=1)
    some = held.any(axis=1)
    return frontier[some], held[some]


def _mark(name: str, edge: float = 0.4) -> dict[str, Any]:
    _, marker, colour, size = SOLUTIONS[name]
    return {
        "marker": marker, "color": colour, "markersize": size, "markeredgecolor": BLACK, "markeredgewidth": edge,
        "linestyle": "",
    }  # fmt: skip


def _shifted(axes: Axes, points: float) -> Any:  # noqa: ANN401  # a matplotlib transform
    from matplotlib.transforms import offset_copy

    return offset_copy(axes.transData, fig=axes.get_figure(root=True), x=points, y=points, units="points")


def _draw_stalks(axes: Axes, points: Float64, reach: float) -> None:
    """Lines from the points (n, 2) up and to the right, as far as the last mark."""
    from matplotlib.path import Path

    stalk = Path([(0.0, 0.0), (1.0, 1.0)])  # a marker is scaled to half of its size on each side of its point
    axes.plot(
        *points.T, marker=stalk, markersize=2 * reach, markeredgecolor=MUTED, markeredgewidth=0.5, linestyle="",
        clip_on=False, in_layout=False, zorder=3.5, gid="stalk",
    )  # fmt: skip


def draw_key(figure: Figure) -> float:
    """At the bottom of a figure, what the marks mean that all its panels share; returns its height in inches."""
    from matplotlib.lines import Line2D

    def dot(colour: str, caption: str) -> Line2D:
        return Line2D([], [], marker="o", markersize=2.8, color=colour, linestyle="", label=caption)

    handles = [
        dot(_SPLIT, "split (larger: several)"),
        Line2D([], [], color=_EFFICIENT, linewidth=0.8, marker="o", markersize=2.4, label="Pareto frontier"),
        Line2D([], [], label="no deal", **DISAGREEMENT_MARK),
        Line2D([], [], label="deal", **DEAL_MARK),
        *(Line2D([], [], label=SOLUTIONS[name][0], **_mark(name)) for name in SOLUTIONS),
    ]
    columns = max(1, min(len(handles), int(figure.get_figwidth() / _KEY_COLUMN)))
    rows = -(-len(handles) // columns)
    legend = figure.legend(
        handles=handles, loc="lower center", ncols=-(-len(handles) // rows), fontsize=SMALL, frameon=False,
        handlelength=1.4, handletextpad=0.5, columnspacing=1.2, labelspacing=0.35, borderpad=0.1,
        borderaxespad=0.2,
    )  # fmt: skip
    legend.set_in_layout(False)
    return rows * 1.5 * SMALL / 72 + 0.05
