"""The mean of very many numbers, with its interval, of which none is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from negotiation_env.policy import Float64


@dataclass
class Moments:
    """The mean of numbers and the sum of their squared distances from it, gathered batch by batch.

    The update is that of Chan, Golub and LeVeque (1979); nothing else of the numbers is kept.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: Float64) -> None:
        """Count further numbers (n,)."""
        size = len(values)
        if not size:
            return
        mean = float(values.mean())
        gap, whole = mean - self.mean, self.count + size
        self.squares += float(((values - mean) ** 2).sum()) + gap**2 * self.count * size / whole
        self.mean += gap * size / whole
        self.count = whole

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean, see `negotiation_env.metrics.mean_interval`."""
        from negotiation_env.metrics import student_t

        if self.count < 2:
            return (math.nan, math.nan)
        reach = student_t(self.count - 1) * math.sqrt(self.squares / (self.count - 1) / self.count)
        return (self.mean - reach, self.mean + reach)
