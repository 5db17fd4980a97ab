"""Policies that are told a rho, as specs that leave it open."""

from __future__ import annotations

from collections.abc import Callable

from negotiation_env.policy import JsonValue
from negotiation_env.registry import AnyPolicy, find_policy, list_policies, make_policy
from negotiation_env.specs import parse_spec

Make = Callable[[float], str | AnyPolicy]
"""Gives the policy (or its spec) for a command."""


def parse_open(spec: str, given_as: str = "make", set_by: str = "commands") -> tuple[str, dict[str, JsonValue]]:
    """The name and the parameters of a spec that leaves rho open.

    Args:
        spec: the spec.
        given_as: what the user calls the spec, for messages.
        set_by: what the user calls that by which rho is set.

    Raises:
        ValueError: there is no such policy, it has no parameter rho, or the spec gives one.
    """
    name, params = parse_spec(spec)
    if "rho" not in find_policy(name).parameters:
        known = ", ".join(other for other in list_policies("price") if "rho" in find_policy(other).parameters)
        raise ValueError(f"{given_as} {spec!r} must be a policy with a parameter rho; those that have it: {known}.")
    if "rho" in params:
        raise ValueError(
            f"{given_as} {spec!r} must be a policy with a parameter rho, and leave it open: leave out "
            f"rho={params['rho']}; {set_by} sets it."
        )
    return name, params


def maker(make: Make | str) -> Make:
    """What gives the policy for a command: as it is, or of a spec, to which rho is added.

    Raises:
        ValueError: a spec of no policy with a parameter rho, or with one.
        TypeError: neither a spec nor a function.
    """
    if isinstance(make, str):
        name, params = parse_open(make)
        return lambda rho: make_policy(name, "price", **{**params, "rho": rho})
    if not callable(make):
        raise TypeError(
            f"make is {make!r}; give a spec such as 'teacher', or a function of rho that gives a policy, such as "
            "lambda rho: make_policy('teacher', rho=rho)."
        )
    return make
