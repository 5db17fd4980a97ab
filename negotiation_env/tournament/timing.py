"""How long policies take to decide."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field, replace
from typing import Any

from negotiation_env.registry import AnyPolicy
from negotiation_env.run import Run


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
