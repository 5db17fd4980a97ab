"""What a reading comes to: a reply with one meaning, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["offer", "accept", "walk", "invalid"]


class UnreadableError(ValueError):
    """A reply has no reading or more than one; its text is the reason, worded for whoever is asked again."""


@dataclass(frozen=True)
class Reply:
    """One reply as it was read.

    Attributes:
        kind: the move that the text states, or ``"invalid"``.
        price: the price of an offer in the price domain, else None.
        keep: what the speaker keeps of each type, for an offer in the multi-item domain, else None.
        reason: why an invalid reply has no reading, in words for asking again; else empty.
        message: what is said to the opponent: the text without thinking and without what follows a role marker, or
            the ``message`` of a JSON reply.
        thinking: the text of ``<think>`` blocks, which is never read as a move.
    """

    kind: Kind
    price: float | None = None
    keep: tuple[int, ...] | None = None
    reason: str = ""
    message: str = ""
    thinking: str = ""
