"""One decision point as a person sees it; a domain says what things are worth and how offers are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from negotiation_env.policy import Message
from negotiation_policies.llm.parsing import Reply

if TYPE_CHECKING:
    from rich.console import RenderableType

Offer = TypeVar("Offer")


@dataclass(frozen=True, kw_only=True)
class DecisionPoint(ABC, Generic[Offer]):
    """One row of a view.

    Attributes:
        title: what stands above it, where several games are played at once; else empty.
        turn: 1-based.
        max_turns: the deadline.
        me: the agent that moves.
        other: what the opponent is called in a sentence.
        standing: what can be accepted now; None if nothing can.
        own: my offers so far.
        theirs: the opponent's offers so far.
        messages: what was said so far; None without chat.
    """

    title: str
    turn: int
    max_turns: int
    me: str
    other: str
    standing: Offer | None
    own: Sequence[Offer]
    theirs: Sequence[Offer]
    messages: Sequence[Message] | None

    help: ClassVar[str]
    """What can be typed."""
    offered: ClassVar[str]
    """What an offer tells."""

    @property
    @abstractmethod
    def example(self) -> str:
        """A bare offer that is possible here."""

    @abstractmethod
    def facts(self) -> Sequence[RenderableType]:
        """What the person must know beside the moves: who it is, what things are worth to it."""

    @abstractmethod
    def gain(self, offer: Offer) -> float:
        """What a deal would earn beyond having none."""

    @abstractmethod
    def told(self, offer: Offer) -> str:
        """An offer in words."""

    @abstractmethod
    def bare_offer(self, typed: str) -> Offer | None:
        """The offer that a bare command names; None if it is no such command; raises `UnreadableError`."""

    @abstractmethod
    def sentence(self, typed: str) -> tuple[Reply, Offer | None]:
        """A sentence as the strict parser reads it, and the offer in it."""
