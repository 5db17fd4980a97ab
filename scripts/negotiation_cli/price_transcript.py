"""What is told of a price game: limits, prices, and how far apart the two still are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from negotiation_cli.dialogue import BOTH, Column
from negotiation_cli.output import number, table
from negotiation_cli.reports import ENDINGS, usage_cells, usage_columns
from negotiation_env.records.format import find_format

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.price.domain import PriceEpisode
    from negotiation_env.records.usage import Usage


def side_of(agent: str) -> str:
    """``buyer`` or ``seller``, from ``buyer_0`` or ``seller_0``."""
    return agent.rpartition("_")[0]


def facts(game: PriceEpisode, seen: Collection[int] = BOTH) -> list[tuple[str, str]]:
    """The players, and of the seats that are seen their limits; of both also the surplus."""
    surplus = game.buyer_max - game.seller_min
    limits = (f", pays at most {game.buyer_max:,.2f}", f", takes at least {game.seller_min:,.2f}")
    told = [("product", game.details["product"])] if "product" in game.details else []
    for seat, (agent, player) in enumerate(game.players.items()):
        told.append((side_of(agent), f"{player}{limits[seat] if seat in seen else ''}"))
    if len(seen) == len(BOTH):
        told.append(("surplus", f"{surplus:,.2f}" if surplus >= 0 else f"none, {-surplus:,.2f} are missing"))
    return told


def columns(game: PriceEpisode) -> list[Column]:
    """The price, and the gap between the last offers of both."""
    width = len(number(game.details["price_high"]))
    return [Column(name, max(width, len(name))) for name in ("price", "gap")]


def cells(game: PriceEpisode, place: int, seen: Collection[int] = BOTH) -> list[str]:
    """Price and gap of one move."""
    _, _, kind, price, _ = game.moves[place]
    last = {agent: offer for _, agent, _, offer, _ in game.moves[: place + 1] if offer is not None}
    if price is None:
        return [number(game.price) if kind == "accept" else "-", ""]
    return [number(price), number(abs(last["buyer_0"] - last["seller_0"])) if len(last) == 2 else ""]


def outcome(game: PriceEpisode) -> str:
    """One sentence that says how the game ended."""
    if not game.deal:
        return f"No deal: {ENDINGS[game.ended_by]} on turn {game.turns}."
    gains = ", ".join(f"{side_of(agent)} gains {gain:,.2f}" for agent, gain in game.payoffs.items())
    said = f"Deal at {number(game.price)} on turn {game.turns}: rho {number(game.rho, 3)}, {gains}."
    losers = [side_of(agent) for agent, gain in game.payoffs.items() if gain < 0]
    return said + (f" The {' and the '.join(losers)} went past the own limit." if losers else "")


def summary_table(games: Sequence[PriceEpisode], usages: Sequence[tuple[Usage, Usage]] = ()) -> Table:
    """One row a game, with what its language models have used if that is given."""
    numeric = ("game", "price", "rho", "turns", "buyer gain", "seller gain", *usage_columns(usages))
    made = table(
        "game", "opens", "ended by", "turns", "price", "sound", "rho", "buyer gain", "seller gain",
        *usage_columns(usages), numbers=numeric,
    )  # fmt: skip
    is_sound = find_format("price").teller.is_sound
    for place, game in enumerate(games):
        sound = ("yes" if is_sound(game) else "no") if game.deal else "-"
        rho = number(game.rho, 3) if game.deal else "-"
        made.add_row(
            str(game.details["episode"] + 1), game.first_mover, game.ended_by, str(game.turns), number(game.price),
            sound, rho, *map(number, game.payoffs.values()), *usage_cells(usages, place),
        )  # fmt: skip
    return made
