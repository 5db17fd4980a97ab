"""What one agent knows in one game of the multi-item domain, as plain Python values and as words for a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Int64
from negotiation_policies.llm.history import PastMove, past_moves

Split = tuple[int, ...]
FIELDS = ("role", "opponent", "pool", "opponent_values", "disagreement", "max_turns", "discount", "example")
"""The placeholders that a prompt of the multi-item domain may have."""


@dataclass(frozen=True)
class ItemsSeat:
    """One row of a `MultiItemView`; splits are told as what this agent would have of each item type.

    Attributes:
        role: ``"agent_0"`` or ``"agent_1"``.
        quantities: how many items of each type there are.
        values: what one item of each type is worth to this agent.
        opponent_values: the same for the opponent; ``None`` unless known.
        disagreement: the utility without a deal.
        turn: 1-based.
        max_turns: the deadline.
        standing: the split that can be accepted now; ``None`` if there is nothing.
        past: the moves so far.
        discount: what the reward is multiplied by for each turn before the accepted proposal.
    """

    role: str
    quantities: Split
    values: tuple[float, ...]
    opponent_values: tuple[float, ...] | None
    disagreement: float
    turn: int
    max_turns: int
    standing: Split | None
    past: tuple[PastMove[Split], ...]
    discount: float = 1.0

    @classmethod
    def of(cls, view: MultiItemView, row: int) -> Self:
        """The given row of a view."""
        turn, theirs = int(view.turn[row]), view.opponent_values[row]
        messages = None if view.messages is None else view.messages[row]
        standing = _split(view.standing_offer[row])
        return cls(
            role=f"agent_{int(view.role[row])}",
            quantities=_split(view.quantities[row]),
            values=tuple(view.values[row].tolist()),
            opponent_values=None if np.isnan(theirs).any() else tuple(theirs.tolist()),
            disagreement=float(np.broadcast_to(view.disagreement, (len(view),))[row]),
            turn=turn,
            max_turns=int(view.max_turns[row]),
            standing=None if min(standing) < 0 else standing,
            past=past_moves(turn, _made(view.own_offers[row]), _made(view.opponent_offers[row]), messages),
            discount=float(np.broadcast_to(view.discount, (len(view),))[row]),
        )

    @property
    def opponent(self) -> str:
        """The other side."""
        return "agent_1" if self.role == "agent_0" else "agent_0"

    def worth(self, split: Split) -> float:
        """What a split is worth to this agent."""
        return sum(value * count for value, count in zip(self.values, split, strict=True))

    def offer_words(self, offer: Split) -> str:
        """What the other side has proposed, in words for a prompt."""
        return f"that you get {listed(offer)}"

    @property
    def fields(self) -> dict[str, str]:
        """What a prompt can say of the game: nothing that this side does not know, and nothing that changes."""
        pool = zip(self.quantities, self.values, strict=True)
        lines = [f"- item {k}: {there} there, worth {value:g} each to you" for k, (there, value) in enumerate(pool, 1)]
        theirs = ", ".join(f"item {k}: {value:g}" for k, value in enumerate(self.opponent_values or (), 1))
        return {
            "role": self.role,
            "opponent": "other agent",
            "pool": "\n".join(lines),
            "opponent_values": theirs or "unknown",
            "disagreement": f"{self.disagreement:g}",
            "max_turns": str(self.max_turns),
            "discount": f"{self.discount:g}",
            "example": listed(tuple(min(count, 1) for count in self.quantities)),
        }


def listed(split: Split) -> str:
    """Counts in words: ``1 of item 1, 0 of item 2 and 2 of item 3``."""
    parts = [f"{count} of item {place}" for place, count in enumerate(split, start=1)]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _split(row: Int64) -> Split:
    return tuple(int(count) for count in row)


def _made(offers: Int64) -> list[Split]:
    return [_split(offer) for offer in offers if offer.min() >= 0]
