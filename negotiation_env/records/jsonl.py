"""The JSONL text of games: one decision a line.

A line is put together from parts that are made once a game and the few values that its move changes, so
that writing costs little more than a microsecond a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from negotiation_env.domain import Array
from negotiation_env.policy import OFFER
from negotiation_env.records.games import SIDES, Games, zopa_widths
from negotiation_env.run import SCHEMA_VERSION

ACTIONS = ("OFFER", "ACCEPT", "WALK")
NUMBERS = (
    "buyer_max", "seller_min", "zopa_width", "price_low", "price_high", "price", "rho",
    "rho_commanded_0", "rho_commanded_1", "seed", "max_turns", "first",
)  # fmt: skip
TEXTS = (
    "strategy_0", "strategy_1", "params_0", "params_1", "scenario", "information", "episode_outcome", "product",
)  # fmt: skip
_IMPASSE = "-1.0"
_LAST, _NOT_LAST = ',"is_terminal":true', '0.0,"is_terminal":false'
_TRUTH = {True: "true", False: "false"}
_GAMES_AT_A_TIME = 256


class GameText(NamedTuple):
    """What the lines of one game have in common, as JSON text.

    Attributes:
        head: from the start of a line to the value of ``turn``.
        seats: for each seat, the text from there to the value of ``timestep``, on to the value of
            ``last_offer_price``, from the end of ``offer_history`` to the value of the action's ``type``, and from
            ``rho`` to the end of the line.
    """

    head: str
    seats: tuple[tuple[str, str, str, str], tuple[str, str, str, str]]


def game_text(uid: str, numbers: Sequence[str], texts: Sequence[str]) -> GameText:
    """The common parts of one game's lines.

    Args:
        uid: JSON text of the trajectory id.
        numbers: JSON text of `NUMBERS`.
        texts: JSON text of `TEXTS`; those of the parameters are objects.
    """
    buyer_max, seller_min, width, low, high, price, rho, command_0, command_1, seed, max_turns, first = numbers
    buyer, seller, buyer_params, seller_params, scenario, information, outcome, product = texts
    start = f',"rho":{rho},"rho_commanded":'
    meta = (
        f'"meta":{{"buyer_max":{buyer_max},"seller_min":{seller_min},"zopa_width":{width},"accepted_price":{price},'
        f'"first_mover":"{SIDES[first == "1"]}","seed":{seed},"scenario":{scenario},"information":{information},'
    )
    sold = "" if product == '""' else f',"product":{product}'
    end = f',"episode_outcome":{outcome}{sold}}}}}\n'
    span = f',"price_range":[{low},{high}]}},"action":{{"type":"'
    role = f',"max_turns":{max_turns},"role":'
    as_buyer = (
        _agent(buyer, buyer_params),
        f'{role}"buyer","last_offer_price":',
        f'],"reservation_price":{buyer_max}{span}',
        f'{start}{command_0},"intent_impasse":{_TRUTH[command_0 == _IMPASSE]},{meta}'
        f'"opponent":{seller},"opponent_params":{seller_params}{end}',
    )
    as_seller = (
        _agent(seller, seller_params),
        f'{role}"seller","last_offer_price":',
        f'],"reservation_price":{seller_min}{span}',
        f'{start}{command_1},"intent_impasse":{_TRUTH[command_1 == _IMPASSE]},{meta}'
        f'"opponent":{buyer},"opponent_params":{buyer_params}{end}',
    )
    return GameText(f'{{"schema_version":{SCHEMA_VERSION},"trajectory_id":{uid},"turn":', (as_buyer, as_seller))


def _agent(strategy: str, params: str) -> str:
    return f',"agent":{{"strategy":{strategy},"params":{params}}},"state":{{"timestep":'


def lines(games: Games) -> Iterator[str]:
    """The text of games, some games at a time."""
    for low in range(0, len(games), _GAMES_AT_A_TIME):
        yield "".join(_some_lines(games.part(low, low + _GAMES_AT_A_TIME)))


def _some_lines(games: Games) -> Iterator[str]:
    kinds, offers, said = games.kind.tolist(), number_texts(games.offer), _said(games)
    rewards = zip(*(number_texts(games.facts[f"reward_{seat}"]) for seat in (0, 1)), strict=True)
    starts, turns, movers = games.starts.tolist(), games.facts["turns"].tolist(), games.facts["first"].tolist()
    facts = zip(games.ids, _fact_numbers(games), _fact_texts(games), rewards, strict=True)
    for (uid, numbers, texts, earned), start, length, first in zip(facts, starts, turns, movers, strict=True):
        end = start + length
        moves = zip(kinds[start:end], offers[start:end], strict=True)
        extras = [said.get(row, "") for row in range(start, end)] if said else None
        yield from game_lines(game_text(json.dumps(uid), numbers, texts), first, moves, length, earned, extras)


def game_lines(
    text: GameText,
    seat: int,
    moves: Iterable[tuple[int, str]],
    turns: int,
    rewards: tuple[str, str],
    said: list[str] | None = None,
) -> list[str]:
    """The lines of one game.

    Args:
        text: what they have in common.
        seat: who moves first.
        moves: kind, and JSON text of the price, of each move.
        turns: how many moves there are.
        rewards: JSON text of what each seat earns.
        said: for each move its further keys, each after a comma.
    """
    head, seats = text
    offers, last, written = "", "null", []
    for place, (kind, price) in enumerate(moves):
        agent, role, limit, tail = seats[seat]
        end = f"{rewards[seat]}{_LAST}" if place >= turns - 2 else _NOT_LAST
        written.append(
            f'{head}{place + 1}{agent}{place}{role}{last},"offer_history":[{offers}{limit}'
            f'{ACTIONS[kind]}","price":{price}}}{said[place] if said else ""},"reward":{end}{tail}'
        )
        if kind == OFFER:
            offers, last = f"{offers},{price}" if offers else price, price
        seat = 1 - seat
    return written


def number_text(number: float) -> str:
    """JSON text of a number; NaN is null."""
    return "null" if number != number else repr(number)


def number_texts(values: Array) -> list[str]:
    """`number_text` of each number."""
    return ["null" if number != number else repr(number) for number in values.tolist()]


def _fact_numbers(games: Games) -> Iterator[tuple[str, ...]]:
    facts = games.facts
    derived = {"zopa_width": zopa_widths(facts["buyer_max"], facts["seller_min"])}
    return zip(*(number_texts(derived[name] if name in derived else facts[name]) for name in NUMBERS), strict=True)


def _fact_texts(games: Games) -> Iterator[tuple[str, ...]]:
    columns = []
    for name in TEXTS:
        column = games.labels[name]
        texts = column.names if name.startswith("params") else [json.dumps(text) for text in column.names]
        columns.append([texts[code] for code in column.codes.tolist()])
    return zip(*columns, strict=True)


def _said(games: Games) -> dict[int, str]:
    """The extra keys of the rows that have a message or a note."""
    said = {row: f',"message":{json.dumps(text)}' for row, text in games.messages.items()}
    for row, note in games.notes.items():
        said[row] = f'{said.get(row, "")},"notes":{note}'
    return said
