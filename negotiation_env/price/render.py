"""A price game as text or as a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation_env.price import rules
from negotiation_env.price.game import PriceGame

_SCALE_WIDTH = 48


def render_game(game: PriceGame, render_mode: str) -> str | NDArray[np.uint8]:
    """The game as text (``"ansi"``, ``"human"``) or as an RGB picture (H, W, 3) of the offer curves so far."""
    return draw_picture(game) if render_mode == "rgb_array" else draw_text(game)


def draw_text(game: PriceGame) -> str:
    """A table of the moves so far, each offer marked on the public price range."""
    inside = f"buyer pays at most {game.buyer_max:.2f}, seller takes at least {game.seller_min:.2f}"
    lines = [f"Price range {game.low:.2f} to {game.high:.2f}; {inside}"]
    for turn, agent, kind, price, message in game.moves:
        what = f"{kind} {price:>9.2f}" if price is not None else kind
        line = f"{turn:>4}  {agent:<8}  {what:<16}"
        if price is not None:
            line += f" |{_scale(game, price, 'b' if agent == rules.AGENTS[0] else 's')}|"
        lines.append(line + (f'  "{message}"' if message else ""))
    if game.ended:
        outcome = game.outcome()
        price_text = f" at {outcome['price']:.2f}, rho {outcome['rho']:.3f}" if outcome["deal"] else ""
        lines.append(f"Ended by {outcome['ended_by']} after {outcome['turns']} turns{price_text}")
    else:
        lines.append(f"Turn {game.turn} of {game.config.max_turns}: {rules.AGENTS[game.mover]} moves")
    return "\n".join(lines)


def _scale(game: PriceGame, price: float, mark: str) -> str:
    def place(value: float) -> int:
        return round((value - game.low) / (game.high - game.low) * (_SCALE_WIDTH - 1))

    cells = [" "] * _SCALE_WIDTH
    for cell in range(place(game.seller_min), place(game.buyer_max) + 1):
        cells[cell] = "."
    cells[place(price)] = mark
    return "".join(cells)


def draw_picture(game: PriceGame) -> NDArray[np.uint8]:
    """The offer curves so far as uint8 (H, W, 3); needs matplotlib (``pip install "negotiation-env[plot]"``)."""
    from negotiation_env.price.plots import draw_game, figure_pixels, new_figure

    figure = new_figure(width=6.0, height=4.0)
    axes = figure.add_subplot()
    outcome = game.outcome() if game.ended else None
    limits = (game.buyer_max, game.seller_min, game.low, game.high)
    draw_game(axes, game.moves, *limits, game.config.max_turns, outcome)
    pixels: NDArray[np.uint8] = figure_pixels(figure)
    return pixels
