"""The parts that the figures of price games share: the sides' colours and the surplus zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.chart import BLUE, GREEN, MUTED, SMALL, VERMILION, axes_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE_COLOURS = {"buyer": BLUE, "seller": VERMILION}
SIDE_MARKERS = {"buyer": "o", "seller": "s"}


def shade_zone(axes: Axes, seller_min: float, buyer_max: float) -> None:
    """Shade the surplus zone between the limits; hatch it where it is empty (the seller's limit is higher)."""
    low, high = sorted((seller_min, buyer_max))
    if seller_min > buyer_max:
        axes.axhspan(low, high, facecolor="none", edgecolor="#C4C4C4", hatch="////", linewidth=0, zorder=0, gid="zone")
    else:
        axes.axhspan(low, high, facecolor=GREEN, alpha=0.13, linewidth=0, zorder=0, gid="zone")
    for side, limit in (("buyer", buyer_max), ("seller", seller_min)):
        axes.axhline(limit, color=SIDE_COLOURS[side], linewidth=0.7, dashes=(4, 2), zorder=1, gid=f"limit-{side}")


def name_zone(axes: Axes, seller_min: float, buyer_max: float) -> None:
    """Write in the zone what it is, away from the offers; nothing where the zone is too narrow for text.

    Call it when the limits of both axes are final.
    """
    empty = seller_min > buyer_max
    text, colour = ("no surplus", MUTED) if empty else ("surplus zone", "#00664B")
    bottom, top = sorted(axes.transLimits.transform([(0.0, seller_min), (0.0, buyer_max)])[:, 1])
    width, height = axes_size(axes)
    if (top - bottom) * height < 1.4 * SMALL:
        return
    rows = np.linspace(bottom, top, 11)[2:-2]
    reach = len(text) * 0.27 * SMALL
    edge = (reach + 4) / width
    places = [
        (x, y)
        for y in sorted(rows, key=lambda y: abs(y - (bottom + top) / 2))
        for x in (edge, 0.5, min(0.76, 1 - edge))
    ]
    drawn = _drawn_points(axes)

    def clearance(place: tuple[float, float]) -> float:
        sideways = np.maximum(np.abs(drawn[:, 0] - place[0]) * width - reach, 0.0)
        return float(np.hypot(sideways, (drawn[:, 1] - place[1]) * height).min(initial=3 * SMALL))

    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if empty else None
    x, y = max(places, key=clearance)
    axes.text(x, y, text, color=colour, fontsize=SMALL, ha="center", va="center", bbox=box, transform=axes.transAxes)


def name_limits(axes: Axes, seller_min: float, buyer_max: float) -> None:
    """Write whose limit each dashed line is, at the right: the buyer's above its line, the seller's below."""
    for side, limit, shift, anchor in (("buyer", buyer_max, 1.5, "bottom"), ("seller", seller_min, -2, "top")):
        axes.annotate(
            f"{side}'s limit",
            xy=(0.985, limit),
            xycoords=axes.get_yaxis_transform(),
            xytext=(0, shift),
            textcoords="offset points",
            color=SIDE_COLOURS[side],
            fontsize=SMALL - 0.5,
            ha="right",
            va=anchor,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3} if seller_min > buyer_max else None,
        )


def _drawn_points(axes: Axes) -> NDArray[np.float64]:
    """Points (n, 2) along what is drawn in the axes, limits apart, as fractions of the axes."""
    points = [np.empty((0, 2))]
    for line in axes.get_lines():
        path = np.asarray(line.get_xydata(), dtype=np.float64)
        if not str(line.get_gid()).startswith("limit") and len(path):
            between = np.linspace(0, len(path) - 1, max(8 * len(path), 50))
            steps = np.arange(len(path))
            points.append(np.stack([np.interp(between, steps, path[:, axis]) for axis in (0, 1)], axis=1))
    return np.asarray(axes.transLimits.transform(np.concatenate(points)))
