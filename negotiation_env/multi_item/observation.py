"""The flat observation of the multi-item game: float32, every entry in [-1, 1], lossless.

With I item types, ``H = (max_turns + 1) // 2``, the most proposals that one agent can make, and Q the most items of
one type in the scenario (so 0 to 1, and -1 stands for "none"):

| index | meaning | range |
|---|---|---|
| 0 | own role: -1 ``agent_0``, +1 ``agent_1`` | -1 or 1 |
| 1 | turns played / max_turns | 0 to 1 |
| 2 | who moves: 1 own move, -1 the opponent's, 0 the game is over | -1, 0, 1 |
| 3 | whether the opponent's values are known | 0 or 1 |
| 4 | own value of the whole pool / 1000 | 0 to 1 |
| 5 | the opponent's value of the whole pool / 1000 if known, else 0 | 0 to 1 |
| 6 to 6+I-1 | quantities / Q | 0 to 1 |
| next I | own value of one item / own value of the whole pool | 0 to 1 |
| next I | the opponent's, likewise, if known, else 0 | 0 to 1 |
| next I | what I would get by accepting / Q, else -1 | -1 to 1 |
| next H I | what I would keep by my k-th proposal / Q, -1 after the last | -1 to 1 |
| next H I | what I would keep by the opponent's k-th proposal / Q, -1 after the last | -1 to 1 |
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.domain import Float32, Moves, Rows
from negotiation_env.faces.layout import ELAPSED, MOVER, NONE, ROLE
from negotiation_env.multi_item.config import MultiItemConfig
from negotiation_env.multi_item.game import MultiItemGame
from negotiation_env.multi_item.rules import DECIMALS, MAX_POOL, NO_SPLIT
from negotiation_env.multi_item.state import MultiItemState
from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.splits import keep_of

KNOWN, OWN_POOL, OPPONENT_POOL, QUANTITIES = range(MOVER + 1, MOVER + 5)
_ROLES = (-1.0, 1.0)


@dataclass(frozen=True)
class MultiItemLayout:
    """How a game with the given settings is written as numbers, and read back."""

    config: MultiItemConfig

    @cached_property
    def types(self) -> int:
        """The number of item types, I."""
        return self.config.shape.types

    @cached_property
    def horizon(self) -> int:
        """The most proposals that one agent can make, H."""
        return (self.config.max_turns + 1) // 2

    @cached_property
    def places(self) -> tuple[slice, slice, slice, slice]:
        """Where quantities, own values, the opponent's values and the standing split are."""
        starts = [QUANTITIES + block * self.types for block in range(5)]
        own, other, standing = (slice(starts[block], starts[block + 1]) for block in (1, 2, 3))
        return slice(starts[0], starts[1]), own, other, standing

    @cached_property
    def proposals(self) -> tuple[int, int]:
        """Where own proposals begin, and the opponent's."""
        first = self.places[3].stop
        return first, first + self.horizon * self.types

    @cached_property
    def size(self) -> int:
        """The length of an observation."""
        return self.proposals[1] + self.horizon * self.types

    @cached_property
    def space(self) -> spaces.Box:
        """The Box of one observation."""
        return spaces.Box(-1.0, 1.0, (self.size,), np.float32)

    def encode_opening(self, state: MultiItemState, rows: Rows, seat: int) -> Float32:
        """What a seat observes in games (n,) in which nobody has moved yet: float32 (n, size)."""
        quantities, own, other, _ = self.places
        observation = np.full((len(state.first[rows]), self.size), NONE, dtype=np.float32)
        observation[:, ROLE], observation[:, ELAPSED] = _ROLES[seat], 0.0
        observation[:, MOVER] = np.where(state.first[rows] == seat, 1.0, -1.0)
        observation[:, quantities] = self._share(state.quantities[rows])
        known = self.config.information == "known"
        observation[:, KNOWN], observation[:, OPPONENT_POOL], observation[:, other] = known, 0.0, 0.0
        for of, pool, values in ((seat, OWN_POOL, own), (1 - seat, OPPONENT_POOL, other)):
            if of == seat or known:
                worth = state.pool[rows, of]
                observation[:, pool] = worth / MAX_POOL
                observation[:, values] = state.values[rows, of] / worth[:, None]
        return observation

    def write_offers(
        self, observations: Float32, state: MultiItemState, rows: Rows, moves: Moves, by: int, seat: int
    ) -> None:
        """Write the proposals among the ``moves`` just played by seat ``by`` into what ``seat`` observes."""
        kind, split = moves
        offering = np.flatnonzero(kind == turns.OFFER)
        games = np.arange(len(state))[rows][offering]
        kept = keep_of(split[offering], state.quantities[games])
        mine = kept if by == seat else state.quantities[games] - kept
        start = self.proposals[0 if by == seat else 1]
        place = start + (state.counts[by][games] - 1) * self.types
        observations[games[:, None], place[:, None] + np.arange(self.types)] = self._share(mine)

    def write_standing(self, observations: Float32, state: MultiItemState, seat: int) -> None:
        """Write the splits that ``seat`` can accept now into what it observes in all games."""
        theirs = (state.standing_seat == 1 - seat)[:, None]
        observations[:, self.places[3]] = np.where(theirs, self._share(state.bundle(seat)), NONE)

    def write_game(self, row: Float32, game: MultiItemGame, seat: int) -> None:
        """Write what a seat observes in one game (size,), but for the turn, from scratch."""
        quantities, own, other, _ = self.places
        known = self.config.information == "known"
        row[:] = NONE
        row[ROLE], row[KNOWN], row[OPPONENT_POOL], row[other] = _ROLES[seat], known, 0.0, 0.0
        row[quantities] = self._share(np.array(game.quantities))
        for of, pool, values in ((seat, OWN_POOL, own), (1 - seat, OPPONENT_POOL, other)):
            if of == seat or known:
                row[pool] = game.pool[of] / MAX_POOL
                row[values] = np.array(game.values[of]) / game.pool[of]
        for by in (0, 1):
            for number in range(len(game.offers[by])):
                self._write_proposal(row, game, by, number, seat)

    def write_offer(self, rows: Float32, game: MultiItemGame, seat: int) -> None:
        """Write the split that ``seat`` has just proposed into what both seats observe, (2, size)."""
        for observer in (0, 1):
            self._write_proposal(rows[observer], game, seat, len(game.offers[seat]) - 1, observer)

    def _write_proposal(self, row: Float32, game: MultiItemGame, by: int, number: int, seat: int) -> None:
        kept = game.kept(game.offers[by][number])
        start = self.proposals[0 if by == seat else 1] + number * self.types
        row[start : start + self.types] = self._share(kept if by == seat else np.array(game.quantities) - kept)

    def write_turn(self, row: Float32, game: MultiItemGame, seat: int) -> None:
        """Write the split that ``seat`` can accept now into what it observes (size,)."""
        row[self.places[3]] = self._share(game.bundle(seat)) if game.standing_seat == 1 - seat else NONE

    def _share(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Numbers of items over the most of one type; none (-1) stays."""
        return np.where(items < 0, NONE, items / self.config.shape.quantity)

    def encode(self, view: MultiItemView) -> Float32:
        """What agents that must move observe: float32 (n, size), of views (n rows)."""
        quantities, own, other, standing = self.places
        known = np.full(len(view), self.config.information == "known")
        observation = np.full((len(view), self.size), NONE, dtype=np.float32)
        observation[:, ROLE] = np.array(_ROLES)[view.role]
        observation[:, ELAPSED], observation[:, MOVER] = (view.turn - 1) / view.max_turns, 1.0
        observation[:, KNOWN], observation[:, OPPONENT_POOL], observation[:, other] = known, 0.0, 0.0
        observation[:, quantities] = self._share(view.quantities)
        for rows, pool, place, values in (
            (slice(None), OWN_POOL, own, view.values),
            (known, OPPONENT_POOL, other, view.opponent_values[known]),
        ):
            worth = (values * view.quantities[rows]).sum(axis=1)
            observation[rows, pool] = worth / MAX_POOL
            observation[rows, place] = values / worth[:, None]
        observation[:, standing] = self._share(view.standing_offer)
        for start, offers in zip(self.proposals, (view.own_offers, view.opponent_offers), strict=True):
            made = self._share(offers[:, : self.horizon]).reshape(len(view), -1)
            observation[:, start : start + made.shape[1]] = made
        return observation

    def decode(self, observation: Float32, game_seed: NDArray[np.uint64]) -> MultiItemView:
        """The view (n rows) that observations (n, size) were made of; messages are not in it.

        Values come back to three decimals; ``game`` numbers the rows.
        """
        numbers = np.asarray(observation, dtype=np.float64)
        size, most, known = len(numbers), self.config.shape.quantity, numbers[:, KNOWN] > 0.5
        role = (numbers[:, ROLE] > 0).astype(np.int64)

        def items(share: NDArray[np.float64]) -> NDArray[np.int64]:
            return np.where(share < -0.5, NO_SPLIT, np.rint(share * most)).astype(np.int64)

        def values(place: slice, pool: int) -> NDArray[np.float64]:
            return np.round(numbers[:, place] * numbers[:, [pool]] * MAX_POOL, DECIMALS)

        proposals = np.full((2, size, self.config.max_turns, self.types), NO_SPLIT)
        for side, start in enumerate(self.proposals):
            block = numbers[:, start : start + self.horizon * self.types]
            proposals[side, :, : self.horizon] = items(block).reshape(size, self.horizon, self.types)
        quantities, own, other, standing = self.places
        return MultiItemView(
            role=role,
            turn=np.rint(numbers[:, ELAPSED] * self.config.max_turns).astype(np.int64) + 1,
            max_turns=np.full(size, self.config.max_turns),
            game=np.arange(size),
            game_seed=game_seed,
            quantities=items(numbers[:, quantities]),
            values=values(own, OWN_POOL),
            opponent_values=np.where(known[:, None], values(other, OPPONENT_POOL), np.nan),
            standing_offer=items(numbers[:, standing]),
            own_offers=proposals[0],
            opponent_offers=proposals[1],
            discount=np.array(self.config.discounts)[role],
            disagreement=np.array(self.config.disagreement)[role],
        )
