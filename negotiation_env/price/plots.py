"""Figures of price games: one game, several match-ups, and how strategies concede."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.chart import (
    BLACK,
    BLUE,
    BODY,
    COLUMN_WIDTH,
    PAGE_WIDTH,
    VERMILION,
    Label,
    axes_size,
    figure_pixels,
    label_right,
    legend_above,
    legend_lines,
    new_figure,
    place_heading,
    save_figure,
    style_axes,
    tidy_grid,
    wrapped,
)
from negotiation_env.price import rules
from negotiation_env.price.chart import SIDE_COLOURS, SIDE_MARKERS, name_zone, shade_zone
from negotiation_env.price.concessions import concession_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from negotiation_env.past import Move
    from negotiation_env.price.domain import PriceEpisode

__all__ = ["concession_figure", "draw_game", "figure_pixels", "interaction_figure", "new_figure", "save_figure"]

_PANELS_A_ROW = 3
_PANEL_HEIGHT = 2.3


def draw_game(
    axes: Axes,
    moves: Sequence[Move],
    buyer_max: float,
    seller_min: float,
    price_low: float,
    price_high: float,
    max_turns: int,
    outcome: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Draw the offers of one game so far, the surplus zone and how the game ended.

    Args:
        axes: where to draw.
        moves: (turn, agent, kind, price or None, message) in turn order.
        buyer_max: the most the buyer pays, in currency units.
        seller_min: the least the seller takes.
        price_low: lower end of the price axis.
        price_high: upper end of the price axis.
        max_turns: the deadline, in single turns.
        outcome: ``None`` while the game runs, else deal, price, rho, turns and ended_by.
        names: what each agent is called, such as the name of its strategy.
    """
    style_axes(axes, "Turn", "Price")
    axes.set_xlim(0.5, max_turns + 0.5)
    axes.set_ylim(price_low, price_high)
    shade_zone(axes, seller_min, buyer_max)
    for agent, side in zip(rules.AGENTS, rules.SIDES, strict=True):
        _draw_offers(axes, [move for move in moves if move[1] == agent], side, _caption(axes, agent, moves, names))
    labels = [
        (buyer_max, f"buyer's limit\n{buyer_max:.2f}", BLUE),
        (seller_min, f"seller's limit\n{seller_min:.2f}", VERMILION),
    ]
    label_right(axes, [*labels, *_draw_ending(axes, moves, outcome)])
    name_zone(axes, seller_min, buyer_max)
    legend_above(axes)
    place_heading(axes, _headline(moves, max_turns, outcome), legend_lines(axes))


def _caption(axes: Axes, agent: str, moves: Sequence[Move], names: Mapping[str, str] | None) -> str:
    """Who an agent is and whether it moved first, wrapped to the width of the panel."""
    side = rules.SIDES[rules.AGENTS.index(agent)]
    name = (names or {}).get(agent, "")
    opened = " (opens)" if moves and moves[0][1] == agent else ""
    across = int(1.35 * axes_size(axes)[0] / (0.5 * BODY))
    return wrapped(f"{side}: {name}{opened}" if name else f"{side}{opened}", max(across, 20))


def _draw_offers(axes: Axes, moves: Sequence[Move], side: str, caption: str) -> None:
    offers = [(turn, price) for turn, _, _, price, _ in moves if price is not None]
    turns, prices = zip(*offers, strict=True) if offers else ((), ())
    colour = SIDE_COLOURS[side]
    dense = len(offers) > 40
    axes.plot(
        turns,
        prices,
        color=colour,
        linewidth=1.1,
        marker="" if dense else SIDE_MARKERS[side],
        markersize=3.6,
        markeredgecolor="white",
        markeredgewidth=0.4,
        label=caption,
        gid=f"offers-{side}",
        zorder=3,
        clip_on=False,
        in_layout=False,
    )


def _draw_ending(axes: Axes, moves: Sequence[Move], outcome: Mapping[str, Any] | None) -> list[Label]:
    """Mark the accept, or the walk-away, and return the label of a deal."""
    if outcome is None or not moves:
        return []
    turn, agent, kind, _, _ = moves[-1]
    if outcome["deal"]:
        price, rho = float(outcome["price"]), float(outcome["rho"])
        axes.plot(turn, price, gid="accept", clip_on=False, in_layout=False, zorder=5, **_accept_mark(11))
        axes.plot([turn, axes.get_xlim()[1]], [price, price], color=BLACK, linewidth=0.5, dashes=(1, 2), zorder=2)
        share = f"\n$\\rho$ = {rho:.2f}" if np.isfinite(rho) else ""
        return [(price, f"deal {price:.2f}{share}", BLACK)]
    if kind == "walk":
        offers = [price for _, _, _, price, _ in moves if price is not None]
        level = offers[-1] if offers else float(np.mean(axes.get_ylim()))
        colour = SIDE_COLOURS[rules.SIDES[rules.AGENTS.index(agent)]]
        axes.plot(turn, level, marker="X", markersize=8, color=colour, markeredgecolor="white", gid="walk", zorder=5)
    return []


def _accept_mark(size: float) -> dict[str, Any]:
    return {"marker": "*", "markersize": size, "color": BLACK, "markeredgecolor": "white", "markeredgewidth": 0.6}


def _headline(moves: Sequence[Move], max_turns: int, outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return f"Turn {moves[-1][0] if moves else 0} of {max_turns}"
    when = f"turn {outcome['turns']} of {max_turns}"
    if outcome["deal"]:
        return f"Deal on {when}"
    if outcome["ended_by"] == "deadline":
        return f"No deal by the deadline, turn {max_turns}"
    what = "walked away" if outcome["ended_by"] == "walk" else "failed"
    return f"No deal: {rules.SIDES[rules.AGENTS.index(moves[-1][1])]} {what} on {when}"


def interaction_figure(
    episodes: PriceEpisode | Sequence[PriceEpisode],
    names: Sequence[Mapping[str, str]] | None = None,
    columns: int = _PANELS_A_ROW,
) -> Figure:
    """One panel a game: both offer curves, the surplus zone, the accept and who moved first.

    Args:
        episodes: a game of `negotiation_env.play`, or several.
        names: for each game what its agents are called; the names of their policies by default.
        columns: how many panels stand in a row.
    """
    games = [episodes] if not isinstance(episodes, Sequence) else list(episodes)
    if not games:
        raise ValueError("there is no game to draw; give at least one episode.")
    across = min(columns, len(games))
    down = -(-len(games) // across)
    width = COLUMN_WIDTH if across == 1 else PAGE_WIDTH * max(1.0, across / _PANELS_A_ROW)
    figure = new_figure(width, down * _PANEL_HEIGHT + 0.3)
    for place, game in enumerate(games):
        axes = figure.add_subplot(down, across, place + 1)
        low, high = price_window(game)
        limits = (game.buyer_max, game.seller_min, low, high, game.details["max_turns"])
        outcome = {name: getattr(game, name) for name in ("deal", "price", "rho", "turns", "ended_by")}
        draw_game(axes, game.moves, *limits, outcome, names[place] if names else game.players)
    tidy_grid(figure.axes, across)
    return figure


def price_window(game: PriceEpisode) -> tuple[float, float]:
    """The part of the price axis that a game needs: its offers and limits, with a margin."""
    shown = [game.buyer_max, game.seller_min, *(move[3] for move in game.moves if move[3] is not None)]
    margin = 0.06 * (max(shown) - min(shown)) or 1.0
    return min(shown) - margin, max(shown) + margin
