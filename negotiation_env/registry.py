"""Named policies: ``"module:Class"`` targets that are imported on first use."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np

from negotiation_env.misplaced import misplaced, refuse_misplaced
from negotiation_env.policy import JsonValue, Policy
from negotiation_env.specs import format_spec, parse_spec

DOMAINS = {
    "price": "negotiation_env.price.domain:PRICE",
    "multi_item": "negotiation_env.multi_item.domain:MULTI_ITEM",
}
"""Where each domain's rules are."""
ENTRY_POINT_GROUP = "negotiation_env.policies"
KINDS = {
    "scripted": "plays by itself",
    "llm": "asks a language model",
    "human": "asks a person",
    "learned": "asks a trained network",
}
"""The kinds of policies, and what one does to decide; only the first can be played unattended, anywhere."""
SPEAKING = frozenset({"llm", "human"})
"""The kinds of policies that talk and take their time."""
AnyPolicy = Policy[Any, Any]
_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_LISTED = 64
"""The most numbers of an array that are written out as a parameter."""


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
    """One registered policy: where its class is, the parameters that its name fixes, and its kind (of `KINDS`)."""

    name: str
    target: str
    domain: str
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    kind: str = "scripted"

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters that it can be built with, by name."""
        return inspect.signature(load_target(self.target)).parameters

    def build(self, params: Mapping[str, JsonValue]) -> AnyPolicy:
        """Create the policy; a wrong or missing parameter raises ``TypeError`` with the right ones."""
        factory: Callable[..., AnyPolicy] = load_target(self.target)
        given = {**self.defaults, **params}
        self._check(given)
        return factory(**given)

    def _check(self, given: Mapping[str, JsonValue]) -> None:
        accepted = self.parameters
        wrong = [name for name in given if name not in accepted]
        if wrong:
            near = difflib.get_close_matches(wrong[0], accepted, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(
                f"policy {self.name!r} has no parameter {wrong[0]!r}.{hint} "
                f"Its parameters: {', '.join(accepted) or 'none'}."
            )
        needed = [name for name, known in accepted.items() if known.default is known.empty and known.kind not in _ANY]
        missing = [name for name in needed if name not in given]
        if missing:
            example = ",".join(f"{name}=..." for name in missing)
            raise TypeError(f"policy {self.name!r} needs {' and '.join(missing)}; name it as {self.name}:{example}.")


_registry: dict[str, dict[str, Registration]] = {}


def register_policy(
    name: str,
    target: str,
    domain: str = "price",
    defaults: Mapping[str, JsonValue] | None = None,
    *,
    kind: str = "scripted",
) -> None:
    """Register a policy under a name that is unique within its domain.

    Args:
        name: the name, without ``:``, ``,`` or ``=``.
        target: ``"module:Class"``, imported on first use.
        domain: ``"price"`` or ``"multi_item"``.
        defaults: parameters that the name fixes unless the caller gives others.
        kind: what the policy needs: ``"scripted"`` plays by itself, ``"llm"`` asks a language model, ``"human"`` a
            person and ``"learned"`` a trained network; whatever plays all policies unattended plays the scripted ones.

    Raises:
        ValueError: the name is taken or malformed, the target is not ``"module:Class"``, or there is no such
            domain or kind.
    """
    if not name or set(name) & set(":,= "):
        raise ValueError(f"policy name {name!r} must be non-empty and without ':', ',', '=' or spaces.")
    if not isinstance(target, str) or target.count(":") != 1:
        raise ValueError(f"policy target {target!r} must be 'module:Class'.")
    if domain not in DOMAINS:
        raise ValueError(unknown_name("domain", domain, DOMAINS))
    _check_kind(kind)
    registration = Registration(name, target, domain, dict(defaults or {}), kind)
    domain_registry = _registry.setdefault(domain, {})
    if name in domain_registry and domain_registry[name] != registration:
        known = ", ".join(sorted(domain_registry))
        raise ValueError(f"policy {name!r} is already registered for domain {domain!r}. Known: {known}.")
    domain_registry[name] = registration


def registrations() -> list[Registration]:
    """All policies that are registered so far: what a worker process has to be told."""
    return [found for known in _registry.values() for found in known.values()]


def register_again(known: Iterable[Registration]) -> None:
    """Register here what another process has registered."""
    _load_entry_points()
    for found in known:
        register_policy(found.name, found.target, found.domain, found.defaults, kind=found.kind)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(unknown_name("kind of policy", kind, KINDS))


@cache
def _load_entry_points() -> None:
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        entry_point.load()()


def list_policies(domain: str = "price", kind: str | None = None) -> list[str]:
    """The sorted names registered for a domain: all of them, or those of one kind.

    Whatever plays every policy unattended asks for ``kind="scripted"``: the others need a person, a model or weights.

    Raises:
        ValueError: there is no such domain or kind.
    """
    if kind is not None:
        _check_kind(kind)
    _load_entry_points()
    if domain not in DOMAINS:
        raise ValueError(unknown_name("domain", domain, DOMAINS))
    return sorted(name for name, found in _registry.get(domain, {}).items() if kind in (None, found.kind))


def find_policy(name: str, domain: str = "price") -> Registration:
    """The registration of a name; an unknown name or domain raises ``ValueError`` with the known ones."""
    _load_entry_points()
    try:
        return _registry.get(domain, {})[name]
    except KeyError:
        if domain not in DOMAINS:
            raise ValueError(unknown_name("domain", domain, DOMAINS)) from None
        unknown = unknown_name(f"{domain} policy", name, _registry.get(domain, {}))
        raise ValueError(misplaced(name, domain, _registry) or unknown) from None


def make_policy(name: str | AnyPolicy, domain: str = "price", **params: JsonValue) -> AnyPolicy:
    """Build a policy from a name or a spec string (``"hold_rho:rho=0.3"``), with further parameters.

    A policy object is returned as it is; it takes no further parameters.

    Raises:
        ValueError: the name is unknown, or a value is outside its range.
        TypeError: a parameter is unknown, or ``name`` is neither a string nor a policy.
    """
    if not isinstance(name, str):
        if params:
            raise TypeError(f"{name!r} is a policy already; parameters {sorted(params)} need its name instead.")
        return _checked_policy(name)
    policy_name, spec_params = parse_spec(name)
    return find_policy(policy_name, domain).build({**spec_params, **params})


@dataclass(frozen=True, eq=False)
class Player:
    """A policy in a seat with the name and the parameters that records keep.

    A policy with a ``params`` mapping says itself what these are: what it was built with can name files and hosts,
    which no record holds.
    """

    name: str
    params: Mapping[str, JsonValue]
    policy: AnyPolicy

    @property
    def spec(self) -> str:
        """The name and the parameters that records keep, as a spec string."""
        return format_spec(self.name, self.params)


def name_among(player: Player, among: Sequence[Player]) -> str:
    """The name of a player, with the parameters in which players of that name differ."""
    twins = [other.params for other in among if other.name == player.name]
    differing = [key for key in player.params if len({str(params.get(key)) for params in twins}) > 1]
    return format_spec(player.name, {key: player.params[key] for key in differing})


def make_player(player: str | AnyPolicy, domain: str) -> Player:
    """A seat's player from a spec string or a policy object."""
    if isinstance(player, str):
        name, given = parse_spec(player)
        policy = find_policy(name, domain).build(given)
        kept = policy_params(policy)
        return Player(name, kept if _own_params(policy) is not None else {**given, **kept}, policy)
    _checked_policy(player)
    _load_entry_points()
    params = policy_params(player)
    refuse_misplaced(player, params, domain, _registry)
    name = getattr(player, "name", None) or type(player).__name__
    return Player(str(name), params, player)


