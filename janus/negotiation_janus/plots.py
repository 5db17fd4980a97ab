"""The figure of commanded and achieved rho."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.chart import (
    BLUE,
    BODY,
    GREEN,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    TITLE,
    VERMILION,
    new_figure,
)
from negotiation_env.policy import Float64

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

_STYLES = tuple(zip((VERMILION, BLUE, GREEN, ORANGE, PURPLE, SKY), "os^Dvp", strict=True))


def draw_calibration(tables: Mapping[str, pl.DataFrame], title: str) -> Figure:
    """Draw the mean achieved rho over the commanded one, a line a policy, the first on top, beside what was achievable.

    Args:
        tables: for each policy the table of its `negotiation_janus.evaluation.RhoEvaluation`; the band is that of the
            first: the commanded rho, plus and minus how close to it a settlement could be brought on average.
        title: above the figure.

    Raises:
        ValueError: there is no policy, or more than there are styles, or no command in [0, 1].
    """
    if not 1 <= len(tables) <= len(_STYLES):
        raise ValueError(f"{len(tables)} policies cannot be drawn; give 1 to {len(_STYLES)}.")
    if not all((table["command"] >= 0).any() for table in tables.values()):
        raise ValueError("no command is in [0, 1]; there is nothing to draw.")
    figure = new_figure(5.6, 3.3)
    axes = figure.add_subplot()
    command, distance = _means(next(iter(tables.values())), "closest_achievable", by_deals=False)
    axes.fill_between(
        command, command - distance, command + distance, color=MUTED, alpha=0.18, linewidth=0, label="achievable"
    )
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)))
    for place, ((name, table), (colour, marker)) in enumerate(zip(tables.items(), _STYLES, strict=False)):
        (line,) = axes.plot(*_means(table, "achieved"), color=colour, marker=marker, markersize=3.2, linewidth=1.1)
        line.set(label=f"{name}\n({_deals(table)})", zorder=3 - place / len(_STYLES))  # the first one on top
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    axes.set_xlabel("commanded rho", fontsize=BODY)
    axes.set_ylabel("mean rho of the deals", fontsize=BODY)
    axes.set_title(title, fontsize=TITLE, loc="left")
    axes.tick_params(labelsize=SMALL, length=2.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=SMALL, frameon=False, loc="upper left", bbox_to_anchor=(1.02, 1.0), handlelength=1.8)
    return figure


def _means(table: pl.DataFrame, column: str, by_deals: bool = True) -> tuple[Float64, Float64]:
    """The commands in [0, 1], and the mean of a column for each: over deals, or over rows."""
    aimed = table.filter((table["command"] >= 0) & table[column].is_not_null())
    commands = np.unique(aimed["command"].to_numpy())
    means = []
    for command in commands:
        rows = aimed.filter(aimed["command"] == command)
        weights = (rows["deal_rate"] * _whole_games(rows)).to_numpy() if by_deals else np.ones(len(rows))
        means.append(float(np.average(rows[column].to_numpy(), weights=weights)))
    return commands, np.array(means)


def _deals(table: pl.DataFrame) -> str:
    """The deal rate of the commands in [0, 1]: means are of different sets of deals where it differs."""
    played = table.filter((table["command"] >= 0) & table["deal_rate"].is_not_null())
    if not len(played):
        return "faults only"
    return f"{np.average(played['deal_rate'].to_numpy(), weights=_whole_games(played).to_numpy()):.0%} deals"


def _whole_games(table: pl.DataFrame) -> pl.Series:
    """How many games of each row no fault has ended."""
    return table["num_episodes"] * (1.0 - table["faults"])
