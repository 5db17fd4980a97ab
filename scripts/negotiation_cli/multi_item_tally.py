"""What came out of many multi-item games: how many deals, how efficient, how far from the bargaining solutions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from negotiation_cli.moments import Moments

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.episodes import Episodes

_MEANS = (
    "deal_rate", "mean_efficiency", "pareto_rate", "envy_free_rate", "mean_payoff_agent_0", "mean_payoff_agent_1",
    "mean_share_agent_0", "mean_share_agent_1", "mean_nash_distance", "mean_kalai_smorodinsky_distance", "mean_turns",
)  # fmt: skip


@dataclass
class Tally:
    """The figures of `negotiation_env.metrics.multi_item_summary`, gathered batch by batch."""

    episodes: int = 0
    decisions: int = 0
    faults: int = 0
    means: dict[str, float] = field(default_factory=dict)
    efficiency: Moments = field(default_factory=Moments)

    def add(self, episodes: Episodes) -> None:
        """Count further games."""
        from negotiation_env.metrics import multi_item_summary

        table = episodes.episodes
        ended = table["ended_by"] != "fault"
        self.faults += int((~ended).sum())
        if not ended.any():
            return
        found = multi_item_summary(table).overall
        self.episodes += found.episodes
        self.decisions += int(table["turns"][ended].sum())
        self.efficiency.add(table["efficiency"][ended])
        for name in _MEANS:
            before = self.means.get(name, 0.0)
            self.means[name] = before + (getattr(found, name) - before) * found.episodes / self.episodes

    def means_by_name(self) -> dict[str, float]:
        """The means of all games; NaN where there are none."""
        return {name: self.means.get(name, math.nan) for name in _MEANS}

    def efficiency_interval(self) -> tuple[float, float]:
        """That of the mean efficiency, see `negotiation_env.metrics.MultiItemSummary`."""
        low, high = self.efficiency.interval()
        return (max(low, 0.0), min(high, 1.0)) if math.isfinite(low) else (low, high)

    def as_json(self) -> dict[str, object]:
        """The figures by name; rates are fractions of the episodes."""
        return {
            "episodes": self.episodes,
            "decisions": self.decisions,
            "faults": self.faults,
            **self.means_by_name(),
            "efficiency_interval": list(self.efficiency_interval()),
        }

    def as_table(self) -> Table:
        """The same for reading."""
        from negotiation_cli.output import number, table
        from negotiation_cli.price_tally import percent

        found = self.means_by_name()
        low, high = self.efficiency_interval()
        interval = f" (95 % interval {low:.1%} to {high:.1%})" if math.isfinite(low) else ""
        made = table("", "")
        made.show_header = False
        made.add_row("episodes", f"{self.episodes:,}" + (f" and {self.faults:,} with a fault" if self.faults else ""))
        made.add_row("decisions", f"{self.decisions:,}")
        made.add_row("deals", percent(found["deal_rate"]))
        made.add_row("efficiency", f"{percent(found['mean_efficiency'])}{interval} of the greatest welfare")
        made.add_row("Pareto-optimal", percent(found["pareto_rate"]))
        made.add_row("envy-free deals", percent(found["envy_free_rate"]))
        one, two = percent(found["mean_share_agent_0"]), percent(found["mean_share_agent_1"])
        made.add_row("shares of the pool", f"agent_0 {one}, agent_1 {two}")
        nash, kalai = found["mean_nash_distance"], found["mean_kalai_smorodinsky_distance"]
        made.add_row("mean distance", f"to Nash {number(nash, 3)}, to Kalai-Smorodinsky {number(kalai, 3)}")
        return made
