"""What a policy is: a batched function from what an agent knows to what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
Note = Mapping[str, JsonValue]
Message = tuple[int, str, str]
"""A spoken message: (turn, agent, text)."""

OFFER, ACCEPT, WALK, FAULT = 0, 1, 2, 3
"""The kinds of a decision."""
KIND_NAMES = ("offer", "accept", "walk", "fault")


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """What one agent knows when it must move, for B games at once (leading dimension B).

    Attributes:
        role: int64 (B,), the seat (+1 seller, -1 buyer; or 0, 1).
        turn: int64 (B,), 1-based.
        max_turns: int64 (B,), the deadline.
        game: int64 (B,), the row's fixed slot in the batch, 0..size-1; rows come in any subset and order.
        game_seed: uint64 (B,), this game's own seed for this seat.
        messages: with chat, one list a row of ``(turn, agent, text)``; else ``None``.
        discount: what the own reward is multiplied by for each turn before the accepted offer, (B,) or one number.
    """

    role: Int64
    turn: Int64
    max_turns: Int64
    game: Int64
    game_seed: NDArray[np.uint64]
    messages: Sequence[Sequence[Message]] | None = None
    discount: Float64 | float = 1.0

    @classmethod
    def late(cls, facts: Mapping[str, object], late: Mapping[str, Callable[[], NDArray[Any]]]) -> Self:
        """A view of the given fields, and of those that a function gives when they are first read."""
        view = cls.__new__(cls)
        view.__dict__.update(facts, _late=late)
        return view

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # any field
        late: Mapping[str, Callable[[], NDArray[Any]]] = self.__dict__.get("_late", {})
        if name not in late:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        value = late[name]()
        value.flags.writeable = False
        self.__dict__[name] = value
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **{field.name: getattr(self, field.name) for field in fields(self)}), ()

    def __len__(self) -> int:
        return len(self.turn)

    def take(self, rows: Int64 | NDArray[np.bool_]) -> Self:
        """The same view for some of its rows: indices or a mask (B,)."""
        picked: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                picked[field.name] = value[rows]
            elif isinstance(value, Sequence):
                picked[field.name] = [value[row] for row in np.arange(len(self))[rows]]
            else:
                picked[field.name] = value
        taken = object.__new__(type(self))
        taken.__dict__.update(picked)
        return taken


ViewT = TypeVar("ViewT", bound=View, contravariant=True)
DecisionT = TypeVar("DecisionT", covariant=True)


class Policy(Protocol[ViewT, DecisionT]):
    """Anything that can play: batch first, and a function of the view alone.

    ``reset`` is called once before each batch of ``size`` games. What must be kept between turns (chats,
    caches) is indexed by ``view.game`` and dropped when that slot starts a new game. Random draws come
    from `negotiation_env.seeding`, keyed by the view, so that the same games come out for any batch size.

    A policy that waits for a server or a person says with an attribute ``games_at_once`` how many games it can play
    side by side; they are then played by threads, each with a deep copy of its own. A policy that holds what threads
    can share (a model, a client of a server) or what cannot be copied (a lock, an open file) defines ``__deepcopy__``,
    which shares that and copies what is kept by game; a policy that keeps nothing returns itself. With Ray it is asked
    in an actor; policies with an equal ``served_by`` share one, and one with a true ``stays_here``, as a person, is
    asked in this process. Where there is a method ``check_ready()``, commands call it before the first game; it raises
    with what is missing.
    """

    def reset(self, size: int, seed: int | None = None) -> None:
        """Prepare for a batch of ``size`` games."""

    def decide(self, view: ViewT) -> DecisionT:
        """Choose a move in each row of ``view``; the view's arrays are neither kept nor written."""
