"""One game, the scalar twin of `negotiation_env.state.GameState`: fast to step one move at a time.

The tests prove that the same games come out of both, move for move.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from negotiation_env import turns
from negotiation_env.policy import KIND_NAMES

NAN = float("nan")


@dataclass(slots=True, kw_only=True)
class Game(ABC):
    """The state of one game of alternating offers; a domain adds its private facts and what an offer is worth.

    ``standing`` is the last offer on the table in the domain's own numbers, ``moves`` the record of the game:
    (turn, agent, kind, what is offered or None, message).
    """

    agents: ClassVar[tuple[str, str]]
    config: Any
    first: int
    turn: int = 1
    standing: float | int = NAN
    standing_seat: int = -1
    standing_turn: int = 0
    ended: int = turns.RUNNING
    offers: tuple[list[Any], list[Any]] = field(default_factory=lambda: ([], []))
    moves: list[tuple[Any, ...]] = field(default_factory=list)
    illegal_moves: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def mover(self) -> int:
        """The seat that moves now."""
        return (self.first + self.turn - 1) & 1

    @property
    def acceptable(self) -> bool:
        """Whether the mover has an offer of the opponent to accept."""
        return self.standing_seat == 1 - self.mover

    @abstractmethod
    def quantise(self, offer: Any) -> Any:  # noqa: ANN401  # a price or a split
        """An offer of the mover as the game knows it."""

    @abstractmethod
    def shown(self, offer: Any) -> Any:  # noqa: ANN401
        """An offer of the mover as it stands in ``moves``."""

    @abstractmethod
    def gain(self, seat: int) -> float:
        """What the standing offer would earn a seat above no deal."""

    @abstractmethod
    def scale(self, seat: int) -> float:
        """The gain that is a reward of 1."""

    @abstractmethod
    def result(self) -> dict[str, Any]:
        """The domain's own part of the `outcome` of an ended game, with ``payoffs`` by agent."""

    def illegal_reason(self, kind: int, offer: Any) -> str | None:  # noqa: ANN401  # domains look at it
        """Why the mover may not make this move now; ``None`` if it may."""
        if kind == turns.PASS:
            return "it is its own turn, and passing is only for the agent that waits"
        if kind == turns.ACCEPT and not self.acceptable:
            return "the opponent has no offer on the table"
        return None

    def play(self, kind: int, offer: Any = NAN, message: str | None = None) -> None:  # noqa: ANN401
        """Play one legal move of the mover; `turns.PASS` only costs the turn."""
        seat = self.mover
        if kind == turns.OFFER:
            offer = self.quantise(offer)
            self.offers[seat].append(offer)
            self.standing, self.standing_seat, self.standing_turn = offer, seat, self.turn
        else:
            self.ended = turns.ENDING_OF_KIND[kind]
        if kind != turns.PASS:
            offered = self.shown(offer) if kind == turns.OFFER else None
            self.moves.append((self.turn, self.agents[seat], KIND_NAMES[kind], offered, message))
        if self.ended == turns.RUNNING and self.turn >= self.config.max_turns:
            self.ended = turns.DEADLINE
        self.turn += 1

    def rewards(self) -> tuple[float, float]:
        """The rewards of both seats: 0 until a deal, then the discounted gain over its scale."""
        if self.ended != turns.DEAL:
            return (NAN, NAN) if self.ended == turns.FAULTED else (0.0, 0.0)
        return self._reward(0), self._reward(1)

    def _reward(self, seat: int) -> float:
        return turns.reward(self.gain(seat), self.scale(seat), self.config.discounts[seat], self.standing_turn)

    def outcome(self) -> dict[str, Any]:
        """What has come out of an ended game; payoffs are in currency or utility, undiscounted."""
        return {
            "deal": self.ended == turns.DEAL,
            **self.result(),
            "illegal_moves": dict(zip(self.agents, self.illegal_moves, strict=True)),
            "turns": self.turn - 1,
            "ended_by": turns.ENDED_BY[self.ended],
        }
