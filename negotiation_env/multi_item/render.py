"""A multi-item game as text or as a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation_env.multi_item.game import MultiItemGame
from negotiation_env.multi_item.rules import AGENTS

_HEADING_LINES = 3
"""Both agents and the outcome: pictures of a game are of one size, so that they make a film."""


def render_game(game: MultiItemGame, render_mode: str) -> str | NDArray[np.uint8]:
    """The game as text (``"ansi"``, ``"human"``) or as an RGB picture (H, W, 3) of the proposals in utility space."""
    return draw_picture(game) if render_mode == "rgb_array" else draw_text(game)


def draw_text(game: MultiItemGame) -> str:
    """The pool, the values, and the moves so far with what each proposal is worth to both."""
    lines = [f"Pool {_items(game.quantities)}"]
    for agent, values, worth in zip(AGENTS, game.values, game.pool, strict=True):
        lines.append(f"{agent} values one of each at {_items(values)}, all at {worth:g}")
    for turn, agent, kind, keep, message in game.moves:
        line = f"{turn:>4}  {agent}  {kind:<6}"
        if keep is not None:
            line += f"  keeps {_items(keep)}  ({_worth(game, AGENTS.index(agent), keep)})"
        lines.append(line + (f'  "{message}"' if message else ""))
    if not game.ended:
        return "\n".join([*lines, f"Turn {game.turn} of {game.config.max_turns}: {AGENTS[game.mover]} moves"])
    outcome = game.outcome()
    earned = ", ".join(f"{agent} {payoff:g}" for agent, payoff in outcome["payoffs"].items())
    how_good = f"; {'' if outcome['pareto_optimal'] else 'not '}Pareto-optimal" if outcome["deal"] else ""
    return "\n".join([*lines, f"Ended by {outcome['ended_by']} after {outcome['turns']} turns: {earned}{how_good}"])


def _items(numbers: tuple[float, ...] | list[int]) -> str:
    return "[" + " ".join(f"{number:g}" for number in numbers) + "]"


def _worth(game: MultiItemGame, seat: int, keep: list[int]) -> str:
    rest = [total - kept for total, kept in zip(game.quantities, keep, strict=True)]
    bundles = (keep, rest) if seat == 0 else (rest, keep)
    worth = [float(np.dot(values, bundle)) for values, bundle in zip(game.values, bundles, strict=True)]
    return ", ".join(f"{agent} {utility:g}" for agent, utility in zip(AGENTS, worth, strict=True))


def draw_picture(game: MultiItemGame) -> NDArray[np.uint8]:
    """The proposals in utility space as uint8 (H, W, 3); needs matplotlib (``negotiation-env[plot]``)."""
    from negotiation_env.chart import figure_pixels
    from negotiation_env.multi_item.plots import draw_game, finish_panels, panel_figure

    figure = panel_figure(1, 1, width=5.0)
    outcome = game.outcome() if game.ended else None
    private = (game.quantities, game.values)
    draw_game(figure.axes[0], *private, game.moves, game.config.disagreement, outcome, None, game.config.max_turns)
    finish_panels(figure, 1, lines=_HEADING_LINES)
    pixels: NDArray[np.uint8] = figure_pixels(figure)
    return pixels
