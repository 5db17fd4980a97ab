"""The policies of this package."""

from __future__ import annotations

from negotiation_env.registry import register_policy


def register() -> None:
    """Register them; called through the package's entry point."""
    register_policy("rho_mlp", "negotiation_janus.rho_mlp.policy:RhoMlp", kind="learned")
    register_policy("janus", "negotiation_janus.policy:Janus", kind="learned")
