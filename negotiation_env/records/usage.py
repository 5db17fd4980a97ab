"""What language models have used up in a game, from the notes of its decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from negotiation_env.engine import Batch
from negotiation_env.policy import Int64, Note
from negotiation_env.turns import mover

_TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens")


@dataclass(frozen=True)
class Usage:
    """What one seat has used; all are 0 for a player without a language model.

    Attributes:
        retries: requests that were sent again because of a fault on the way.
        fallbacks: decisions for which a fallback had to stand in.
        illegal_replies: replies that could not be used.
        prompt_tokens: tokens that models have read, cached ones among them.
        completion_tokens: tokens that models have written.
        cached_tokens: tokens that models had not to compute anew.
    """

    retries: int = 0
    fallbacks: int = 0
    illegal_replies: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.prompt_tokens + self.completion_tokens


def used(notes: Iterable[Note | None]) -> Usage:
    """What the decisions with these notes have used.

    A note may be anything that a policy wants to be kept; what is not there, or is no whole number, counts as 0.
    """
    return sum((_of_note(note) for note in notes if note is not None), Usage())


def _of_note(note: Note) -> Usage:
    replies = note.get("replies")
    each = [reply for reply in replies if isinstance(reply, Mapping)] if isinstance(replies, list | tuple) else []
    fallback = note.get("fallback")
    return Usage(
        _whole(note, "retries"),
        int(isinstance(fallback, str) and fallback != ""),
        _whole(note, "illegal"),
        *(sum(_whole(reply, name) for reply in each) for name in _TOKENS),
    )


def _whole(counts: Mapping[str, object], name: str) -> int:
    value = counts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def illegal_replies(batch: Batch, seat: int) -> Int64:
    """How many replies of a seat its notes call illegal, in each game of a batch (B,)."""
    turns = batch.episodes["turns"]
    if not batch.notes:
        return np.zeros(len(turns), dtype=np.int64)
    game = np.repeat(np.arange(len(turns)), turns)
    turn = np.arange(len(game)) - (np.cumsum(turns) - turns)[game] + 1
    is_own = mover(batch.episodes["first"][game], turn) == seat
    counted = np.zeros(len(turns), dtype=np.int64)
    for row, note in batch.notes.items():
        counted[game[row]] += used([note]).illegal_replies * is_own[row]
    return counted
