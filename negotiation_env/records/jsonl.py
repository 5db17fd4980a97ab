"""The JSONL text of games: one decision a line.

A line is put together from parts that are made once a game and the few values that its move changes, so
that writing costs little more than a microsecond a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from negotiation_env.policy import OFFER
from negotiation_env.records.format import Format, OwnText, find_format
from negotiation_env.records.games import Games
from negotiation_env.records.text import number_texts
from negotiation_env.run import SCHEMA_VERSION

TEXTS = ("strategy_0", "strategy_1", "params_0", "params_1", "scenario", "information", "episode_outcome")
NUMBERS = ("max_turns", "first", "seed")
_LAST, _NOT_LAST = ',"is_terminal":true', '0.0,"is_terminal":false'
_GAMES_AT_A_TIME = 256


class GameText(NamedTuple):
    """What the lines of one game have in common, as JSON text.

    Attributes:
        head: from the start of a line to the value of ``turn``.
        seats: for each seat, the text from there to the value of ``timestep``, on to the value of the
            last offer, from the end of ``offer_history`` to the value of the action's ``type``, and from
            ``is_terminal`` to the end of the line.
        actions: for each kind of move, the text from there to what is offered.
    """

    head: str
    seats: tuple[tuple[str, str, str, str], tuple[str, str, str, str]]
    actions: tuple[str, ...]


def game_text(form: Format, uid: str, numbers: Sequence[str], texts: Sequence[str], own: OwnText) -> GameText:
    """The common parts of one game's lines.

    Args:
        form: the domain's format.
        uid: JSON text of the trajectory id.
        numbers: JSON text of `NUMBERS`.
        texts: JSON text of `TEXTS`; those of the parameters are objects.
        own: the domain's own text.
    """
    max_turns, first, seed = numbers
    one, two, one_params, two_params, scenario, information, outcome = texts
    meta = (
        f'"meta":{{{own.meta},"first_mover":"{form.sides[first == "1"]}","seed":{seed},"scenario":{scenario},'
        f'"information":{information},"opponent":'
    )
    end = f',"episode_outcome":{outcome}{own.end}}}}}\n'

    role, action = f',"max_turns":{max_turns},"role":"', '},"action":{"type":"'
    seats = (
        (
            f',"agent":{{"strategy":{one},"params":{one_params}}},"state":{{"timestep":',
            f'{role}{form.sides[0]}","{form.last_offer}":',
            f"],{own.state[0]}{action}",
            f',{own.outcome[0]}{meta}{two},"opponent_params":{two_params}{end}',
        ),
        (
            f',"agent":{{"strategy":{two},"params":{two_params}}},"state":{{"timestep":',
            f'{role}{form.sides[1]}","{form.last_offer}":',
            f"],{own.state[1]}{action}",
            f',{own.outcome[1]}{meta}{one},"opponent_params":{one_params}{end}',
        ),
    )
    return GameText(f'{{"schema_version":{SCHEMA_VERSION},"trajectory_id":{uid},"turn":', seats, form.actions)


def lines(games: Games) -> Iterator[str]:
    """The text of games, some games at a time."""
    for low in range(0, len(games), _GAMES_AT_A_TIME):
        yield "".join(_some_lines(games.part(low, low + _GAMES_AT_A_TIME)))


def _some_lines(games: Games) -> Iterator[str]:
    form, facts, said = find_format(games.domain), games.facts, _said(games)
    kinds, (mine, theirs) = games.kind.tolist(), form.writer.offer_texts(games)
    numbers = zip(*(number_texts(facts[name]) for name in NUMBERS), strict=True)
    common = zip(games.ids, numbers, _texts(games), form.writer.own_texts(games), strict=True)
    rewards = zip(*(number_texts(facts[f"reward_{seat}"]) for seat in (0, 1)), strict=True)
    places = zip(games.starts.tolist(), facts["turns"].tolist(), facts["first"].tolist(), strict=True)
    for (uid, counts, texts, own), earned, (start, length, first) in zip(common, rewards, places, strict=True):
        end = start + length
        moves = zip(kinds[start:end], mine[start:end], theirs[start:end], strict=True)
        extras = [said.get(row, "") for row in range(start, end)] if said else None
        text = game_text(form, json.dumps(uid), counts, texts, own)
        yield from game_lines(text, first, moves, length, earned, extras)


def game_lines(
    text: GameText,
    seat: int,
    moves: Iterable[tuple[int, str, str]],
    turns: int,
    rewards: tuple[str, str],
    said: list[str] | None = None,
) -> list[str]:
    """The lines of one game.

    Args:
        text: what they have in common.
        seat: who moves first.
        moves: of each move its kind, and JSON text of what is offered, as the mover and as the other agent sees it.
        turns: how many moves there are.
        rewards: JSON text of what each seat earns.
        said: for each move its further keys, each after a comma.
    """
    head, seats, actions = text
    seen, seen_by_other, last, written = "", "", "null", []
    for place, (kind, offer, offer_to_other) in enumerate(moves):
        agent, role, state, tail = seats[seat]
        end = f"{rewards[seat]}{_LAST}" if place >= turns - 2 else _NOT_LAST
        written.append(
            f'{head}{place + 1}{agent}{place}{role}{last},"offer_history":[{seen}{state}'
            f'{actions[kind]}{offer}}}{said[place] if said else ""},"reward":{end}{tail}'
        )
        if kind == OFFER:
            last = offer_to_other
            if seen:
                seen, seen_by_other = f"{seen_by_other},{offer_to_other}", f"{seen},{offer}"
            else:
                seen, seen_by_other = offer_to_other, offer
        seat = 1 - seat
    return written


def _texts(games: Games) -> Iterator[tuple[str, ...]]:
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
