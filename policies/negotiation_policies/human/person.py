"""What a person in either domain shares: asked in one row after the other, in one thread at a time."""

from __future__ import annotations

import copy
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic, Self, TypeVar

import numpy as np

from negotiation_env.policy import Int64, JsonValue, View
from negotiation_policies.human.asking import Move, ask_move
from negotiation_policies.human.decision_point import DecisionPoint
from negotiation_policies.human.terminal import Terminal, this_terminal

ViewT = TypeVar("ViewT", bound=View)
Offer = TypeVar("Offer")

ASKING = threading.Lock()
"""Held while a person is asked: there is one terminal, whatever threads play."""


class Person(ABC, Generic[ViewT, Offer]):
    """A person at a terminal, as a policy.

    Attributes:
        open_terminal: gives the terminal whenever there is something to ask.
    """

    name: ClassVar[str] = "human"
    games_at_once: ClassVar[int] = 1
    stays_here: ClassVar[bool] = True

    def __init__(self, open_terminal: Callable[[], Terminal] = this_terminal) -> None:
        self.open_terminal = open_terminal
        self._size = 1

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return copy.copy(self)  # the terminal is the same for all threads

    @property
    def params(self) -> Mapping[str, JsonValue]:
        """What records keep: a person has no parameters."""
        return {}

    def reset(self, size: int, seed: int | None = None) -> None:
        """Notes how many games there are, to number them on the screen; keeps nothing else."""
        self._size = size

    def ask(self, view: ViewT) -> list[Move[Offer]]:
        """The person's move in each row, in their order.

        Raises:
            RuntimeError: the input has ended, or there is no terminal.
        """
        with ASKING:
            terminal = self.open_terminal()
            return [ask_move(self.point(view, row, self._title(view, row)), terminal) for row in range(len(view))]

    @abstractmethod
    def point(self, view: ViewT, row: int, title: str) -> DecisionPoint[Offer]:
        """One row as the person sees it."""

    def _title(self, view: ViewT, row: int) -> str:
        return f"Game {int(view.game[row]) + 1} of {self._size}, " if self._size > 1 else ""


def kinds(moves: Sequence[Move[Offer]]) -> Int64:
    """The kinds (B,) of moves."""
    return np.array([move.kind for move in moves], dtype=np.int64)


def messages(view: View, moves: Sequence[Move[Offer]]) -> list[str | None] | None:
    """What is said with moves; None in games without chat."""
    return None if view.messages is None else [move.message for move in moves]
