"""Registers the Gymnasium environments, by string entry points."""

from __future__ import annotations

import gymnasium as gym

IDS = {"price": "negotiation/Price-v0", "multi_item": "negotiation/MultiItem-v0"}
"""The Gymnasium id of each domain."""


def register_envs() -> None:
    """Register each domain's environment unless it is already there."""
    for domain, name in IDS.items():
        if name not in gym.registry:
            gym.register(
                name,
                entry_point="negotiation_env.faces.gym:make_env",
                vector_entry_point="negotiation_env.faces.gym:make_vector_env",
                kwargs={"domain": domain},
                disable_env_checker=True,
                order_enforce=False,
            )
