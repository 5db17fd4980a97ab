"""What is told of a multi-item game: the pool, who proposed what, and what it was worth to whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from negotiation_cli.dialogue import BOTH, Column
from negotiation_cli.output import number, table
from negotiation_cli.reports import ENDINGS, usage_cells, usage_columns
from negotiation_env.records.format import find_format

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.multi_item.domain import MultiItemEpisode
    from negotiation_env.records.usage import Usage


def facts(game: MultiItemEpisode, seen: Collection[int] = BOTH) -> list[tuple[str, str]]:
    """The pool, the players, and of the seats that are seen their values."""
    told = [("pool", _items(game.quantities))]
    for seat, (agent, values) in enumerate(game.values.items()):
        worth = _utility(values, game.quantities)
        known = f", values one of each at {_items(values)}, the pool at {worth:g}" if seat in seen else ""
        told.append((agent, f"{game.players[agent]}{known}"))
    return told


def columns(game: MultiItemEpisode) -> list[Column]:
    """For each agent what it gets, and what that is worth to it."""
    made = []
    for agent, values in game.values.items():
        gets, worth = f"{agent} gets", number(_utility(values, game.quantities))
        made += [Column(gets, max(len(gets), len(_items(game.quantities))), False), Column("worth", max(5, len(worth)))]
    return made


def cells(game: MultiItemEpisode, place: int, seen: Collection[int] = BOTH) -> list[str]:
    """What both agents get with one move, and what that is worth to those that are seen."""
    _, agent, kind, keep, _ = game.moves[place]
    bundles = game.keep if kind == "accept" else _bundles(game, agent, keep) if keep is not None else None
    if bundles is None:
        return ["", "", "", ""]
    pairs = [
        (_items(bundles[name]), number(_utility(values, bundles[name])) if seat in seen else "")
        for seat, (name, values) in enumerate(game.values.items())
    ]
    return [cell for pair in pairs for cell in pair]


def outcome(game: MultiItemEpisode) -> str:
    """One sentence that says how the game ended, and how good that was."""
    if not game.deal:
        return f"No deal: {ENDINGS[game.ended_by]} on turn {game.turns}."
    earned = ", ".join(f"{agent} {payoff:g}" for agent, payoff in game.payoffs.items())
    frontier = "on the Pareto frontier" if game.quality["pareto_optimal"] else "off the Pareto frontier"
    distance = game.quality["nash_distance"]
    nash = "a Nash point" if distance < 1e-9 else f"{distance:.3f} from the nearest Nash point"
    return (
        f"Deal on turn {game.turns}: {earned}; {game.quality['efficiency']:.1%} of the greatest welfare, {frontier}, "
        f"{nash}."
    )


def summary_table(games: Sequence[MultiItemEpisode], usages: Sequence[tuple[Usage, Usage]] = ()) -> Table:
    """One row a game, with what its language models have used if that is given."""
    numeric = ("game", "turns", "agent_0", "agent_1", "efficiency", "to Nash", *usage_columns(usages))
    made = table(
        "game", "opens", "ended by", "turns", "agent_0", "agent_1", "sound", "efficiency", "Pareto", "to Nash",
        *usage_columns(usages), numbers=numeric,
    )  # fmt: skip
    is_sound = find_format("multi_item").teller.is_sound
    for place, game in enumerate(games):
        quality, failed = game.quality, game.ended_by == "fault"
        sound = ("yes" if is_sound(game) else "no") if game.deal else "-"
        good = ("-", "-") if failed else (f"{quality['efficiency']:.1%}", "yes" if quality["pareto_optimal"] else "no")
        made.add_row(
            str(game.details["episode"] + 1), game.first_mover, game.ended_by, str(game.turns),
            *map(number, game.payoffs.values()), sound, *good, number(quality["nash_distance"], 3),
            *usage_cells(usages, place),
        )  # fmt: skip
    return made


def _items(numbers: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in numbers)


def _utility(values: Sequence[float], items: Sequence[int]) -> float:
    return round(sum(value * count for value, count in zip(values, items, strict=True)), 9)


def _bundles(game: MultiItemEpisode, agent: str, keep: Sequence[int]) -> dict[str, list[int]]:
    """What each agent would have if ``agent`` kept ``keep``."""
    rest = [total - kept for total, kept in zip(game.quantities, keep, strict=True)]
    return {name: list(keep) if name == agent else rest for name in game.values}
