"""A played multi-item game as text: who proposed what, and what it was worth to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from negotiation_cli.output import number, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from negotiation_env.multi_item.domain import MultiItemEpisode

_STYLES = {"agent_0": "blue", "agent_1": "red"}
_ENDINGS = {"walk": "one side walked away", "deadline": "the deadline passed", "fault": "a player failed"}


def print_game(screen: Console, game: MultiItemEpisode, title: str) -> None:
    """Print one game: the pool, the players and their values, the moves, the outcome."""
    screen.print(title, style="bold")
    screen.print(f"  pool     {_items(game.quantities)}")
    for agent, values in game.values.items():
        worth = _utility(values, game.quantities)
        screen.print(f"  {agent}  {game.players[agent]}, values one of each at {_items(values)}, the pool at {worth:g}")
    screen.print(_moves(game, "*" if screen.options.ascii_only else "✓"))
    screen.print(outcome(game), style="bold")
    screen.print()


def _items(numbers: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in numbers)


def _utility(values: Sequence[float], items: Sequence[int]) -> float:
    return round(sum(value * count for value, count in zip(values, items, strict=True)), 9)


def _bundles(game: MultiItemEpisode, agent: str, keep: Sequence[int]) -> dict[str, list[int]]:
    """What each agent would have if ``agent`` kept ``keep``."""
    rest = [total - kept for total, kept in zip(game.quantities, keep, strict=True)]
    return {name: list(keep) if name == agent else rest for name in game.values}


def _moves(game: MultiItemEpisode, mark: str) -> Table:
    spoken = any(move[4] for move in game.moves)
    numbers = ("turn", *(f"worth to {agent}" for agent in game.values))
    made = table(
        "turn", "who", "move", *(f"{agent} gets" for agent in game.values), *numbers[1:],
        *(["message"] if spoken else []), numbers=numbers,
    )  # fmt: skip
    for turn, agent, kind, keep, message in game.moves:
        bundles = game.keep if kind == "accept" else _bundles(game, agent, keep) if keep is not None else None
        cells = ["", "", "", ""]
        if bundles is not None:
            worth = [_utility(game.values[name], bundle) for name, bundle in bundles.items()]
            cells = [*(_items(bundle) for bundle in bundles.values()), *(number(value) for value in worth)]
        what = f"{kind} {mark}" if kind == "accept" else kind
        style = "bold green" if kind == "accept" else _STYLES[agent]
        made.add_row(str(turn), agent, what, *cells, *([message or ""] if spoken else []), style=style)
    return made


def outcome(game: MultiItemEpisode) -> str:
    """One sentence that says how the game ended, and how good that was."""
    if not game.deal:
        return f"No deal: {_ENDINGS[game.ended_by]} on turn {game.turns}."
    earned = ", ".join(f"{agent} {payoff:g}" for agent, payoff in game.payoffs.items())
    frontier = "on the Pareto frontier" if game.quality["pareto_optimal"] else "off the Pareto frontier"
    distance = game.quality["nash_distance"]
    nash = "a Nash point" if distance < 1e-9 else f"{distance:.3f} from the nearest Nash point"
    return (
        f"Deal on turn {game.turns}: {earned}; {game.quality['efficiency']:.1%} of the greatest welfare, {frontier}, "
        f"{nash}."
    )


def summary_table(games: Sequence[MultiItemEpisode]) -> Table:
    """One row a game."""
    numeric = ("game", "turns", "agent_0", "agent_1", "efficiency", "to Nash")
    made = table(
        "game", "opens", "ended by", "turns", "agent_0", "agent_1", "efficiency", "Pareto", "to Nash", numbers=numeric
    )
    for place, game in enumerate(games, start=1):
        quality = game.quality
        payoffs = [number(payoff) for payoff in game.payoffs.values()]
        good = f"{quality['efficiency']:.1%}", "yes" if quality["pareto_optimal"] else "no"
        distance = number(quality["nash_distance"], 3)
        made.add_row(str(place), game.first_mover, game.ended_by, str(game.turns), *payoffs, *good, distance)
    return made
