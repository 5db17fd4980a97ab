"""A run: everything that determines a set of games, and its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from negotiation_env.domain import Config, Domain, find_domain
from negotiation_env.policy import Int64, JsonValue
from negotiation_env.registry import AnyPolicy, Player, json_value, make_player, unknown_name
from negotiation_env.seeding import check_seed
from negotiation_env.specs import split_specs

SCHEMA_VERSION = 1
Seat = str | AnyPolicy | Sequence[str | AnyPolicy]


@dataclass(frozen=True, eq=False)
class Run:
    """What fixes every game: the domain, its settings, the players of both seats, the seed and the options.

    Game ``g`` of a run is the same whichever other games are played, and however they are batched.

    Attributes:
        leading: where it is not 0, both seats have the same players, and so many at the head of the list only meet
            those after them: each game draws which seat is one of the first.
    """

    domain: Domain
    config: Config
    players: tuple[tuple[Player, ...], tuple[Player, ...]]
    seed: int
    options: Mapping[str, object]
    leading: int = 0

    @cached_property
    def identity(self) -> dict[str, JsonValue]:
        """Everything that determines the output, JSON-able: what `run_id` is a digest of."""
        return {
            "schema_version": SCHEMA_VERSION,
            "domain": self.domain.name,
            **self.domain.fingerprint(self.config),
            "seed": self.seed,
            "options": {name: json_value(value, as_float=True) for name, value in sorted(self.options.items())},
            "players": [[{"strategy": p.name, "params": dict(p.params)} for p in seat] for seat in self.players],
            **({"leading": self.leading} if self.leading else {}),
        }

    @cached_property
    def run_id(self) -> str:
        """The first 12 hex digits of a SHA-256 over the canonical JSON of `identity`."""
        canonical = json.dumps(self.identity, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    @property
    def games_at_once(self) -> int | None:
        """How many games the players that wait for a server or a person can play side by side; ``None`` without any."""
        limits = [getattr(player.policy, "games_at_once", None) for seat in self.players for player in seat]
        return min((limit for limit in limits if limit is not None), default=None)

    def options_of(self, games: Int64) -> Mapping[str, object] | None:
        """The options of the given games: arrays have one value for each game of the run."""
        if not self.options:
            return None
        return {
            name: np.asarray(value, dtype=object)[games].tolist() if self._is_array(name, value) else value
            for name, value in self.options.items()
        }

    def _is_array(self, name: str, value: object) -> bool:
        return is_one_a_game(value, self.domain.option_ranks[name])


def make_run(
    domain: str,
    players: Mapping[str, Seat],
    seed: int | None = None,
    options: Mapping[str, object] | None = None,
    num_episodes: int | None = None,
    **settings: object,
) -> Run:
    """Check everything and build a `Run`; see `negotiation_env.rollouts.rollout` for the arguments."""
    found = find_domain(domain)
    config = found.build_config(settings)
    seats = _seats(found, players)
    checked = {name: value for name, value in (options or {}).items() if value is not None}
    for name, value in checked.items():
        if name not in found.option_ranks:
            raise ValueError(unknown_name("option", name, found.option_ranks))
        if is_one_a_game(value, found.option_ranks[name]) and num_episodes is not None and len(value) != num_episodes:  # type: ignore[arg-type]
            raise ValueError(
                f"option {name} has {len(value)} values for {num_episodes} episodes; "  # type: ignore[arg-type]
                "give one number, or one a game."
            )
    return Run(found, config, seats, check_seed(seed), checked)


def _seats(domain: Domain, players: Mapping[str, Seat]) -> tuple[tuple[Player, ...], tuple[Player, ...]]:
    for agent in players:
        if agent not in domain.agents:
            raise ValueError(unknown_name("agent", agent, domain.agents))
    for agent in domain.agents:
        if agent not in players:
            raise ValueError(f"no player for {agent!r}; players must name both agents: {', '.join(domain.agents)}.")
    first, second = (make_players(players[agent], domain.name, agent) for agent in domain.agents)
    return first, second


def make_players(seat: Seat, domain: str, agent: str = "opponent") -> tuple[Player, ...]:
    """The players of a seat: one policy, or a list to sample from (or a string of specs with commas)."""
    given: list[str | AnyPolicy]
    if isinstance(seat, str):
        given = list(split_specs(seat))
    elif isinstance(seat, Sequence):
        given = list(seat)
    else:
        given = [seat]
    if not given:
        raise ValueError(f"the list of players for {agent!r} is empty; give at least one policy.")
    return tuple(make_player(item, domain) for item in given)


def is_one_a_game(value: object, rank: int) -> bool:
    """Whether an option's value has a value for each game, where that of one game has ``rank`` dimensions."""
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) and np.ndim(value) > rank
