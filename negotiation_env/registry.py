"""Named policies: ``"module:Class"`` targets that are imported on first use."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from negotiation_env.policy import JsonValue, Policy
from negotiation_env.specs import format_spec, parse_spec

ENTRY_POINT_GROUP = "negotiation_env.policies"
AnyPolicy = Policy[Any, Any]


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """The message for a name that is not registered: the nearest match and all known ones."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {name!r}.{hint} Known: {', '.join(names) or 'none'}."


def load_target(target: str) -> Any:  # noqa: ANN401  # a target is any class or function
    """Import ``"module:attribute"``."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@dataclass(frozen=True)
class Registration:
    """One registered policy: where its class is, and the parameters that its name fixes."""

    name: str
    target: str
    domain: str
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)

    def build(self, params: Mapping[str, JsonValue]) -> AnyPolicy:
        """Create the policy; a wrong parameter raises ``TypeError`` with the right ones."""
        factory: Callable[..., AnyPolicy] = load_target(self.target)
        accepted = [name for name in inspect.signature(factory).parameters if name != "self"]
        wrong = [key for key in params if key not in accepted]
        if wrong:
            near = difflib.get_close_matches(wrong[0], accepted, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(
                f"policy {self.name!r} has no parameter {wrong[0]!r}.{hint} "
                f"Its parameters: {', '.join(accepted) or 'none'}."
            )
        return factory(**{**self.defaults, **params})


_registry: dict[str, dict[str, Registration]] = {}


def register_policy(
    name: str, target: str, domain: str = "price", defaults: Mapping[str, JsonValue] | None = None
) -> None:
    """Register a policy under a name that is unique within its domain.

    Args:
        name: the name, without ``:``, ``,`` or ``=``.
        target: ``"module:Class"``, imported on first use.
        domain: ``"price"`` or ``"multi_item"``.
        defaults: parameters that the name fixes unless the caller gives others.

    Raises:
        ValueError: the name is taken or malformed, or the target is not ``"module:Class"``.
    """
    if not name or set(name) & set(":,= "):
        raise ValueError(f"policy name {name!r} must be non-empty and without ':', ',', '=' or spaces.")
    if target.count(":") != 1:
        raise ValueError(f"policy target {target!r} must be 'module:Class'.")
    registration = Registration(name, target, domain, dict(defaults or {}))
    domain_registry = _registry.setdefault(domain, {})
    if name in domain_registry and domain_registry[name] != registration:
        known = ", ".join(sorted(domain_registry))
        raise ValueError(f"policy {name!r} is already registered for domain {domain!r}. Known: {known}.")
    domain_registry[name] = registration


@cache
def _load_entry_points() -> None:
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        entry_point.load()()


def list_policies(domain: str = "price") -> list[str]:
    """The sorted names registered for a domain."""
    _load_entry_points()
    return sorted(_registry.get(domain, {}))


def find_policy(name: str, domain: str = "price") -> Registration:
    """The registration of a name; an unknown one raises ``ValueError`` with the known names."""
    _load_entry_points()
    try:
        return _registry.get(domain, {})[name]
    except KeyError:
        raise ValueError(unknown_name(f"{domain} policy", name, _registry.get(domain, {}))) from None


def make_policy(name: str, domain: str = "price", **params: JsonValue) -> AnyPolicy:
    """Build a policy from a name or a spec string (``"hold_rho:rho=0.3"``), with further parameters.

    Raises:
        ValueError: the name is unknown, or a value is outside its range.
        TypeError: a parameter is unknown.
    """
    policy_name, spec_params = parse_spec(name)
    return find_policy(policy_name, domain).build({**spec_params, **params})


@dataclass(frozen=True, eq=False)
class Player:
    """A policy in a seat with the name and the parameters that records keep."""

    name: str
    params: Mapping[str, JsonValue]
    policy: AnyPolicy

    @property
    def spec(self) -> str:
        """The spec string that builds the policy, if its name is registered."""
        return format_spec(self.name, self.params)


def make_player(player: str | AnyPolicy, domain: str) -> Player:
    """A seat's player from a spec string or a policy object."""
    if isinstance(player, str):
        name, given = parse_spec(player)
        policy = find_policy(name, domain).build(given)
        return Player(name, {**given, **policy_params(policy)}, policy)
    if not (callable(getattr(player, "decide", None)) and callable(getattr(player, "reset", None))):
        raise TypeError(
            f"{player!r} is not a policy: give a spec string such as 'boulware_firm', or an object with "
            "reset(size, seed) and decide(view)."
        )
    name = getattr(player, "name", None) or type(player).__name__
    return Player(str(name), policy_params(player), player)


def policy_params(policy: AnyPolicy) -> dict[str, JsonValue]:
    """The parameters of a policy: its dataclass fields, or its ``params`` mapping, else none."""
    if dataclasses.is_dataclass(policy) and not isinstance(policy, type):
        return {item.name: getattr(policy, item.name) for item in dataclasses.fields(policy) if item.init}
    return dict(getattr(policy, "params", {}))
