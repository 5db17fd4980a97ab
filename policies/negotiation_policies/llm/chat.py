"""The chat with a model: a system message, what was heard and answered so far, and what is asked now.

The chat of a later turn begins with the whole chat of an earlier one, so that a server computes only what is new;
but for turns that were lost, and for what had to be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from negotiation_policies.llm.backends.protocol import ChatMessage
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.prompt import Prompt
from negotiation_policies.llm.quoting import fenced


class Seat(Protocol):
    """What one agent knows in one game."""

    @property
    def turn(self) -> int:
        """1-based."""

    @property
    def max_turns(self) -> int:
        """The deadline."""

    @property
    def past(self) -> tuple[PastMove[Any], ...]:
        """The moves so far."""

    @property
    def fields(self) -> dict[str, str]:
        """What a prompt can say of the game."""

    def offer_words(self, offer: Any) -> str:  # noqa: ANN401  # a price or a split
        """What the other side has offered, in words for a prompt."""


def build_chat(
    seat: Seat,
    prompt: Prompt,
    system: Mapping[str, str],
    ask: Callable[[str, int], str],
    answer: Callable[[PastMove[Any]], str],
) -> tuple[ChatMessage, ...]:
    """The chat up to the present turn.

    Args:
        seat: what the agent knows.
        prompt: whose texts ``system``, ``opening``, ``heard``, ``heard_words`` and ``heard_nothing`` are used.
        system: further fields of the text ``system``.
        ask: what the agent is asked on a turn, from what has happened since its last move and the turn.
        answer: what the agent has answered with one of its past moves.
    """
    chat: list[ChatMessage] = [{"role": "system", "content": prompt.fill("system", {**seat.fields, **system})}]
    event = prompt.fill("opening", seat.fields)
    for move in seat.past:
        if move.mine and move.offer is None:
            continue  # a lost turn is no example to follow
        if move.mine:
            chat.append({"role": "user", "content": ask(event, move.turn)})
            chat.append({"role": "assistant", "content": answer(move)})
        else:
            event = _heard(seat, prompt, move)
    chat.append({"role": "user", "content": ask(event, seat.turn)})
    return tuple(chat)


def _heard(seat: Seat, prompt: Prompt, move: PastMove[Any]) -> str:
    if move.offer is None:
        return prompt.fill("heard_nothing", seat.fields)
    fields = {**seat.fields, "offer": seat.offer_words(move.offer)}
    if move.message is None:
        return prompt.fill("heard", fields)
    return prompt.fill("heard_words", {**fields, "words": fenced(move.message)})


def heard_texts() -> dict[str, tuple[str, ...]]:
    """The texts that tell what has happened, each with the placeholders of its own."""
    return {"opening": (), "heard": ("offer",), "heard_words": ("offer", "words"), "heard_nothing": ()}
