"""The notes of policies as lines of text: what a language model replied, and what was made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from negotiation_env.records.text import json_text

if TYPE_CHECKING:
    from negotiation_env.policy import JsonValue, Note

_COUNTED = {"retries": ("retry", "retries"), "illegal": ("unusable reply", "unusable replies")}
_TOLD = ("model", "prompt", "replies", "retries", "fallback", "illegal", "narration", "error")


def note_lines(note: Note) -> Iterator[tuple[str, str]]:
    """Labels and texts of a note; one that is not of a language model is shown as JSON."""
    replies = note.get("replies")
    if not isinstance(replies, list | tuple):
        yield "note", json_text(note)
        return
    yield "model", ", ".join(_facts(note))
    for number, reply in enumerate(replies, 1):
        yield f"reply {number}", _reply(reply)
    rest = {name: value for name, value in note.items() if name not in _TOLD}
    if rest:
        yield "note", json_text(rest)


def _facts(note: Note) -> Iterator[str]:
    yield str(note.get("model", "unknown"))
    if note.get("prompt"):
        yield f"prompt {note['prompt']}"
    if note.get("narration"):
        yield f"worded by the {note['narration']}"
    for name, (one, more) in _COUNTED.items():
        if note.get(name):
            yield f"{note[name]} {one if note[name] == 1 else more}"
    if note.get("fallback"):
        yield f"fallback {note['fallback']}"


def _reply(reply: JsonValue) -> str:
    if not isinstance(reply, Mapping):
        return json_text(reply)
    tokens = f"{reply.get('prompt_tokens', 0)} tokens read, {reply.get('completion_tokens', 0)} written"
    reason = f"; unusable: {reply['reason']}" if reply.get("reason") else ""
    return f"{reply.get('text', '')} ({reply.get('finish_reason', 'unknown')}, {tokens}{reason})"
