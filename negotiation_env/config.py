"""The settings that the games of all domains have, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from negotiation_env.policy import JsonValue
from negotiation_env.registry import unknown_name
from negotiation_env.scenarios import check_scenario

INFORMATION = ("private", "known")


@dataclass(frozen=True, kw_only=True)
class GameConfig:
    """What fixes a game besides its seed; the same for environments and `rollout`.

    Attributes:
        scenario: a registered scenario name, see `negotiation_env.scenarios`.
        max_turns: the deadline, in single turns.
        first_mover: ``"random"``, or the side that moves first.
        information: ``"private"``, or ``"known"``: each agent is told what the other privately knows.
        discount: per-turn factor in (0, 1], one number or one a seat.
        chat: whether moves may carry public messages.
    """

    domain: ClassVar[str]
    sides: ClassVar[tuple[str, str]]
    scenario: str = "seed"
    max_turns: int = 20
    first_mover: str = "random"
    information: str = "private"
    discount: float | tuple[float, float] = 1.0
    chat: bool = False

    def __post_init__(self) -> None:
        single = isinstance(self.discount, int | float)
        object.__setattr__(self, "discount", float(self.discount) if single else pair("discount", self.discount))  # type: ignore[arg-type]
        check_whole("max_turns", self.max_turns, 1, 10_000)
        check_choice("first_mover", self.first_mover, ("random", *self.sides))
        check_choice("information", self.information, INFORMATION)
        for factor in self.discounts:
            if not 0.0 < factor <= 1.0:
                raise ValueError(f"discount is {factor}; it must be above 0 and at most 1 (1 means no discounting).")
        check_scenario(self.scenario, self.domain)
        if not isinstance(self.chat, bool):
            raise ValueError(f"chat is {self.chat!r}; it must be True or False.")

    @property
    def discounts(self) -> tuple[float, float]:
        """The per-turn factors of both seats."""
        return self.discount if isinstance(self.discount, tuple) else (self.discount, self.discount)

    @classmethod
    def build(cls, settings: Mapping[str, object]) -> Self:
        """A config from keyword arguments; an unknown one raises ``TypeError`` with the known ones."""
        known = [field.name for field in fields(cls)]
        for name in settings:
            if name not in known:
                raise TypeError(unknown_name("setting", name, known))
        return cls(**settings)  # type: ignore[arg-type]  # values are checked in __post_init__

    def as_json(self) -> dict[str, JsonValue]:
        """A JSON-able dict from which `build` makes the same config."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: object) -> JsonValue:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]  # fields are scalars


def pair(name: str, value: object) -> tuple[float, float]:
    """Two numbers from any iterable of two; anything else raises ``ValueError``."""
    try:
        first, second = value  # type: ignore[misc]  # any iterable of two numbers
        return (float(first), float(second))  # type: ignore[has-type]
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; it must be a pair of numbers.") from None


def check_whole(name: str, value: object, low: int, high: int) -> None:
    """Raise ``ValueError`` unless a value is a whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; it must be a whole number from {low} to {high:,}.")


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise ``ValueError`` unless a value is one of those allowed."""
    if value not in allowed:
        raise ValueError(unknown_name(name, value, allowed))
