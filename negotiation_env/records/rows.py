"""Columns of the decision table, from games."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Int64
from negotiation_env.records.games import Games, Labels


@dataclass(frozen=True, eq=False)
class Lists:
    """A column of lists: of row i the first ``lengths[i]`` of ``values[i]``, null where ``there[i]`` is false.

    Attributes:
        values: (R, I).
        lengths: (R,).
        there: (R,) bool; all are there if not given.
    """

    values: Array
    lengths: Int64
    there: NDArray[np.bool_] | None = None


Column: TypeAlias = Array | Labels | Lists


class Rows:
    """What every decision row needs: its game (N,), its 1-based turn (N,) and its seat (N,)."""

    def __init__(self, games: Games) -> None:
        self.games = games
        self.turns: Array = games.facts["turns"]
        self.game: Array = np.repeat(np.arange(len(games), dtype=np.int32), self.turns)
        self.turn: Array = (np.arange(len(games.kind)) - games.starts[self.game] + 1).astype(np.int32)
        self.seat: Array = (games.facts["first"].astype(np.int32)[self.game] + self.turn - 1) & 1

    def fact(self, name: str) -> Array:
        """A fact of the game."""
        return self.games.facts[name][self.game]

    def own(self, first: str, second: str) -> Array:
        """The one fact where seat 0 moves, the other where seat 1 does."""
        one, two = self.fact(first), self.fact(second)
        return np.where((self.seat == 0).reshape(-1, *[1] * (one.ndim - 1)), one, two)

    def of_game(self, column: Labels) -> Labels:
        """A text of the game."""
        return Labels(column.codes[self.game], column.names)

    def by_seat(self, first: Labels, second: Labels) -> Labels:
        """The one text where seat 0 moves, the other where seat 1 does."""
        codes = np.stack([first.codes, second.codes + np.int32(len(first.names))])
        return Labels(codes[self.seat, self.game], first.names + second.names).sorted()

    def offer_before(self, lag: int, nothing: float) -> Array:
        """The offer (N,) of ``lag`` turns ago; every move but a game's last is an offer."""
        earlier = np.full(len(self.turn), nothing)
        earlier[lag:] = self.games.offer[: max(len(self.turn) - lag, 0)]
        earlier[self.turn <= lag] = nothing
        return earlier
