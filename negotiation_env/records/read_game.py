"""One game that is being read from its lines, and many of them as `Games`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.records.games import SIDES, Games, commanded_rho, label, zopa_width
from negotiation_env.records.jsonl import ACTIONS, NOT_LAST, GameText, game_text, number_text
from negotiation_env.records.lines import OUTCOMES, GameFacts, Line

_MOVE = re.compile(
    r'(OFFER|ACCEPT|WALK)","price":(null|\d+\.\d+)\},"reward":(-?\d+\.\d+(?:e-?\d+)?),"is_terminal":(true|false)'
)
_OFFERING = 'OFFER","price":'
_KINDS = {name: kind for kind, name in enumerate(ACTIONS)}
_NUMBERS = {
    "first": np.int64, "max_turns": np.int32, "seed": np.uint64, "buyer_max": np.float64, "seller_min": np.float64,
    "price_low": np.float64, "price_high": np.float64, "price": np.float64, "rho": np.float64,
}  # fmt: skip
_TEXTS = ("scenario", "information", "episode_outcome", "product")
_SAME = 1e-9
"""Shares of the surplus this close are the same."""


class ReadGame:
    """A game of which some lines have been read.

    Attributes:
        facts: what its first line says about it.
        commanded: the rho that each seat is commanded to reach; NaN if none.
        kinds, offers, ends: the moves so far; the prices of the offers; which moves are terminal.
        rewards: what each seat has earned.
        messages, notes: by the place of the move in the game.
    """

    def __init__(self, facts: GameFacts) -> None:
        self.facts = facts
        self.commanded = [_command(params) for params in facts.params]
        self.kinds: list[int] = []
        self.offers: list[float] = []
        self.ends: list[bool] = []
        self.rewards = [0.0, 0.0]
        self.messages: dict[int, str] = {}
        self.notes: dict[int, str] = {}
        self._seat, self._last, self._shown = facts.first, "null", ""
        self._text = _text(facts, self.commanded)

    def read_on(self, file: Iterator[str]) -> tuple[str, int]:
        """Add lines as long as all but their move is what the lines before them say, in our own writing.

        Returns:
            The first line that is not, empty at the end of the file, and how many lines were added.
        """
        text_of, tails, before = self._text.opening, self._text.tails, len(self.kinds)
        usual_ends = [f'}},"reward":{NOT_LAST}{tail}' for tail in tails]
        for text in file:
            seat = self._seat
            opening = text_of(len(self.kinds) + 1, seat, self._last, self._shown)
            end = usual_ends[seat]
            if text.startswith(_OFFERING, len(opening)) and text.endswith(end) and text.startswith(opening):
                price = text[len(opening) + len(_OFFERING) : -len(end)]
                if not self._is_price(price):
                    return text, len(self.kinds) - before
                self._add(OFFER, price, 0.0, False)
            elif not (text.startswith(opening) and text.endswith(tails[seat]) and self._add_move(text, opening)):
                return text, len(self.kinds) - before
        return "", len(self.kinds) - before

    def _is_price(self, text: str) -> bool:
        """Whether an offered price is inside the public range and written as we would."""
        try:
            price = float(text)
        except ValueError:
            return False
        return repr(price) == text and self.facts.price_low <= price <= self.facts.price_high

    def _add_move(self, text: str, opening: str) -> bool:
        """Add a line of which only the part between ``opening`` and the tail is not yet known."""
        move = _MOVE.fullmatch(text, len(opening), len(text) - len(self._text.tails[self._seat]))
        if move is None:
            return False
        action, price, reward, end = move.groups()
        if not (self._is_price(price) if action == "OFFER" else price == "null"):
            return False
        self._add(_KINDS[action], price, float(reward), end == "true")
        return True

    def add_line(self, line: Line) -> None:
        """Add a parsed line.

        Raises:
            ValueError: it does not go on as the lines before it say.
        """
        if line.facts != self.facts:
            names = [name for name in GameFacts.__slots__ if getattr(line.facts, name) != getattr(self.facts, name)]
            raise ValueError(f"{names[0]} is not what the first line of episode {self.facts.uid} says")
        place, side = len(self.kinds), SIDES[self._seat]
        if (line.turn, line.seat) != (place + 1, self._seat):
            raise ValueError(
                f"turn {line.turn} of the {SIDES[line.seat]} stands where turn {place + 1} of the {side} in episode "
                f"{self.facts.uid} should; give whole episodes in order"
            )
        if line.offers != self.offers:
            raise ValueError("state.offer_history is not what the lines before it say")
        self._check_command(line)
        if line.message:
            self.messages[place] = line.message
        if line.notes:
            self.notes[place] = line.notes
        self._add(line.kind, number_text(line.price), line.reward, line.is_terminal)

    def _check_command(self, line: Line) -> None:
        known, said = self.commanded[line.seat], line.rho_commanded
        if known == said or (known != known and said != said):
            return
        if line.turn > 2:
            raise ValueError("rho_commanded is not what the lines before it say")
        self.commanded[line.seat] = said
        self._text = _text(self.facts, self.commanded)

    def _add(self, kind: int, price: str, reward: float, is_terminal: bool) -> None:
        if kind == OFFER:
            self.offers.append(float(price))
            self._shown = f"{self._shown},{price}" if self._shown else price
            self._last = price
        self.kinds.append(kind)
        self.ends.append(is_terminal)
        self.rewards[self._seat] += reward
        self._seat = 1 - self._seat

    def finished(self) -> ReadGame:
        """This game, if it ends as a game should.

        Raises:
            ValueError: it has no end, or its outcome is not what its moves say.
        """
        facts, last, turns = self.facts, ACTIONS[self.kinds[-1]], len(self.kinds)
        price = self.offers[-1] if last == "ACCEPT" and self.offers else None
        ends = [False] * (turns - 2) + [True] * min(turns, 2)
        if self.ends != ends or OUTCOMES[last] != facts.episode_outcome:
            raise ValueError(
                f"episode {facts.uid} breaks off: its last action is {last}, its outcome {facts.episode_outcome}"
            )
        if any(self.kinds[:-1]) or facts.price != price:
            raise ValueError(f"the moves of episode {facts.uid} do not lead to its outcome {facts.price}")
        width = facts.buyer_max - facts.seller_min
        rho = -1.0 if price is None else (price - facts.seller_min) / width if width > 0.0 else None
        if (rho is None) != (facts.rho is None) or (rho is not None and abs(rho - facts.rho) > _SAME):
            raise ValueError(f"rho of episode {facts.uid} is {facts.rho}; its limits and price say {rho}")
        return self


@lru_cache(maxsize=4096)
def _command(params: str) -> float:
    return commanded_rho(json.loads(params))


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return json.dumps(text)


def _text(facts: GameFacts, commanded: Sequence[float]) -> GameText:
    """The lines that we would write for this game."""
    f, nan = facts, math.nan
    width = zopa_width(f.buyer_max, f.seller_min)
    price, rho = (nan if value is None else float(value) for value in (f.price, f.rho))
    numbers = (f.buyer_max, f.seller_min, width, f.price_low, f.price_high, price, rho, *commanded)
    texts = (*f.strategies, f.scenario, f.information, f.episode_outcome, f.product)
    buyer, seller, *others = (_quoted(text) for text in texts)
    counts = (str(count) for count in (f.seed, f.max_turns, f.first))
    return game_text(f.uid, (*map(number_text, numbers), *counts), (buyer, seller, *f.params, *others))


def columns(games: Sequence[ReadGame]) -> Games:
    """Games that have been read, as columns."""
    facts = [game.facts for game in games]
    turns = np.array([len(game.kinds) for game in games], dtype=np.int32)
    starts = (np.cumsum(turns) - turns).tolist()
    kind = np.array([kind for game in games for kind in game.kinds], dtype=np.int8)
    offer = np.full(len(kind), np.nan)
    offer[kind == OFFER] = [price for game in games for price in game.offers]
    numbers: dict[str, Array] = {
        name: np.array([getattr(fact, name) for fact in facts], dtype=kind_of) for name, kind_of in _NUMBERS.items()
    }
    for seat in (0, 1):
        numbers[f"rho_commanded_{seat}"] = np.array([game.commanded[seat] for game in games])
        numbers[f"reward_{seat}"] = np.array([game.rewards[seat] for game in games])
    texts = {name: label([getattr(fact, name) for fact in facts]) for name in _TEXTS}
    for seat in (0, 1):
        texts[f"strategy_{seat}"] = label([fact.strategies[seat] for fact in facts])
        texts[f"params_{seat}"] = label([fact.params[seat] for fact in facts])
    return Games(
        [fact.uid for fact in facts],
        {**numbers, "turns": turns},
        texts,
        kind,
        offer,
        {
            start + place: text
            for start, game in zip(starts, games, strict=True)
            for place, text in game.messages.items()
        },
        {start + place: note for start, game in zip(starts, games, strict=True) for place, note in game.notes.items()},
    )
