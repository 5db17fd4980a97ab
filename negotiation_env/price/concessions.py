"""Figures of how strategies concede: their offers over the turns of many games, as medians and bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.chart import (
    BLACK,
    BLUE,
    COLUMN_WIDTH,
    GREEN,
    MUTED,
    ORANGE,
    PAGE_WIDTH,
    PURPLE,
    SKY,
    SMALL,
    TITLE,
    VERMILION,
    label_right,
    new_figure,
    style_axes,
    wrapped,
)
from negotiation_env.price import rules
from negotiation_env.price.chart import SIDE_COLOURS, name_limits, name_zone, shade_zone
from negotiation_env.price.curves import ConcessionCurve, concession_curves, has_surplus
from negotiation_env.registry import name_among, unknown_name
from negotiation_env.turns import FLOAT_NOISE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from negotiation_env.episodes import Episodes

SHARES = (0.0, 1.0)
"""The surplus zone in shares of the surplus."""
BEYOND_ZONE = 0.5
"""Offers farther outside than this part of the surplus zone's width are cut off."""
OVERLAID = 8
BANDS_OVERLAID = 3
"""Up to so many strategies, of which so many with a band, share one panel; more get a small panel each."""
_STYLES = [
    *((colour, "-") for colour in (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)),
    (MUTED, (0, (4, 1.5))),
]
_SMALL_PANELS_A_ROW = 6
_LABEL_WIDTH = 28


def concession_figure(games: Mapping[str, Episodes | Sequence[Episodes]], note: str | None = None) -> Figure:
    """The offers of each strategy over the turns, against the surplus zone.

    Lines are medians over games, bands reach from the 10th to the 90th percentile, stars are median deals. Where
    the limits differ from game to game, the axis is the share of the surplus (rho) in place of the price.

    Args:
        games: for each side (``"buyer"``, ``"seller"``) the games whose players of that side are drawn.
        note: the line below the figure; one that explains the marks by default.

    Raises:
        ValueError: a side is unknown, or there is no game to draw.
    """
    parts = {side: _as_list(given) for side, given in games.items()}
    for side in parts:
        if side not in rules.SIDES:
            raise ValueError(unknown_name("side", side, rules.SIDES))
    every = [part for given in parts.values() for part in given]
    if not every:
        raise ValueError("there is no game to draw; give at least one side with games.")
    zone = _common_zone(every)
    pairs = [(part, side) for side, given in parts.items() for part in given]
    players = [player for part, side in pairs for player in part.run.players[rules.SIDES.index(side)]]
    curves = [curve for part, side in pairs for curve in concession_curves(part, side, zone is None, players)]
    scene = _Scene(zone, max(part.run.config.max_turns for part in every), _window(curves, zone or SHARES))
    labels = list(dict.fromkeys(curve.label for curve in curves))
    overlay = len(labels) <= OVERLAID and sum(curve.is_random for curve in curves) <= BANDS_OVERLAID * len(parts)
    figure = _overlay(curves, list(parts), labels, scene) if overlay else _grid(curves, labels, scene)
    text = note if note is not None else f"{_default_note(curves, every, zone is None)}; {_against(pairs)}"
    text = wrapped(text, int(figure.get_figwidth() * 72 / (0.5 * SMALL)))
    figure.supxlabel(text, fontsize=SMALL, color=MUTED)
    return figure


def _as_list(games: Episodes | Sequence[Episodes]) -> list[Episodes]:
    from negotiation_env.episodes import Episodes

    return [games] if isinstance(games, Episodes) else list(games)


@dataclass(frozen=True)
class _Scene:
    """What all panels of a figure share."""

    limits: tuple[float, float] | None
    max_turns: int
    window: tuple[float, float]

    @property
    def zone(self) -> tuple[float, float]:
        """The surplus zone: (seller_min, buyer_max), or the shares 0 and 1."""
        return self.limits or SHARES

    def prepare(self, axes: Axes) -> None:
        """Axes with the surplus zone, and nothing in them yet."""
        style_axes(axes, "Turn", "Price" if self.limits else r"Share of the surplus, $\rho$")
        axes.set_xlim(0.5, self.max_turns + 0.5)
        axes.set_ylim(*self.window)
        shade_zone(axes, *self.zone)


def _common_zone(parts: Sequence[Episodes]) -> tuple[float, float] | None:
    """(seller_min, buyer_max) if these are the same in all games."""
    limits = [np.concatenate([part.episodes[name] for part in parts]) for name in ("seller_min", "buyer_max")]
    same = all(np.ptp(values) < FLOAT_NOISE for values in limits)
    return (float(limits[0][0]), float(limits[1][0])) if same else None


def _window(curves: Sequence[ConcessionCurve], zone: tuple[float, float]) -> tuple[float, float]:
    """The part of the price axis that holds the zone and all bands near it, with a margin."""
    shown = np.concatenate([np.array(zone), *(side for curve in curves for side in (curve.low, curve.high))])
    shown = shown[np.isfinite(shown)]
    beyond = BEYOND_ZONE * abs(zone[1] - zone[0]) or np.inf
    shown = np.clip(shown, min(zone) - beyond, max(zone) + beyond)
    margin = 0.07 * float(np.ptp(shown)) or 1.0
    return float(shown.min()) - margin, float(shown.max()) + margin


