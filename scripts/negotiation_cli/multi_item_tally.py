"""What came out of many multi-item games: how many deals, how efficient, how far from the bargaining solutions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.domain import Array
    from negotiation_env.episodes import Episodes
    from negotiation_env.metrics import MultiItemSummary

_COLUMNS = (
    "agent_0", "agent_1", "quantities", "values_0", "values_1", "deal", "efficiency", "pareto_optimal", "envy_free",
    "payoff_agent_0", "payoff_agent_1", "nash_distance", "kalai_smorodinsky_distance", "turns", "ended_by",
)  # fmt: skip


@dataclass
class Tally:
    """The figures of `negotiation_env.metrics.multi_item_summary`, gathered batch by batch."""

    episodes: int = 0
    decisions: int = 0
    faults: int = 0
    parts: list[dict[str, Array]] = field(default_factory=list)

    def add(self, episodes: Episodes) -> None:
        """Count further games."""
        table = episodes.episodes
        fault = table["ended_by"] == "fault"
        self.episodes += int((~fault).sum())
        self.decisions += int(table["turns"][~fault].sum())
        self.faults += int(fault.sum())
        self.parts.append({name: table[name] for name in _COLUMNS})

    def summary(self) -> MultiItemSummary:
        """The figures of all games."""
        import numpy as np

        from negotiation_env.metrics import multi_item_summary

        whole = {name: np.concatenate([part[name] for part in self.parts]) for name in _COLUMNS}
        return multi_item_summary(whole).overall

    def as_json(self) -> dict[str, object]:
        """The figures by name; rates are fractions of the episodes."""
        from dataclasses import asdict

        figures = asdict(self.summary())
        return {
            "episodes": self.episodes,
            "decisions": self.decisions,
            "faults": self.faults,
            **{name: value for name, value in figures.items() if name not in ("agent_0", "agent_1")},
        }

    def as_table(self) -> Table:
        """The same for reading."""
        from negotiation_cli.output import number, table
        from negotiation_cli.price_tally import percent

        found = self.summary()
        low, high = found.efficiency_interval
        interval = f" (95 % interval {low:.1%} to {high:.1%})" if math.isfinite(low) else ""
        made = table("", "")
        made.show_header = False
        made.add_row("episodes", f"{self.episodes:,}" + (f" and {self.faults:,} with a fault" if self.faults else ""))
        made.add_row("decisions", f"{self.decisions:,}")
        made.add_row("deals", percent(found.deal_rate))
        made.add_row("efficiency", f"{percent(found.mean_efficiency)}{interval} of the greatest welfare")
        made.add_row("Pareto-optimal", percent(found.pareto_rate))
        made.add_row("envy-free deals", percent(found.envy_free_rate))
        one, two = percent(found.mean_share_agent_0), percent(found.mean_share_agent_1)
        made.add_row("shares of the pool", f"agent_0 {one}, agent_1 {two}")
        nash, kalai = found.mean_nash_distance, found.mean_kalai_smorodinsky_distance
        made.add_row("mean distance", f"to Nash {number(nash, 3)}, to Kalai-Smorodinsky {number(kalai, 3)}")
        return made
