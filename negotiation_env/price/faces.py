"""The entry points of ``negotiation/Price-v0``: the seat's environment, with rho appended on demand."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from negotiation_env.price.ego import PriceEnv
from negotiation_env.price.vector import PriceVectorEnv
from negotiation_env.wrappers import AppendRho


def make_env(append_rho: bool = False, rho: float | None = None, **settings: Any) -> gym.Env[Any, Any]:  # noqa: ANN401
    """`PriceEnv`, wrapped in `AppendRho` if asked for."""
    env = PriceEnv(**settings)
    return AppendRho(env, rho) if append_rho else env


def make_vector_env(
    append_rho: bool = False,
    rho: float | None = None,
    **settings: Any,  # noqa: ANN401
) -> gym.vector.VectorEnv[Any, Any, Any]:
    """`PriceVectorEnv`, wrapped in `AppendRho` if asked for."""
    env = PriceVectorEnv(**settings)
    return AppendRho(env, rho) if append_rho else env
