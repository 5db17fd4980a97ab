"""Violins of payoffs: how each player's shares are spread over its deals, in both seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from negotiation_env.chart import (
    BLACK,
    BLUE,
    BODY,
    MUTED,
    PAGE_WIDTH,
    SMALL,
    VERMILION,
    new_figure,
    style_axes,
    wrapped,
)  # fmt: skip
from negotiation_env.comparisons.payoffs import SeatPayoffs, left_out, pooled
from negotiation_env.policy import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Half = Literal["both", "low", "high"]
SHOWN = (-0.25, 1.25)
"""Shares beyond these are cut off."""
_COLOURS = (BLUE, VERMILION)
_ROW = 0.3
_NAME_WIDTH = 26
_FEW = 2
"""Up to so many different shares are dots: they have no density."""


def payoff_figure(results: Sequence[SeatPayoffs], note: str | None = None) -> Figure:
    """How the shares of each player are spread over its deals: a violin a player, its halves the two seats.

    White diamonds are means over all games, those without a deal included; players are ordered by them. Beside the
    violins stands how often they agreed.

    Args:
        results: of one or both seats of players, see `negotiation_env.comparisons.seat_payoffs`.
        note: the line below the figure; one that explains the marks by default.

    Raises:
        ValueError: no game is left to draw.
    """
    kept = [result for result in results if len(result)]
    if not kept:
        raise ValueError("there is no game with a surplus to draw; give at least one that ended without a fault.")
    everything = pooled(kept)
    order = sorted(everything, key=lambda label: everything[label].own.mean())
    sides = list(dict.fromkeys(result.side for result in kept))
    figure = new_figure(PAGE_WIDTH, _ROW * len(order) + 0.95)
    axes = figure.add_subplot()
    _prepare(axes, order, _extent(kept), kept[0].side)
    for result in kept:
        _draw(axes, result, order.index(result.label), _half(result.side, sides), _COLOURS[sides.index(result.side)])
    _write_rates(axes, kept, order, sides)
    _write_key(figure, sides)
    text = wrapped(note if note is not None else _note(results), int(figure.get_figwidth() * 72 / (0.5 * SMALL)))
    figure.supxlabel(text, fontsize=SMALL, color=MUTED)
    return figure


def _half(side: str, sides: Sequence[str]) -> Half:
    """Which half of the violin a seat gets: with one seat both."""
    if len(sides) == 1:
        return "both"
    return "low" if sides.index(side) else "high"


def _extent(results: Sequence[SeatPayoffs]) -> tuple[float, float]:
    """The shares that are shown: 0 to 1, and beyond where there are some, up to `SHOWN`."""
    shares = np.concatenate([result.own[result.deal] for result in results])
    return max(float(shares.min(initial=0.0)), SHOWN[0]), min(float(shares.max(initial=1.0)), SHOWN[1])


def _prepare(axes: Axes, order: Sequence[str], extent: tuple[float, float], side: str) -> None:
    style_axes(axes)
    what = "the surplus" if side in ("buyer", "seller") else "the own pool"
    axes.set_xlabel(f"Share of {what}", fontsize=BODY, labelpad=2)
    axes.set_yticks(range(len(order)), [wrapped(label, _NAME_WIDTH) for label in order], fontsize=BODY)
    axes.tick_params(axis="y", labelcolor=BLACK, length=0)
    axes.spines["left"].set_visible(False)
    margin = 0.02 * (extent[1] - extent[0])
    axes.set_xlim(extent[0] - margin, extent[1] + margin)
    axes.set_ylim(-0.55, len(order) - 0.45)
    axes.set_xticks(np.arange(-0.25, 1.26, 0.25)[_inside(np.arange(-0.25, 1.26, 0.25), extent)])
    for row in range(len(order)):
        axes.axhline(row, color="#E3E3E3", linewidth=0.5, zorder=0)
    for share in (0.0, 0.5, 1.0):
        axes.axvline(share, color="#CFCFCF", linewidth=0.6, dashes=(3, 2), zorder=0)


def _inside(ticks: Float64, extent: tuple[float, float]) -> np.ndarray:
    return (ticks >= extent[0] - 1e-9) & (ticks <= extent[1] + 1e-9)


def _draw(axes: Axes, result: SeatPayoffs, row: int, half: Half, colour: str) -> None:
    """One half of a violin and the mean over all games."""
    shares = result.own[result.deal]
    if len(np.unique(shares)) > _FEW:
        parts = axes.violinplot(
            shares, [row], orientation="horizontal", side=half, widths=0.86, showextrema=False, points=200
        )
        for body in parts["bodies"]:  # type: ignore[attr-defined]
            body.set(facecolor=colour, alpha=0.55, edgecolor=colour, linewidth=0.4, gid=f"violin-{result.side}")
        low, high = np.percentile(shares, (25, 75))
        axes.plot([low, high], [row + _shift(half)] * 2, color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
    else:
        axes.plot(
            shares, np.full(len(shares), row + _shift(half)), linestyle="", marker="o", color=colour, markersize=3
        )
    axes.plot(
        result.own.mean(), row + _shift(half), marker="D", markersize=3.4, color="white", markeredgecolor=colour,
        markeredgewidth=0.9, gid=f"mean-{result.side}", zorder=4, clip_on=False,
    )  # fmt: skip


def _shift(half: Half) -> float:
    return {"both": 0.0, "high": 0.12, "low": -0.12}[half]


def _write_rates(axes: Axes, results: Sequence[SeatPayoffs], order: Sequence[str], sides: Sequence[str]) -> None:
    """Right of the violins, how often each player agreed, a column a seat."""
    places: Mapping[str, float] = {side: 1.055 + 0.075 * place for place, side in enumerate(sides)}
    across = axes.get_yaxis_transform()
    for result in results:
        axes.text(
            places[result.side], order.index(result.label), f"{result.deal.mean():.0%}", transform=across,
            color=_COLOURS[sides.index(result.side)], fontsize=SMALL, ha="center", va="center",
        )  # fmt: skip
    middle = float(np.mean(list(places.values())))
    axes.text(middle, len(order) - 0.4, "deals", transform=across, fontsize=SMALL, ha="center", va="bottom")


def _write_key(figure: Figure, sides: Sequence[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    mean = {"marker": "D", "markersize": 3.4, "markerfacecolor": "white", "linestyle": ""}
    keys = [
        *(Patch(color=_COLOURS[place], alpha=0.55, label=f"as {side}") for place, side in enumerate(sides)),
        Line2D([], [], color=MUTED, label="mean over all games", **mean),  # type: ignore[arg-type]
        Line2D([], [], color=MUTED, linewidth=1.6, label="middle half of the deals"),
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=len(keys), fontsize=SMALL, frameon=False, borderpad=0)


def _note(results: Sequence[SeatPayoffs]) -> str:
    games = max(len(result) for result in results)
    parts = [f"violins: shares in deals, of {games:,} games in each seat", "no deal counts as 0 in means"]
    return "; ".join([*parts, *left_out(results)])
