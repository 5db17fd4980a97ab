"""Who takes part: policies under unique names, all mistakes found before any game is played."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from negotiation_env.domain import Array, find_domain
from negotiation_env.engine import play_batch
from negotiation_env.policy import JsonValue
from negotiation_env.registry import AnyPolicy, Player, list_policies, make_player
from negotiation_env.run import make_run
from negotiation_env.specs import format_spec, parse_spec, split_specs

ALL = "all"
"""Stands for `deterministic_policies` in a list of policies."""
_PROBED_GAMES = 16
_PROBED_SEEDS = (0, 1)


@dataclass(frozen=True, eq=False)
class Entrant:
    """A policy that takes part.

    Attributes:
        name: what tables call it: its spec, without what records do not keep, such as paths; with everything that they
            keep where that tells it from others.
        player: the policy, its name and its parameters.
    """

    name: str
    player: Player

    @property
    def facts(self) -> dict[str, JsonValue]:
        """What settings hold of it."""
        return {"policy": self.name, "strategy": self.player.name, "params": dict(self.player.params)}

    def opposing(self) -> Player:
        """A second player of the same policy, which can sit opposite it and share no game's memory with it."""
        return Player(self.player.name, self.player.params, copy.deepcopy(self.player.policy))


def find_entrants(
    policies: str | Sequence[str | AnyPolicy], domain: str, information: str = "private"
) -> tuple[Entrant, ...]:
    """The policies of a tournament.

    Args:
        policies: policies or specs, or one string of specs with commas; ``"all"`` stands for every deterministic
            strategy of the domain.
        domain: ``"price"`` or ``"multi_item"``.
        information: of the games, see `negotiation_env.config.GameConfig`.

    Raises:
        ValueError: there are fewer than two, or one or several of them cannot be built, are not ready to play, or have
            the same name; the message tells all of these.
    """
    entrants: list[Entrant] = []
    mistakes: list[str] = []
    for policy in _expanded(policies, domain, information):
        try:
            entrants.append(_ready(policy, domain))
        except (ValueError, TypeError, RuntimeError, OSError, ImportError) as error:
            mistakes.append(str(error))
    entrants = _told_apart(entrants)
    counted = Counter(entrant.name for entrant in entrants)
    mistakes += [
        f"{number} policies are called {name!r}; name each once, or tell them apart by a parameter (objects by their "
        "attribute name)."
        for name, number in counted.items()
        if number > 1
    ]
    if mistakes:
        raise ValueError(" ".join(mistakes) if len(mistakes) == 1 else _numbered(mistakes))
    if len(entrants) < 2:
        raise ValueError(f"a tournament needs at least two policies, not {len(entrants)}; '{ALL}' names many.")
    return tuple(entrants)


def _expanded(policies: str | Sequence[str | AnyPolicy], domain: str, information: str) -> list[str | AnyPolicy]:
    given: list[str | AnyPolicy] = list(split_specs(policies) if isinstance(policies, str) else policies)
    named = {policy for policy in given if isinstance(policy, str)}
    found: list[str | AnyPolicy] = []
    for policy in given:
        if policy == ALL and isinstance(policy, str):
            found += [name for name in deterministic_policies(domain, information) if name not in named]
            named.update(policy for policy in found if isinstance(policy, str))
        else:
            found.append(policy)
    return found


def _ready(policy: str | AnyPolicy, domain: str) -> Entrant:
    player = make_player(policy, domain)
    check = getattr(player.policy, "check_ready", None)
    if callable(check):
        check()
    return Entrant(_short_name(policy, player) if isinstance(policy, str) else player.name, player)


def _short_name(spec: str, player: Player) -> str:
    name, given = parse_spec(spec)
    return format_spec(name, {key: player.params[key] for key in given if key in player.params})


def _told_apart(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Those whose short names are equal under their full ones, if these differ."""
    short = Counter(entrant.name for entrant in entrants)
    full = Counter((entrant.name, entrant.player.spec) for entrant in entrants)
    return [
        replace(entrant, name=entrant.player.spec)
        if short[entrant.name] > 1 and full[entrant.name, entrant.player.spec] == 1
        else entrant
        for entrant in entrants
    ]


def _numbered(mistakes: Sequence[str]) -> str:
    told = " ".join(f"({place}) {mistake}" for place, mistake in enumerate(mistakes, 1))
    return f"{len(mistakes)} mistakes in the list of policies: {told}"


def deterministic_policies(domain: str, information: str = "private") -> list[str]:
    """The scripted policies of a domain that draw no random numbers, those that play the same once.

    A policy draws some if its games against itself, with the same private facts, depend on the seeds of the seats.
    What refuses games of this ``information``, such as a target that needs to know the surplus, is not among them.
    """
    found: list[str] = []
    known: list[AnyPolicy] = []
    for name in list_policies(domain, kind="scripted"):
        policy = make_player(name, domain).policy
        if policy not in known and _is_deterministic(policy, domain, information):
            found.append(name)
            known.append(policy)
    return found


def _is_deterministic(policy: AnyPolicy, domain: str, information: str) -> bool:
    try:
        one, two = (_probe(policy, domain, information, seed) for seed in _PROBED_SEEDS)
    except ValueError:
        return False
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


def _probe(policy: AnyPolicy, domain: str, information: str, seed: int) -> dict[str, Array]:
    """The moves of a policy against itself in some games, whose private facts do not depend on the seed."""
    found = find_domain(domain)
    setup, _ = found.deal(found.build_config({}), _PROBED_SEEDS[0], np.arange(_PROBED_GAMES), None)
    facts = {name: getattr(setup, name).tolist() for name in found.option_ranks if name != "first_mover"}
    players = dict.fromkeys(found.agents, policy)
    settings = {"information": information, "first_mover": found.sides[0]}
    batch = play_batch(make_run(domain, players, seed, facts, _PROBED_GAMES, **settings), np.arange(_PROBED_GAMES))
    return {"turns": batch.episodes["turns"], **batch.decisions}
