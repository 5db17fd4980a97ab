"""What `negotiate play` is to play: from its settings to a run, and back to settings that are written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negotiation_cli.seating import NO_LLM, kinds_of, seated
from negotiation_cli.settings import AGENTS, LLM, RESOLVED, check_address

if TYPE_CHECKING:
    from negotiation_env.run import Run

CONCURRENCY = 4
"""How many games are played at once, unless a person plays."""
_AGENTS = {"price": ("boulware_firm", "tit_for_tat"), "multi_item": ("boulware", "tit_for_tat")}
_FILES = ("catalogue", "instances")
_LIMITS = ("buyer_max", "seller_min")
_MODEL = ("model", "base_url")
_OWN = {"domain": "price", "rounds": 1, "agent1": None, "agent2": None, "no_llm": False, "seed": None}
"""The settings that are none of the games themselves, with their defaults."""
SETTINGS = (*_OWN, "concurrency", *_MODEL, *_LIMITS)


@dataclass(frozen=True)
class Plan:
    """Games that are to be played.

    Attributes:
        run: what determines them.
        rounds: how many.
        concurrency: how many at once.
        is_slow: whether a language model or a person plays, so that each game is shown and kept as it goes.
        settings: everything, as it can be given again with ``--config``.
    """

    run: Run
    rounds: int
    concurrency: int
    is_slow: bool
    settings: Mapping[str, Any]


def game_settings() -> set[str]:
    """The names of the games' own settings, in any domain."""
    from negotiation_env.domain import find_domain
    from negotiation_env.registry import DOMAINS

    return {name for domain in DOMAINS for name in find_domain(domain).build_config({}).as_json()}


def make_plan(given: Mapping[str, Any]) -> Plan:
    """Complete and check settings.

    Raises:
        ValueError: a bad value or an unknown name.
        TypeError: a setting that the domain or the language models do not have.
    """
    from negotiation_env.domain import find_domain
    from negotiation_env.registry import SPEAKING
    from negotiation_env.run import make_run
    from negotiation_env.specs import split_specs

    own = {name: given.get(name, default) for name, default in _OWN.items()}
    domain, rounds = own["domain"], own["rounds"]
    agents = find_domain(domain).agents
    defaults = zip(AGENTS, _AGENTS[domain], strict=True)
    specs = [default if own[name] is None else own[name] for name, default in defaults]
    llm = _placed({**given.get(LLM, {}), **{name: given[name] for name in _MODEL if name in given}})
    check_address(llm.get("base_url"))
    if "base_url" in llm and "model" not in llm:
        raise ValueError("--base_url is given without --model; name the model there, e.g. --model openai/NAME.")
    players = {
        agent: seated(split_specs(spec), domain, {**llm, NO_LLM: own[NO_LLM]})
        for agent, spec in zip(agents, specs, strict=True)
    }
    kinds = kinds_of(players.values(), domain)
    is_slow = bool(kinds & SPEAKING)
    settings = _placed({name: value for name, value in given.items() if name in game_settings()})
    limits = {name: given[name] for name in _LIMITS if name in given}
    concurrency = given.get("concurrency", 1 if "human" in kinds else CONCURRENCY)
    for name, value in (("rounds", rounds), ("concurrency", concurrency)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"--{name} is {value!r}; it must be a whole number, at least 1.")
    run = make_run(domain, players, own["seed"], limits, rounds, **{"chat": is_slow, **settings})
    own |= {"agent1": specs[0], "agent2": specs[1], "seed": run.seed}
    kept = {**own, "concurrency": concurrency, **limits, **run.config.as_json(), LLM: llm, RESOLVED: _resolved(run)}
    return Plan(run, rounds, concurrency, is_slow, kept)


def _placed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings with whole paths of files, so that they can be given again from another folder."""

    def whole(name: str, value: Any) -> Any:  # noqa: ANN401
        is_file = name in _FILES or (name == "prompt" and str(value).endswith(".toml"))
        return str(Path(value).absolute()) if is_file and isinstance(value, str | Path) else value

    return {name: whole(name, value) for name, value in settings.items()}


def _resolved(run: Run) -> dict[str, Any]:
    """What the players come to, defaults included; for reading, and ignored when settings are read back."""
    seats = zip(AGENTS, run.players, strict=True)
    told = {name: [{"name": player.name, **player.params} for player in players] for name, players in seats}
    return {"run_id": run.run_id, **told}
