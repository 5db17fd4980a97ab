"""Named scenarios: ``"module:object"`` targets that draw the private facts of a domain's games."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from negotiation_env.registry import load_target, unknown_name

_PRICE, _CATALOGUE = "negotiation_env.price.scenarios", "negotiation_env.price.catalogue"
_MULTI_ITEM = "negotiation_env.multi_item.scenarios"
_scenarios: dict[str, dict[str, str]] = {
    "price": {
        "seed": f"{_PRICE}:seed_scenario",
        "varied": f"{_PRICE}:varied_scenario",
        "private": f"{_PRICE}:private_scenario",
        "catalogue": f"{_CATALOGUE}:catalogue_scenario",
    },
    "multi_item": {
        "seed": f"{_MULTI_ITEM}:seed_scenario",
        "bargaining": f"{_MULTI_ITEM}:bargaining",
        "opposed": f"{_MULTI_ITEM}:opposed",
        "file": f"{_MULTI_ITEM}:from_file",
    },
}


def register_scenario(name: str, target: str, domain: str = "price") -> None:
    """Register a scenario ``"module:object"`` under a name that is unique within its domain.

    It is called with (config, seed, games), where ``seed`` is one number or one a game (uint64) and ``games`` the
    games' numbers (B,) within it, and returns the domain's setup. Price: a
    `negotiation_env.price.scenarios.PriceSetup` with limits inside the public range; they are rounded to the tick.
    Multi-item: see `negotiation_env.multi_item.scenarios.Scenario`.

    Raises:
        ValueError: the name is taken, or the domain is unknown.
    """
    known = _of_domain(domain)
    if known.get(name, target) != target:
        raise ValueError(f"scenario {name!r} is already registered. Known: {', '.join(sorted(known))}.")
    known[name] = target


def list_scenarios(domain: str = "price") -> list[str]:
    """The sorted names of a domain's scenarios."""
    return sorted(_of_domain(domain))


def check_scenario(name: str, domain: str) -> None:
    """Raise ``ValueError`` with the known names if a domain has no scenario of this name."""
    known = _of_domain(domain)
    if name not in known:
        raise ValueError(unknown_name("scenario", name, known))


def find_scenario(name: str, domain: str = "price") -> Any:  # noqa: ANN401  # the domain's scenario function
    """The scenario of a name; an unknown one raises ``ValueError`` with the known ones."""
    check_scenario(name, domain)
    return load_target(_scenarios[domain][name])


def registered() -> Mapping[str, Mapping[str, str]]:
    """All targets, domain -> name -> target: what a worker process has to be told."""
    return _scenarios


def _of_domain(domain: str) -> dict[str, str]:
    if domain not in _scenarios:
        raise ValueError(unknown_name("domain", domain, _scenarios))
    return _scenarios[domain]
