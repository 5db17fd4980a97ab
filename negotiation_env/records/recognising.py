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
from negotiation_env.records.games import SIDES, json_text, zopa_width
from negotiation_env.records.jsonl import ACTIONS, GameText, game_lines, game_text, number_text
from negotiation_env.records.lines import GameFacts
from negotiation_env.records.read_game import ReadGame, command_of
from negotiation_env.run import SCHEMA_VERSION


def _text(name: str) -> str:
    return rf'"(?P<{name}>[^"\\]*)"'


def _number(name: str) -> str:
    return rf"(?P<{name}>null|-?\d[^,\]}}]*)"


def _object(name: str) -> str:
    return rf"(?P<{name}>\{{[^{{}}]*\}})"


_FIRST = re.compile(
    rf'\{{"schema_version":{SCHEMA_VERSION},"trajectory_id":{_text("uid")},"turn":1,"agent":\{{'
    rf'"strategy":{_text("own")},"params":{_object("own_params")}\}},"state":\{{"timestep":0,'
    rf'"max_turns":{_number("max_turns")},"role":"(?P<role>buyer|seller)","last_offer_price":null,"offer_history":\[\],'
    rf'"reservation_price":[^,]*,"price_range":\[{_number("price_low")},{_number("price_high")}\]\}},'
    rf'"action":[^}}]*\}},"reward":[^,]*,"is_terminal":\w*,"rho":{_number("rho")},"rho_commanded":{_number("command")},'
    rf'"intent_impasse":\w*,"meta":\{{"buyer_max":{_number("buyer_max")},"seller_min":{_number("seller_min")},'
    rf'"zopa_width":[^,]*,"accepted_price":{_number("price")},"first_mover":"\w*","seed":{_number("seed")},'
    rf'"scenario":{_text("scenario")},"information":{_text("information")},"opponent":{_text("other")},'
    rf'"opponent_params":{_object("other_params")},"episode_outcome":{_text("outcome")}'
    rf'(?:,"product":{_text("product")})?\}}\}}\n'
)
_LAST = re.compile(
    r',"offer_history":\[([\d.,]*)\],"reservation_price":[^"]*"price_range":[^"]*'
    r'"action":\{"type":"(OFFER|ACCEPT|WALK)","price":(null|[\d.]+)\},"reward":(-?\d[^,]*),'
)
_REWARD = '},"reward":'


def recognise(text: str) -> ReadGame | None:
    """The game whose lines, all of them, are ``text``; ``None`` if we would not write exactly that."""
    first = _FIRST.match(text)
    start = text.rfind("\n", 0, -1) + 1
    last = _LAST.search(text, start)
    if first is None or last is None:
        return None
    try:
        game = _opened(first.groupdict(""))
        _add_moves(game, last, text, start)
    except ValueError:  # a number that is none: reading line by line will say where
        return None
    offers = [*map(repr, game.offers), "null"]
    rewards = number_text(game.rewards[0]), number_text(game.rewards[1])
    moves = zip(game.kinds, offers, strict=False)
    written = "".join(game_lines(_text_of(game), game.facts.first, moves, len(game.kinds), rewards))
    return game if written == text and game.is_in_range() else None


def _opened(first: dict[str, str]) -> ReadGame:
    """A game without moves, from the parts of its first line."""
    seat = SIDES.index(first["role"])
    strategies, params = (first["own"], first["other"]), (first["own_params"], first["other_params"])
    facts = GameFacts(
        uid=first["uid"],
        first=seat,
        max_turns=int(first["max_turns"]),
        seed=int(first["seed"]),
        buyer_max=float(first["buyer_max"]),
        seller_min=float(first["seller_min"]),
        price_low=float(first["price_low"]),
        price_high=float(first["price_high"]),
        price=_value(first["price"]),
        rho=_value(first["rho"]),
        strategies=strategies if seat == 0 else strategies[::-1],
        params=params if seat == 0 else params[::-1],
        scenario=first["scenario"],
        information=first["information"],
        episode_outcome=first["outcome"],
        product=first["product"],
    )
    if not all(map(_is_ours, params)):
        raise ValueError(f"{params} are not in our own writing")
    game = ReadGame(facts, [command_of(text) for text in facts.params])
    command = _value(first["command"])
    game.commanded[seat] = math.nan if command is None else command
    return game


def _add_moves(game: ReadGame, last: re.Match[str], text: str, start: int) -> None:
    """Add what the last line, which begins at ``start``, says about all moves, and the rewards."""
    offers, action, price, reward = last.groups()
    if offers:
        game.offers += map(float, offers.split(","))
    game.kinds += [OFFER] * len(game.offers)
    game.kinds.append(ACTIONS.index(action))
    if action == "OFFER":
        game.offers.append(float(price))
    turns = len(game.kinds)
    game.ends += [False] * (turns - 2) + [True] * min(turns, 2)
    seat = (game.facts.first + turns - 1) & 1
    game.rewards[seat] = _finite(reward)
    if turns > 1:
        before = text.find(_REWARD, text.rfind("\n", 0, start - 1) + 1) + len(_REWARD)
        game.rewards[1 - seat] = _finite(text[before : text.find(",", before)])


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not finite")
    return value


def _value(text: str) -> float | None:
    return None if text == "null" else _finite(text)


@lru_cache(maxsize=4096)
def _is_ours(params: str) -> bool:
    """Whether parameters are written as we would."""
    return json_text(json.loads(params)) == params


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return json.dumps(text)


def _text_of(game: ReadGame) -> GameText:
    """The common parts of the lines that we would write for a game."""
    facts = game.facts
    limits = facts.buyer_max, facts.seller_min
    results = [math.nan if value is None else value for value in (facts.price, facts.rho)]
    numbers = (*limits, zopa_width(*limits), facts.price_low, facts.price_high, *results, *game.commanded)
    texts = (facts.scenario, facts.information, facts.episode_outcome, facts.product)
    return game_text(
        facts.uid,
        (*map(number_text, numbers), str(facts.seed), str(facts.max_turns), str(facts.first)),
        (*map(_quoted, facts.strategies), *facts.params, *map(_quoted, texts)),
    )
