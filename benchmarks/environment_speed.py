"""Steps a second of the environments, with actions drawn beforehand."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from measure import Figure, best

import negotiation_env  # noqa: F401  # registers the environments
from negotiation_env import price_v0

GAMES = 1024
MILLION = 1e6


def environment_figures(vector_steps: int, parallel_steps: int) -> list[Figure]:
    """The vector environment, and the parallel environment beside one of PettingZoo's own."""
    return [vector_figure(vector_steps), *parallel_figures(parallel_steps)]


def vector_figure(steps: int) -> Figure:
    """One action of the seat in one game is one step; opponent ``linear``, next-step autoreset."""
    envs = gymnasium.make_vec("negotiation/Price-v0", num_envs=GAMES, role="seller", opponent="linear")
    actions = np.random.default_rng(0).integers(0, envs.single_action_space.n, size=(steps, GAMES))  # type: ignore[attr-defined]
    envs.reset(seed=0)

    def run() -> None:
        for action in actions:
            envs.step(action)

    run()
    seconds, _ = best(run)
    speed = steps * GAMES / seconds / MILLION
    return Figure(f"VectorEnv of {GAMES:,} games, any action", speed, "M steps/CPU-s", 5.0)


def parallel_figures(steps: int) -> list[Figure]:
    """Both environments take actions drawn beforehand, and are reset when their game ends."""
    from pettingzoo.classic import rps_v2  # imports pygame, which `make bench` installs

    ours = parallel_speed(price_v0.parallel_env(), steps)
    theirs = parallel_speed(rps_v2.parallel_env(), steps // 5)
    return [
        Figure(
            "parallel_env, any action",
            ours,
            "steps/CPU-s",
            50_000.0,
            reference=f"PettingZoo's rps_v2: {theirs:,.0f} steps/CPU-s",
            ratio=ours / theirs,
        )
    ]


def parallel_speed(env: Any, steps: int) -> float:  # any parallel environment
    """Steps a CPU-second, resets included."""
    generator = np.random.default_rng(0)
    agents = env.possible_agents
    drawn = {agent: generator.integers(0, env.action_space(agent).n, size=steps).tolist() for agent in agents}
    actions = [{agent: drawn[agent][step] for agent in agents} for step in range(steps)]

    def run() -> None:
        env.reset(seed=0)
        for action in actions:
            env.step(action)
            if not env.agents:
                env.reset()

    seconds, _ = best(run)
    return steps / seconds
