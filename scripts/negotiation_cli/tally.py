"""What came out of many games: how many deals, how many inside both limits, and where they settled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.episodes import Episodes

_Z95 = 1.959963984540054


@dataclass
class Tally:
    """Counts over price games; faults are counted beside the episodes and enter nothing else.

    A deal is sound if it lies inside both limits. ``rho`` is averaged over deals with a surplus to share.
    """

    episodes: int = 0
    decisions: int = 0
    faults: int = 0
    deals: int = 0
    sound: int = 0
    settled: int = 0
    rho_sum: float = 0.0
    rho_squares: float = 0.0

    def add(self, episodes: Episodes) -> None:
        """Count further games."""
        import numpy as np

        table = episodes.episodes
        fault = table["ended_by"] == "fault"
        deal = table["deal"]
        rho = table["rho"][deal]
        rho = rho[np.isfinite(rho)]
        self.episodes += int((~fault).sum())
        self.decisions += int(table["turns"][~fault].sum())
        self.faults += int(fault.sum())
        self.deals += int(deal.sum())
        self.sound += int((deal & ~table["violation_buyer"] & ~table["violation_seller"]).sum())
        self.settled += len(rho)
        self.rho_sum += float(rho.sum())
        self.rho_squares += float((rho**2).sum())

    @property
    def mean_rho(self) -> float:
        """The average settlement; NaN without one."""
        return self.rho_sum / self.settled if self.settled else math.nan

    @property
    def rho_interval(self) -> tuple[float, float]:
        """95 % interval of the average settlement, by the normal approximation."""
        if self.settled < 2:
            return (math.nan, math.nan)
        variance = max(self.rho_squares - self.settled * self.mean_rho**2, 0.0) / (self.settled - 1)
        reach = _Z95 * math.sqrt(variance / self.settled)
        return (self.mean_rho - reach, self.mean_rho + reach)

    def as_json(self) -> dict[str, object]:
        """The figures by name; rates are fractions of the episodes."""
        return {
            "episodes": self.episodes,
            "decisions": self.decisions,
            "faults": self.faults,
            "deal_rate": self._share(self.deals),
            "sound_deal_rate": self._share(self.sound),
            "mean_rho": self.mean_rho,
            "mean_rho_interval": list(self.rho_interval),
        }

    def as_table(self) -> Table:
        """The same for reading."""
        from negotiation_cli.output import table

        low, high = self.rho_interval
        interval = f" (95 % interval {low:.3f} to {high:.3f})" if math.isfinite(low) else ""
        made = table("", "")
        made.show_header = False
        made.add_row("episodes", f"{self.episodes:,}" + (f" and {self.faults:,} with a fault" if self.faults else ""))
        made.add_row("decisions", f"{self.decisions:,}")
        made.add_row("deals", f"{self.deals:,} ({self._share(self.deals):.1%})")
        made.add_row("sound deals", f"{self.sound:,} ({self._share(self.sound):.1%}), inside both limits")
        made.add_row("mean rho", f"{self.mean_rho:.3f}{interval}" if self.settled else "-")
        return made

    def _share(self, count: int) -> float:
        return count / self.episodes if self.episodes else math.nan
