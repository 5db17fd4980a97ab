"""The entry points of the Gymnasium environments: one seat of one game or of many, with rho appended on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from typing import Any

import gymnasium as gym

from negotiation_env.domain import find_domain
from negotiation_env.faces.core import Core
from negotiation_env.faces.ego import SeatEnv
from negotiation_env.faces.vector import SeatVectorEnv
from negotiation_env.registry import unknown_name
from negotiation_env.run import Seat
from negotiation_env.wrappers import AppendRho


def make_env(
    domain: str,
    role: str | None = None,
    opponent: Seat | None = None,
    append_rho: bool = False,
    rho: float | None = None,
    render_mode: str | None = None,
    **settings: Any,  # noqa: ANN401
) -> gym.Env[Any, Any]:
    """`SeatEnv`, wrapped in `AppendRho` if asked for."""
    _check_names(settings, domain, make_env)
    env = SeatEnv(Core(domain, **settings), role, opponent, render_mode)
    return AppendRho(env, rho) if append_rho else env


def make_vector_env(
    domain: str,
    num_envs: int = 1,
    role: str | None = None,
    opponent: Seat | None = None,
    autoreset_mode: str | gym.vector.AutoresetMode = gym.vector.AutoresetMode.NEXT_STEP,
    append_rho: bool = False,
    rho: float | None = None,
    render_mode: str | None = None,
    **settings: Any,  # noqa: ANN401
) -> gym.vector.VectorEnv[Any, Any, Any]:
    """`SeatVectorEnv`, wrapped in `AppendRho` if asked for."""
    if render_mode is not None:
        raise ValueError("the vector environment does not render; use gymnasium.make for one game.")
    _check_names(settings, domain, make_vector_env)
    env = SeatVectorEnv(Core(domain, **settings), num_envs, role, opponent, autoreset_mode)
    return AppendRho(env, rho) if append_rho else env


def _check_names(settings: Iterable[str], domain: str, make: Callable[..., object]) -> None:
    """Raise ``TypeError`` at an unknown keyword with all that the environment takes, its own and the game's."""
    found = find_domain(domain)
    own = {*signature(make).parameters, *signature(Core).parameters} - {"domain", "settings"}
    known = own | {*found.encoding_settings, *found.build_config({}).as_json()}
    for name in settings:
        if name not in known:
            raise TypeError(unknown_name("setting", name, known))
