"""A price strategy that speaks: the strategy fixes the price, a language model words it.

The idea is that of OG-Narrator (Xia et al. 2024, "Measuring Bargaining Abilities of LLMs", arXiv:2402.15813).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.price.view import PriceDecision, PriceView, resolve_decision
from negotiation_env.registry import AnyPolicy
from negotiation_policies.llm.agent import Made
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.price.basic import price_decision
from negotiation_policies.llm.price.replies import said_with
from negotiation_policies.llm.price.seat import FIELDS, PriceSeat, money
from negotiation_policies.llm.price.wording import Task
from negotiation_policies.llm.worded import WordedStrategy, voice_texts


@dataclass(frozen=True, kw_only=True)
class PriceStrategy(WordedStrategy[PriceView, PriceDecision]):
    """Plays what a price strategy decides; a language model words it.

    The model is told neither limit, so its words can give none away.
    """

    domain: ClassVar[str] = "price"
    needed_texts: ClassVar = voice_texts(FIELDS, "price")
    strategy: str | AnyPolicy = "boulware_firm"
    prompt: str = "price_narration"

    def _resolve(self, view: PriceView, decided: Any) -> tuple[Any, Any]:  # noqa: ANN401
        return resolve_decision(view, decided, self.player.name, view.tick, view.price_points)

    def _task(self, view: PriceView, row: int, kind: int, offer: Any) -> Task:  # noqa: ANN401
        seat = PriceSeat.of(view, row)
        return Task(seat, kind, float(offer) if kind == OFFER else seat.standing if kind == ACCEPT else None)

    def _task_fields(self, seat: PriceSeat, move: PastMove[float]) -> dict[str, str]:
        return {"price": money(move.offer or 0.0)}

    def _past_words(self, seat: PriceSeat, move: PastMove[float]) -> str:
        return said_with(move)

    def _decision(self, view: PriceView, made: Sequence[Made]) -> PriceDecision:
        return price_decision(made)
