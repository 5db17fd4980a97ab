"""Bars of how often players got more than their opponents, as much, less, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from negotiation_env.chart import (
    BLACK,
    BLUE,
    BODY,
    COLUMN_WIDTH,
    MUTED,
    ORANGE,
    SKY,
    SMALL,
    new_figure,
    style_axes,
    wrapped,
)  # fmt: skip
from negotiation_env.comparisons.payoffs import RESULTS, SeatPayoffs, left_out, pooled
from negotiation_env.metrics import TIE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = dict(zip(RESULTS, (BLUE, SKY, ORANGE, "#FFFFFF"), strict=True))
_INKS = dict(zip(RESULTS, ("#FFFFFF", BLACK, BLACK, MUTED), strict=True))
_ROW = 0.2
_NAME_WIDTH = 24
_NARROW = 0.085
"""Narrower parts of a bar have no room for a number."""


def record_figure(results: Sequence[SeatPayoffs], tie: float = TIE, note: str | None = None) -> Figure:
    """A bar a player: how often it got the larger share, an equal one, the smaller one, or did not agree.

    Games in all seats are taken together; players are ordered by wins, then by ties.

    Args:
        results: of one or both seats of players, see `negotiation_env.comparisons.seat_payoffs`.
        tie: shares that differ by no more than this are equal.
        note: the line below the figure; one that says what counts by default.

    Raises:
        ValueError: no game is left to draw.
    """
    players = {label: result for label, result in pooled(results).items() if len(result)}
    if not players:
        raise ValueError("there is no game with a surplus to draw; give at least one that ended without a fault.")
    rates = {label: result.rates(tie) for label, result in players.items()}
    order = sorted(rates, key=lambda label: (rates[label]["win"], rates[label]["tie"]))
    figure = new_figure(COLUMN_WIDTH, _ROW * len(order) + 0.85)
    axes = figure.add_subplot()
    _prepare(axes, order)
    for row, label in enumerate(order):
        _draw(axes, row, rates[label])
    handles, labels = axes.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    figure.legend(
        handles=[shown[name] for name in RESULTS], loc="outside upper right", ncols=len(RESULTS), fontsize=SMALL,
        frameon=False, handlelength=1.1, handletextpad=0.4, columnspacing=1.0, borderpad=0,
    )  # fmt: skip
    text = note if note is not None else _note(results, tie)
    figure.supxlabel(wrapped(text, int(figure.get_figwidth() * 72 / (0.52 * SMALL))), fontsize=SMALL, color=MUTED)
    return figure


def _prepare(axes: Axes, order: Sequence[str]) -> None:
    style_axes(axes)
    axes.set_yticks(range(len(order)), [wrapped(label, _NAME_WIDTH) for label in order], fontsize=BODY)
    axes.tick_params(axis="y", labelcolor=BLACK, length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(-0.55, len(order) - 0.45)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("Games", fontsize=BODY, labelpad=2)


def _draw(axes: Axes, row: int, rates: dict[str, float]) -> None:
    """The parts of one bar, with their numbers where there is room."""
    start = 0.0
    for name, rate in rates.items():
        hatch = "////" if name == "no deal" else ""
        axes.barh(
            row, rate, 0.72, left=start, color=_COLOURS[name], edgecolor="#B5B5B5" if hatch else "white",
            linewidth=0.4, hatch=hatch, label="" if row else name, gid=f"rate-{name}",
        )  # fmt: skip
        if rate >= _NARROW:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if hatch else None
            axes.text(
                start + rate / 2, row, f"{rate:.0%}".replace("%", ""), color=_INKS[name], fontsize=SMALL, ha="center",
                va="center", bbox=box,
            )  # fmt: skip
        start += rate


def _note(results: Sequence[SeatPayoffs], tie: float) -> str:
    games = max(len(result) for result in pooled(results).values())
    parts = [f"per cent of {games:,} games each", f"tie: shares within {tie:g}"]
    return "; ".join([*parts, *left_out(results)])
