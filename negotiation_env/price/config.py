"""The settings of a price game, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from negotiation_env.config import GameConfig, check_whole, pair
from negotiation_env.price.rules import SIDES


@dataclass(frozen=True, kw_only=True)
class PriceConfig(GameConfig):
    """What fixes a price game besides its seed; the same for environments and `rollout`.

    The settings of all domains are in `negotiation_env.config.GameConfig`.

    Attributes:
        price_range: public (low, high), currency units.
        tick: the smallest price unit.
        price_grid: number of even price points the game itself plays on, or ``None``.
        catalogue: path of the CSV file of the ``"catalogue"`` scenario.
    """

    domain = "price"
    sides: ClassVar[tuple[str, str]] = SIDES
    scenario: str = "varied"
    price_range: tuple[float, float] = (200.0, 1500.0)
    tick: float = 0.01
    price_grid: int | None = None
    catalogue: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "price_range", pair("price_range", self.price_range))
        if self.catalogue is not None:
            object.__setattr__(self, "catalogue", str(self.catalogue))
        if self.price_grid is not None:
            check_whole("price_grid", self.price_grid, 2, 1_000_001)
        self._check_range()
        self._check_catalogue()

    def _check_range(self) -> None:
        low, high = self.price_range
        if not (math.isfinite(low) and math.isfinite(high) and 0.0 <= low < high):
            raise ValueError(f"price_range is ({low}, {high}); it must be finite with 0 <= low < high.")
        if not (math.isfinite(self.tick) and 0.0 < self.tick <= high - low):
            raise ValueError(f"tick is {self.tick}; it must be above 0 and at most the width of the price range.")
        for end in self.price_range:
            if abs(end / self.tick - round(end / self.tick)) > 1e-6:
                raise ValueError(f"price_range end {end} is not a multiple of tick {self.tick}; change one of them.")

    def _check_catalogue(self) -> None:
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
    def resolution(self) -> tuple[float, int | None]:
        """The tick, and the number of points of the game's own grid if it has one."""
        return self.tick, self.price_grid
