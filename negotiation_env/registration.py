"""Registers the Gymnasium environments, by string entry points."""

from __future__ import annotations

import gymnasium as gym


def register_envs() -> None:
    """Register ``negotiation/Price-v0`` unless it is already there."""
    if "negotiation/Price-v0" not in gym.registry:
        gym.register(
            "negotiation/Price-v0",
            entry_point="negotiation_env.price.faces:make_env",
            vector_entry_point="negotiation_env.price.faces:make_vector_env",
            disable_env_checker=True,
            order_enforce=False,
        )