def _default_note(curves: Sequence[ConcessionCurve], parts: Sequence[Episodes], in_shares: bool) -> str:
    """What the marks mean, as far as they are there, and which games are left out."""
    shown = [int(has_surplus(part).sum()) if in_shares else len(part) for part in parts]
    games, left_out = max(shown), sum(map(len, parts)) - sum(shown)
    random = any(curve.is_random for curve in curves)
    marks = [f"line: median offer of {games} games", "band: 10th to 90th percentile"] if random else ["line: offers"]
    if any(curve.deal for curve in curves):
        marks.append("star: median deal" if random else "star: deal")
    if left_out:
        marks.append(f"left out: {left_out:,} of all {sum(map(len, parts)):,} games, which have no surplus")
    return ", ".join(marks)


def _against(pairs: Sequence[tuple[Episodes, str]]) -> str:
    """Whom the strategies that are drawn play against."""
    opponents = [player for part, side in pairs for player in part.run.players[1 - rules.SIDES.index(side)]]
    names = dict.fromkeys(name_among(player, opponents) for player in opponents)
    return f"opponent: {', '.join(names)}"


def _draw_curve(axes: Axes, curve: ConcessionCurve, colour: str, style: Any, mark: float) -> None:  # noqa: ANN401
    if curve.is_random:
        axes.fill_between(
            curve.turns, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0, gid="band", zorder=2
        )
    marker = "." if len(curve.turns) <= 25 else ""
    axes.plot(
        curve.turns, curve.middle, color=colour, linestyle=style, linewidth=1.1, marker=marker, markersize=3.5,
        label=curve.label, gid=f"offers-{curve.side}", zorder=3,
    )  # fmt: skip
    if curve.deal is None:
        return
    if len(curve.turns):
        ends = [curve.turns[-1], curve.deal[0]], [curve.middle[-1], curve.deal[1]]
        axes.plot(*ends, color=colour, linewidth=0.7, dashes=(1, 1.5), zorder=2)
    axes.plot(
        *curve.deal, marker="*", markersize=mark, color=colour, markeredgecolor="white", markeredgewidth=0.5,
        linestyle="", clip_on=False, in_layout=False, gid="accept", zorder=4,
    )  # fmt: skip


def _overlay(curves: Sequence[ConcessionCurve], sides: Sequence[str], labels: Sequence[str], scene: _Scene) -> Figure:
    """One panel a side, with all strategies in it."""
    figure = new_figure(COLUMN_WIDTH if len(sides) == 1 else PAGE_WIDTH, 2.9)
    for place, side in enumerate(sides):
        axes = figure.add_subplot(1, len(sides), place + 1)
        scene.prepare(axes)
        beside = []
        for curve in curves:
            if curve.side == side:
                colour, style = _STYLES[labels.index(curve.label)]
                _draw_curve(axes, curve, colour, style, 9)
                beside.append((curve.end, wrapped(curve.label, _LABEL_WIDTH), colour))
        axes.set_title(f"{side.capitalize()}'s offers", fontsize=TITLE, loc="left")
        label_right(axes, [label for label in beside if np.isfinite(label[0])])
        name_limits(axes, *scene.zone)
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)  # now the axes have their final width
    for axes in figure.axes:
        name_zone(axes, *scene.zone)
    return figure


def _grid(curves: Sequence[ConcessionCurve], labels: Sequence[str], scene: _Scene) -> Figure:
    """A small panel for each strategy, with its offers on both sides."""
    across = min(_SMALL_PANELS_A_ROW, len(labels))
    down = -(-len(labels) // across)
    figure = new_figure(PAGE_WIDTH, 1.05 * down + 0.5)
    for place, label in enumerate(labels):
        axes = figure.add_subplot(down, across, place + 1)
        scene.prepare(axes)
        for curve in curves:
            if curve.label == label:
                _draw_curve(axes, curve, SIDE_COLOURS[curve.side], "-", 6)
        axes.set_title(
            wrapped(label, 21),
            fontsize=SMALL - 0.5,
            loc="left",
            pad=2,
        )
        leftmost, lowest = place % across == 0, place + across >= len(labels)
        axes.tick_params(labelsize=SMALL - 1, labelleft=leftmost, labelbottom=lowest)
        axes.set_xlabel(axes.get_xlabel() if lowest else "", fontsize=SMALL)
        axes.set_ylabel(axes.get_ylabel().replace(" of the surplus", "") if leftmost else "", fontsize=SMALL)
    from matplotlib.lines import Line2D

    sides = dict.fromkeys(curve.side for curve in curves)
    keys = [Line2D([], [], color=SIDE_COLOURS[side], marker=".", label=f"{side}'s offers") for side in sides]
    figure.legend(handles=keys, loc="outside upper right", ncols=2, fontsize=SMALL, frameon=False, borderpad=0)
    return figure
