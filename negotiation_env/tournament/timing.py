"""How long policies take to decide."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from negotiation_env.registry import AnyPolicy
from negotiation_env.run import Run

if TYPE_CHECKING:
    import polars as pl

    from negotiation_env.tournament.plan import Plan
    from negotiation_env.tournament.playing import PlayedCell


@dataclass
class Clock:
    """Seconds that have been counted."""

    seconds: float = 0.0


@dataclass(eq=False)
class Timed:
    """A policy whose decisions are timed; copies of it for threads count on the same clock."""

    policy: AnyPolicy
    clock: Clock = field(default_factory=Clock)

    def reset(self, size: int, seed: int | None = None) -> None:
        """As the policy."""
        self.policy.reset(size, seed)

    def decide(self, view: Any) -> Any:  # noqa: ANN401  # the domain's own view and decision
        """As the policy, with the clock running."""
        started = time.perf_counter()
        try:
            return self.policy.decide(view)
        finally:
            self.clock.seconds += time.perf_counter() - started

    def __deepcopy__(self, memo: dict[int, object]) -> Timed:
        return Timed(copy.deepcopy(self.policy, memo), self.clock)

    @property
    def games_at_once(self) -> int | None:
        """As the policy."""
        limit: int | None = getattr(self.policy, "games_at_once", None)
        return limit


def timed(run: Run) -> tuple[Run, tuple[Clock, Clock]]:
    """The same run with timed players, and the clocks of both seats."""
    clocks = Clock(), Clock()
    one, two = (
        tuple(replace(player, policy=Timed(player.policy, clock)) for player in seat)
        for seat, clock in zip(run.players, clocks, strict=True)
    )
    return replace(run, players=(one, two)), clocks


def timing_table(plan: Plan, played: Sequence[PlayedCell]) -> pl.DataFrame:
    """Measured seconds, one row a cell; those of a cell that failed count until then."""
    import polars as pl

    columns = ("seconds", "decision_seconds_0", "decision_seconds_1")
    kind = pl.Enum(list(plan.names))
    return pl.DataFrame(
        {
            **{
                f"policy_{seat}": pl.Series([plan.names[cell.cell[seat]] for cell in played], dtype=kind)
                for seat in (0, 1)
            },
            **{name: [cell.seconds[place] for cell in played] for place, name in enumerate(columns)},
            **{f"decisions_{seat}": [_decisions(cell, seat) for cell in played] for seat in (0, 1)},
        }
    )


def _decisions(cell: PlayedCell, seat: int) -> int:
    """How many decisions a seat has made: every other turn, from the first or the second on."""
    if cell.failure is not None:
        return 0
    turns, first = cell.outcomes["turns"], cell.outcomes["first"]
    return int(((turns + (first == seat)) // 2).sum())
