"""The Gymnasium of negotiation: two-agent bargaining environments, rollouts and records.

Importing this package registers the Gymnasium environments; everything else is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negotiation_env import metrics as metrics
    from negotiation_env import multi_item_v0 as multi_item_v0
    from negotiation_env import price_v0 as price_v0
    from negotiation_env import solutions as solutions
    from negotiation_env import testing as testing
    from negotiation_env import theory as theory
    from negotiation_env.binding import bind
    from negotiation_env.episodes import Episodes
    from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView
    from negotiation_env.policy import Policy
    from negotiation_env.price.view import PriceDecision, PriceView
    from negotiation_env.registry import list_policies, make_policy, register_policy
    from negotiation_env.rollouts import play, rollout
    from negotiation_env.scenarios import register_scenario
    from negotiation_env.wrappers import AppendRho

__version__ = "0.1.0"
__all__ = [
    "AppendRho",
    "Episodes",
    "MultiItemDecision",
    "MultiItemView",
    "Policy",
    "PriceDecision",
    "PriceView",
    "bind",
    "list_policies",
    "make_policy",
    "metrics",
    "multi_item_v0",
    "play",
    "price_v0",
    "register_policy",
    "register_scenario",
    "rollout",
    "solutions",
    "testing",
    "theory",
]

_ORIGIN = {
    "AppendRho": "wrappers",
    "Episodes": "episodes",
    "MultiItemDecision": "multi_item.view",
    "MultiItemView": "multi_item.view",
    "Policy": "policy",
    "PriceDecision": "price.view",
    "PriceView": "price.view",
    "bind": "binding",
    "list_policies": "registry",
    "make_policy": "registry",
    "play": "rollouts",
    "register_policy": "registry",
    "register_scenario": "scenarios",
    "rollout": "rollouts",
}
_MODULES = ("metrics", "multi_item_v0", "price_v0", "solutions", "testing", "theory")


def __getattr__(name: str) -> Any:  # noqa: ANN401  # any public object
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _ORIGIN:
        return getattr(import_module(f"{__name__}.{_ORIGIN[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def _register() -> None:
    from negotiation_env.registration import register_envs

    register_envs()


_register()
