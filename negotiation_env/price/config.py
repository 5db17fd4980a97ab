"""The settings of a price game, checked once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from negotiation_env.policy import JsonValue
from negotiation_env.registry import unknown_name
from negotiation_env.scenarios import check_scenario

FIRST_MOVERS = ("random", "buyer", "seller")
INFORMATION = ("private", "known")


@dataclass(frozen=True)
class PriceConfig:
    """What fixes a price game besides its seed; the same for environments and `rollout`.

    Attributes:
        scenario: a registered scenario name, see `negotiation_env.price.scenarios`.
        max_turns: the deadline, in single turns.
        first_mover: ``"random"``, ``"buyer"`` or ``"seller"``.
        information: ``"private"``, or ``"known"``: each side is told the other's limit.
        discount: per-turn factor in (0, 1], one number or (buyer, seller).
        price_range: public (low, high), currency units.
        tick: the smallest price unit.
        price_grid: number of even price points the game itself plays on, or ``None``.
        catalogue: path of the CSV file of the ``"catalogue"`` scenario.
        chat: whether moves may carry public messages.
    """

    scenario: str = "varied"
    max_turns: int = 20
    first_mover: str = "random"
    information: str = "private"
    discount: float | tuple[float, float] = 1.0
    price_range: tuple[float, float] = (200.0, 1500.0)
    tick: float = 0.01
    price_grid: int | None = None
    catalogue: str | None = None
    chat: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "price_range", _pair("price_range", self.price_range))
        single = isinstance(self.discount, int | float)
        object.__setattr__(self, "discount", float(self.discount) if single else _pair("discount", self.discount))  # type: ignore[arg-type]
        if self.catalogue is not None:
            object.__setattr__(self, "catalogue", str(self.catalogue))
        self._check()

    def _check(self) -> None:
        _whole("max_turns", self.max_turns, 1, 10_000)
        if self.price_grid is not None:
            _whole("price_grid", self.price_grid, 2, 1_000_001)
        _choice("first_mover", self.first_mover, FIRST_MOVERS)
        _choice("information", self.information, INFORMATION)
        for factor in self.discounts:
            if not 0.0 < factor <= 1.0:
                raise ValueError(f"discount is {factor}; it must be above 0 and at most 1 (1 means no discounting).")
        low, high = self.price_range
        if not (math.isfinite(low) and math.isfinite(high) and 0.0 <= low < high):
            raise ValueError(f"price_range is ({low}, {high}); it must be finite with 0 <= low < high.")
        if not (math.isfinite(self.tick) and 0.0 < self.tick <= high - low):
            raise ValueError(f"tick is {self.tick}; it must be above 0 and at most the width of the price range.")
        for end in self.price_range:
            if abs(end / self.tick - round(end / self.tick)) > 1e-6:
                raise ValueError(f"price_range end {end} is not a multiple of tick {self.tick}; change one of them.")
        check_scenario(self.scenario, "price")
        if not isinstance(self.chat, bool):
            raise ValueError(f"chat is {self.chat!r}; it must be True or False.")
        if self.catalogue is not None and self.scenario in ("seed", "varied", "private"):
            raise ValueError(
                f"catalogue is given, but scenario {self.scenario!r} does not read it; use scenario='catalogue'."
            )
        if self.scenario == "catalogue" and self.catalogue is None:
            raise ValueError(
                "scenario 'catalogue' needs catalogue=PATH, a CSV file with the columns "
                "category,title,list_price,current_price,average_price,lowest_price,highest_price."
            )
        if self.catalogue is not None and not Path(self.catalogue).is_file():
            raise ValueError(f"catalogue {self.catalogue!r} is not a file; give the path of the CSV file.")

    @property
    def discounts(self) -> tuple[float, float]:
        """The per-turn factors of (buyer, seller)."""
        if isinstance(self.discount, tuple):
            return self.discount
        return (float(self.discount), float(self.discount))

    @property
    def resolution(self) -> tuple[float, int | None]:
        """The tick, and the number of points of the game's own grid if it has one."""
        return self.tick, self.price_grid

    @classmethod
    def build(cls, settings: Mapping[str, object]) -> PriceConfig:
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


def _pair(name: str, value: object) -> tuple[float, float]:
    try:
        first, second = value  # type: ignore[misc]  # any iterable of two numbers
        return (float(first), float(second))  # type: ignore[has-type]
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; it must be a pair of numbers.") from None


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; it must be a whole number from {low} to {high:,}.")


def _choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(unknown_name(name, value, allowed))
