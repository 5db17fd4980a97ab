"""What a person sees before it is asked: who it is, the moves so far, what was said, what is on the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from negotiation_env.turns import FLOAT_NOISE
from negotiation_policies.human.decision_point import DecisionPoint
from negotiation_policies.human.terminal import table
from negotiation_policies.llm.history import past_moves

if TYPE_CHECKING:
    from rich.console import RenderableType

    from negotiation_policies.human.terminal import Terminal

Offer = TypeVar("Offer")

_SHOWN_MOVES = 10
"""How many of the last moves are shown."""


def scene(point: DecisionPoint[Offer], terminal: Terminal) -> list[RenderableType]:
    """The parts of the screen, from top to bottom."""
    from rich.rule import Rule
    from rich.text import Text

    title = f"{point.title}turn {point.turn} of {point.max_turns}"
    line = "-" if terminal.console.options.ascii_only else "\u2500"
    parts: list[RenderableType] = ["", Rule(Text(title, style="bold"), characters=line), *point.facts()]
    if point.own or point.theirs:
        parts.append(_moves(point, terminal))
    heard = [text for _, agent, text in point.messages or () if agent != point.me]
    if heard:
        parts.append(Text.assemble((f"Last message from {point.other}: ", "bold"), terminal.words(heard[-1])))
    parts.append(_standing(point))
    if point.turn >= point.max_turns - 1:
        last = "an offer can no longer be answered." if point.turn == point.max_turns else "this is your last offer."
        parts.append(Text(f"The deadline is near: {last}", style="yellow"))
    return parts


def _standing(point: DecisionPoint[Offer]) -> RenderableType:
    """What is on the table, and what accepting it would earn."""
    from rich.text import Text

    if point.standing is None:
        return Text("Nothing is on the table yet.")
    gain = point.gain(point.standing)
    worth = f"earn you {gain:,.2f}" if gain >= -FLOAT_NOISE else f"cost you {-gain:,.2f} (beyond your limit)"
    style = "green" if gain >= -FLOAT_NOISE else "red"
    return Text.assemble(
        ("On the table: ", "bold"), f"{point.told(point.standing)}. Accepting would ", (worth, style), "."
    )


def _moves(point: DecisionPoint[Offer], terminal: Terminal) -> RenderableType:
    """The last moves, oldest first."""
    from rich.text import Text

    spoken = bool(point.messages)
    made = table(
        "turn",
        "who",
        point.offered,
        "earns you",
        *(["said"] if spoken else []),
        numbers=("turn", point.offered, "earns you"),
    )
    for move in past_moves(point.turn, point.own, point.theirs, point.messages)[-_SHOWN_MOVES:]:
        who = "you" if move.mine else point.other.removeprefix("the ")
        offered = ("-", "") if move.offer is None else (point.told(move.offer), f"{point.gain(move.offer):,.2f}")
        said = [Text(terminal.words(move.message or ""), no_wrap=True, overflow="ellipsis")] if spoken else []
        made.add_row(str(move.turn), who, *offered, *said, style="dim" if move.mine else "")
    return made
