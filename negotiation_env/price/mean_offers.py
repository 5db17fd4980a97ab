"""Mean offers over the turns of many games: both sides of a match-up in one panel, and how many games still run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.chart import (
    BODY,
    COLUMN_WIDTH,
    MUTED,
    PAGE_WIDTH,
    SMALL,
    TITLE,
    legend_above,
    legend_lines,
    new_figure,
    place_heading,
    style_axes,
    wrapped,
)  # fmt: skip
from negotiation_env.policy import OFFER
from negotiation_env.price import rules
from negotiation_env.price.chart import SIDE_COLOURS, SIDE_MARKERS, name_zone, shade_zone
from negotiation_env.price.curves import has_surplus, rounds
from negotiation_env.price.rules import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from negotiation_env.episodes import Episodes

FEWEST = 0.1
"""Turns on which a smaller part of the games still goes on are not drawn: their mean would be of the odd games."""
SHOWN = (-0.6, 1.6)
_PANELS_A_ROW = 3
_PANEL_HEIGHT = 2.45


@dataclass(frozen=True, eq=False)
class MeanOffers:
    """What one side offers on each turn, in shares of the surplus (rho), over the games that have one.

    Attributes:
        side: ``"buyer"`` or ``"seller"``.
        turns: (K,) the turns on which it made an offer in at least `FEWEST` of the games; where it opens in some games
            only, the middles of rounds of two turns.
        mean: (K,) mean of these offers.
        deviation: (K,) their standard deviation.
    """

    side: str
    turns: Float64
    mean: Float64
    deviation: Float64


def mean_offers(games: Episodes, side: str) -> MeanOffers:
    """The mean offer of a side on each turn, over the games that go on so long."""
    table, decisions = games.episodes, games.decisions
    shown = has_surplus(games)
    width = np.where(shown, table["buyer_max"] - table["seller_min"], np.nan)
    game, turn = decisions["episode"], decisions["turn"]
    share = (decisions["price"] - table["seller_min"][game]) / width[game]
    made = (decisions["seat"] == rules.SIDES.index(side)) & (decisions["kind"] == OFFER) & np.isfinite(share)
    place = rounds(turn) if len(np.unique(table["first_mover"][shown])) > 1 else turn.astype(np.float64)
    offers = {now: share[made & (place == now)] for now in np.unique(place[made]).tolist()}
    kept = {now: made for now, made in offers.items() if len(made) >= FEWEST * shown.sum()}
    return MeanOffers(
        side,
        turns=np.array(list(kept)),
        mean=np.array([made.mean() for made in kept.values()]),
        deviation=np.array([made.std() for made in kept.values()]),
    )


def running(games: Episodes) -> Float64:
    """(T,) the part of the games with a surplus that reach each turn."""
    turns = games.episodes["turns"][has_surplus(games)]
    return np.array([(turns >= now).mean() if len(turns) else 0.0 for now in range(1, games.run.config.max_turns + 1)])


def mean_offer_figure(parts: Sequence[Episodes], names: Sequence[Sequence[str]] | None = None) -> Figure:
    """A panel a match-up: the mean offer of both sides on each turn, with a band of one standard deviation.

    The bars below say how many games still run: a mean on a late turn is of these games only.

    Args:
        parts: the games of each match-up.
        names: for each what buyer and seller are called; the names of their policies by default.

    Raises:
        ValueError: there is no game, or none has a surplus.
    """
    if not parts or not any(has_surplus(part).any() for part in parts):
        raise ValueError("there is no game with a surplus to draw; give at least one.")
    across = min(_PANELS_A_ROW, len(parts))
    down = -(-len(parts) // across)
    figure = new_figure(
        COLUMN_WIDTH if across == 1 else PAGE_WIDTH * across / _PANELS_A_ROW, down * _PANEL_HEIGHT + 0.2
    )
    grid = figure.add_gridspec(2 * down, across, height_ratios=[5, 1] * down)
    panels = []
    for place, part in enumerate(parts):
        row, column = divmod(place, across)
        axes = figure.add_subplot(grid[2 * row, column])
        below = figure.add_subplot(grid[2 * row + 1, column], sharex=axes)
        called = names[place] if names else [", ".join(player.name for player in seat) for seat in part.run.players]
        _draw_offers(axes, part, called)
        _draw_running(below, part, leftmost=column == 0, lowest=place + across >= len(parts))
        axes.set_ylabel(r"Mean offer, as a share $\rho$" if column == 0 else "", fontsize=BODY, labelpad=2)
        panels.append(axes)
    lines = max(legend_lines(axes) for axes in panels)
    for axes in panels:
        place_heading(axes, axes.get_title(loc="left"), lines)
    text = "line: mean offer; band: one standard deviation; bars: games that reach the turn"
    figure.supxlabel(wrapped(text, int(figure.get_figwidth() * 72 / (0.5 * SMALL))), fontsize=SMALL, color=MUTED)
    return figure


def _draw_offers(axes: Axes, games: Episodes, names: Sequence[str]) -> None:
    style_axes(axes)
    axes.set_xlim(0.5, games.run.config.max_turns + 0.5)
    curves = [mean_offers(games, side) for side in rules.SIDES]
    shade_zone(axes, 0.0, 1.0)
    for curve, name in zip(curves, names, strict=True):
        colour = SIDE_COLOURS[curve.side]
        low, high = curve.mean - curve.deviation, curve.mean + curve.deviation
        axes.fill_between(curve.turns, low, high, color=colour, alpha=0.18, linewidth=0, gid=f"band-{curve.side}")
        axes.plot(
            curve.turns, curve.mean, color=colour, linewidth=1.1, marker=SIDE_MARKERS[curve.side], markersize=2.6,
            markeredgecolor="white", markeredgewidth=0.3, label=wrapped(f"{curve.side}: {name}", 30),
            gid=f"offers-{curve.side}", zorder=3,
        )  # fmt: skip
    axes.set_ylim(*_window(curves))
    name_zone(axes, 0.0, 1.0)
    legend_above(axes)
    deals = games.episodes["deal"][has_surplus(games)]
    place_heading(axes, f"{len(deals):,} games, {deals.mean():.0%} deals", legend_lines(axes))
    axes.title.set_fontsize(TITLE)
    axes.tick_params(labelbottom=False)


def _window(curves: Sequence[MeanOffers]) -> tuple[float, float]:
    """The shares that hold the zone and the bands, with a margin, as far as `SHOWN`."""
    ends = [curve.mean + sign * curve.deviation for curve in curves for sign in (-1.0, 1.0)]
    shown = np.clip(np.concatenate([np.array([0.0, 1.0]), *ends]), *SHOWN)
    margin = 0.05 * float(np.ptp(shown))
    return float(shown.min()) - margin, float(shown.max()) + margin


def _draw_running(axes: Axes, games: Episodes, leftmost: bool, lowest: bool) -> None:
    """The part of the games that reach each turn, as bars."""
    style_axes(axes, "Turn" if lowest else "")
    part = running(games)
    axes.bar(np.arange(1, len(part) + 1), part, 0.8, color="#BDBDBD", gid="running")
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 1], ["0", "100 %"] if leftmost else ["", ""])
