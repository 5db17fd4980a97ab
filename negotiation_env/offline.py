"""Minari datasets for other libraries: plain arrays, d3rlpy's `MDPDataset`, TorchRL's replay buffer.

A Minari episode of T steps has T + 1 observations, the last one of the end. Step t is the triple of observation t,
action t and reward t; its next observation is t + 1. The loaders of Minari data in other libraries do not all keep to
that: d3rlpy's `get_minari` (2.8) pairs T + 1 observations with T actions and so shifts every episode but the first, and
TorchRL's `MinariExperienceReplay` (0.14.1) allocates its buffer and never copies the data into it. Use these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Int64

if TYPE_CHECKING:
    from d3rlpy.dataset import MDPDataset
    from minari import MinariDataset
    from torchrl.data import TensorDictReplayBuffer


@dataclass(frozen=True, eq=False)
class Transitions:
    """The S steps of all episodes, one after the other.

    Attributes:
        observations: float32 (S, size).
        actions: (S,) int64, or (S, n) float32.
        rewards: float32 (S,).
        next_observations: float32 (S, size).
        terminations: bool (S,), true on the last step of an episode that the game ended.
        truncations: bool (S,), true on the last step of an episode that something else cut off.
        episode: int64 (S,), the place of the episode in the dataset.
    """

    observations: NDArray[np.float32]
    actions: Array
    rewards: NDArray[np.float32]
    next_observations: NDArray[np.float32]
    terminations: NDArray[np.bool_]
    truncations: NDArray[np.bool_]
    episode: Int64

    def __len__(self) -> int:
        return len(self.rewards)

    def to_torch(self) -> dict[str, Any]:
        """The same as torch tensors by name; they share the memory of the arrays."""
        import torch

        return {name: torch.from_numpy(getattr(self, name)) for name in self.__dataclass_fields__}


def to_transitions(dataset: MinariDataset) -> Transitions:
    """All steps of a Minari dataset, or of a part of one (``filter_episodes``, ``split_dataset``), as arrays.

    Raises:
        ValueError: its observations are no flat `Box`, it is empty, damaged, or holds NaN, or an episode has no end.
    """
    space = dataset.observation_space
    if not isinstance(space, spaces.Box) or len(space.shape) != 1:
        raise ValueError(f"observations are {space}; they must be a flat Box, such as export_minari writes.")
    try:
        episodes = list(dataset.iterate_episodes())
    except (KeyError, OSError) as error:
        raise ValueError(f"the dataset {dataset.id!r} is damaged ({error}); export the record again.") from error
    if not episodes:
        raise ValueError("the dataset holds no episodes; export or filter one that does.")
    lengths = np.array([len(episode.rewards) for episode in episodes])
    found = Transitions(
        np.concatenate([episode.observations[:-1] for episode in episodes]).astype(np.float32, copy=False),
        np.concatenate([episode.actions for episode in episodes]),
        np.concatenate([episode.rewards for episode in episodes]).astype(np.float32),
        np.concatenate([episode.observations[1:] for episode in episodes]).astype(np.float32, copy=False),
        np.concatenate([episode.terminations for episode in episodes]).astype(np.bool_),
        np.concatenate([episode.truncations for episode in episodes]).astype(np.bool_),
        np.repeat(np.arange(len(episodes)), lengths),
    )
    _check_ends(found)
    _check_finite(found)
    return found


def to_mdp_dataset(dataset: MinariDataset) -> MDPDataset:
    """A Minari dataset as d3rlpy's `MDPDataset`, aligned: step t holds observation t, action t and reward t.

    d3rlpy keeps no observation of the end, which no algorithm reads after a termination.

    Raises:
        ValueError: as `to_transitions`.
        ImportError: d3rlpy is missing.
    """
    try:
        from d3rlpy import ActionSpace
        from d3rlpy.dataset import MDPDataset
    except ModuleNotFoundError as error:
        raise ImportError('this needs d3rlpy; install it with: pip install "negotiation-env[offline]"') from error
    steps, discrete = to_transitions(dataset), isinstance(dataset.action_space, spaces.Discrete)
    return MDPDataset(
        observations=steps.observations,
        actions=steps.actions.reshape(len(steps), -1),
        rewards=steps.rewards.reshape(-1, 1),
        terminals=steps.terminations.astype(np.float32),
        timeouts=steps.truncations.astype(np.float32),
        action_space=ActionSpace.DISCRETE if discrete else ActionSpace.CONTINUOUS,
        action_size=int(dataset.action_space.n) if discrete else int(np.prod(dataset.action_space.shape)),
    )


def to_replay(dataset: MinariDataset, batch_size: int) -> TensorDictReplayBuffer:
    """A Minari dataset as a TorchRL replay buffer, with the entries of its `MinariExperienceReplay`.

    These are ``observation``, ``action``, ``episode``, and under ``next`` ``observation``, ``reward``, ``terminated``,
    ``truncated`` and ``done``, one row a step; actions of a `Discrete` space are whole numbers. ``buffer.sample()``
    draws ``batch_size`` rows, ``buffer[:]`` gives all.

    Raises:
        ValueError: as `to_transitions`.
        ImportError: TorchRL is missing.
    """
    try:
        from tensordict import TensorDict
        from torchrl.data import TensorDictReplayBuffer, TensorStorage
        from torchrl.data.replay_buffers.writers import ImmutableDatasetWriter
    except ModuleNotFoundError as error:
        raise ImportError('this needs torchrl; install it with: pip install "negotiation-env[offline]"') from error
    steps = to_transitions(dataset)
    size, known = len(steps), steps.to_torch()
    ends, cuts = (known[name].reshape(size, 1) for name in ("terminations", "truncations"))
    after = {
        "observation": known["next_observations"],
        "reward": known["rewards"].reshape(size, 1),
        "terminated": ends,
        "truncated": cuts,
        "done": ends | cuts,
    }
    rows = TensorDict(
        {
            "observation": known["observations"],
            "action": known["actions"],
            "episode": known["episode"],
            "next": TensorDict(after, batch_size=[size]),
        },
        batch_size=[size],
    )
    return TensorDictReplayBuffer(storage=TensorStorage(rows), writer=ImmutableDatasetWriter(), batch_size=batch_size)


def _check_ends(steps: Transitions) -> None:
    """Loaders part the steps where an episode ends, so each needs one end, on its last step."""
    is_last = np.diff(steps.episode, append=-1) != 0
    wrong = np.unique(steps.episode[(steps.terminations | steps.truncations) != is_last])
    if len(wrong):
        raise ValueError(
            f"{len(wrong):,} episodes (the first is {wrong[0]}) do not end with their last step, by a termination or a "
            "truncation, and there alone; leave them out with dataset.filter_episodes, or export again."
        )


def _check_finite(steps: Transitions) -> None:
    for name in ("observations", "next_observations", "actions", "rewards"):
        bad = ~np.isfinite(getattr(steps, name).reshape(len(steps), -1)).all(axis=1)
        if bad.any():
            episodes = np.unique(steps.episode[bad])
            raise ValueError(
                f"{name} of {len(episodes):,} episodes (the first is {episodes[0]}) hold NaN or infinity; leave them "
                "out with dataset.filter_episodes, or export again."
            )