def _checked_policy(policy: AnyPolicy) -> AnyPolicy:
    is_policy = callable(getattr(policy, "decide", None)) and callable(getattr(policy, "reset", None))
    if isinstance(policy, type) or not is_policy:
        raise TypeError(
            f"{policy!r} is not a policy: give a spec string such as 'boulware_firm', or an object (not its class) "
            "with reset(size, seed) and decide(view)."
        )
    return policy


def policy_params(policy: AnyPolicy) -> dict[str, JsonValue]:
    """The parameters of a policy, JSON-able: its ``params`` mapping, else its dataclass fields, else none."""
    given = _own_params(policy)
    if given is not None:
        return {str(name): json_value(value) for name, value in given.items()}
    if not dataclasses.is_dataclass(policy):
        return {}
    return {
        item.name: json_value(getattr(policy, item.name), as_float="float" in str(item.type))
        for item in dataclasses.fields(policy)
        if item.init
    }


def _own_params(policy: AnyPolicy) -> Mapping[object, object] | None:
    given = getattr(policy, "params", None)
    return given if isinstance(given, Mapping) else None


def json_value(value: Any, as_float: bool = False) -> JsonValue:  # noqa: ANN401  # whatever a policy is made with
    """A parameter as JSON that is the same in every process.

    Long arrays are named by the digest of their bytes, numbers that JSON lacks by their text, and other objects by
    their type.
    """
    if isinstance(value, np.ndarray) and value.size > _LISTED:
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.dtype}{list(value.shape)} {digest}"
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and as_float:
        return float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return str(value) if isinstance(value, Path) else f"<{type(value).__qualname__}>"
