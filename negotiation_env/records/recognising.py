"""Recognising games in our own writing, without parsing every line as JSON.

The first line of a game says everything about it but its moves, and the last line repeats all offers. So both
are taken apart, the whole game is written anew from what they say, and if that is the very text that was
read, every line of it has been checked. Anything else is left to `negotiation_env.records.lines`.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache

from negotiation_env.policy import OFFER
from negotiation_env.records.games import SIDES, json_text
from negotiation_env.records.jsonl import ACTIONS, GameText, game_lines, game_text, number_text
from negotiation_env.records.lines import GameFacts, is_width
from negotiation_env.records.read_game import ReadGame, command_of
from negotiation_env.run import SCHEMA_VERSION

_TEXT, _OBJECT = r'("[^"\\\x00-\x1f]*")', r"(\{[^{}]*\})"
_TURNS, _SEED = r"((?!0\d)\d{1,9})", r"((?!0\d)\d{1,18})"
_FLOAT = r"-?(?!0\d)\d+\.\d+(?:e-\d+)?"
_NUMBER, _NULLABLE = f"({_FLOAT})", f"(null|{_FLOAT})"
_FIRST = re.compile(
    rf'\{{"schema_version":{SCHEMA_VERSION},"trajectory_id":{_TEXT},"turn":1,"agent":\{{"strategy":{_TEXT},'
    rf'"params":{_OBJECT}\}},"state":\{{"timestep":0,"max_turns":{_TURNS},"role":"(buyer|seller)",'
    rf'"last_offer_price":null,"offer_history":\[\],"reservation_price":[^,]*,"price_range":\[{_NUMBER},{_NUMBER}\]\}},'
    rf'"action":[^}}]*\}},"reward":[^,]*,"is_terminal":\w*,"rho":{_NULLABLE},"rho_commanded":{_NULLABLE},'
    rf'"intent_impasse":\w*,"meta":\{{"buyer_max":{_NUMBER},"seller_min":{_NUMBER},"zopa_width":{_NUMBER},'
    rf'"accepted_price":{_NULLABLE},"first_mover":"\w*","seed":{_SEED},"scenario":{_TEXT},"information":{_TEXT},'
    rf'"opponent":{_TEXT},"opponent_params":{_OBJECT},"episode_outcome":{_TEXT}(?:,"product":{_TEXT})?\}}\}}\n'
)
_LAST = re.compile(
    r',"offer_history":\[([\d.,]*)\],"reservation_price":[^"]*"price_range":[^"]*'
    rf'"action":\{{"type":"(OFFER|ACCEPT|WALK)","price":{_NULLABLE}\}},"reward":{_NUMBER},'
)
_DECODER = json.JSONDecoder()
_REWARD = re.compile(rf'"reward":{_NUMBER},')


def recognise(text: str) -> ReadGame | None:
    """The game whose lines, all of them, are ``text``; ``None`` if we would not write exactly that."""
    start = text.rfind("\n", 0, -1) + 1
    first, last = _FIRST.match(text), _LAST.search(text, start)
    before = _REWARD.search(text, text.rfind("\n", 0, max(start - 1, 0)) + 1)
    if first is None or last is None or before is None:
        return None
    history, action, price, reward = last.groups()
    if (action == "OFFER") == (price == "null"):
        return None
    moves = [*history.split(","), price] if history else [price]
    try:
        game, common = _opened(*first.groups('""'))
        game.offers = _DECODER.raw_decode(f"[{','.join(moves if action == 'OFFER' else moves[:-1])}]")[0]
    except ValueError:  # something is not JSON: reading line by line will say what
        return None
    game.kinds = [OFFER] * (len(moves) - 1) + [ACTIONS.index(action)]
    seat = game.facts.first
    earned = (reward, before[1]) if (seat + len(moves)) & 1 else (before[1], reward)
    if "".join(game_lines(common, seat, zip(game.kinds, moves, strict=True), len(moves), earned)) != text:
        return None
    _add_ends(game, earned)
    return game if game.is_in_range() else None


def _opened(
    uid: str, own: str, own_params: str, max_turns: str, role: str, low: str, high: str, rho: str, command: str,
    buyer_max: str, seller_min: str, width: str, price: str, seed: str, scenario: str, information: str,
    other: str, other_params: str, outcome: str, product: str,
) -> tuple[ReadGame, GameText]:  # fmt: skip
    """A game without moves, and what its lines have in common, from the JSON texts of its first line."""
    seat = SIDES.index(role)
    names, params = (own, other), (own_params, other_params)
    commands = (command, _command(other_params))
    if seat:
        names, params, commands = names[::-1], params[::-1], commands[::-1]
    facts = GameFacts(
        uid[1:-1], seat, int(max_turns), int(seed), float(buyer_max), float(seller_min), float(low), float(high),
        _value(price), _value(rho), names[0][1:-1], names[1][1:-1], _canonical(params[0]), _canonical(params[1]),
        scenario[1:-1], information[1:-1], outcome[1:-1], product[1:-1],
    )  # fmt: skip
    if not is_width(float(width), facts):
        raise ValueError(f"zopa_width {width}")
    numbers = (buyer_max, seller_min, width, low, high, price, rho, *commands, seed, max_turns, str(seat))
    common = game_text(uid, numbers, (*names, *params, scenario, information, outcome, product))
    return ReadGame(facts, [math.nan if text == "null" else float(text) for text in commands]), common


def _add_ends(game: ReadGame, earned: tuple[str, str]) -> None:
    """Add which decisions are their agent's last, and what each seat has earned."""
    turns = len(game.kinds)
    game.ends = [False] * (turns - 2) + [True] * min(turns, 2)
    mover = (game.facts.first + turns - 1) & 1
    game.rewards[mover] = float(earned[mover])
    if turns > 1:
        game.rewards[1 - mover] = float(earned[1 - mover])


def _value(text: str) -> float | None:
    return None if text == "null" else float(text)


@lru_cache(maxsize=4096)
def _canonical(params: str) -> str:
    """Parameters as we would write them."""
    return json_text(json.loads(params))


@lru_cache(maxsize=4096)
def _command(params: str) -> str:
    """JSON text of the rho that a player with these parameters is commanded to reach."""
    return number_text(command_of(params))
