"""Batches of exported games for d3rlpy, drawn by seed and step so that training can be cut off and go on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from negotiation_env.checkpoints import digest
from negotiation_env.domain import Array
from negotiation_env.offline import Transitions
from negotiation_env.policy import Float64, Int64


@dataclass(frozen=True, eq=False)
class Batches:
    """What an algorithm learns from.

    Attributes:
        steps: all decisions.
        reward_scale: what rewards are divided by.
    """

    steps: Transitions
    reward_scale: float = 1.0

    @cached_property
    def returns(self) -> Float64:
        """(E,) what each episode earned."""
        return np.bincount(self.steps.episode, self.steps.rewards.astype(np.float64)).astype(np.float64)

    @property
    def digest(self) -> str:
        """What tells these decisions from any others: 12 hex digits."""
        told = ("observations", "actions", "rewards", "terminations", "episode")
        return digest({name: getattr(self.steps, name) for name in told})

    @cached_property
    def place(self) -> Int64:
        """(S,) how many own decisions came before each in its episode."""
        starts = np.flatnonzero(np.r_[True, np.diff(self.steps.episode) > 0])
        return np.arange(len(self.steps)) - np.repeat(starts, np.diff(np.r_[starts, len(self.steps)]))

    @cached_property
    def _actions(self) -> Array:
        return self.steps.actions.reshape(len(self.steps), -1).astype(np.float32)

    @cached_property
    def _rewards(self) -> Array:
        return (self.steps.rewards / self.reward_scale).astype(np.float32)[:, None]

    @cached_property
    def _to_go(self) -> Array:
        """(S, 1) what was earned from each decision on."""
        earned = np.cumsum(self._rewards[:, 0], dtype=np.float64)
        last = np.flatnonzero(np.r_[np.diff(self.steps.episode) > 0, True])
        return (earned[last][self.steps.episode] - earned + self._rewards[:, 0]).astype(np.float32)[:, None]

    def transitions(self, rows: Int64) -> Any:  # noqa: ANN401
        """d3rlpy's `TransitionMiniBatch` of some rows."""
        from d3rlpy.dataset import TransitionMiniBatch

        ends = self.steps.terminations[rows].astype(np.float32)[:, None]
        following = np.minimum(rows + 1, len(self.steps) - 1)
        return TransitionMiniBatch(
            observations=self.steps.observations[rows],
            actions=self._actions[rows],
            rewards=self._rewards[rows],
            next_observations=self.steps.next_observations[rows],
            next_actions=self._actions[following] * (1 - ends),
            terminals=ends,
            intervals=np.ones_like(ends),
            transitions=[],
        )

    def trajectories(self, rows: Int64, length: int) -> Any:  # noqa: ANN401
        """d3rlpy's `TrajectoryMiniBatch` of the ``length`` decisions up to each row, zeros where there were fewer."""
        from d3rlpy.dataset import TrajectoryMiniBatch

        back = np.arange(length)[::-1]
        there = back <= self.place[rows][:, None]
        places = np.maximum(rows[:, None] - back, 0)

        def shown(values: Array) -> Array:
            kept = there.reshape(*there.shape, *[1] * (values.ndim - 1))
            return np.where(kept, values[places], 0).astype(np.float32)

        return TrajectoryMiniBatch(
            observations=shown(self.steps.observations),
            actions=shown(self._actions),
            rewards=shown(self._rewards),
            returns_to_go=shown(self._to_go),
            terminals=shown(self.steps.terminations[:, None]),
            timesteps=shown(self.place + 1),
            masks=there.astype(np.float32),
            length=length,
        )
