"""What one seat saw and did in games that have been played, as the numbers of an environment's spaces.

Other libraries learn from these: an observation for each own decision point and one after the end, the action, and
the reward until the next decision. There are no steps on which the seat only passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array, Config, Encoding, Float32, Layout, find_domain
from negotiation_env.faces.layout import ELAPSED, MOVER
from negotiation_env.policy import Float64, Int64
from negotiation_env.turns import mover

if TYPE_CHECKING:
    from negotiation_env.records.games import Games
    from negotiation_env.state import GameState


@dataclass(frozen=True, eq=False)
class Trajectories:
    """The games of one seat in which it has moved, E of them with S moves in all, game by game.

    Attributes:
        game: int64 (E,) the rows of these games among those that were given.
        lengths: int64 (E,) how often the seat has moved in each, at least once.
        observations: float32 (S + E, size), for each game one more than moves; the last one is that of its end.
        actions: (S, ...) as the encoding writes them.
        rewards: float64 (S,), 0 but for the last move of each game.
        turns: int64 (S + E,) the 1-based turn of each observation; of the last one the turn after the end.
    """

    game: Int64
    lengths: Int64
    observations: Float32
    actions: Array
    rewards: Float64
    turns: Int64

    def __len__(self) -> int:
        return len(self.game)

    @property
    def starts(self) -> Int64:
        """(E,) the row of the first action of each game; its first observation stands in row ``starts + arange(E)``."""
        return np.asarray(np.cumsum(self.lengths) - self.lengths)


def seat_trajectories(games: Games, seat: int, config: Config, encoding: Encoding) -> Trajectories:
    """What a seat saw and did in games that have been played.

    Args:
        games: finished games of one domain, all played with ``config``.
        seat: 0 or 1.
        config: the settings of the games.
        encoding: how moves are written as numbers.

    Returns:
        Observations and rewards are those of a single-agent environment with these settings, exactly; actions are
        what the encoding makes of the moves, a price rounded to the grid to the mover's own advantage.
    """
    return _Replay(games, seat, config, encoding).run()


@dataclass(frozen=True, eq=False)
class DecisionPoints:
    """What was decided on one turn of some games.

    Attributes:
        game: int64 (n,) the rows of the games among those that were given.
        seat: who moved.
        view: what it knew, n rows.
        kind: int8 (n,) the kinds of the moves.
        offer: (n,) what they offer; read only where the kind is 0.
    """

    game: Int64
    seat: int
    view: Any
    kind: Array
    offer: Array


def decision_points(games: Games, config: Config) -> Iterator[DecisionPoints]:
    """All decisions of games that have been played, turn by turn and seat by seat.

    Args:
        games: finished games of one domain.
        config: their settings; with another ``information`` the views show or hide the opponent's limit accordingly.
    """
    domain = find_domain(games.domain)
    first, turns = games.facts["first"].astype(np.int64), games.facts["turns"].astype(np.int64)
    starts = np.cumsum(turns) - turns
    state: GameState = domain.new_state(config, len(games))
    unseeded = np.zeros((2, len(games)), dtype=np.uint64)
    state.deal(slice(0, len(games)), domain.setup_of(games.facts), first, unseeded)
    for turn in range(1, int(turns.max(initial=0)) + 1):
        going = np.flatnonzero(turns >= turn)
        movers = mover(first[going], np.full(len(going), turn))
        for seat in (0, 1):
            rows = going[movers == seat]
            if len(rows):
                places = starts[rows] + turn - 1
                kind, offer = games.kind[places], games.offer[places]
                yield DecisionPoints(rows, seat, state.view(rows, seat), kind, offer)
                state.advance(rows, seat, kind, offer)


class _Replay:
    """Plays recorded games once more, all at once, and writes down what one seat sees and does."""

    def __init__(self, games: Games, seat: int, config: Config, encoding: Encoding) -> None:
        domain = find_domain(games.domain)
        self.games, self.seat, self.config, self.encoding = games, seat, config, encoding
        self.layout: Layout = domain.layout(config)
        self.first, self.turns = games.facts["first"].astype(np.int64), games.facts["turns"].astype(np.int64)
        self.state: GameState = domain.new_state(config, len(games))
        unseeded = np.zeros((2, len(games)), dtype=np.uint64)
        self.state.deal(slice(0, len(games)), domain.setup_of(games.facts), self.first, unseeded)
        self.rows = self.layout.encode_opening(self.state, slice(None), seat)
        self.lengths = (self.turns + (self.first == seat)) // 2
        steps = self.lengths + (self.lengths > 0)
        self.places = np.cumsum(steps) - steps
        self.moved = np.zeros(len(games), dtype=np.int64)
        self.observations = np.empty((int(steps.sum()), self.layout.size), dtype=np.float32)
        self.turn_of = np.empty(len(self.observations), dtype=np.int64)
        self.actions = self._no_actions(int(self.lengths.sum()))

    def _no_actions(self, size: int) -> NDArray[Any]:
        space = self.encoding.space
        return np.empty((size, *space.shape), dtype=space.dtype)

    def run(self) -> Trajectories:
        """The trajectories."""
        starts, ends = np.cumsum(self.turns) - self.turns, np.cumsum(self.lengths)
        for turn in range(1, int(self.turns.max(initial=0)) + 1):
            going = np.flatnonzero(self.turns >= turn)
            movers = mover(self.first[going], np.full(len(going), turn))
            for by in (0, 1):
                rows = going[movers == by]
                self._play(rows, by, turn, starts[rows] + turn - 1)
            self._close(going[self.turns[going] == turn], turn)
        rewards = np.zeros(len(self.actions))
        there = self.lengths > 0
        rewards[ends[there] - 1] = self.games.facts[f"reward_{self.seat}"][there]
        game = np.flatnonzero(there)
        return Trajectories(game, self.lengths[game], self.observations, self.actions, rewards, self.turn_of)

    def _play(self, rows: Int64, by: int, turn: int, places: Int64) -> None:
        """Play one move of a seat in some games, after writing it down if it is ours."""
        if not len(rows):
            return
        moves = self.games.kind[places], self.games.offer[places]
        if by == self.seat:
            self._see(rows, turn, 1.0)
            view = self.state.view(rows, by)
            first_action = np.cumsum(self.lengths) - self.lengths
            self.actions[first_action[rows] + self.moved[rows]] = self.encoding.encode(*moves, view)
            self.moved[rows] += 1
        self.state.advance(rows, by, *moves)
        self.layout.write_offers(self.rows, self.state, rows, moves, by, self.seat)

    def _close(self, rows: Int64, turn: int) -> None:
        """Write down how games end that the seat has moved in."""
        self._see(rows[self.lengths[rows] > 0], turn + 1, 0.0)

    def _see(self, rows: Int64, turn: int, moves: float) -> None:
        self.layout.write_standing(self.rows, self.state, self.seat)
        self.rows[rows, ELAPSED] = (turn - 1) / self.config.max_turns
        self.rows[rows, MOVER] = moves
        places = self.places[rows] + self.moved[rows]
        self.observations[places], self.turn_of[places] = self.rows[rows], turn
