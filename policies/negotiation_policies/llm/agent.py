"""What all agents with a language model share: their parameters, and deciding in many games at once."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from negotiation_env.policy import FAULT, JsonValue, Note, View
from negotiation_policies.llm.asking import Asked
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.opening import open_model
from negotiation_policies.llm.backends.protocol import Backend, BackendError
from negotiation_policies.llm.backends.reliable import Model, Reliability
from negotiation_policies.llm.prompt import Prompt, load_prompt
from negotiation_policies.parameters import check_choice, check_number, check_whole

REPLIES = ("auto", "json", "text")
ViewT = TypeVar("ViewT", bound=View)
DecisionT = TypeVar("DecisionT")


@dataclass(frozen=True)
class Made:
    """One move that has been made up, and how.

    Attributes:
        kind: 0 offer, 1 accept, 2 walk, 3 fault.
        offer: what is offered, where ``kind`` is 0.
        message: what is said with it.
        note: what the record keeps.
    """

    kind: int
    offer: Any = None
    message: str | None = None
    note: Note | None = None


@dataclass(frozen=True, kw_only=True)
class LanguageAgent(ABC, Generic[ViewT, DecisionT]):
    """A policy whose moves or words a language model makes up.

    It is a function of the view like every policy: the chat with the model is told anew from the game so far, so
    nothing is kept between turns, and each chat begins with the whole one of the turn before.

    Attributes:
        model: ``smollm2``, ``ollama/NAME``, ``openai/NAME``, ``local/FILE.gguf``, ``transformers/NAME``, or a backend.
        base_url: where an OpenAI-compatible server is.
        prompt: the name of a prompt of the package, or the path of a ``.toml`` file.
        reply: ``"json"`` holds replies to a JSON schema, ``"text"`` reads free text, ``"auto"`` is JSON where the
            backend has schemas.
        temperature: of the sampling; 0 is greedy.
        max_tokens: the longest reply; a longer one is cut, and counts as unusable.
        reasks: how often the model is asked again after a reply that cannot be used.
        deadline: seconds for one decision, from when its first request may be sent.
        retries: how often a request is sent again after a fault on the way.
        concurrency: how many decisions are made at once with this model.
    """

    model: str | Backend = "smollm2"
    base_url: str | None = None
    prompt: str = ""
    reply: str = "auto"
    temperature: float = 0.7
    max_tokens: int = 200
    reasks: int = 3
    deadline: float = 120.0
    retries: int = 3
    concurrency: int = 32

    def __post_init__(self) -> None:
        check_choice("reply", self.reply, REPLIES)
        check_number("temperature", self.temperature, 0.0, 2.0)
        check_whole("max_tokens", self.max_tokens, low=1)
        check_whole("reasks", self.reasks, low=0)
        _ = self.reliability, self.texts

    @property
    def params(self) -> dict[str, JsonValue]:
        """What records keep: what shapes the replies, without hosts and paths."""
        return {
            "model": model_name(self.model),
            "prompt": self.texts.identity,
            "reply": self.reply,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "reasks": self.reasks,
        }

    @cached_property
    def texts(self) -> Prompt:
        """The prompt."""
        return load_prompt(self.prompt)

    @property
    def reliability(self) -> Reliability:
        """How faults on the way are dealt with."""
        return Reliability(deadline=self.deadline, retries=self.retries, concurrency=self.concurrency)

    @property
    def games_at_once(self) -> int:
        """How many games are played side by side."""
        return self.concurrency

    @property
    def opened(self) -> Model:
        """The model, shared by all that ask for it in the same way."""
        return open_model(self.model, base_url=self.base_url, reliability=self.reliability)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # it keeps nothing, and its model is shared anyway

    def check(self) -> None:
        """Ask the backend for its models, so that a wrong name or a missing server is known before any game.

        Raises:
            BackendError: it cannot be reached, or lacks the model.
        """
        run(self.opened.check())

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing to prepare: the chats are told anew from the view."""

    @abstractmethod
    def decide(self, view: ViewT) -> DecisionT:
        """Make up a move in every row, all at once.

        A backend that gives no answer makes the row a fault (kind 3) with the reason in its note.
        """

    @abstractmethod
    def _decision(self, view: ViewT, made: Sequence[Made]) -> DecisionT:
        """The moves of all rows."""

    def _uses_json(self, model: Model) -> bool:
        if self.reply == "json" and not model.has_schema:
            raise BackendError(f"{model.name} cannot hold replies to a schema; use reply=text or auto.", "setup")
        return self.reply != "text" and model.has_schema

    def _note(self, asked: Asked[Any], **more: JsonValue) -> dict[str, JsonValue]:
        """What the record keeps of one decision."""
        note: dict[str, JsonValue] = {
            "model": model_name(self.model),
            "prompt": self.texts.identity,
            "replies": asked.replies,
            "retries": asked.retries,
            "illegal": len(asked.unusable),
            "fallback": "",
            **more,
        }
        return note | ({"forgotten": asked.forgotten} if asked.forgotten else {})

    def _fault(self, asked: Asked[Any], error: BackendError) -> Made:
        """The move of a backend that gave no answer."""
        return Made(FAULT, note=self._note(asked, error={"fault": error.fault, "message": str(error)}))


async def together(work: Sequence[Coroutine[Any, Any, Made]]) -> list[Made]:
    """Do everything at once; the first error ends all of it."""
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def model_name(model: str | Backend) -> str:
    """A model as records name it: without the folders of a file."""
    if not isinstance(model, str):
        return model.name
    scheme, slash, rest = model.partition("/")
    if slash and scheme in ("local", "transformers") and ("/" in rest or rest.startswith(".")):
        is_folder = scheme == "local" or rest.startswith((".", "/", "~"))
        return f"{scheme}/{rest.rstrip('/').rsplit('/', 1)[-1]}" if is_folder else model
    return model
