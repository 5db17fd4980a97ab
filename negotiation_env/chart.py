"""The parts that all figures share: canvas, colours, axes, labels at the right edge.

Everything is drawn on `matplotlib.figure.Figure` objects, without pyplot and its global state, so it works
without a display and in threads. matplotlib is imported by the functions that draw. The colours are those of
Okabe and Ito (2008), which colour-blind readers can tell apart; shapes and dashes say the same in print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.records.files import created, publish

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, MUTED = "#000000", "#5F5F5F"
BLUE, VERMILION, GREEN, SKY, ORANGE, PURPLE = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#E69F00", "#CC79A7"
TITLE, BODY, SMALL = 8.0, 7.0, 6.5
"""Font sizes in points, for a figure that is printed at its own size."""
COLUMN_WIDTH, PAGE_WIDTH = 3.4, 7.0
"""Widths of a column and of a page, in inches."""
LINE_HEIGHT = 1.25
"""Height of a line of text, as a multiple of its font size."""

Label = tuple[float, str, str]
"""A label at the right edge: (value on the vertical axis, text, colour)."""


def new_figure(width: float = COLUMN_WIDTH, height: float = 2.7) -> Figure:
    """An empty figure of the given size in inches, laid out so that nothing is cut off."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'figures need matplotlib; install it with: pip install "negotiation-env[plot]"', name=error.name
        ) from error
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def figure_pixels(figure: Figure) -> NDArray[np.uint8]:
    """The figure as an RGB picture (H, W, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib has no types here
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[..., :3]  # type: ignore[no-untyped-call]


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write the figure in the format that the file's name ends with: ``.png`` (300 dpi), ``.pdf`` or ``.svg``.

    The file holds no date, so equal figures give equal bytes. It is there in full or not at all.
    """
    from matplotlib import rc_context

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    metadata = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix)
    with rc_context({"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "negotiation_env"}):
        try:
            with created(temporary) as file:
                figure.savefig(file, dpi=300, metadata=metadata, format=path.suffix[1:] or "png")
            publish(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def wrapped(text: str, width: int) -> str:
    """The text in lines of at most ``width`` characters, broken after spaces and where specs and names can be."""
    pieces = [
        part[start : start + width]
        for part in re.split(r"(?<=[\s_:,])", text)
        for start in range(0, len(part), max(width, 1))
    ]
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def style_axes(axes: Axes, x_label: str = "", y_label: str = "") -> None:
    """Thin, muted axes without a box; whole numbers on the horizontal axis, such as turns."""
    from matplotlib.ticker import MaxNLocator

    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.spines[["left", "bottom"]].set_linewidth(0.6)
    axes.tick_params(labelsize=SMALL, color=MUTED, labelcolor=MUTED, width=0.6, length=2.5)
    axes.set_xlabel(x_label, fontsize=BODY, labelpad=2)
    axes.set_ylabel(y_label, fontsize=BODY, labelpad=2)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=3))


def axes_size(axes: Axes) -> tuple[float, float]:
    """About how wide and high the axes will be, in points; labels at the right take some of the width."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure; make them with figure.add_subplot().")
    box = axes.get_position()
    return 0.85 * box.width * figure.get_figwidth() * 72, box.height * figure.get_figheight() * 72


def label_right(axes: Axes, labels: Sequence[Label], size: float = SMALL, leaders: bool = True) -> None:
    """Write labels beside the right edge at their values, moved apart so that none covers another.

    Call it when the limits of the vertical axis are final. A thin line leads from each label to its value.
    """
    if not labels:
        return
    low, high = axes.get_ylim()
    lines = max(text.count("\n") + 1 for _, text, _ in labels)
    gap = (lines * LINE_HEIGHT + 0.25) * size / axes_size(axes)[1]
    labels = [(min(max(value, low), high), text, colour) for value, text, colour in labels]
    wanted = [(value - low) / (high - low) for value, _, _ in labels]
    for (value, text, colour), place in zip(labels, spread(wanted, gap, 0.4 * gap, 1 - 0.4 * gap), strict=True):
        axes.annotate(
            text,
            xy=(1.0, value),
            xycoords=axes.get_yaxis_transform(),
            xytext=(1.045, place),
            textcoords="axes fraction",
            color=colour,
            fontsize=size,
            va="center",
            linespacing=1.1,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.5,
                "shrinkA": 0.5,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            }
            if leaders
            else None,
        )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places nearest to ``wanted`` (least squares) in the same order, at least ``gap`` apart, in [low, high].

    Isotonic regression of ``wanted[i] - i * gap`` by pooling adjacent violators. Where [low, high] is too short
    for all, they start at ``low``.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, count = wanted[index] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            before, members = pools.pop()
            mean = (before * members + mean * count) / (members + count)
            count += members
        pools.append((mean, count))
    highest = high - (len(wanted) - 1) * gap
    level = [max(low, min(mean, highest)) for mean, count in pools for _ in range(count)]
    places = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        places[index] = level[rank] + rank * gap
    return places


def legend_above(axes: Axes) -> None:
    """A legend above the axes, one row an entry; `place_heading` puts it under the title."""
    legend = axes.legend(
        loc="upper left",
        fontsize=BODY,
        frameon=False,
        borderaxespad=0.0,
        borderpad=0.1,
        handlelength=1.4,
        handletextpad=0.5,
        labelspacing=0.25,
    )
    legend.set_in_layout(False)  # the title's padding keeps its height free; its width must not squeeze the axes


def legend_lines(axes: Axes) -> int:
    """How many lines of text the legend of the axes has."""
    legend = axes.get_legend()
    return sum(text.get_text().count("\n") + 1 for text in legend.get_texts()) if legend else 0


def place_heading(axes: Axes, title: str, lines: int) -> None:
    """Put the title above room for so many lines of legend, and the legend right below it."""
    from matplotlib.transforms import offset_copy

    height = lines * BODY * 1.32 + 2
    axes.set_title(title, fontsize=TITLE, loc="left", pad=height + 2)
    legend = axes.get_legend()
    if legend is not None:
        above = offset_copy(axes.transAxes, fig=axes.get_figure(root=True), y=height, units="points")
        legend.set_bbox_to_anchor((-0.015, 1.0), above)


def tidy_grid(panels: Sequence[Axes], across: int) -> None:
    """Titles of all panels at one height; axis labels only at the left and at the bottom of the grid."""
    lines = max(legend_lines(axes) for axes in panels)
    for place, axes in enumerate(panels):
        place_heading(axes, axes.get_title(loc="left"), lines)
        if place % across:
            axes.set_ylabel("")
        if place + across < len(panels):
            axes.set_xlabel("")
