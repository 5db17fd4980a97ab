"""What a best response is worth, and how much other policies leave on the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from negotiation_env.best_response.games import Games
from negotiation_env.best_response.responder import Responder
from negotiation_env.metrics import mean_interval
from negotiation_env.policy import Float64
from negotiation_env.registry import AnyPolicy, make_policy


@dataclass(frozen=True, eq=False)
class Gap:
    """What a policy earns less than a best response in the same games; discounted, currency units.

    Attributes:
        earned: (B,) what the policy earned.
        gap: (B,) value of the best response less that. Negative only where the response is not exact.
        largest: (B,) the upper bound less what was earned; where the response is exact, the same as ``gap``.
    """

    earned: Float64
    gap: Float64
    largest: Float64

    @property
    def mean(self) -> float:
        """The mean gap."""
        return float(self.gap.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean gap (Student's t over the paired differences); NaN for one game."""
        return mean_interval(self.gap)


@dataclass(frozen=True, eq=False)
class BestResponse:
    """The best that a seat can do against an opponent in B games, if it knows the opponent, its limits and its seeds.

    It is the most that any play earns in each game, chosen with hindsight, and so an upper bound for a side that has
    private information only: no Bayesian best response earns more.

    Attributes:
        policy: plays it; in any batch, in these games only.
        value: (B,) what it earns, as played out; discounted gains, currency units. Never above the optimum.
        upper: (B,) what no play exceeds; the same as ``value`` where ``exact``.
        exact: (B,) whether ``value`` is the optimum over all prices of the game.
        surplus: (B,) what there is to gain in all, at least 0, currency units.
        earned_by_opponent: (B,) what the opponent earns against ``policy``; discounted, currency units.
        memory: how many of the responder's offers the opponent looks back on; 0 for a time-dependent one, ``None`` for
            more than 3.
        method: how ``value`` and ``upper`` were found and what they rest on, in words.
        parts: the games that each seat opens, with their rows.
    """

    policy: Responder
    value: Float64
    upper: Float64
    exact: NDArray[np.bool_]
    surplus: Float64
    earned_by_opponent: Float64
    memory: int | None
    method: str
    parts: Sequence[tuple[Games, NDArray[np.int64]]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def mean(self) -> float:
        """The mean value, currency units."""
        return float(self.value.mean())

    @cached_property
    def share(self) -> Float64:
        """The value (B,) as a share of the surplus; NaN where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.surplus > 0.0, self.value / self.surplus, np.nan)

    def gap(self, policy: str | AnyPolicy) -> Gap:
        """Play a policy in the responding seat of the same games and compare; any policy or spec string."""
        player = make_policy(policy)
        earned = np.empty(len(self))
        for games, rows in self.parts:
            earned[rows] = games.earned(games.play(player))
        return Gap(earned, self.value - earned, self.upper - earned)
