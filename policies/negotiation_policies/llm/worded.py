"""A policy whose moves a language model puts into words: the policy decides, the model finds the words."""

from __future__ import annotations

import copy
import json
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np

from negotiation_env.policy import FAULT, JsonValue, Note, View
from negotiation_env.registry import AnyPolicy, Player, make_player
from negotiation_policies.llm.agent import LanguageAgent, Made, together
from negotiation_policies.llm.asking import Asked, Reading, ask
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.protocol import BackendError, Request
from negotiation_policies.llm.chat import Seat, build_chat, heard_texts
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.sampling import request_seed

ViewT = TypeVar("ViewT", bound=View)
DecisionT = TypeVar("DecisionT")


class Task(Protocol):
    """What a message has to say."""

    @property
    def seat(self) -> Seat:
        """Who says it."""

    @property
    def name(self) -> str:
        """``offer``, ``accept`` or ``walk``."""

    @property
    def fields(self) -> dict[str, str]:
        """What a prompt can say of it."""

    def schema(self) -> Mapping[str, JsonValue]:
        """The JSON schema of an object whose ``message`` says it."""

    def template(self, choice: int) -> str:
        """A sentence of ours that says it; ``choice`` picks one of several."""

    def read(self, text: str) -> Reading[str]:
        """The message, if it says the move and nothing else."""


@dataclass(frozen=True, kw_only=True)
class WordedStrategy(LanguageAgent[ViewT, DecisionT]):
    """Plays what ``strategy`` decides; the model words it, and has no say in the move.

    A message counts only if it says exactly the move. If the model finds none in ``1 + reasks`` tries, a template of
    ours stands in for it; the note of the move says ``narration: template``, and holds the replies with the reasons.

    Attributes:
        strategy: the policy that decides, as a spec string or an object.
    """

    domain: ClassVar[str]
    strategy: str | AnyPolicy
    max_tokens: int = 120

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.player

    @cached_property
    def player(self) -> Player:
        """The policy that decides, with its name and parameters."""
        return make_player(self.strategy, self.domain)

    @property
    def params(self) -> dict[str, JsonValue]:
        """What records keep; ``rho`` is the one that the strategy is commanded to reach, if it is."""
        rho = {"rho": self.player.params["rho"]} if "rho" in self.player.params else {}
        return {"strategy": self.player.spec, **super().params, **rho}

    @property
    def games_at_once(self) -> int:
        """How many games are played side by side: as many as model and strategy allow."""
        return min(self.concurrency, getattr(self.player.policy, "games_at_once", self.concurrency))

    @property
    def stays_here(self) -> bool:
        """Whether the strategy is asked in this process only, as a person is."""
        return getattr(self.player.policy, "stays_here", False)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        twin = copy.copy(self)
        twin.__dict__["player"] = copy.deepcopy(self.player, memo)
        return twin

    def reset(self, size: int, seed: int | None = None) -> None:
        """Prepare the strategy for a batch of ``size`` games."""
        self.player.policy.reset(size, seed)

    def decide(self, view: ViewT) -> DecisionT:
        """Let the strategy decide in every row, and the model find words for it, all at once."""
        decided = self.player.policy.decide(view)
        kinds, offers = self._resolve(view, decided)
        inner: list[Note | None] = [None] * len(view) if decided.notes is None else list(decided.notes)
        work = [
            self._word(view, row, kind, offers[row], inner[row])
            for row, kind in enumerate(np.asarray(kinds).tolist())
        ]  # fmt: skip
        return self._decision(view, run(together(work)))

    async def _word(self, view: ViewT, row: int, kind: int, offer: Any, inner: Note | None) -> Made:  # noqa: ANN401
        if kind == FAULT:
            return Made(FAULT, note=inner)
        task, seed = self._task(view, row, kind, offer), request_seed(view, row)
        try:
            asked = await self._ask(task, seed)
        except BackendError as error:
            asked = Asked(error=error)
        note = self._note(asked, narration="template" if asked.move is None else "model")
        if inner is not None:
            note["strategy"] = inner
        if asked.error is not None:
            note["error"] = {"fault": asked.error.fault, "message": str(asked.error)}
            return Made(FAULT, note=note)
        if asked.move is None:
            note["fallback"] = "template"
        return Made(kind, offer, task.template(seed) if asked.move is None else asked.move, note)

    async def _ask(self, task: Task, seed: int) -> Asked[str]:
        model = self.opened
        as_json = self._uses_json(model)
        fields = {**task.seat.fields, **task.fields}
        now = self.texts.fill(f"task.{task.name}", fields)
        chat = build_chat(
            task.seat,
            self.texts,
            {"format": self.texts.fill(f"format.{'json' if as_json else 'text'}", fields)},
            lambda event, turn: self._turn(task.seat, event, turn, now),
            lambda move: self._answer(task.seat, move, as_json),
        )
        request = Request(chat, task.schema() if as_json else None, self.temperature, self.max_tokens, seed)
        read = _in_json(task.read) if as_json else task.read
        again = lambda reason: self.texts.fill("again", {**fields, "reason": reason, "task": now})  # noqa: E731
        return await ask(model, request, read, again, 1 + self.reasks)

    def _turn(self, seat: Seat, event: str, turn: int, now: str) -> str:
        task = now if turn == seat.turn else self._past_task(seat, turn)
        return self.texts.fill("turn", {**seat.fields, "event": event, "task": task})

    def _past_task(self, seat: Seat, turn: int) -> str:
        """What was asked on an own past turn: an offer, since the game went on after it."""
        move = next(move for move in seat.past if move.turn == turn)
        return self.texts.fill("task.offer", {**seat.fields, **self._task_fields(seat, move)})

    def _answer(self, seat: Seat, move: PastMove[Any], as_json: bool) -> str:
        said = self._past_words(seat, move)
        return json.dumps({"message": said}, ensure_ascii=False) if as_json else said

    @abstractmethod
    def _resolve(self, view: ViewT, decided: Any) -> tuple[Any, Any]:  # noqa: ANN401  # the domain's own decision
        """Checked kinds (B,) and offers (B, ...), as the engine will know them."""

    @abstractmethod
    def _task(self, view: ViewT, row: int, kind: int, offer: Any) -> Task:  # noqa: ANN401
        """What the message of one row has to say."""

    @abstractmethod
    def _task_fields(self, seat: Any, move: PastMove[Any]) -> dict[str, str]:  # noqa: ANN401
        """What a prompt can say of an own past offer."""

    @abstractmethod
    def _past_words(self, seat: Any, move: PastMove[Any]) -> str:  # noqa: ANN401
        """What was said with an own past offer."""


def _in_json(read: Any) -> Any:  # noqa: ANN401  # Callable[[str], Reading[str]], both
    def read_message(text: str) -> Reading[str]:
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            found = None
        message = found.get("message") if isinstance(found, dict) else None
        if not isinstance(message, str):
            return Reading(None, "Answer with one JSON object with the text 'message'.", "unreadable")
        return read(message)  # type: ignore[no-any-return]

    return read_message


def voice_texts(fields: Iterable[str], offered: str) -> dict[str, tuple[str, ...]]:
    """The texts that the prompt of a voice must have, each with its placeholders; ``offered`` names what is offered."""
    tasks = dict.fromkeys((f"task.{name}" for name in ("offer", "accept", "walk")), (offered,))
    own = {
        "system": ("format",),
        "turn": ("event", "task"),
        "again": (offered, "reason", "task"),
        "format.json": (offered,),
        "format.text": (offered,),
        **heard_texts(),
        **tasks,
    }
    return {text: (*fields, *more) for text, more in own.items()}
