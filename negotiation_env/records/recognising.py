"""Recognising games in our own writing, without parsing every line as JSON.

The first line of a game says everything about it but its moves, and the last line repeats all offers. So both
are taken apart, the whole game is written anew from what they say, and if that is the very text that was
read, every line of it has been checked. Anything else is left to `negotiation_env.records.lines`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from negotiation_env.policy import OFFER
from negotiation_env.records.fields import kept_text, parsed
from negotiation_env.records.format import ACTIONS, Format, GameFacts
from negotiation_env.records.jsonl import GameText, game_lines, game_text
from negotiation_env.records.read_game import ReadGame
from negotiation_env.run import SCHEMA_VERSION
from negotiation_env.turns import mover

FLOAT = r"-?(?!0\d)\d+\.\d+(?:e-\d+)?"
TEXT, NUMBER, NULLABLE = r'("[^"\\\x00-\x1f]*")', f"({FLOAT})", f"(null|{FLOAT})"
_OBJECT, _TURNS, _SEED = r"(\{[^{}]*\})", r"((?!0\d)\d{1,9})", r"((?!0\d)\d{1,18})"
_BEHIND = 6
"""Groups of a first line behind the domain's own ones, but for those at its end."""
_REWARD = re.compile(rf'"reward":{NUMBER},')


class Recogniser:
    """Knows the writing of one domain."""

    def __init__(self, form: Format) -> None:
        own = form.reader.pattern
        self.form = form
        self._ends = re.compile(own.end).groups
        self._first = re.compile(
            rf'\{{"schema_version":{SCHEMA_VERSION},"trajectory_id":{TEXT},"turn":1,"agent":\{{"strategy":{TEXT},'
            rf'"params":{_OBJECT}\}},"state":\{{"timestep":0,"max_turns":{_TURNS},"role":"({"|".join(form.sides)})",'
            rf'"{form.last_offer}":null,"offer_history":\[\],{own.state}\}},'
            rf'"action":[^}}]*\}},"reward":[^,]*,"is_terminal":\w*,{own.outcome}"meta":\{{{own.meta},'
            rf'"first_mover":"\w*","seed":{_SEED},"scenario":{TEXT},"information":{TEXT},'
            rf'"opponent":{TEXT},"opponent_params":{_OBJECT},"episode_outcome":{TEXT}{own.end}\}}\}}\n'
        )
        self._last = re.compile(
            rf',"offer_history":\[({own.offers})\],{own.state_end}\}},'
            rf'"action":\{{"type":"(OFFER|ACCEPT|WALK)","{form.content}":(null|{own.offer})\}},"reward":{NUMBER},'
        )

    def recognise(self, text: str) -> ReadGame | None:
        """The game whose lines, all of them, are ``text``; ``None`` if we would not write exactly that."""
        start = text.rfind("\n", 0, -1) + 1
        first, last = self._first.match(text), self._last.search(text, start)
        before = _REWARD.search(text, text.rfind("\n", 0, max(start - 1, 0)) + 1)
        if first is None or last is None or before is None:
            return None
        history, action, offered, reward = last.groups()
        if (action == "OFFER") == (offered == "null"):
            return None
        try:
            game, common = self._opened(*first.groups('""'))
            offers, mine, theirs = self.form.reader.moves(history, offered, game.facts.own)
        except (ValueError, RecursionError):  # something is not as it should be: reading line by line will say what
            return None
        seat, turns = game.facts.first, len(mine)
        game.offers, game.kinds = offers, [OFFER] * (turns - 1) + [ACTIONS.index(action)]
        earned = (reward, before[1]) if (seat + turns) & 1 else (before[1], reward)
        moves = zip(game.kinds, mine, theirs, strict=True)
        if "".join(game_lines(common, seat, moves, turns, earned)) != text:
            return None
        _add_ends(game, earned)
        return game

    def _opened(
        self, uid: str, own: str, own_params: str, max_turns: str, role: str, *rest: str
    ) -> tuple[ReadGame, GameText]:
        """A game without moves, and what its lines have in common, from the JSON texts of its first line."""
        seat, tail = self.form.sides.index(role), len(rest) - self._ends
        middle = tail - _BEHIND
        seed, scenario, information, other, other_params, outcome = rest[middle:tail]
        who = (own, other, own_params, other_params) if seat == 0 else (other, own, other_params, own_params)
        found = self.form.reader.recognised((*rest[:middle], *rest[tail:]), seat, other_params)
        own_facts, seat_facts, own_text = found
        facts = GameFacts(
            uid[1:-1], seat, int(max_turns), int(seed), who[0][1:-1], who[1][1:-1], _canonical(who[2]),
            _canonical(who[3]), scenario[1:-1], information[1:-1], outcome[1:-1], own_facts,
        )  # fmt: skip
        texts = (*who, scenario, information, outcome)
        common = game_text(self.form, uid, (max_turns, str(seat), seed), texts, own_text)
        return ReadGame(self.form, facts, seat_facts), common


def _add_ends(game: ReadGame, earned: tuple[str, str]) -> None:
    """Add which decisions are their agent's last, and what each seat has earned."""
    turns = len(game.kinds)
    game.ends = [False] * (turns - 2) + [True] * min(turns, 2)
    last = mover(game.facts.first, turns)
    game.rewards[last] = float(earned[last])
    if turns > 1:
        game.rewards[1 - last] = float(earned[1 - last])


@lru_cache(maxsize=4096)
def _canonical(params: str) -> str:
    """Parameters as we would write them."""
    return kept_text(parsed(params))
