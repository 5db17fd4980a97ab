"""The NumPy `VectorEnv` of this package, shown to Stable-Baselines3 as its own `VecEnv`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from negotiation_env.faces.core import Core
from negotiation_env.faces.vector import SeatVectorEnv


class SB3VectorEnv(VecEnv):  # type: ignore[misc]  # Stable-Baselines3 is read by mypy as untyped
    """One seat of many games for Stable-Baselines3, all of them in one NumPy batch in this process.

    ``SB3VectorEnv(gymnasium.make_vec("negotiation/Price-v0", 64, autoreset_mode="same_step"))`` plays the games of
    as many environments in a `DummyVecEnv`, seed by seed. ``infos`` hold ``terminal_observation``, ``outcome`` and
    ``TimeLimit.truncated`` (always false) of games that are over, and ``illegal_move`` where one was made.
    ``env_method`` calls a method of the whole batch that returns one row a slot, such as ``"action_masks"``.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        """Wrap a vector environment.

        Raises:
            TypeError: it is not of this package.
            ValueError: its ``autoreset_mode`` is not ``"same_step"``, in which Stable-Baselines3 counts.
        """
        if not isinstance(env, VectorEnv) or not isinstance(env.unwrapped, SeatVectorEnv):
            raise TypeError(f"SB3VectorEnv wraps what gymnasium.make_vec makes of this package, not {env!r}.")
        if env.unwrapped.autoreset_mode != AutoresetMode.SAME_STEP:
            raise ValueError(
                f"autoreset_mode is {env.unwrapped.autoreset_mode.name.lower()!r}; Stable-Baselines3 starts a new game "
                "in the step that ends one, so make the environment with autoreset_mode='same_step'."
            )
        self.games = env
        self._actions: NDArray[Any] | None = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    @property
    def core(self) -> Core:
        """The domain, its settings and its spaces."""
        return self._slots.core

    @property
    def seat(self) -> int:
        """The seat that is played."""
        return self._slots.seat

    @property
    def _slots(self) -> SeatVectorEnv:
        inner = self.games.unwrapped
        assert isinstance(inner, SeatVectorEnv)
        return inner

    def reset(self) -> Any:  # noqa: ANN401  # an array (num_envs, size), or a dict of arrays
        """Deal new games: game 0 of each slot's seed after ``seed()``, else the next game of each slot."""
        seeds = None if self._seeds[0] is None else list(self._seeds)
        reset: Any = self.games.reset  # Gymnasium's type knows of one seed for all only
        observations, infos = reset(seed=seeds, options=_together(self._options))
        self.reset_infos = [{name: values[slot] for name, values in infos.items()} for slot in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Play the actions: observations, rewards, whether games are over, and infos."""
        if self._actions is None:
            raise RuntimeError("step_wait() without actions; call step(actions).")
        observations, rewards, over, _, batch = self.games.step(self._actions)
        self._actions = None
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for slot in np.flatnonzero(batch.get("illegal_move", ())).tolist():
            infos[slot]["illegal_move"] = True
        for slot in np.flatnonzero(over).tolist():
            outcome = {name: values[slot] for name, values in batch["final_info"]["outcome"].items()}
            infos[slot] |= {
                "terminal_observation": batch["final_obs"][slot],
                "outcome": outcome,
                "TimeLimit.truncated": False,
            }
        return observations, rewards.astype(np.float32), over, infos

    def close(self) -> None:
        """Close the games."""
        self.games.close()

    def get_attr(self, attr_name: str, indices: int | Iterable[int] | None = None) -> list[Any]:
        """The batch's attribute, once for each slot that is asked for."""
        owner = self.games if hasattr(self.games, attr_name) else self._slots
        return [getattr(owner, attr_name)] * len(self._chosen(indices))

    def set_attr(self, attr_name: str, value: object, indices: int | Iterable[int] | None = None) -> None:
        """Refused: the slots are one batch."""
        raise AttributeError(f"{attr_name!r} cannot be set: the games are one batch; make another environment.")

    def env_method(
        self,
        method_name: str,
        *method_args: object,
        indices: int | Iterable[int] | None = None,
        **method_kwargs: object,
    ) -> list[Any]:
        """The rows of what a method of the batch returns; ``TypeError`` if it does not return one row a slot."""
        rows = self.get_attr(method_name, 0)[0](*method_args, **method_kwargs)
        if not isinstance(rows, np.ndarray) or len(rows) != self.num_envs:
            raise TypeError(f"{method_name}() does not return one row a slot; call it on .games instead.")
        return [rows[slot] for slot in self._chosen(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: int | Iterable[int] | None = None) -> list[bool]:
        """False: single environments are not there to be wrapped."""
        return [False] * len(self._chosen(indices))

    def _chosen(self, indices: int | Iterable[int] | None) -> Sequence[int]:
        return list(self._get_indices(indices))


def _together(options: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The options of all slots as arrays; ``ValueError`` if they are not the same for all."""
    names = options[0].keys()
    if any(one.keys() != names for one in options):
        raise ValueError("the options of all slots must have the same names.")
    return {name: np.array([one[name] for one in options]) for name in names} or None
