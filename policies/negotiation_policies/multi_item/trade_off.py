"""Logrolling: giving what matters little to oneself for what matters more (Faratin, Sierra, Jennings 2002)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_policies.multi_item.blocks import Block
from negotiation_policies.multi_item.choosing import most_liked
from negotiation_policies.multi_item.opponent_model import Modelling
from negotiation_policies.multi_item.utilities import SplitStrategy, floor, known_columns, offered_utility, pool_worth
from negotiation_policies.parameters import check_choice, check_number
from negotiation_policies.strategy import NOISE, count_true

SIMILARITY, WEIGHTED_SIMILARITY, FREQUENCY = "similarity", "weighted_similarity", "frequency"


@dataclass(frozen=True)
class TradeOff(SplitStrategy, Modelling):
    """Stays on its own iso-utility line, and moves along it to the split that the opponent should like best.

    "Using similarity criteria to make issue trade-offs in automated negotiations", Artificial Intelligence 142, over
    all splits in place of the source's hill climbing. The line is at ``max(end, start - concession * deadlocks)`` of
    the own value of the whole pool; a deadlock is a proposal of the opponent that is no better for me than the one
    before (the source looks at the similarity of both sides' proposals).

    Attributes:
        start: where the line is at first, as a share of the own value of the whole pool.
        end: where it is at the lowest.
        concession: by how much a deadlock lowers it.
        band: how wide the line is: items are indivisible, so few splits are on it exactly.
        choose_by: ``"similarity"``: the split most like the opponent's last proposal,
            ``sum_i w_i (1 - |my keep_i - my keep_i by its proposal| / quantity_i)`` with equal weights;
            ``"weighted_similarity"``: the same with the weights of the frequency model; ``"frequency"``: the split
            that the model says is worth most to the opponent.
    """

    acceptance: str = "next"
    start: float = 1.0
    end: float = 0.0
    concession: float = 0.1
    band: float = 0.1
    choose_by: str = SIMILARITY

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_model()
        for name in ("start", "end", "concession", "band"):
            check_number(name, getattr(self, name), 0.0, 1.0)
        if self.end > self.start:
            raise ValueError(f"end is {self.end!r}; it must be at most start, {self.start!r}.")
        check_choice("choose_by", self.choose_by, (SIMILARITY, WEIGHTED_SIMILARITY, FREQUENCY))

    def plan(self, view: MultiItemView) -> tuple[Int64, Float64]:
        """The split on the line that is liked most, and where the line is."""
        share = np.maximum(self.end, self.start - self.concession * count_deadlocks(view))
        level = np.maximum(share * pool_worth(view), floor(view))
        if self.choose_by == FREQUENCY:
            weights = self.opponent_weights(view)
            return most_liked(view, level, self.band, lambda block: 1.0 - block.total(weights[block.rows])), level
        weights, target = self._type_weights(view), last_proposal(view)

        def similarity(block: Block) -> Float64:
            rows = block.rows
            return _similarity(block, weights[rows], target[rows], view.quantities[rows])

        return most_liked(view, level, self.band, similarity), level

    def _type_weights(self, view: MultiItemView) -> Float64:
        """How much each type counts (B, I); they add up to 1."""
        if self.choose_by == WEIGHTED_SIMILARITY:
            return self.opponent_weights(view) * view.quantities
        exists = view.quantities > 0
        return np.asarray(exists / np.maximum(exists.sum(axis=1, keepdims=True), 1))


def _similarity(block: Block, weights: Float64, target: Int64, quantities: Int64) -> Float64:
    """The weighted similarity (S, n) in [0, 1] of every split to a target (n, I)."""
    scale = weights / np.maximum(quantities, 1)
    distance = np.zeros(block.own.shape)
    for item, kept in enumerate(block.keep):
        distance += scale[:, item] * np.abs(kept - target[:, item])
    return 1.0 - distance


def count_deadlocks(view: MultiItemView) -> Int64:
    """How many of the opponent's proposals (B,) were no better for me than the one before."""
    received = offered_utility(view, view.opponent_offers)
    return count_true(received[:, 1:] <= received[:, :-1] + NOISE)


def last_proposal(view: MultiItemView) -> Int64:
    """What I keep (B, I) by the opponent's last proposal; nothing if it has made none."""
    offers = known_columns(view, view.opponent_offers)
    last = count_true(offers[:, :, 0] >= 0) - 1
    return np.maximum(offers[np.arange(len(last)), np.maximum(last, 0)], 0)
