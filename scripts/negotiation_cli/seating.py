"""Who sits in a seat: specs completed by the language model that a command names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from negotiation_env.policy import JsonValue
    from negotiation_env.registry import Registration
    from negotiation_env.run import Run

WRAPPERS = {"price": "price_strategy", "multi_item": "multi_item_strategy"}
"""By domain, the policy that puts a strategy's moves into words."""
NO_LLM = "no_llm"
"""Among the settings of language models: there is to be none."""
Settings = Mapping[str, "JsonValue"]


def seated(specs: Sequence[str], domain: str, llm: Settings) -> list[str]:
    """The players of a seat as specs, each with its language model.

    With a model among the settings ``llm``, a strategy is put into words by it; a policy that is a language model
    itself takes the settings that its spec does not give. ``no_llm`` among them leaves strategies bare.

    Raises:
        ValueError: a name is unknown, or needs a language model although there is to be none.
        TypeError: no language-model agent of the domain has one of the settings.
    """
    bare = bool(llm.get(NO_LLM))
    settings = {name: value for name, value in llm.items() if name != NO_LLM}
    _check_settings(settings, domain)
    return [_player(spec, domain, settings, bare) for spec in specs]


def _player(spec: str, domain: str, llm: Settings, bare: bool) -> str:
    from negotiation_env.registry import SPEAKING, find_policy
    from negotiation_env.specs import format_spec, parse_spec

    name, params = parse_spec(spec)
    registration = find_policy(name, domain)
    if registration.kind == "llm":
        if bare:
            raise ValueError(f"{name} is a language model, and --no_llm leaves none; name a strategy in its place.")
        accepted = _accepted(registration, llm)
        if params.get("model", llm.get("model")) != llm.get("model"):
            accepted.pop("base_url", None)  # it is the address of another model
        return format_spec(name, {**accepted, **params})
    if bare or registration.kind in SPEAKING or "model" not in llm:
        return spec
    wrapper = find_policy(WRAPPERS[domain], domain)
    return format_spec(wrapper.name, {"strategy": spec, **_accepted(wrapper, llm)})


def _accepted(registration: Registration, llm: Settings) -> dict[str, JsonValue]:
    """The settings that a policy has and its name leaves open; what is for another kind of agent is left out."""
    known = registration.parameters
    return {name: value for name, value in llm.items() if name in known and name not in registration.defaults}


def _check_settings(llm: Settings, domain: str) -> None:
    """Raise ``TypeError`` if no language-model agent of the domain has one of the settings."""
    from negotiation_env.registry import find_policy, list_policies, unknown_name

    agents = [find_policy(name, domain) for name in list_policies(domain, kind="llm")]
    known = {name for agent in agents for name in agent.parameters} - {"strategy"}
    for name in llm:
        if name not in known:
            raise TypeError(unknown_name("setting of a language model", name, known))


def kinds_of(seats: Iterable[Sequence[str]], domain: str) -> set[str]:
    """The kinds of all players of some seats: ``scripted``, ``llm``, ``human``."""
    from negotiation_env.registry import find_policy
    from negotiation_env.specs import parse_spec

    return {find_policy(parse_spec(spec)[0], domain).kind for seat in seats for spec in seat}


def seen_seats(run: Run) -> tuple[int, ...]:
    """The seats whose private facts may be on the screen during a game: a person sees its own, and nobody else's."""
    seats = range(len(run.players))
    people = [seat for seat in seats if "human" in kinds_of([[p.name for p in run.players[seat]]], run.domain.name)]
    if not people or run.config.information == "known":
        return tuple(seats)
    return tuple(people) if len(people) == 1 else ()


def check_models(run: Run) -> None:
    """Ask every language model whether it is there, before any game; raises ``RuntimeError`` with what to do."""
    policies = {id(player.policy): player.policy for seat in run.players for player in seat}
    for policy in policies.values():
        check = getattr(policy, "check_ready", None)
        if callable(check):
            check()
