"""A game so far, as its next mover remembers it: read back from the view, so that no chat has to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from negotiation_env.policy import Message

Offer = TypeVar("Offer")


@dataclass(frozen=True)
class PastMove(Generic[Offer]):
    """One turn that has been played.

    Attributes:
        turn: 1-based.
        mine: whether the next mover made it.
        offer: what was offered; ``None`` for a turn that was lost.
        message: what was said with it; ``None`` if nothing was.
    """

    turn: int
    mine: bool
    offer: Offer | None
    message: str | None


def past_moves(
    turn: int, own: Sequence[Offer], theirs: Sequence[Offer], messages: Sequence[Message] | None
) -> tuple[PastMove[Offer], ...]:
    """The moves before ``turn``, oldest first.

    Agents move by turns and a game goes on after offers alone, so the offers in their order tell the turns. Where
    an environment has let a side lose turns, its offers are taken to be its latest moves.
    """
    said = {spoken: text for spoken, _, text in messages or ()}
    moves = []
    for side, offers in ((True, own), (False, theirs)):
        played = [t for t in range(1, turn) if ((turn - t) % 2 == 0) == side]
        lost = len(played) - len(offers)
        for place, when in enumerate(played):
            moves.append(PastMove(when, side, offers[place - lost] if place >= lost else None, said.get(when)))
    return tuple(sorted(moves, key=lambda move: move.turn))
