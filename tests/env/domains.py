"""What the tests of all domains are run over."""

from importlib import import_module
from inspect import signature

from negotiation_env.domain import find_domain
from negotiation_env.registration import IDS
from negotiation_env.registry import DOMAINS
from negotiation_env.scenarios import list_scenarios

LOSSLESS = {"price": {"action_mode": "continuous"}}
"""Where the usual actions are coarser than moves: settings under which they are not."""
NEEDS_A_FILE = {"catalogue", "file"}
FEW = {"price": ["boulware_firm", "tit_for_tat", "random", "boulware_noisy"], "multi_item": ["tit_for_tat", "random"]}
"""Policies of different kinds."""
OPPONENTS = {"price": ["linear", "boulware_hard", "micro_fine", "random"], "multi_item": ["linear", "micro", "random"]}


def environments(domain):
    """The module ``<domain>_v0``."""
    return import_module(f"negotiation_env.{domain}_v0")


def agents(domain):
    return find_domain(domain).agents


def lossless(domain):
    return LOSSLESS.get(domain, {})


def modes(domain):
    """Settings of an environment: every legal mode, and every scenario that needs no file."""
    known = signature(environments(domain).parallel_env).parameters
    action_modes = [{"action_mode": "discrete"}, {"action_mode": "continuous"}] if "action_mode" in known else [{}]
    return [
        {**action, "obs_mode": obs_mode, **rest}
        for action in action_modes
        for obs_mode in ("flat", "masked")
        for rest in ({"information": "private", "chat": False}, {"information": "known", "chat": True})
        if not (obs_mode == "masked" and action.get("action_mode") == "continuous")
    ] + [{"scenario": name} for name in list_scenarios(domain) if name not in NEEDS_A_FILE]


ALL_MODES = [(domain, mode) for domain in DOMAINS for mode in modes(domain)]


def name_of(value):
    return value if isinstance(value, str) else "-".join(map(str, value.values())) or "default"


__all__ = ["ALL_MODES", "DOMAINS", "FEW", "IDS", "OPPONENTS", "agents", "environments", "lossless", "modes", "name_of"]
