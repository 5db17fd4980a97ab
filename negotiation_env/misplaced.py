"""Policies that are asked to play another domain than theirs: what to say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negotiation_env.policy import JsonValue
    from negotiation_env.registry import Registration

Known = Mapping[str, Mapping[str, "Registration"]]
"""The registered policies: domain -> name -> registration."""


def misplaced(name: str, domain: str, known: Known) -> str | None:
    """The message for a name that other domains have and this one lacks; ``None`` if no domain has it."""
    elsewhere = [other for other, names in known.items() if name in names]
    if not elsewhere or name in known.get(domain, {}):
        return None
    return (
        f"policy {name!r} plays {' and '.join(elsewhere)}, not {domain}; play domain {elsewhere[0]!r}, with "
        f'make_policy("{name}", domain="{elsewhere[0]}") in Python, or take one of '
        f"'negotiate list policies --domain {domain}'."
    )


def refuse_misplaced(policy: object, params: Mapping[str, JsonValue], domain: str, known: Known) -> None:
    """Raise ``ValueError`` at a policy whose class is registered, and not for this domain.

    Args:
        policy: the policy; what is not registered cannot be checked.
        params: what it was built with, by which names of one class are told apart.
        domain: what it is to play.
        known: the registered policies.
    """
    found = _registered(policy, params, domain, known)
    if not found or any(one.domain == domain for one in found):
        return
    name = found[0].name
    if name not in known.get(domain, {}):
        raise ValueError(misplaced(name, domain, known))
    raise ValueError(
        f"policy {name!r} was made for domain {found[0].domain!r}, not {domain}; "
        f'make it with make_policy("{name}", domain="{domain}").'
    )


def _registered(policy: object, params: Mapping[str, Any], domain: str, known: Known) -> list[Registration]:
    """The registrations of a policy's class, first the best name: it fixes most parameters, and ``domain`` has it."""
    target = f"{type(policy).__module__}:{type(policy).__qualname__}"
    found = [one for names in known.values() for one in names.values() if one.target == target]

    def fits(one: Registration) -> tuple[int, bool]:
        fixed = len(one.defaults) if one.defaults.items() <= params.items() else -1
        return fixed, one.name in known.get(domain, {})

    return sorted(found, key=fits, reverse=True)
