"""A language model that bargains by itself: it decides, and it speaks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from negotiation_env.policy import ACCEPT, OFFER, WALK, JsonValue, View
from negotiation_policies.llm.agent import LanguageAgent, Made, together
from negotiation_policies.llm.asking import Asked, Reading, ask
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.protocol import BackendError, Request
from negotiation_policies.llm.chat import Seat, build_chat, heard_texts
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.parsing import Reply
from negotiation_policies.llm.sampling import request_seed
from negotiation_policies.parameters import check_choice, check_flag

FALLBACKS = ("repeat", "walk", "fault")
_KINDS = {"offer": OFFER, "accept": ACCEPT, "walk": WALK}
ViewT = TypeVar("ViewT", bound=View)
DecisionT = TypeVar("DecisionT")


class Bargainer(Seat, Protocol):
    """What an agent knows in one game, and the form of its replies there."""

    @property
    def system_texts(self) -> Mapping[str, str]:
        """Fields of the text ``system``, each with the text of the prompt that fills it, empty for none."""

    def schema(self) -> Mapping[str, JsonValue]:
        """The JSON schema of a move."""

    def read(self, text: str, guard: bool) -> Reading[Reply]:
        """A reply as a move that can be played; with ``guard`` a move beyond the own limit is refused."""

    def answered(self, move: PastMove[Any], as_json: bool) -> str:
        """An own past move as the model would have answered it."""


SeatT = TypeVar("SeatT", bound=Bargainer)


@dataclass(frozen=True, kw_only=True)
class FreeAgent(LanguageAgent[ViewT, DecisionT], Generic[ViewT, DecisionT, SeatT]):
    """A language model that decides and speaks, told its role, what it knows, and what both sides know.

    Attributes:
        fallback: what becomes of a turn without a usable reply: ``"repeat"`` the own last offer, or walk away if there
            is none; ``"walk"`` away; or a ``"fault"`` that ends the game without a result.
        guard: whether a move beyond the own limit is asked again like an unusable one.
    """

    fallback: str = "repeat"
    guard: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("fallback", self.fallback, FALLBACKS)
        check_flag("guard", self.guard)

    @property
    def params(self) -> dict[str, JsonValue]:
        """What records keep."""
        return {**super().params, "fallback": self.fallback, "guard": self.guard}

    def decide(self, view: ViewT) -> DecisionT:
        """Ask the model for a move in every row, all at once; see `LanguageAgent.decide`."""
        return self._decision(view, run(together([self._make(view, row) for row in range(len(view))])))

    async def _make(self, view: ViewT, row: int) -> Made:
        seat = self._seat(view, row)
        try:
            asked = await self._ask(seat, request_seed(view, row))
        except BackendError as error:
            asked = Asked(error=error)
        if asked.error is not None:
            return self._fault(asked, asked.error)
        if asked.move is None:
            return self._fall_back(seat, asked)
        reply = asked.move
        note = self._note(asked) | ({"thinking": reply.thinking} if reply.thinking else {})
        offer = reply.price if reply.keep is None else reply.keep
        return Made(_KINDS[reply.kind], offer, reply.message or None, note)

    async def _ask(self, seat: SeatT, seed: int) -> Asked[Reply]:
        model = self.opened
        as_json = self._uses_json(model)
        chat = build_chat(
            seat,
            self.texts,
            self._system(seat, as_json),
            lambda event, turn: self._turn(seat, event, turn),
            lambda move: seat.answered(move, as_json),
        )
        request = Request(chat, seat.schema() if as_json else None, self.temperature, self.max_tokens, seed)
        again = lambda reason: self.texts.fill("again", {**seat.fields, "reason": reason})  # noqa: E731
        return await ask(model, request, lambda text: seat.read(text, self.guard), again, 1 + self.reasks)

    def _system(self, seat: SeatT, as_json: bool) -> dict[str, str]:
        texts = {**seat.system_texts, "format": f"format.{'json' if as_json else 'text'}"}
        return {field: self.texts.fill(text, seat.fields) if text else "" for field, text in texts.items()}

    def _turn(self, seat: SeatT, event: str, turn: int) -> str:
        text = "last_turn" if turn == seat.max_turns else "turn"
        return self.texts.fill(text, {**seat.fields, "event": event, "turn": str(turn)})

    def _fall_back(self, seat: SeatT, asked: Asked[Reply]) -> Made:
        if self.fallback == "fault":
            reasons = "; ".join(str(reply["reason"]) for reply in asked.unusable)
            return self._fault(asked, BackendError(f"no usable reply in {1 + self.reasks} tries: {reasons}", "reply"))
        offers = (move.offer for move in reversed(seat.past) if move.mine and move.offer is not None)
        repeated = next(offers, None) if self.fallback == "repeat" else None
        note = self._note(asked, fallback="walk" if repeated is None else "repeat")
        return Made(WALK if repeated is None else OFFER, repeated, None, note)

    @abstractmethod
    def _seat(self, view: ViewT, row: int) -> SeatT:
        """What the agent knows in one row."""


def free_texts(fields: Iterable[str], system: Iterable[str], parts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The texts that the prompt of a free agent must have, each with its placeholders.

    Args:
        fields: the placeholders that every text may have.
        system: further ones of the text ``system``.
        parts: the texts that fill those.
    """
    known = tuple(fields)
    own = {
        "system": (*system, "format"),
        "turn": ("event", "turn"),
        "last_turn": ("event", "turn"),
        "again": ("reason",),
        "format.json": (),
        "format.text": (),
        **heard_texts(),
        **dict.fromkeys(parts, ()),
    }
    return {text: (*known, *more) for text, more in own.items()}
