"""The settings of a multi-item game, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from negotiation_env.config import GameConfig, check_whole, pair
from negotiation_env.multi_item.rules import AGENTS
from negotiation_env.multi_item.setup import Shape
from negotiation_env.scenarios import find_scenario


@dataclass(frozen=True, kw_only=True)
class MultiItemConfig(GameConfig):
    """What fixes a multi-item game besides its seed; the same for environments and `rollout`.

    The settings of all domains are in `negotiation_env.config.GameConfig`.

    Attributes:
        num_items: how many item types the scenarios ``"seed"`` and ``"opposed"`` draw, one item of each.
        disagreement: the utilities of both agents without a deal.
        opposition: of the scenario ``"opposed"``: 0 = no conflict, 1 = zero-sum.
        instances: path of the file of the ``"file"`` scenario.
    """

    domain = "multi_item"
    sides: ClassVar[tuple[str, str]] = AGENTS
    num_items: int = 4
    disagreement: tuple[float, float] = (0.0, 0.0)
    opposition: float = 0.5
    instances: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("num_items", self.num_items, 1, 12)
        object.__setattr__(self, "disagreement", pair("disagreement", self.disagreement))
        if not all(math.isfinite(utility) for utility in self.disagreement):
            raise ValueError(f"disagreement is {self.disagreement}; both utilities must be finite.")
        is_number = isinstance(self.opposition, int | float) and not isinstance(self.opposition, bool)
        if not is_number or not 0.0 <= self.opposition <= 1.0:
            raise ValueError(f"opposition is {self.opposition!r}; it must be from 0 (no conflict) to 1 (zero-sum).")
        object.__setattr__(self, "opposition", float(self.opposition))
        if self.scenario == "opposed" and self.num_items == 1 and self.opposition < 1.0:
            raise ValueError("a single item is always contested; use opposition=1, or at least 2 items.")
        if self.instances is not None:
            object.__setattr__(self, "instances", str(self.instances))
        self._check_instances()

    def _check_instances(self) -> None:
        if self.instances is not None and self.scenario in ("seed", "bargaining", "opposed"):
            raise ValueError(
                f"instances is given, but scenario {self.scenario!r} does not read it; use scenario='file'."
            )
        if self.scenario == "file" and self.instances is None:
            raise ValueError(
                "scenario 'file' needs instances=PATH, a file with two lines a game, each of them "
                "'count value count value ...' with a pair for each item type."
            )
        if self.instances is not None and not Path(self.instances).is_file():
            raise ValueError(f"instances {self.instances!r} is not a file; give the path of the file of games.")

    @cached_property
    def shape(self) -> Shape:
        """How large the scenario's pools are at most."""
        shape: Shape = find_scenario(self.scenario, "multi_item").shape(self)
        return shape
