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
    shape = (vector_steps, GAMES)
    any_action = np.random.default_rng(0).integers(0, 104, size=shape)
    prices = np.linspace(100, 50, 10).astype(np.int64)
    conceding = np.broadcast_to(np.resize(prices, vector_steps)[:, None], shape)
    return [
        vector_figure("any action", any_action),
        vector_figure("prices from the top to the middle", conceding),
        *parallel_figures(parallel_steps),
    ]


def vector_figure(what: str, actions: np.ndarray) -> Figure:
    """Take ``actions`` (steps, games) in the seller's seat against ``linear``, with next-step autoreset.

    One action in one game is one step.
    """
    envs = gymnasium.make_vec("negotiation/Price-v0", num_envs=GAMES, role="seller", opponent="linear")
    envs.reset(seed=0)

    def run() -> int:
        return sum(int(envs.step(action)[2].sum()) for action in actions)

    run()
    seconds, ended = best(run)
    speed = actions.size / seconds / MILLION
    length = f"a game ends after {actions.size / max(ended, 1):.1f} steps"
    return Figure(f"VectorEnv of {GAMES:,} games, {what}", speed, "M steps/CPU-s", 5.0, reference=length)


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
