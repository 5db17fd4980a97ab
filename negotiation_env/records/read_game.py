"""One game that is being read, line by line, and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from math import isnan

from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.records.games import SIDES, commanded_rho
from negotiation_env.records.jsonl import ACTIONS
from negotiation_env.records.lines import OUTCOMES, GameFacts, Line

_SAME = 1e-9
"""Shares of the surplus this close are the same."""


@dataclass(slots=True)
class ReadGame:
    """A game of which some lines have been read.

    Attributes:
        facts: what each line says about it.
        commanded: the rho that each seat is commanded to reach; NaN if none.
        kinds: the moves so far.
        offers: the offered prices so far.
        ends: which moves are the last one of their agent.
        rewards: what each seat has earned.
        messages: place of a move -> what was said with it.
        notes: place of a move -> JSON text.
    """

    facts: GameFacts
    commanded: list[float]
    kinds: list[int] = field(default_factory=list)
    offers: list[float] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    rewards: list[float] = field(default_factory=lambda: [0.0, 0.0])
    messages: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Add a parsed line.

        Raises:
            ValueError: it does not go on as the lines before it say.
        """
        place = len(self.kinds)
        self._check(line, place, (self.facts.first + place) & 1)
        if place < 2:
            self.commanded[line.seat] = line.rho_commanded
        if line.message:
            self.messages[place] = line.message
        if line.notes:
            self.notes[place] = line.notes
        if line.kind == OFFER:
            self.offers.append(line.price)
        self.kinds.append(line.kind)
        self.ends.append(line.is_terminal)
        self.rewards[line.seat] += line.reward

    def _check(self, line: Line, place: int, seat: int) -> None:
        uid, commanded = self.facts.uid, self.commanded[line.seat]
        if line.facts != self.facts:
            names = [name for name in GameFacts._fields if getattr(line.facts, name) != getattr(self.facts, name)]
            raise ValueError(f"{names[0]} is not what the lines of episode {uid} before it say")
        if (line.turn, line.seat) != (place + 1, seat):
            raise ValueError(
                f"turn {line.turn} of the {SIDES[line.seat]} stands where turn {place + 1} of the {SIDES[seat]} in "
                f"episode {uid} should; give whole episodes in order"
            )
        if line.offers != self.offers:
            raise ValueError("offer_history is not what the lines before it say")
        if line.reward and not line.is_terminal:
            raise ValueError(f"reward is {line.reward} before the last decision of the {SIDES[seat]}; it must be 0")
        if place > 1 and line.rho_commanded != commanded and not (isnan(line.rho_commanded) and isnan(commanded)):
            raise ValueError("rho_commanded is not what the lines before it say")

    def is_in_range(self) -> bool:
        """Whether every offer is inside the public price range."""
        facts, offers = self.facts, self.offers
        return not offers or (facts.price_low <= min(offers) and max(offers) <= facts.price_high)

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


@lru_cache(maxsize=4096)
def command_of(params: str) -> float:
    """The rho that a player with these parameters, given as JSON, is commanded to reach; NaN if none."""
    return commanded_rho(json.loads(params))
