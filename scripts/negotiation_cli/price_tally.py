"""What came out of many games: how many deals, how many inside both limits, and where they settled."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from negotiation_cli.moments import Moments

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.episodes import Episodes


@dataclass
class Tally:
    """The figures of `negotiation_env.metrics.price_summary` that end a report, gathered batch by batch.

    A deal is sound if it lies inside both limits. ``rho`` is averaged over sound deals with a surplus to share.
    Games that ended by a fault are counted beside the others and enter nothing else.
    """

    episodes: int = 0
    decisions: int = 0
    faults: int = 0
    deals: int = 0
    sound: int = 0
    settled: Moments = field(default_factory=Moments)

    def add(self, episodes: Episodes) -> None:
        """Count further games."""
        from negotiation_env.metrics import settled_rho, sound_deals

        table = episodes.episodes
        fault, deal = table["ended_by"] == "fault", table["deal"]
        sound = sound_deals(table)
        self.episodes += int((~fault).sum())
        self.decisions += int(table["turns"][~fault].sum())
        self.faults += int(fault.sum())
        self.deals += int(deal.sum())
        self.sound += int(sound.sum())
        self.settled.add(settled_rho(table))

    def mean_rho(self) -> tuple[float, float, float]:
        """The average settlement and its 95 % interval (Student's t); NaN where there are too few."""
        return (self.settled.mean if self.settled.count else math.nan, *self.settled.interval())

    def as_json(self) -> dict[str, object]:
        """The figures by name; rates are fractions of the episodes."""
        mean, *interval = self.mean_rho()
        return {
            "episodes": self.episodes,
            "decisions": self.decisions,
            "faults": self.faults,
            "deal_rate": self._share(self.deals),
            "sound_deal_rate": self._share(self.sound),
            "mean_rho": mean,
            "rho_interval": interval,
        }

    def as_table(self) -> Table:
        """The same for reading; the interval is cut to [0, 1], where the rho of every sound deal lies."""
        from negotiation_cli.output import table

        mean, low, high = self.mean_rho()
        interval = f" (95 % interval {max(low, 0.0):.3f} to {min(high, 1.0):.3f})" if math.isfinite(low) else ""
        made = table("", "")
        made.show_header = False
        made.add_row("episodes", f"{self.episodes:,}" + (f" and {self.faults:,} with a fault" if self.faults else ""))
        made.add_row("decisions", f"{self.decisions:,}")
        made.add_row("deals", f"{self.deals:,} ({percent(self._share(self.deals))})")
        made.add_row("sound deals", f"{self.sound:,} ({percent(self._share(self.sound))}), inside both limits")
        made.add_row("mean rho", f"{mean:.3f}{interval}" if math.isfinite(mean) else "-")
        return made

    def _share(self, count: int) -> float:
        return count / self.episodes if self.episodes else math.nan


def percent(share: float) -> str:
    """A share for a table; a dash where there is none."""
    return f"{share:.1%}" if math.isfinite(share) else "-"
