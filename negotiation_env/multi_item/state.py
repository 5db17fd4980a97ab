"""B multi-item games at once: their pools and values, and what a seat sees of them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.domain import Array, Rows
from negotiation_env.multi_item.config import MultiItemConfig
from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT, utility
from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_env.splits import keep_of
from negotiation_env.state import GameState, constant, read_only


class MultiItemState(GameState):
    """The state of B multi-item games; offers are indices of splits, seen from the proposer, -1 for none.

    Attributes:
        quantities: (B, I) int64.
        values: (B, 2, I) float64, by seat.
        splits: (B,) int64, how many splits the pool has.
        pool: (B, 2) float64, what the whole pool is worth to each seat.
    """

    agents: ClassVar[tuple[str, str]] = AGENTS
    nothing: ClassVar[float | int] = NO_SPLIT
    facts: ClassVar[tuple[str, ...]] = ("quantities", "values", "splits", "pool")
    config: MultiItemConfig

    def __init__(self, config: MultiItemConfig, size: int) -> None:
        super().__init__(config, size)
        types = config.shape.types
        self.quantities: Int64 = np.ones((size, types), dtype=np.int64)
        self.values: Float64 = np.ones((size, 2, types))
        self.pool: Float64 = np.ones((size, 2))
        self.splits: Int64 = np.ones(size, dtype=np.int64)
        self._roles = [constant(seat, size) for seat in (0, 1)]
        self._deadline = constant(config.max_turns, size)
        self._disagreement = [constant(config.disagreement[seat], size) for seat in (0, 1)]

    def view(self, rows: Rows, seat: int) -> MultiItemView:
        """What a seat knows in the given rows; what few strategies ask for is read when it is asked for."""
        quantities, known = self.quantities[rows], self.config.information == "known"
        size = len(quantities)
        facts = {
            "role": self._roles[seat][:size],
            "turn": read_only(self.turn[rows]),
            "max_turns": self._deadline[:size],
            "messages": self.messages(rows),
            "quantities": read_only(quantities),
            "values": read_only(self.values[rows, seat]),
            "disagreement": self._disagreement[seat][:size],
            "discount": self.config.discounts[seat],
        }
        late = {
            "standing_offer": lambda: _mine(self.acceptable(rows, seat), quantities, False),
            "opponent_values": lambda: self.values[rows, 1 - seat] if known else np.full(quantities.shape, np.nan),
            "own_offers": lambda: self._proposals(rows, seat, True),
            "opponent_offers": lambda: self._proposals(rows, 1 - seat, False),
            "game": lambda: self.game[rows],
            "game_seed": lambda: self.seat_seeds[seat][rows],
        }
        return MultiItemView.late(facts, late)

    def _proposals(self, rows: Rows, by: int, own: bool) -> Int64:
        """What I would have (n, T, I) by the proposals of a seat so far, -1 after the last."""
        quantities, splits = self.quantities[rows], self.history(rows, by)
        made = int(self.counts[by][rows].max(initial=0))
        bundles = np.full((*splits.T.shape, quantities.shape[1]), NO_SPLIT)
        bundles[:, :made] = _mine(splits[:made].T, quantities[:, None], own)
        return bundles

    def bundle(self, seat: int) -> Int64:
        """What a seat would have (B, I) by the standing offers; anything where there is none."""
        kept = keep_of(np.maximum(self.standing, 0), self.quantities)
        return np.where((self.standing_seat == seat)[:, None], kept, self.quantities - kept)

    def gain(self, seat: int) -> Float64:
        """What the standing offers are worth to a seat (B,) above no deal; anything where there is none."""
        return utility(self.values[:, seat], self.bundle(seat)) - self.config.disagreement[seat]

    def scale(self, seat: int) -> Float64:
        """What the whole pool is worth to a seat (B,)."""
        return self.pool[:, seat]

    def outcome(self, rows: Rows) -> dict[str, Array]:
        """How games ended, and what ``agent_0`` keeps, ``keep_0`` (n, I); -1 without a deal."""
        facts = super().outcome(rows)
        return {**facts, "keep_0": self._keep_0(facts["ended"] == turns.DEAL, rows)}

    def _keep_0(self, deal: NDArray[np.bool_], rows: Rows) -> Int64:
        kept = keep_of(np.maximum(self.standing[rows], 0), self.quantities[rows])
        mine = np.where((self.standing_seat[rows] == 0)[:, None], kept, self.quantities[rows] - kept)
        return np.where(deal[:, None], mine, NO_SPLIT)

    def settlement(self, deal: NDArray[np.bool_]) -> dict[str, Array]:
        """What ``agent_0`` keeps (B, I), -1 without a ``deal``, and the utilities (B,) of both."""
        without = self.config.disagreement
        payoffs = {
            f"payoff_{agent}": without[seat] + np.where(deal, self.gain(seat), 0.0) for seat, agent in enumerate(AGENTS)
        }
        return {"keep_0": self._keep_0(deal, slice(None)), **payoffs}


def _mine(splits: Int64, quantities: Int64, own: bool) -> Int64:
    """What I would have (..., I) by splits (...) that I, or the opponent, has proposed; -1 where there is none."""
    kept = keep_of(np.maximum(splits, 0), quantities)
    return np.where((splits >= 0)[..., None], kept if own else quantities - kept, NO_SPLIT)
