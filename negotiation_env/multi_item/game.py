"""One multi-item game, the scalar twin of `negotiation_env.multi_item.state.MultiItemState`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from negotiation_env import turns
from negotiation_env.game import NAN, Game
from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT
from negotiation_env.policy import Int64
from negotiation_env.splits import keep_of


@dataclass(slots=True, kw_only=True)
class MultiItemGame(Game):
    """The state of one game; offers are indices of splits, seen from the proposer.

    Attributes:
        quantities: how many items of each type there are.
        values: for each seat, what one item of each type is worth.
        splits: how many splits the pool has.
        pool: for each seat, what the whole pool is worth.
    """

    agents: ClassVar[tuple[str, str]] = AGENTS
    quantities: tuple[int, ...]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    splits: int
    pool: tuple[float, float]

    def illegal_reason(self, kind: int, offer: Any) -> str | None:  # noqa: ANN401
        """Why the mover may not make this move now; ``None`` if it may."""
        if kind == turns.OFFER and offer >= self.splits:
            return f"the pool {list(self.quantities)} has only {self.splits} splits"
        return super(MultiItemGame, self).illegal_reason(kind, offer)

    def quantise(self, offer: Any) -> int:  # noqa: ANN401  # an index
        """The index of the split."""
        return int(offer)

    def shown(self, offer: Any) -> list[int]:  # noqa: ANN401
        """How many items of each type the proposer keeps."""
        kept: list[int] = self.kept(offer).tolist()
        return kept

    def kept(self, split: int) -> Int64:
        """What the proposer of a split keeps (I,)."""
        return keep_of(np.array(split), np.array(self.quantities))

    def bundle(self, seat: int) -> Int64:
        """What a seat would have (I,) by the standing offer."""
        kept = self.kept(int(self.standing))
        return kept if seat == self.standing_seat else np.array(self.quantities) - kept

    def utility(self, seat: int) -> float:
        """What the standing offer is worth to a seat."""
        return float(np.dot(self.values[seat], self.bundle(seat)))

    def gain(self, seat: int) -> float:
        """What the standing offer is worth to a seat above no deal."""
        return self.utility(seat) - float(self.config.disagreement[seat])

    def scale(self, seat: int) -> float:
        """What the whole pool is worth to a seat."""
        return self.pool[seat]

    def result(self) -> dict[str, Any]:
        """What each agent gets (-1 of each type without a deal), the payoffs, and how good the outcome was.

        The keys after ``payoffs`` are the columns of `negotiation_env.solutions.outcome_metrics`.
        """
        deal = self.ended == turns.DEAL
        nothing = [NO_SPLIT] * len(self.quantities)
        bundles = {agent: self.bundle(seat).tolist() if deal else [*nothing] for seat, agent in enumerate(AGENTS)}
        if self.ended == turns.FAULTED:
            return {"keep": bundles, "payoffs": dict.fromkeys(AGENTS, NAN)}
        payoffs = [self.utility(seat) if deal else float(self.config.disagreement[seat]) for seat in (0, 1)]
        return {"keep": bundles, "payoffs": dict(zip(AGENTS, payoffs, strict=True)), **self._quality(deal)}

    def _quality(self, deal: bool) -> dict[str, Any]:
        from negotiation_env.solutions import outcome_metrics

        keep = self.bundle(0) if deal else np.zeros(len(self.quantities), dtype=np.int64)
        columns = outcome_metrics([self.quantities], [self.values], [keep], np.array([deal]), self.config.disagreement)
        return {name: column[0].item() for name, column in columns.items()}
