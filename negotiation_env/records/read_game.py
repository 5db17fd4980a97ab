"""One game that is being read, line by line, and checked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.records.games import SIDES, commanded_rho, zopa_width
from negotiation_env.records.jsonl import ACTIONS, NOT_LAST, GameText, game_text, number_text
from negotiation_env.records.lines import OUTCOMES, GameFacts, Line

_OFFERING, _UNFINISHED = 'OFFER","price":', f'}},"reward":{NOT_LAST}'
_MOVE = re.compile(
    r'(OFFER|ACCEPT|WALK)","price":(null|\d+\.\d+)\},"reward":(-?\d+\.\d+(?:e-?\d+)?),"is_terminal":(true|false)'
)
_SAME = 1e-9
"""Shares of the surplus this close are the same."""


class ReadGame:
    """A game of which some lines have been read.

    Attributes:
        facts: what its first line says about it.
        commanded: the rho that each seat is commanded to reach; NaN if none.
        kinds: the moves so far.
        offers: the offered prices so far.
        ends: which moves are the last one of their agent.
        rewards: what each seat has earned.
        messages: place of a move -> what was said with it.
        notes: place of a move -> JSON text.
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
        self._shown, self._last = "", "null"
        self._text = _text(facts, self.commanded)

    def read_on(self, text: str, file: Iterator[str]) -> tuple[str, int]:
        """Add lines as long as all but their move is what the lines before them say, in our own writing.

        Args:
            text: the next line.
            file: the lines after it.

        Returns:
            The first line that does not go on so, empty at the end of the file, and how many lines were added.
        """
        added = 0
        while text:
            text, taken = self._read_offers(text, file)
            added += taken
            if not self._read_move(text):
                break
            text, added = next(file, ""), added + 1
        return text, added

    def _read_offers(self, text: str, file: Iterator[str]) -> tuple[str, int]:
        """Add lines that are an offer and not their agent's last move; the loop that has to be fast."""
        offers, shown, last = self.offers, self._shown, self._last
        low, high = self.facts.price_low, self.facts.price_high
        opening_of, ends = self._text.opening, [_UNFINISHED + tail for tail in self._text.tails]
        before = turn = len(self.kinds)
        seat = (self.facts.first + turn) & 1
        while text:
            opening = opening_of(turn + 1, seat, last, shown) + _OFFERING
            if not (text.startswith(opening) and text.endswith(ends[seat])):
                break
            written = text[len(opening) : -len(ends[seat])]
            price = _price(written)
            if not low <= price <= high:
                break
            offers.append(price)
            shown, last = f"{shown},{written}" if shown else written, written
            seat, turn = 1 - seat, turn + 1
            text = next(file, "")
        self._shown, self._last = shown, last
        self.kinds += [OFFER] * (turn - before)
        self.ends += [False] * (turn - before)
        return text, turn - before

    def _read_move(self, text: str) -> bool:
        """Add a line of which only action, reward and ``is_terminal`` are not yet known."""
        seat = self._seat
        opening, tail = self._text.opening(len(self.kinds) + 1, seat, self._last, self._shown), self._text.tails[seat]
        if not (text.startswith(opening) and text.endswith(tail)):
            return False
        move = _MOVE.fullmatch(text, len(opening), len(text) - len(tail))
        if move is None:
            return False
        action, price, reward, end = move.groups()
        if action == "OFFER":
            offered = self.facts.price_low <= _price(price) <= self.facts.price_high
        if not (offered if action == "OFFER" else price == "null"):
            return False
        self._add(ACTIONS.index(action), price, float(reward), end == "true")
        return True

    @property
    def _seat(self) -> int:
        """The seat that moves now."""
        return (self.facts.first + len(self.kinds)) & 1

    def add_line(self, line: Line) -> None:
        """Add a parsed line.

        Raises:
            ValueError: it does not go on as the lines before it say.
        """
        if line.facts != self.facts:
            names = [name for name in GameFacts.__slots__ if getattr(line.facts, name) != getattr(self.facts, name)]
            raise ValueError(f"{names[0]} is not what the first line of episode {self.facts.uid} says")
        place, seat = len(self.kinds), self._seat
        if (line.turn, line.seat) != (place + 1, seat):
            raise ValueError(
                f"turn {line.turn} of the {SIDES[line.seat]} stands where turn {place + 1} of the {SIDES[seat]} in "
                f"episode {self.facts.uid} should; give whole episodes in order"
            )
        if line.offers != self.offers:
            raise ValueError("offer_history is not what the lines before it say")
        if line.reward and not line.is_terminal:
            raise ValueError(f"reward is {line.reward} before the last decision of the {SIDES[seat]}; it must be 0")
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
        self.rewards[self._seat] += reward
        if kind == OFFER:
            self.offers.append(float(price))
            self._shown = f"{self._shown},{price}" if self._shown else price
            self._last = price
        self.kinds.append(kind)
        self.ends.append(is_terminal)

    def check_end(self) -> None:
        """Raise ``ValueError`` if the game has no end, or its outcome is not what its moves say."""
        facts, last, turns = self.facts, self.kinds[-1], len(self.kinds)
        ended = OUTCOMES[ACTIONS[last]] if last != OFFER or turns == facts.max_turns else None
        if self.ends != [False] * (turns - 2) + [True] * min(turns, 2) or ended != facts.episode_outcome:
            raise ValueError(f"episode {facts.uid} breaks off before its outcome, {facts.episode_outcome}")
        price = self.offers[-1] if last == ACCEPT and self.offers else None
        if any(self.kinds[:-1]) or facts.price != price:
            raise ValueError(f"the moves of episode {facts.uid} lead to the price {price}, not to {facts.price}")
        width = facts.buyer_max - facts.seller_min
        rho = -1.0 if price is None else (price - facts.seller_min) / width if width > 0.0 else None
        if facts.rho != rho and (facts.rho is None or rho is None or abs(rho - facts.rho) > _SAME):
            raise ValueError(f"rho of episode {facts.uid} is {facts.rho}; its limits and price say {rho}")


def _price(text: str) -> float:
    """A price that is written as we would write it, else NaN."""
    try:
        price = float(text)
    except ValueError:
        return math.nan
    return price if repr(price) == text else math.nan


@lru_cache(maxsize=4096)
def _command(params: str) -> float:
    return commanded_rho(json.loads(params))


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return json.dumps(text)


def _text(facts: GameFacts, commanded: Sequence[float]) -> GameText:
    """The lines that we would write for this game."""
    price, rho = (math.nan if value is None else float(value) for value in (facts.price, facts.rho))
    limits = facts.buyer_max, facts.seller_min
    numbers = (*limits, zopa_width(*limits), facts.price_low, facts.price_high, price, rho, *commanded)
    texts = (facts.scenario, facts.information, facts.episode_outcome, facts.product)
    return game_text(
        facts.uid,
        (*map(number_text, numbers), str(facts.seed), str(facts.max_turns), str(facts.first)),
        (*map(_quoted, facts.strategies), *facts.params, *map(_quoted, texts)),
    )
