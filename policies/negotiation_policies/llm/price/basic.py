"""A language model that bargains over a price by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.llm.agent import Made
from negotiation_policies.llm.free import FreeAgent, free_texts
from negotiation_policies.llm.price.replies import PriceBargainer
from negotiation_policies.llm.price.seat import FIELDS


@dataclass(frozen=True, kw_only=True)
class BasicAgent(FreeAgent[PriceView, PriceDecision, PriceBargainer]):
    """A language model that bargains by itself: told its role, its own limit, the public range and the deadline."""

    needed_texts: ClassVar = free_texts(
        FIELDS,
        ("limit", "objective", "discounting", "step", "knowledge"),
        (
            "discounting", "step.tick", "step.points", "knowledge.private", "knowledge.known",
            "buyer.limit", "buyer.objective", "seller.limit", "seller.objective",
        ),
    )  # fmt: skip
    prompt: str = "price_basic"

    def _seat(self, view: PriceView, row: int) -> PriceBargainer:
        return PriceBargainer.of(view, row)

    def _decision(self, view: PriceView, made: Sequence[Made]) -> PriceDecision:
        return price_decision(made)


def price_decision(made: Sequence[Made]) -> PriceDecision:
    """The moves of all rows."""
    return PriceDecision(
        kind=np.array([move.kind for move in made], dtype=np.int64),
        price=np.array([np.nan if move.offer is None else move.offer for move in made], dtype=np.float64),
        message=[move.message for move in made],
        notes=[move.note for move in made],
    )
