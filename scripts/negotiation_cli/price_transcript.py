"""A played game as text: who moved, to which price, and how far apart the two still are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from negotiation_cli.output import number, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from negotiation_env.price.domain import PriceEpisode

_STYLES = {"buyer": "blue", "seller": "red"}
_ENDINGS = {"walk": "one side walked away", "deadline": "the deadline passed", "fault": "a player failed"}


def side_of(agent: str) -> str:
    """``buyer`` or ``seller``, from ``buyer_0`` or ``seller_0``."""
    return agent.rpartition("_")[0]


def print_game(screen: Console, game: PriceEpisode, title: str) -> None:
    """Print one game: the players and their limits, the moves, the outcome."""
    buyer, seller = game.players.values()
    screen.print(title, style="bold")
    if "product" in game.details:
        screen.print(f"  product  {game.details['product']}")
    screen.print(f"  buyer    {buyer}, pays at most {game.buyer_max:,.2f}")
    screen.print(f"  seller   {seller}, takes at least {game.seller_min:,.2f}")
    surplus = game.buyer_max - game.seller_min
    screen.print(f"  surplus  {surplus:,.2f}" if surplus >= 0 else f"  surplus  none, {-surplus:,.2f} are missing")
    screen.print(_moves(game, "*" if screen.options.ascii_only else "✓"))
    screen.print(outcome(game), style="bold")
    screen.print()


def _moves(game: PriceEpisode, mark: str) -> Table:
    spoken = any(move[4] for move in game.moves)
    made = table(
        "turn", "who", "move", "price", "gap", *(["message"] if spoken else []), numbers=("turn", "price", "gap")
    )
    last: dict[str, float] = {}
    for turn, agent, kind, price, message in game.moves:
        side = side_of(agent)
        if price is not None:
            last[side] = price
        shown = game.price if kind == "accept" else price
        gap = number(abs(last["buyer"] - last["seller"])) if price is not None and len(last) == 2 else ""
        what = f"{kind} {mark}" if kind == "accept" else kind
        style = "bold green" if kind == "accept" else _STYLES[side]
        made.add_row(str(turn), side, what, number(shown), gap, *([message or ""] if spoken else []), style=style)
    return made


def outcome(game: PriceEpisode) -> str:
    """One sentence that says how the game ended."""
    if not game.deal:
        return f"No deal: {_ENDINGS[game.ended_by]} on turn {game.turns}."
    gains = ", ".join(f"{side_of(agent)} gains {gain:,.2f}" for agent, gain in game.payoffs.items())
    said = f"Deal at {number(game.price)} on turn {game.turns}: rho {number(game.rho, 3)}, {gains}."
    losers = [side_of(agent) for agent, gain in game.payoffs.items() if gain < 0]
    return said + (f" The {' and the '.join(losers)} went past the own limit." if losers else "")


def summary_table(games: Sequence[PriceEpisode]) -> Table:
    """One row a game."""
    numeric = ("game", "price", "rho", "turns", "buyer gain", "seller gain")
    made = table("game", "opens", "ended by", "turns", "price", "rho", "buyer gain", "seller gain", numbers=numeric)
    for place, game in enumerate(games, start=1):
        rho = number(game.rho, 3) if game.deal else "-"
        gains = (number(gain) for gain in game.payoffs.values())
        made.add_row(str(place), game.first_mover, game.ended_by, str(game.turns), number(game.price), rho, *gains)
    return made
