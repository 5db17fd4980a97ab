"""Asking a model until its reply can be used: what it said each time, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from negotiation_env.policy import JsonValue
from negotiation_policies.llm.backends.protocol import BackendError, Completion, Request

if TYPE_CHECKING:
    from negotiation_policies.llm.backends.reliable import Budget, Model

_CUT = "The reply was cut at {limit} tokens. Be brief."
_STOPPED = "The reply did not end by itself ({reason})."
_ENDS = ("stop", "eos", "end_turn", "stop_sequence")
"""How a reply ends by itself, in the words of backends."""
Move = TypeVar("Move")


@dataclass(frozen=True)
class Reading(Generic[Move]):
    """A reply as it was read: the move, or why it cannot be used."""

    move: Move | None
    reason: str = ""
    kind: str = ""
    """What is wrong, for counting: ``"unreadable"``, ``"cut"``, ``"step"``, ``"limit"`` or ``"accept_instead"``; of a
    voice ``"unreadable"``, ``"cut"``, ``"other_move"`` or ``"amounts"``."""


@dataclass
class Asked(Generic[Move]):
    """What asking came to.

    Attributes:
        move: the move of the last reply; ``None`` if none could be used.
        replies: every reply, the last one last: its text, why it ended, why it could not be used, its tokens.
        retries: how often a request was sent again because of a fault on the way.
        forgotten: how many of the oldest messages were left out, for the prompt was too long for the model.
        error: what ended the asking, if the model gave no answer at all.
    """

    move: Move | None = None
    replies: list[dict[str, JsonValue]] = field(default_factory=list)
    retries: int = 0
    forgotten: int = 0
    error: BackendError | None = None

    @property
    def unusable(self) -> list[dict[str, JsonValue]]:
        """The replies that could not be used."""
        return [reply for reply in self.replies if reply["reason"]]


async def ask(
    model: Model,
    request: Request,
    read: Callable[[str], Reading[Move]],
    again: Callable[[str], str],
    tries: int,
) -> Asked[Move]:
    """Ask up to ``tries`` times within one deadline, each time with the reason why the last reply was of no use.

    Args:
        model: who is asked.
        request: the chat; its seed is counted up with each try.
        read: reads a reply that was not cut.
        again: what to say after a reply that cannot be used, from the reason.
        tries: how many replies are asked for at most.
    """
    asked: Asked[Move] = Asked()
    asking = request
    async with model.decision() as budget:
        try:
            for place in range(tries):
                seed = None if request.seed is None else (request.seed + place) % 2**31
                completion = await _complete(budget, replace(asking, seed=seed), asked)
                reading = _read(completion, read, request.max_tokens)
                asked.replies.append(_noted(completion, reading))
                if reading.move is not None:
                    asked.move = reading.move
                    break
                asking = _asked_again(request, again(reading.reason))
        except BackendError as error:
            asked.error = error
        asked.retries = budget.retries
    return asked


async def _complete(budget: Budget, request: Request, asked: Asked[Move]) -> Completion:
    """Ask, and leave out the oldest exchange for as long as the prompt is too long for the model."""
    while True:
        messages = (request.messages[0], *request.messages[1 + asked.forgotten :])
        try:
            return await budget.complete(replace(request, messages=messages))
        except BackendError as error:
            if error.fault != "context" or len(messages) <= 3:
                raise
            asked.forgotten += 2  # what was heard and what was answered, so that a user message stays the first


def _read(completion: Completion, read: Callable[[str], Reading[Move]], limit: int) -> Reading[Move]:
    if completion.finish_reason == "length":
        return Reading(None, _CUT.format(limit=limit), "cut")
    if completion.finish_reason not in _ENDS:
        return Reading(None, _STOPPED.format(reason=completion.finish_reason), "cut")
    return read(completion.text)


def _noted(completion: Completion, reading: Reading[Move]) -> dict[str, JsonValue]:
    return {
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "reason": reading.reason,
        "kind": reading.kind,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cached_tokens": completion.cached_tokens,
    }


def _asked_again(request: Request, reason: str) -> Request:
    """The same request with a reason at its end.

    The reply that was refused is not shown: models repeat what they read, small ones to the letter.
    """
    *before, last = request.messages
    return replace(request, messages=(*before, {**last, "content": f"{last['content']}\n{reason}"}))
