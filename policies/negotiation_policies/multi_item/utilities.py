"""Own orientation: splits turned into own utility, so that one formula serves both agents.

A split is told as what *I* keep, (..., I) items; its utility is ``sum of value * number``. A gain is utility above that
of disagreement. Shapes are (B,) unless stated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView
from negotiation_env.policy import WALK, Float64, Int64
from negotiation_policies.acceptance import Accepting, Situation
from negotiation_policies.strategy import NOISE, Bool, Strategy


def own_utility(view: MultiItemView, items: Int64) -> Float64:
    """What items (B, ..., I) are worth to me (B, ...); types are added in their order, so equal rows are equal bits."""
    per_type = view.values.reshape(len(view), *(1,) * (items.ndim - 2), view.values.shape[1])
    total = per_type[..., 0] * items[..., 0]
    for item in range(1, items.shape[-1]):
        total += per_type[..., item] * items[..., item]
    return np.asarray(total, dtype=np.float64)


def pool_worth(view: MultiItemView) -> Float64:
    """What the whole pool is worth to me."""
    return own_utility(view, view.quantities)


def floor(view: MultiItemView) -> Float64:
    """The least utility that I take: that of disagreement, and never below that of nothing."""
    return np.asarray(np.maximum(np.broadcast_to(view.disagreement, len(view)), 0.0))


def known_columns(view: MultiItemView, offers: Int64) -> Int64:
    """The proposals of ``offers`` (B, T, I) that can have been made by now: a side moves on every other turn."""
    return offers[:, : int(view.turn.max(initial=0)) // 2 + 1]


def offered_utility(view: MultiItemView, offers: Int64) -> Float64:
    """My utility (B, K) of the proposals made so far; NaN after the last."""
    known = known_columns(view, offers)
    return np.where(known[..., 0] >= 0, own_utility(view, known), np.nan)


def situation(view: MultiItemView, aspiration: Float64, next_offer: Float64) -> Situation:
    """What an acceptance rule looks at, from the utilities (B,) aimed at and proposed next; the opening is the pool."""
    without = view.disagreement
    standing = np.where(view.standing_offer[:, 0] >= 0, own_utility(view, view.standing_offer), np.nan)
    return Situation(
        view=view,
        aspiration=aspiration - without,
        next_offer=next_offer - without,
        opening=pool_worth(view) - without,
        standing=standing - without,
        read_received=lambda: offered_utility(view, view.opponent_offers) - np.reshape(without, (-1, 1)),
    )


def decision(view: MultiItemView, keep: Int64, accept: Bool) -> MultiItemDecision:
    """Accept where ``accept``, else propose ``keep`` (B, I).

    It walks away where even the whole pool is worth less than disagreement.
    """
    kind = accept.astype(np.int8)
    hopeless = pool_worth(view) < view.disagreement - NOISE
    if hopeless.any():
        kind[hopeless] = WALK
    return MultiItemDecision(kind=kind, keep=keep)


@dataclass(frozen=True)
class SplitStrategy(Strategy, Accepting, ABC):
    """Plans a split by a rule that a subclass gives in `plan`; accepts by the chosen rule, else proposes it."""

    def __post_init__(self) -> None:
        self.check_acceptance()

    @abstractmethod
    def plan(self, view: MultiItemView) -> tuple[Int64, Float64 | None]:
        """The split to propose (B, I), and the utility (B,) aimed at; ``None``: that of the split."""

    def decide(self, view: MultiItemView) -> MultiItemDecision:
        """Accept by the chosen rule, else propose the planned split."""
        keep, aspiration = self.plan(view)
        proposed = own_utility(view, keep)
        given = situation(view, proposed if aspiration is None else aspiration, proposed)
        return decision(view, keep, self.acceptance_rule.accepts(given))
