"""Language models that split items by themselves, in several manners, and strategies that speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView, resolve_decision
from negotiation_env.policy import ACCEPT, OFFER, JsonValue
from negotiation_env.registry import AnyPolicy
from negotiation_policies.llm.agent import Made
from negotiation_policies.llm.free import FreeAgent, free_texts
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.multi_item.replies import ItemsBargainer, said_with
from negotiation_policies.llm.multi_item.seat import FIELDS, ItemsSeat, Split, listed
from negotiation_policies.llm.multi_item.wording import Task
from negotiation_policies.llm.worded import WordedStrategy, voice_texts


@dataclass(frozen=True, kw_only=True)
class ItemsAgent(FreeAgent[MultiItemView, MultiItemDecision, ItemsBargainer]):
    """A language model that splits items by itself: told the pool, its own values and the deadline.

    Attributes:
        manner: how it speaks, a text ``manner.NAME`` of the prompt: ``plain``, ``charming`` or ``rude``.
    """

    needed_texts: ClassVar = free_texts(
        FIELDS, ("knowledge", "discounting", "manner"), ("discounting", "knowledge.private", "knowledge.known")
    )
    prompt: str = "items_basic"
    manner: str = "plain"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.texts.fill(f"manner.{self.manner}", {})

    @property
    def params(self) -> dict[str, JsonValue]:
        """What records keep."""
        return {**super().params, "manner": self.manner}

    def _system(self, seat: ItemsBargainer, as_json: bool) -> dict[str, str]:
        return {**super()._system(seat, as_json), "manner": self.texts.fill(f"manner.{self.manner}", {})}

    def _seat(self, view: MultiItemView, row: int) -> ItemsBargainer:
        return ItemsBargainer.of(view, row)

    def _decision(self, view: MultiItemView, made: Sequence[Made]) -> MultiItemDecision:
        return items_decision(view, made)


@dataclass(frozen=True, kw_only=True)
class ItemsStrategy(WordedStrategy[MultiItemView, MultiItemDecision]):
    """Plays what a multi-item strategy decides; a language model, which is told no values, words it."""

    domain: ClassVar[str] = "multi_item"
    needed_texts: ClassVar = voice_texts(FIELDS, "split")
    strategy: str | AnyPolicy = "boulware"
    prompt: str = "items_narration"

    def _resolve(self, view: MultiItemView, decided: Any) -> tuple[Any, Any]:  # noqa: ANN401
        kind, _ = resolve_decision(view, decided, self.player.name)
        return kind, np.asarray(decided.keep)

    def _task(self, view: MultiItemView, row: int, kind: int, offer: Any) -> Task:  # noqa: ANN401
        seat = ItemsSeat.of(view, row)
        keep = tuple(int(count) for count in offer) if kind == OFFER else seat.standing if kind == ACCEPT else None
        return Task(seat, kind, keep)

    def _task_fields(self, seat: ItemsSeat, move: PastMove[Split]) -> dict[str, str]:
        return {"split": listed(move.offer or ())}

    def _past_words(self, seat: ItemsSeat, move: PastMove[Split]) -> str:
        return said_with(move)

    def _decision(self, view: MultiItemView, made: Sequence[Made]) -> MultiItemDecision:
        return items_decision(view, made)


def items_decision(view: MultiItemView, made: Sequence[Made]) -> MultiItemDecision:
    """The moves of all rows."""
    keep = np.zeros_like(view.quantities)
    for row, move in enumerate(made):
        if move.offer is not None:
            keep[row, : len(move.offer)] = move.offer
    return MultiItemDecision(
        kind=np.array([move.kind for move in made], dtype=np.int64),
        keep=keep,
        message=[move.message for move in made],
        notes=[move.note for move in made],
    )
