"""Actions as numbers: ``Discrete(splits + 3)``; first the splits, by what the mover keeps, then accept, walk, pass.

Where pools differ from game to game, the space is made for the scenario's largest; an index that a smaller pool does
not have is not legal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.faces.discrete import ANSWER, OPEN, WAIT, DiscreteMoves, status_of
from negotiation_env.multi_item.game import MultiItemGame
from negotiation_env.multi_item.state import MultiItemState
from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Int64
from negotiation_env.splits import count_splits


@dataclass(frozen=True)
class SplitEncoding:
    """Indices of splits, then accept, walk, pass; ``splits`` is the most that a pool of the scenario has."""

    splits: int

    @cached_property
    def moves(self) -> DiscreteMoves:
        """The indices."""
        return DiscreteMoves(self.splits, "split")

    @property
    def space(self) -> spaces.Discrete:
        """``Discrete(splits + 3)``."""
        return self.moves.space

    def decode_one(self, action: object, game: MultiItemGame) -> tuple[int, int]:
        """The (kind, split) of one index."""
        return self.moves.split_one(action)

    def decode(self, actions: object, state: MultiItemState, seat: int) -> tuple[Int64, Int64]:
        """The kinds (n,) and splits (n,) of n indices; a split that the pool does not have is a pass."""
        kind, index = self.moves.split(actions, len(state))
        return np.where((kind == turns.OFFER) & (index >= state.splits), turns.PASS, kind), index

    def encode(self, kind: NDArray[np.integer], split: NDArray[np.generic], view: MultiItemView) -> Int64:
        """The indices (n,) of n typed moves."""
        return self.moves.join(kind, split.astype(np.int64))

    def read(self, actions: object, view: MultiItemView) -> tuple[Int64, Int64]:
        """The kinds (n,) and splits (n,) of n indices on a view; a split that the pool does not have is a pass."""
        kind, index = self.moves.split(actions, len(view))
        return np.where((kind == turns.OFFER) & (index >= count_splits(view.quantities)), turns.PASS, kind), index

    def legal(self, view: MultiItemView) -> NDArray[np.int8]:
        """Which indices are legal on a view: int8 (n, splits + 3)."""
        masks = self.moves.table[np.where(view.standing_offer[:, 0] < 0, OPEN, ANSWER)]
        masks[:, : self.splits] &= np.arange(self.splits) < count_splits(view.quantities)[:, None]
        return masks

    def told(self, view: MultiItemView) -> MultiItemView:
        """The view of a policy that can propose every split."""
        return view

    def mask(self, game: MultiItemGame, seat: int) -> NDArray[np.int8]:
        """Which indices are legal for a seat now: int8 (splits + 3,)."""
        status = status_of(game, seat)
        mask: NDArray[np.int8] = self.moves.table[status].copy()
        if status != WAIT:
            mask[game.splits : self.splits] = 0
        return mask

    def masks(self, state: MultiItemState, status: Int64) -> NDArray[np.int8]:
        """Which indices are legal: int8 (B, splits + 3)."""
        masks = self.moves.table.take(status, axis=0)
        masks[:, : self.splits] &= np.arange(self.splits) < state.splits[:, None]
        return masks
