"""The proposals of a game as paths through utility space, with the turns on which they were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.chart import BLUE, SMALL, VERMILION
from negotiation_env.multi_item.rules import AGENTS
from negotiation_env.multi_item.space import in_points
from negotiation_env.policy import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from negotiation_env.past import Move

AGENT_COLOURS = dict(zip(AGENTS, (BLUE, VERMILION), strict=True))
AGENT_MARKERS = {AGENTS[0]: ("o", 3.6), AGENTS[1]: ("s", 5.0)}
"""Markers and their sizes in points: where both agents propose the same split, the circle lies inside the square."""
_NUMBERED_PLACES = 6
"""An agent's proposals carry their turns if they are at most so many splits, else only the first and the last do."""
_NUMBER_SIDES: dict[str, list[tuple[float, float]]] = {
    AGENTS[0]: [(1, 0), (1, -0.6), (1, -1), (0, -1), (0, 1), (-1, 0), (-1, -1)],
    AGENTS[1]: [(0, 1), (-0.6, 1), (-1, 1), (-1, 0), (1, 0), (0, -1), (-1, -1)],
}
"""Where the turns are written: agent 0's right of and agent 1's above a proposal if possible, where no split lies if
it is efficient."""
_MARK_RADIUS, _BESIDE = 2.6, 3.2
"""Room that a mark takes, and distance of text from the point it belongs to, in points."""


def proposal_path(
    quantities: Sequence[int], values: Sequence[Sequence[float]], moves: Sequence[Move], agent: str
) -> tuple[list[int], Float64]:
    """On which turns an agent made proposals, and what they are worth to both agents, (n, 2)."""
    made = [(turn, keep) for turn, mover, _, keep, _ in moves if mover == agent and keep is not None]
    pool, worth = np.asarray(quantities), np.asarray(values, dtype=np.float64)
    keep = np.array([kept for _, kept in made], dtype=np.int64).reshape(-1, len(pool))
    seat = AGENTS.index(agent)
    utilities = np.empty((len(keep), 2))
    utilities[:, seat], utilities[:, 1 - seat] = keep @ worth[seat], (pool - keep) @ worth[1 - seat]
    return [turn for turn, _ in made], utilities


def proposal_mark(agent: str) -> dict[str, Any]:
    """How an agent's proposals are drawn."""
    marker, size = AGENT_MARKERS[agent]
    return {
        "color": AGENT_COLOURS[agent], "linewidth": 1.0, "marker": marker, "markersize": size,
        "markeredgecolor": "white", "markeredgewidth": 0.4,
    }  # fmt: skip


def draw_paths(axes: Axes, paths: Mapping[str, tuple[Sequence[int], Float64]], last_turn: int, taken: Float64) -> None:
    """Both agents' proposals in order, the later the darker, with the turns on which they were made.

    Args:
        axes: where to draw; their limits must be final.
        paths: agent -> the turns (n,) of its proposals, and their utilities (n, 2).
        last_turn: the last turn of the game so far.
        taken: (m, 2) places in points that numbers should leave free.
    """
    for agent, (turns, path) in paths.items():
        if len(path):
            _draw_path(axes, agent, [turn / last_turn for turn in turns], path)
    proposed = np.concatenate([path for _, path in paths.values()])
    free = _FreePlaces(np.concatenate([in_points(axes, proposed), taken]))
    for agent, (turns, path) in paths.items():
        for place, text in turn_labels(turns, path):
            _write_turns(axes, agent, place, text, free)


def _draw_path(axes: Axes, agent: str, times: Sequence[float], path: Float64) -> None:
    colour, (marker, size) = AGENT_COLOURS[agent], AGENT_MARKERS[agent]
    axes.plot(*path.T, color=_tint(colour, 0.45), linewidth=0.9, zorder=3, gid=f"path-{agent}")
    shades = [_tint(colour, 0.25 + 0.75 * time) for time in times]
    axes.scatter(
        path[:, 0], path[:, 1], s=size**2, c=shades, marker=marker, linewidths=0.4, edgecolors="white",
        zorder=5.5 if marker == "o" else 5, gid=f"proposals-{agent}",
    )  # fmt: skip


def _tint(colour: str, strength: float) -> tuple[float, float, float]:
    """A colour mixed with white: 1 is the colour itself, 0 white."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1.0 - strength * (1.0 - part) for part in to_rgb(colour))
    return red, green, blue


def turn_labels(turns: Sequence[int], path: Float64) -> list[tuple[tuple[float, float], str]]:
    """Where proposals (n, 2) are numbered, and with which turns: at every split, or at the first and the last."""
    places: dict[tuple[float, float], list[int]] = {}
    for turn, (x, y) in zip(turns, np.round(path, 9).tolist(), strict=True):
        places.setdefault((x, y), []).append(turn)
    if len(places) > _NUMBERED_PLACES:
        ends = (turns[0], turns[-1])
        places = {place: made for place, made in places.items() if set(made) & set(ends)}
        places = {place: [turn for turn in made if turn in ends] for place, made in places.items()}
    return [(place, _turn_list(made)) for place, made in places.items()]


def _turn_list(turns: Sequence[int]) -> str:
    """Turns as text: those of an agent are two apart, and an unbroken row of them is a range."""
    if len(turns) > 1 and turns[-1] - turns[0] == 2 * (len(turns) - 1):
        return f"{turns[0]}–{turns[-1]}"  # noqa: RUF001  # a range
    return ", ".join(map(str, turns)) if len(turns) <= 2 else f"{turns[0]} … {turns[-1]}"


class _FreePlaces:
    """Where text can stand without covering what is drawn or other text; all places are in points."""

    def __init__(self, taken: Float64) -> None:
        self._low, self._high = taken - _MARK_RADIUS, taken + _MARK_RADIUS

    def choose(self, point: Float64, size: Float64, sides: Sequence[tuple[float, float]]) -> Float64:
        """The middle (2,) of text of a size (2,) beside a point, on the first side with room, else the roomiest."""
        middles = [point + np.array(side) * (size / 2 + _BESIDE) for side in sides]
        room = [self._room(middle - size / 2, middle + size / 2) for middle in middles]
        best = next((place for place, free in enumerate(room) if free >= 0.0), int(np.argmax(room)))
        middle = middles[best]
        self._low = np.vstack([self._low, middle - size / 2])
        self._high = np.vstack([self._high, middle + size / 2])
        return np.asarray(middle)

    def _room(self, low: Float64, high: Float64) -> float:
        """The distance of a box to the nearest thing or axis; negative if it covers that."""
        apart = np.maximum(self._low - high, low - self._high).max(axis=1)
        return float(apart.min(initial=low.min()))


def _write_turns(axes: Axes, agent: str, place: tuple[float, float], text: str, free: _FreePlaces) -> None:
    from matplotlib.patheffects import withStroke

    point = in_points(axes, np.array([place]))[0]
    size = np.array([0.58 * len(text), 0.85]) * (SMALL - 0.5)
    shift = free.choose(point, size, _NUMBER_SIDES[agent]) - point
    axes.annotate(
        text, xy=place, xytext=(shift[0], shift[1]), textcoords="offset points", ha="center", va="center",
        fontsize=SMALL - 0.5, color=AGENT_COLOURS[agent], path_effects=[withStroke(linewidth=1.4, foreground="white")],
        zorder=6.5, gid=f"turns-{agent}", annotation_clip=False,
    )  # fmt: skip
