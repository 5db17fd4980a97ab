"""What was achievable: the settlements closest to commanded rhos that plans reach against an opponent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from negotiation_env.engine import play_batch
from negotiation_env.policy import Float64, Int64
from negotiation_env.price.rules import SIDES, on_tick, settlement_rho
from negotiation_env.registry import AnyPolicy
from negotiation_env.run import Run
from negotiation_janus.plans import Plans

_BATCH = 16_384
"""Games that are played in lockstep: as many as fit the processor's cache."""


class Search:
    """Plays plans against fresh copies of an opponent and keeps the settlement that came closest to each command.

    Prices are multiples of the tick, so nothing is closer than the nearest of them to the commanded price. Where a plan
    has settled there, no further ones are played: they could change nothing.

    Attributes:
        rho: (C, E) of the closest settlement, the first of several; NaN where no plan has dealt.
    """

    def __init__(self, run_of: Callable[[AnyPolicy], Run], commands: Float64, episodes: int, role: str) -> None:
        """Prepare to play ``role`` in the first ``episodes`` of a run, E, for commands (C,) in [0, 1]."""
        self._run_of = run_of
        self.rho = np.full((len(commands), episodes), np.nan)
        probe = run_of(Plans(*np.zeros((3, 0), dtype=np.int64)))
        setup, _ = probe.domain.deal(probe.config, probe.seed, np.arange(episodes), None)
        self._buyer_max, self._seller_min = (
            np.tile(limit, len(commands)) for limit in (setup.buyer_max, setup.seller_min)
        )
        self._width = np.maximum(self._buyer_max - self._seller_min, 0.0)
        self._command = np.repeat(commands, episodes)
        self._game = np.tile(np.arange(episodes), len(commands))
        self._target = (self._command if role == SIDES[1] else 1.0 - self._command) * self._width
        self._least = self._least_distance(probe.config.tick)  # type: ignore[attr-defined]  # this is a price game

    def play(self, plans: Int64) -> None:
        """Play the given plans (rows of `negotiation_janus.plans.WHOLE`) wherever a settlement can still be closer."""
        best = self.rho.ravel()  # a view, so that what is found is kept
        distance = np.abs(best - self._command)
        left = np.flatnonzero(~(distance <= self._least))
        size = max(1, _BATCH // len(plans))
        for start in range(0, len(left), size):
            rows = left[start : start + size]
            found = self._settlements(plans, rows)
            gap = np.abs(found - self._command[rows])
            place = np.where(np.isnan(gap), np.inf, gap).argmin(axis=0), np.arange(len(rows))
            closer = (gap[place] < distance[rows]) | (np.isnan(distance[rows]) & ~np.isnan(gap[place]))
            best[rows[closer]] = found[place][closer]

    def _settlements(self, plans: Int64, rows: Int64) -> Float64:
        """The rhos (plans, rows) that plans bring about; NaN without a deal."""
        plan, row = (index.ravel() for index in np.meshgrid(plans, rows, indexing="ij"))
        run = self._run_of(Plans(plan, self._target[row], self._width[row]))
        price = play_batch(run, self._game[row], record=False).episodes["price"]
        return self._rho(price.reshape(len(plans), len(rows)), rows)

    def _rho(self, price: Float64, rows: Int64 | slice = slice(None)) -> Float64:
        return settlement_rho(price, self._buyer_max[rows], self._seller_min[rows])

    def _least_distance(self, tick: float) -> Float64:
        """How close the nearest multiple of the tick is to each command; NaN without a surplus."""
        aim = self._seller_min + self._command * self._width
        near = [self._rho(on_tick(aim + step, tick)) for step in (-tick, 0.0, tick)]
        return np.asarray(np.min(np.abs(near - self._command), axis=0))
