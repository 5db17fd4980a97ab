"""Figures of what many multi-item games came to: both agents' payoffs in shares of their pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.chart import (
    BLUE,
    BODY,
    COLUMN_WIDTH,
    GREEN,
    MUTED,
    SMALL,
    TITLE,
    VERMILION,
    new_figure,
    style_axes,
    wrapped,
)
from negotiation_env.multi_item.rules import AGENTS, utility
from negotiation_env.multi_item.space import DISAGREEMENT_MARK, distinct_points
from negotiation_env.policy import Float64, Int64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from negotiation_env.episodes import Episodes

_DEAL, _REFERENCE = "#BDBDBD", "#9A9A9A"
_BAR = 0.05
"""Width of a bar; bars are centred on its multiples."""
_MOST_PLACES, _GRID = 400, 40
"""Outcomes at more than so many places are gathered on a grid of so many steps from nothing to the whole pool."""
_LARGEST, _LARGEST_ON_GRID = 90.0, 24.0
"""Areas of the largest circles, in square points."""
_SIDE, _MARGINAL, _GAP, _LEFT = 2.18, 0.42, 0.06, 0.5
"""The panel of outcomes, the panels beside it, the gap between them and the room at the left, in inches."""


@dataclass(frozen=True, eq=False)
class OutcomeShares:
    """What games came to that ended without a fault.

    Attributes:
        shares: (G, 2), each agent's payoff over its worth of the whole pool.
        deal: (G,), whether they agreed; else the shares are those of the disagreement point.
        pareto_optimal: (G,), whether no split was better.
        nash_distance: (G,), distance to the nearest Nash point, in these shares.
        faults: how many games ended by a fault and are left out.
    """

    shares: Float64
    deal: NDArray[np.bool_]
    pareto_optimal: NDArray[np.bool_]
    nash_distance: Float64
    faults: int

    def __len__(self) -> int:
        return len(self.deal)


def outcome_shares(games: Episodes) -> OutcomeShares:
    """The outcomes of games in shares of the pools.

    Raises:
        ValueError: the games are not multi-item games.
    """
    table = games.episodes
    if "quantities" not in table:
        raise ValueError(f"games of the domain {games.run.domain.name!r} split no pool; give multi-item games.")
    ended = table["ended_by"] != "fault"
    worth = [utility(table[f"values_{seat}"], table["quantities"]) for seat in (0, 1)]
    payoffs = [table[f"payoff_{agent}"] / whole for agent, whole in zip(AGENTS, worth, strict=True)]
    return OutcomeShares(
        shares=np.stack(payoffs, axis=1)[ended],
        deal=table["deal"][ended],
        pareto_optimal=table["pareto_optimal"][ended],
        nash_distance=table["nash_distance"][ended],
        faults=int((~ended).sum()),
    )


def outcome_figure(games: Episodes, title: str | None = None) -> Figure:
    """All outcomes of a rollout in shares of each agent's pool, and how they are spread for each agent.

    The areas of the circles say how many deals there were, and their inner parts how many of these were
    Pareto-optimal; many different outcomes are gathered on a grid. The bars are deals as shares of all games.

    Args:
        games: of ``negotiation_env.rollout("multi_item", ...)``.
        title: the heading; who played by default.

    Raises:
        ValueError: there is no game, or the games are not multi-item games.
    """
    outcomes = outcome_shares(games)
    if not len(outcomes):
        raise ValueError("there is no outcome to draw; give at least one game that ended without a fault.")
    heading = wrapped(title, 40) if title is not None else _who_played(games)
    note = wrapped(summary_text(outcomes), 54)
    figure, axes, above, beside = _panels(heading.count("\n") + 1, note.count("\n") + 1)
    low, high = _extent(outcomes.shares)
    _draw_outcomes(axes, outcomes, low, high)
    _draw_marginal(above, outcomes.shares[outcomes.deal, 0], len(outcomes), (low, high), "vertical")
    _draw_marginal(beside, outcomes.shares[outcomes.deal, 1], len(outcomes), (low, high), "horizontal")
    above.set_title(heading, fontsize=TITLE, loc="left", pad=4)
    figure.text(_LEFT / COLUMN_WIDTH, 0.02, note, fontsize=SMALL, color=MUTED, va="bottom", linespacing=1.25)
    return figure


def _who_played(games: Episodes) -> str:
    """A line for each agent, with the names of all policies that it was played by."""
    names = [", ".join(dict.fromkeys(player.name for player in players)) for players in games.run.players]
    return "\n".join(wrapped(f"{agent}: {name}", 40) for agent, name in zip(AGENTS, names, strict=True))


def summary_text(outcomes: OutcomeShares) -> str:
    """Deal rate, share of Pareto-optimal outcomes and mean distance to the Nash point, over all games."""
    games = len(outcomes)
    parts = [
        f"{games:,} game{'s' if games > 1 else ''}: {outcomes.deal.mean():.1%} deals",
        f"{outcomes.pareto_optimal.mean():.1%} Pareto-optimal",
        f"mean distance to Nash {outcomes.nash_distance.mean():.3f}",
        "no deal counts as that point",
        "bars are shares of all games",
    ]
    if outcomes.faults:
        parts.append(f"left out: {outcomes.faults:,} ended by a fault")
    return ", ".join(parts)


def _panels(title_lines: int, note_lines: int) -> tuple[Figure, Axes, Axes, Axes]:
    """A square panel for the outcomes, a panel above it and one beside it."""
    bottom = 0.7 + note_lines * 1.3 * SMALL / 72
    height = bottom + _SIDE + _GAP + _MARGINAL + (title_lines * 1.3 * TITLE + 8) / 72
    figure = new_figure(COLUMN_WIDTH, height)
    figure.set_layout_engine("none")  # it knows no squares
    upper, right = bottom + _SIDE + _GAP, _LEFT + _SIDE + _GAP

    def add(left: float, base: float, width: float, tall: float) -> Axes:
        return figure.add_axes((left / COLUMN_WIDTH, base / height, width / COLUMN_WIDTH, tall / height))

    panels = add(_LEFT, bottom, _SIDE, _SIDE), add(_LEFT, upper, _SIDE, _MARGINAL), add(right, bottom, _MARGINAL, _SIDE)
    return figure, *panels


def _extent(shares: Float64) -> tuple[float, float]:
    """The part of both axes that is shown: all shares from 0 to 1, and what lies beyond."""
    return min(0.0, float(shares.min())), max(1.0, float(shares.max()))


def _draw_outcomes(axes: Axes, outcomes: OutcomeShares, low: float, high: float) -> None:
    style_axes(axes)
    for label, agent, colour in zip(("x", "y"), AGENTS, (BLUE, VERMILION), strict=True):
        getattr(axes, f"set_{label}label")(f"{agent}'s share of its pool", fontsize=BODY, color=colour, labelpad=2)
        getattr(axes, f"set_{label}lim")(low - 0.05 * (high - low), high + 0.05 * (high - low))
        getattr(axes, f"set_{label}ticks")(_ticks(low, high), [f"{tick:g}" for tick in _ticks(low, high)])
    axes.plot([0, 1], [1, 0], color=_REFERENCE, linewidth=0.7, dashes=(4, 2), zorder=1, gid="zero-sum")
    deals = outcomes.shares[outcomes.deal]
    crowded = len(distinct_points(deals)[0]) > _MOST_PLACES
    places, counts, efficient = gathered(deals, outcomes.pareto_optimal[outcomes.deal], crowded)
    unit = min((_LARGEST_ON_GRID if crowded else _LARGEST) / counts.max(initial=1), 12.0)
    axes.scatter(
        places[:, 0], places[:, 1], s=np.maximum(unit * counts, 0.6), color=_DEAL, linewidths=0, zorder=2,
        gid="deals", clip_on=False,
    )  # fmt: skip
    some = efficient > 0
    axes.scatter(
        places[some, 0], places[some, 1], s=np.maximum(unit * efficient[some], 0.6), color=GREEN, linewidths=0,
        zorder=3, gid="pareto-optimal", clip_on=False,
    )  # fmt: skip
    missed = distinct_points(outcomes.shares[~outcomes.deal])[0]
    axes.plot(*missed.T, gid="no-deal", zorder=4, **DISAGREEMENT_MARK)
    _draw_legend(axes, outcomes, int(counts.max(initial=0)))


def _ticks(low: float, high: float) -> list[float]:
    step = 0.25 if high - low <= 1.5 else 0.5
    return [tick * step for tick in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def gathered(shares: Float64, efficient: NDArray[np.bool_], on_grid: bool) -> tuple[Float64, Int64, Int64]:
    """Where outcomes (n, 2) lie: distinct places (m, 2), how many fall on each, and how many efficient ones.

    Args:
        shares: (n, 2), both agents' shares of their pools.
        efficient: (n,), which outcomes to count apart.
        on_grid: whether the places are the nearest points of a grid.
    """
    rounded = np.round(shares * _GRID) / _GRID if on_grid else np.round(shares, 9)
    places, member, counts = np.unique(rounded, axis=0, return_inverse=True, return_counts=True)
    inside = np.bincount(member.reshape(-1), weights=efficient, minlength=len(places))
    return places, counts, inside.astype(np.int64)


def _draw_legend(axes: Axes, outcomes: OutcomeShares, largest: int) -> None:
    """Below the panel, what the circles and marks are, and how many."""
    from matplotlib.lines import Line2D

    deals, efficient = int(outcomes.deal.sum()), int((outcomes.deal & outcomes.pareto_optimal).sum())
    dot: dict[str, Any] = {"marker": "o", "markersize": 4.5, "linestyle": ""}
    handles = [
        Line2D([], [], color=_DEAL, label=f"deals: {deals:,}{f' (largest: {largest:,})' if deals else ''}", **dot),
        Line2D([], [], color=GREEN, label=f"Pareto-optimal: {efficient:,}", **dot),
        Line2D([], [], label=f"no deal: {len(outcomes) - deals:,}", **DISAGREEMENT_MARK),
        Line2D([], [], color=_REFERENCE, linewidth=0.7, dashes=(4, 2), label="shares add up to 1"),
    ]
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(-0.05, -0.15), ncols=2, fontsize=SMALL, frameon=False,
        handlelength=1.6, handletextpad=0.5, columnspacing=1.2, labelspacing=0.35, borderpad=0.1, borderaxespad=0.0,
    )  # fmt: skip


def _draw_marginal(axes: Axes, shares: Float64, games: int, extent: tuple[float, float], orientation: str) -> None:
    """Bars of one agent's shares in deals (n,), as shares of all games; they add up to the deal rate."""
    low, high = extent
    upright = orientation == "vertical"
    steps = np.arange(np.floor(low / _BAR), np.ceil(high / _BAR) + 1)
    nearest = np.floor(shares / _BAR + 0.5 + 1e-9)
    heights = (nearest[:, None] == steps).sum(axis=0) / games
    if upright:
        axes.bar(steps * _BAR, heights, 0.86 * _BAR, color=BLUE)
    else:
        axes.barh(steps * _BAR, heights, 0.86 * _BAR, color=VERMILION)
    margin = 0.05 * (high - low)
    (axes.set_xlim if upright else axes.set_ylim)(low - margin, high + margin)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.spines["bottom" if upright else "left"].set_visible(True)
    axes.spines["bottom" if upright else "left"].set(color=MUTED, linewidth=0.6)
    most = float(heights.max(initial=0.0))
    axes.set_gid(f"marginal-{AGENTS[0] if upright else AGENTS[1]}")
    if most > 0.0:
        (axes.set_yticks if upright else axes.set_xticks)([most], [f"{most:.0%}"])
        axes.tick_params(labelsize=SMALL - 0.5, color=MUTED, labelcolor=MUTED, width=0.6, length=2)
