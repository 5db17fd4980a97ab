"""One game that is being read, line by line, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.records.format import ACTIONS, Format, GameFacts, SeatFacts
from negotiation_env.records.lines import OUTCOMES, Line
from negotiation_env.turns import FLOAT_NOISE, mover


@dataclass(slots=True)
class ReadGame:
    """A game of which some lines have been read.

    Attributes:
        form: the domain's format.
        facts: what each line says about it.
        own: what each line of each seat says alike.
        kinds: the moves so far.
        offers: what has been offered so far.
        ends: which moves are the last one of their agent.
        rewards: what each seat has earned.
        messages: place of a move -> what was said with it.
        notes: place of a move -> JSON text.
    """

    form: Format
    facts: GameFacts
    own: list[SeatFacts]
    kinds: list[int] = field(default_factory=list)
    offers: list[float] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    rewards: list[float] = field(default_factory=lambda: [0.0, 0.0])
    messages: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def begun(cls, form: Format, facts: GameFacts) -> ReadGame:
        """A game without moves."""
        return cls(form, facts, [form.reader.expected_seat_facts(text) for text in (facts.params_0, facts.params_1)])

    def add(self, line: Line) -> None:
        """Add a parsed line.

        Raises:
            ValueError: it does not go on as the lines before it say.
        """
        place = len(self.kinds)
        self._check(line, place, mover(self.facts.first, place + 1))
        if place < 2:
            self.own[line.seat] = line.own
        if line.message:
            self.messages[place] = line.message
        if line.notes:
            self.notes[place] = line.notes
        self.offers += line.offer
        self.kinds.append(line.kind)
        self.ends.append(line.is_terminal)
        self.rewards[line.seat] += line.reward

    def _check(self, line: Line, place: int, seat: int) -> None:
        uid, sides = self.facts.uid, self.form.sides
        if line.facts != self.facts:
            name = next(_differences(line.facts, self.facts))
            raise ValueError(f"{name} is not what the lines of episode {uid} before it say")
        if (line.turn, line.seat) != (place + 1, seat):
            raise ValueError(
                f"turn {line.turn} of the {sides[line.seat]} stands where turn {place + 1} of the {sides[seat]} in "
                f"episode {uid} should; give whole episodes in order"
            )
        if line.offers != self.offers:
            raise ValueError("offer_history is not what the lines before it say")
        if line.reward and not line.is_terminal:
            raise ValueError(f"reward is {line.reward} before the last decision of the {sides[seat]}; it must be 0")
        if place > 1 and line.own != self.own[seat]:
            raise ValueError(f"{' or '.join(self.form.seat_facts)} is not what the lines before it say")

    @property
    def is_over(self) -> bool:
        """Whether the last move so far ends the game as its outcome says."""
        last, turns = self.kinds[-1], len(self.kinds)
        ended = OUTCOMES[ACTIONS[last]] if last != OFFER or turns == self.facts.max_turns else None
        return self.ends == [False] * (turns - 2) + [True] * min(turns, 2) and ended == self.facts.episode_outcome

    def check_end(self) -> None:
        """Raise ``ValueError`` if the game has no end, or its outcome is not what its moves say."""
        facts, last, turns = self.facts, self.kinds[-1], len(self.kinds)
        if not self.is_over:
            raise ValueError(f"episode {facts.uid} breaks off before its outcome, {facts.episode_outcome}")
        if any(self.kinds[:-1]) or turns > facts.max_turns:
            raise ValueError(f"episode {facts.uid} goes on after its end")
        if last == ACCEPT and not self.offers:
            raise ValueError(f"episode {facts.uid} begins with an acceptance, and there is nothing to accept")
        agreed = self.offers[-1] if last == ACCEPT else None
        shares = self.form.reader.check_outcome(facts, agreed, mover(facts.first, turns + 1))
        self._check_rewards(shares, turns - 2 if agreed is not None else 0)

    def _check_rewards(self, shares: tuple[float, float], delay: int) -> None:
        """Check that each seat has earned its share of a deal, discounted ``delay`` times."""
        discounts = self.form.reader.discounts(self.facts.own)
        for seat in (0, 1):
            share, reward = shares[seat], self.rewards[seat]
            full = share * discounts[seat] ** delay if discounts else share
            least = 0.0 if discounts is None and delay else full  # an unknown discount is above 0 and at most 1
            if not min(least, full) - FLOAT_NOISE <= reward <= max(least, full) + FLOAT_NOISE:
                side, said = self.form.sides[seat], f"between {least} and {full}" if least != full else f"{full}"
                raise ValueError(f"the reward of the {side} in episode {self.facts.uid} is {reward}; it must be {said}")


def _differences(one: GameFacts, two: GameFacts) -> Iterator[str]:
    """The names of the facts that differ."""
    for facts, others in ((one, two), (one.own, two.own)):
        for name in facts._fields:
            if name != "own" and getattr(facts, name) != getattr(others, name):
                yield name
