"""What all agents with a language model share: their parameters, and deciding in many games at once."""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from negotiation_env.policy import FAULT, JsonValue, Note, View
from negotiation_policies.llm.asking import Asked
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.faults import shown_address
from negotiation_policies.llm.backends.opening import open_model
from negotiation_policies.llm.backends.protocol import Backend, BackendError
from negotiation_policies.llm.backends.reliable import Model, Reliability
from negotiation_policies.llm.prompt import Prompt, load_prompt
from negotiation_policies.parameters import check_choice, check_number, check_whole

_BEGINNING = 1 << 20
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

    needed_texts: ClassVar[Mapping[str, Iterable[str]]]
    """The texts that the prompt must have, each with the placeholders that it may have."""
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
        check_model(self.model, self.base_url)
        if not isinstance(self.prompt, str):
            raise ValueError(f"prompt is {self.prompt!r}; it must be the name of a prompt or the path of a .toml file.")
        _ = self.reliability
        self.texts.check(self.needed_texts)

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
    def served_by(self) -> tuple[object, ...]:
        """What policies that ask the same model in the same way have in common."""
        return model_name(self.model), self.base_url, self.reliability

    @property
    def opened(self) -> Model:
        """The model, shared by all that ask for it in the same way."""
        return open_model(self.model, base_url=self.base_url, reliability=self.reliability)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # it keeps nothing, and its model is shared anyway

    def check_ready(self) -> None:
        """Ask the backend for its model, so that what is wrong is known before any game.

        Raises:
            BackendError: it cannot be reached, lacks the model, or cannot hold replies to a schema as asked.
        """
        self._uses_json(self.opened)
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


def check_model(model: str | Backend, base_url: str | None) -> None:
    """Raise ``ValueError`` unless a model is a name or a backend, and an address is one without a password."""
    if not isinstance(model, str) and not callable(getattr(model, "complete", None)):
        raise ValueError(f"model is {model!r}; it must be a name such as 'ollama/llama3', or a backend.")
    if base_url is None:
        return
    if not isinstance(base_url, str) or not base_url.startswith(("http://", "https://")):
        shown = shown_address(base_url) if isinstance(base_url, str) else type(base_url).__name__
        raise ValueError(f"base_url is {shown!r}; it must be an address such as 'http://127.0.0.1:8000/v1'.")
    if "@" in base_url or "?" in base_url or "#" in base_url:
        raise ValueError(
            "base_url holds a user, a password or a query, and settings are written to files; give the address alone, "
            "and the key in the environment as OPENAI_API_KEY."
        )


def model_name(model: str | Backend) -> str:
    """A model as records name it: without folders, but with a digest of the files that it is read from."""
    if not isinstance(model, str):
        return model.name
    scheme, _, rest = model.strip().partition("/")
    path = Path(rest).expanduser()
    if scheme == "local" or (scheme == "transformers" and (path.exists() or rest.startswith((".", "/", "~")))):
        digest = _digest(path)
        return f"{scheme}/{path.name}{f'@{digest}' if digest else ''}"
    return f"{scheme}/{path.name}" if rest.startswith("/") else model.strip()


def _digest(path: Path) -> str:
    """8 hex digits of sizes and beginnings of the files of a model; empty if there is none."""
    files = [path] if path.is_file() else sorted(file for file in path.glob("*") if file.is_file())
    if not files:
        return ""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(f"{file.name} {file.stat().st_size} ".encode() + content.read(_BEGINNING))
    return digest.hexdigest()[:8]
