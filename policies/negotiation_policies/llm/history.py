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
    an environment has let a side lose turns, these are taken to be its earliest ones without a message.
    """
    said = {spoken: text for spoken, _, text in messages or () if text.strip()}
    moves = []
    for mine, offers in ((True, own), (False, theirs)):
        played = [t for t in range(1, turn) if ((turn - t) % 2 == 0) == mine]
        silent_first = sorted(played, key=lambda t: (t in said, t))
        lost = set(silent_first[: len(played) - len(offers)])
        made = iter(offers)
        moves += [PastMove(t, mine, None if t in lost else next(made), said.get(t)) for t in played]
    return tuple(sorted(moves, key=lambda move: move.turn))
