"""`AppendRho`: the commanded settlement as part of the observation, for every face of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.wrappers import BaseParallelWrapper, BaseWrapper

from negotiation_env import seeding
from negotiation_env.faces.core import check_options

IMPASSE = -1.0


def check_rho(rho: float) -> float:
    """Return a commanded rho: a number in [0, 1], or -1 for impasse; anything else raises ``ValueError``."""
    is_number = isinstance(rho, Real) and not isinstance(rho, bool | np.bool_)
    if not (is_number and (rho == IMPASSE or 0.0 <= rho <= 1.0)):
        raise ValueError(f"rho is {rho!r}; it must be in [0, 1], or -1 to want no deal.")
    return float(rho)


class RhoSource:
    """Where the commanded rho of each game comes from: the reset options, else a fixed number, else U[0, 1]."""

    def __init__(self, rho: float | None) -> None:
        self.fixed: float | None = None if rho is None else check_rho(rho)

    def take(self, options: Mapping[str, Any] | None) -> tuple[Any, dict[str, Any] | None]:
        """Split ``rho`` off the options, and check it before any game is dealt."""
        rest = dict(check_options(options)) if options is not None else None
        given = rest.pop("rho", None) if rest else None
        if given is not None:
            for value in set(np.asarray(given).ravel().tolist()):
                check_rho(value)
        return given, rest

    def draw(self, given: Any, seed: int | NDArray[np.uint64], games: NDArray[np.int64]) -> NDArray[np.float64]:  # noqa: ANN401
        """The rho (n,) of games (n,): keyed by (seed, game), so it is the same in every face."""
        if given is None and self.fixed is None:
            return seeding.unit(seeding.game_keys(seed, games), seeding.RHO)
        wanted = np.asarray(self.fixed if given is None else given)
        return np.broadcast_to(wanted.astype(np.float64), games.shape).copy()


def rho_features(rho: NDArray[np.float64]) -> NDArray[np.float32]:
    """The two appended features (n, 2): (rho or 0, wants impasse)."""
    impasse = rho == IMPASSE
    return np.stack([np.where(impasse, 0.0, rho), impasse], axis=-1).astype(np.float32)


def _wider(space: spaces.Space[Any]) -> spaces.Space[Any]:
    if isinstance(space, spaces.Dict):
        return spaces.Dict({**space.spaces, "observation": _wider(space["observation"])})
    shape = (*space.shape[:-1], space.shape[-1] + 2)  # type: ignore[index]  # a Box has a shape
    return spaces.Box(-1.0, 1.0, shape, np.float32)


def _append(observation: Any, features: NDArray[np.float32]) -> Any:  # noqa: ANN401  # flat or masked
    if isinstance(observation, dict):
        return {**observation, "observation": _append(observation["observation"], features)}
    return np.concatenate([observation, features], axis=-1)


class _GymAppendRho(gym.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: gym.Env[Any, Any], rho: float | None) -> None:
        super().__init__(env)
        self.source = RhoSource(rho)
        self.observation_space = _wider(env.observation_space)
        self.rho = float("nan")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        given, rest = self.source.take(options)
        observation, info = self.env.reset(seed=seed, options=rest)
        core = self.env.unwrapped.core  # type: ignore[attr-defined]  # this package's environments have it
        self.rho = float(self.source.draw(given, core.seed, np.array([core.game_number]))[0])
        return self._with_rho(observation), {**info, "rho_commanded": self.rho}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:  # noqa: ANN401
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._with_rho(observation), reward, terminated, truncated, {**info, "rho_commanded": self.rho}

    def _with_rho(self, observation: Any) -> Any:  # noqa: ANN401
        return _append(observation, rho_features(np.array([self.rho]))[0])


class _VectorAppendRho(gym.vector.VectorWrapper):
    def __init__(self, env: gym.vector.VectorEnv[Any, Any, Any], rho: float | None) -> None:
        super().__init__(env)
        self.source = RhoSource(rho)
        self.single_observation_space = _wider(env.single_observation_space)
        self.observation_space = _wider(env.observation_space)
        self.rho = np.full(env.num_envs, np.nan)
        self._games = np.full(env.num_envs, -1)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        given, rest = self.source.take(options)
        if np.ndim(given) > 0 and len(given) != len(self.rho):
            raise ValueError(f"option rho has {len(given)} values; give one, or {len(self.rho)} (one a slot).")
        observation, info = self.env.reset(seed=seed, options=rest)  # type: ignore[arg-type]
        if seed is not None:
            self._games[:] = -1
        self._renew(given)
        return _append(observation, rho_features(self.rho)), {**info, "rho_commanded": self.rho.copy()}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:  # noqa: ANN401
        observation, rewards, terminations, truncations, info = self.env.step(actions)
        if "final_obs" in info:
            info["final_obs"] = self._finals(info["final_obs"])
            info["final_info"] = {**info["final_info"], "rho_commanded": self.rho.copy()}
        self._renew(None)
        rich = {**info, "rho_commanded": self.rho.copy()}
        return _append(observation, rho_features(self.rho)), rewards, terminations, truncations, rich

    def _renew(self, given: Any) -> None:  # noqa: ANN401
        """Draw the rho of slots that have begun a new game."""
        inner: Any = self.env.unwrapped
        games = inner.game_numbers()
        new = np.flatnonzero(games != self._games)
        if len(new):
            wanted = given if given is None or np.ndim(given) == 0 else np.asarray(given)[new]
            self.rho[new] = self.source.draw(wanted, inner.slot_seeds()[new], games[new])
            self._games = games

    def _finals(self, finals: NDArray[Any]) -> NDArray[Any]:
        features = rho_features(self.rho)
        wide = np.full(len(finals), None, dtype=object)
        for row, observation in enumerate(finals):
            if observation is not None:
                wide[row] = _append(observation, features[row])
        return wide


class _ParallelAppendRho(BaseParallelWrapper[Any, Any, Any]):  # type: ignore[misc]  # PettingZoo ships no types
    def __init__(self, env: ParallelEnv[Any, Any, Any], rho: float | None) -> None:
        super().__init__(env)
        self.source, self.rho = RhoSource(rho), float("nan")
        self.observation_spaces = {agent: _wider(env.observation_space(agent)) for agent in env.possible_agents}

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self.observation_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        given, rest = self.source.take(options)
        observations, infos = self.env.reset(seed=seed, options=rest)
        core = self.env.unwrapped.core
        self.rho = float(self.source.draw(given, core.seed, np.array([core.game_number]))[0])
        return self._all(observations), {agent: {**info, "rho_commanded": self.rho} for agent, info in infos.items()}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any]:  # noqa: ANN401
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        rich = {agent: {**info, "rho_commanded": self.rho} for agent, info in infos.items()}
        return self._all(observations), rewards, terminations, truncations, rich

    def _all(self, observations: Mapping[str, Any]) -> dict[str, Any]:
        features = rho_features(np.array([self.rho]))[0]
        return {agent: _append(observation, features) for agent, observation in observations.items()}


class _AecAppendRho(BaseWrapper[Any, Any, Any]):  # type: ignore[misc]  # PettingZoo ships no types
    def __init__(self, env: AECEnv[Any, Any, Any], rho: float | None) -> None:
        super().__init__(env)
        self.source, self.rho = RhoSource(rho), float("nan")
        self._spaces = {agent: _wider(env.observation_space(agent)) for agent in env.possible_agents}

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        given, rest = self.source.take(options)
        self.env.reset(seed=seed, options=rest)
        core = self.env.unwrapped.core
        self.rho = float(self.source.draw(given, core.seed, np.array([core.game_number]))[0])

    @property
    def infos(self) -> dict[str, dict[str, Any]]:
        return {agent: {**info, "rho_commanded": self.rho} for agent, info in self.env.infos.items()}

    def observe(self, agent: str) -> Any:  # noqa: ANN401
        return _append(self.env.observe(agent), rho_features(np.array([self.rho]))[0])


def AppendRho(env: Any, rho: float | None = None) -> Any:  # noqa: ANN401, N802  # named like the wrapper it makes
    """Append ``(rho or 0, wants impasse)`` to the observations of any face of an environment.

    The rho of a game comes from ``reset(options={"rho": x})``, else from ``rho``, else it is uniform on [0, 1],
    a function of the seed and the game's number. -1 wants an impasse. ``infos`` hold ``rho_commanded``. One
    environment serves conditioned and unconditioned policies: `bind` leaves the two features out.

    Args:
        env: a Gymnasium environment or `VectorEnv`, or a PettingZoo environment of this package.
        rho: a fixed command, or ``None``.

    Raises:
        TypeError: ``env`` is none of these.
        ValueError: ``rho`` is neither in [0, 1] nor -1.
    """
    if not hasattr(getattr(env, "unwrapped", None), "core"):
        raise TypeError(f"AppendRho wraps the environments of this package, not {env!r}.")
    if isinstance(env, gym.vector.VectorEnv):
        return _VectorAppendRho(env, rho)
    if isinstance(env, gym.Env):
        return _GymAppendRho(env, rho)
    if isinstance(env, AECEnv):
        return _AecAppendRho(env, rho)
    if isinstance(env, ParallelEnv):
        return _ParallelAppendRho(env, rho)
    raise TypeError(f"AppendRho wraps Gymnasium and PettingZoo environments, not {type(env).__name__}.")
