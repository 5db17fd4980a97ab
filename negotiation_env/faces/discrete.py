"""Moves as one `Discrete` index: 0 to n - 1 are offers, then accept, walk, pass; the same for every domain."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.game import Game
from negotiation_env.policy import Int64

OPEN, ANSWER, WAIT = range(3)
"""When a mask holds: on one's own turn with nothing to accept, with something to accept, and when not to move."""
_AFTER_OFFERS = (turns.ACCEPT, turns.WALK, turns.PASS)
_PLACE_OF_KIND = np.array([0, 0, 1, 1, 2])


def status_of(game: Game, seat: int) -> int:
    """Which mask holds for a seat of a game."""
    if game.ended or game.mover != seat:
        return WAIT
    return ANSWER if game.acceptable else OPEN


@dataclass(frozen=True)
class DiscreteMoves:
    """``Discrete(num_offers + 3)``; ``noun`` names an offer in messages."""

    num_offers: int
    noun: str

    @cached_property
    def space(self) -> spaces.Discrete:
        """``Discrete(num_offers + 3)``."""
        return spaces.Discrete(self.num_offers + 3)

    def split_one(self, action: object) -> tuple[int, int]:
        """The kind of one action, and the index of its offer; raises ``ValueError`` outside the space."""
        try:
            index = operator.index(action)  # type: ignore[arg-type]  # what is no index raises
        except TypeError:
            index = -1
        if not 0 <= index < self.num_offers + 3:
            raise ValueError(self._outside(action))
        return (turns.OFFER if index < self.num_offers else _AFTER_OFFERS[index - self.num_offers]), index

    def _outside(self, action: object) -> str:
        top = self.num_offers
        return (
            f"action {action!r} is outside Discrete({top + 3}): give a whole number, 0 to {top - 1} for a {self.noun}, "
            f"{top} to accept, {top + 1} to walk, {top + 2} to pass."
        )

    def split(self, actions: object, size: int) -> tuple[Int64, Int64]:
        """The kinds (n,) of n actions, and the indices (n,) of their offers."""
        index = np.asarray(actions)
        if index.shape != (size,) or index.dtype.kind not in "iu":
            raise ValueError(f"actions have shape {index.shape} and type {index.dtype}; give {size} whole numbers.")
        if size and (index.min() < 0 or index.max() >= self.num_offers + 3):
            raise ValueError(self._outside(index[(index < 0) | (index >= self.num_offers + 3)][0]))
        return self._kinds.take(index), index

    def join(self, kind: NDArray[np.integer], index: Int64) -> Int64:
        """The actions (n,) of moves of the given kinds, with the offer ``index`` where they are offers."""
        return np.where(kind == turns.OFFER, index, self.num_offers + _PLACE_OF_KIND[kind])

    @cached_property
    def _kinds(self) -> Int64:
        return np.array([turns.OFFER] * self.num_offers + list(_AFTER_OFFERS))

    @cached_property
    def table(self) -> NDArray[np.int8]:
        """The masks (3, n) of `OPEN`, `ANSWER` and `WAIT`."""
        table = np.ones((3, self.num_offers + 3), dtype=np.int8)
        table[:2, -1] = 0
        table[OPEN, self.num_offers] = 0
        table[WAIT, :-1] = 0
        return table
