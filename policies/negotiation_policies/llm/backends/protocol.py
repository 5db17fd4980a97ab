"""What a backend is: chat messages and perhaps a JSON schema in; text, why it ended, and token counts out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

from negotiation_env.policy import JsonValue

Fault = Literal["connection", "timeout", "status", "shape", "key", "model", "context", "setup", "reply"]
"""What a `BackendError` is about: no connection, out of time, an HTTP error, an answer of the wrong shape, a missing
or refused key, an unknown model, a prompt too long for the model, something that is not installed, replies that could
not be used."""


CUT = ("length", "content_filter")
"""Why a reply may hold nothing: it was cut before it began."""


class ChatMessage(TypedDict):
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Request:
    """What a model is asked.

    Attributes:
        messages: a system message first, and a user message last.
        schema: the JSON schema that the reply must follow; a backend without schemas refuses it.
        temperature: 0 is greedy.
        max_tokens: the longest reply.
        seed: of the sampling, where the backend has one.
    """

    messages: tuple[ChatMessage, ...]
    schema: Mapping[str, JsonValue] | None = None
    temperature: float = 0.7
    max_tokens: int = 200
    seed: int | None = None


@dataclass(frozen=True)
class Completion:
    """What a model answered.

    Attributes:
        text: the reply as it came, what the model has thought first in a ``<think>`` block; empty only if it was cut
            before it began.
        finish_reason: ``"stop"`` if the model ended it, ``"length"`` if it was cut, else the backend's own word.
        prompt_tokens: how long the prompt was; 0 where the backend does not say.
        completion_tokens: how long the reply was; 0 where the backend does not say.
        cached_tokens: how much of the prompt was not computed anew; 0 where the backend does not say.
    """

    text: str
    finish_reason: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


class BackendError(RuntimeError):
    """A model gave no usable answer; the one error of every backend.

    Attributes:
        fault: what it is about.
        retryable: whether the same request may succeed when it is sent again.
        retry_after: how many seconds the server asks to wait, if it says so.
        status: the HTTP status, if there is one.
    """

    def __init__(
        self,
        message: str,
        fault: Fault,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.fault: Fault = fault
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status


class Backend(Protocol):
    """One model somewhere. Its methods run on the event loop of `negotiation_policies.llm.backends.event_loop`.

    A backend that works on few requests at once may say so with an attribute ``slots``: no more decisions are then
    begun, so that no deadline runs while one only waits.
    """

    @property
    def name(self) -> str:
        """The model as records name it, without hosts and paths, e.g. ``ollama/llama3``."""

    @property
    def has_schema(self) -> bool:
        """Whether replies can be held to a JSON schema (with ``enum``, ``maxLength`` and anchored ``pattern``)."""

    async def complete(self, request: Request) -> Completion:
        """Answer a request once, without retries and time limit; raises `BackendError`."""

    async def models(self) -> list[str]:
        """The names of the models that the backend has; raises `BackendError`."""

    async def close(self) -> None:
        """Give back connections and processes."""


def with_thought(text: str, thought: object) -> str:
    """A reply with what the model has thought before it, as far as a server tells it beside the reply."""
    return f"<think>{thought}</think>{text}" if isinstance(thought, str) and thought.strip() else text
