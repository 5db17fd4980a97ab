"""The questions to a person until there is a legal move that it means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from negotiation_env.policy import ACCEPT, KIND_NAMES, OFFER, WALK
from negotiation_env.turns import FLOAT_NOISE
from negotiation_policies.human.decision_point import DecisionPoint
from negotiation_policies.human.scene import scene
from negotiation_policies.human.terminal import Terminal
from negotiation_policies.llm.parsing import UnreadableError

Offer = TypeVar("Offer")

_HELP = frozenset({"help", "h", "?"})
_ACCEPT = frozenset({"accept", "a", "deal", "accept the offer", "accept it"})
_WALK = frozenset({"walk", "w", "walk away", "quit", "q", "quit game", "quit the game", "leave", "exit"})


@dataclass(frozen=True)
class Move(Generic[Offer]):
    """What a person has chosen.

    Attributes:
        kind: `OFFER`, `ACCEPT` or `WALK`.
        offer: what is offered, else None.
        message: what is said with it; None if only the move was named.
    """

    kind: int
    offer: Offer | None = None
    message: str | None = None


def ask_move(point: DecisionPoint[Offer], terminal: Terminal) -> Move[Offer]:
    """Show a decision point and ask until there is a legal move that the person means.

    Raises:
        RuntimeError: the input has ended.
    """
    terminal.show(*scene(point, terminal))
    choices = "offer, accept, walk or help" if point.standing is not None else "offer, walk or help"
    while True:
        typed = terminal.ask(f"{choices} > ")
        if typed.lower() in _HELP or not typed:
            terminal.show(point.help if typed else f"Type a move, such as {point.example!r}, or 'help'.")
            continue
        try:
            move = _confirmed(point, _read(point, typed), terminal)
        except UnreadableError as error:
            terminal.show(f"{error} ('help' lists what can be typed.)")
            continue
        if move is not None:
            return _with_message(point, move, terminal)


def _read(point: DecisionPoint[Offer], typed: str) -> Move[Offer]:
    """The move that is typed: a bare command, else a sentence."""
    word = typed.lower().rstrip(".! ")
    if word in _WALK:
        return Move(WALK)
    if word in _ACCEPT:
        if point.standing is None:
            raise UnreadableError("There is nothing to accept yet. Make an offer.")
        return Move(ACCEPT)
    offer = point.bare_offer(typed)
    if offer is not None:
        return Move(OFFER, offer)
    reply, offer = point.sentence(typed)
    if reply.kind == "invalid":
        raise UnreadableError(reply.reason)
    return Move(KIND_NAMES.index(reply.kind), offer, reply.message)


def _confirmed(point: DecisionPoint[Offer], move: Move[Offer], terminal: Terminal) -> Move[Offer] | None:
    """The move, once the person stands by what it costs; None to ask for another one."""
    standing, offer = point.standing, move.offer
    if offer is not None and standing is not None and point.gain(offer) <= point.gain(standing) + FLOAT_NOISE:
        worse = f"{point.told(offer)} is no better for you than {point.told(standing)}, which is on the table."
        if terminal.confirm(f"{worse} Accept that instead?"):
            move = Move(ACCEPT)
        elif not terminal.confirm(f"Offer {point.told(offer)} all the same?"):
            return None
    agreed = standing if move.kind == ACCEPT else move.offer
    if agreed is None or point.gain(agreed) >= -FLOAT_NOISE:
        return move
    what = "Accept" if move.kind == ACCEPT else "Offer"
    loss = f"{point.told(agreed)} is beyond your limit: the deal would cost you {-point.gain(agreed):,.2f}."
    return move if terminal.confirm(f"{loss} {what} it all the same?") else None


def _with_message(point: DecisionPoint[Offer], move: Move[Offer], terminal: Terminal) -> Move[Offer]:
    """The move with what is said with it: the sentence, or what is typed when asked; nothing without chat."""
    said, chat = move.message, point.messages is not None
    if said is None and chat:
        said = terminal.ask(f"message to {point.other} (Enter for none) > ")
    agreed = point.standing if move.kind == ACCEPT else move.offer
    done = "You walk away" if agreed is None else f"You {KIND_NAMES[move.kind]} {point.told(agreed)}"
    terminal.show(
        f"{done}; there is no chat in this game, so your words are not sent." if said and not chat else f"{done}."
    )
    return replace(move, message=said or None if chat else None)
