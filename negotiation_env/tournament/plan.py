"""What is to be played: everything that determines a tournament's results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Config, Domain, find_domain
from negotiation_env.policy import JsonValue
from negotiation_env.registry import AnyPolicy
from negotiation_env.run import Run
from negotiation_env.seeding import check_seed
from negotiation_env.tournament.entrants import Entrant, find_entrants
from negotiation_env.tournament.outcomes import OutcomeColumns, find_columns

VERSION = 2
Cell = tuple[int, int]
"""The places of a cell's policies in the list: who sits in seat 0, and who in seat 1."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A tournament that can be played.

    Attributes:
        domain: the kind of game.
        configs: the settings of the games in which seat 0 and in which seat 1 moves first.
        entrants: the policies.
        seed: of all games.
        num_episodes: games a cell: each draw of private facts twice, once with each side moving first.
        keep_episodes: how many of them are kept move by move.
    """

    domain: Domain
    configs: tuple[Config, Config]
    entrants: tuple[Entrant, ...]
    seed: int
    num_episodes: int
    keep_episodes: int

    @property
    def draws(self) -> int:
        """Draws of private facts, the same in every cell."""
        return self.num_episodes // 2

    @property
    def names(self) -> tuple[str, ...]:
        """What tables call the policies, in order."""
        return tuple(entrant.name for entrant in self.entrants)

    @property
    def cells(self) -> list[Cell]:
        """Every ordered pair, those of seat 0's first policy first."""
        places = range(len(self.entrants))
        return [(one, two) for one in places for two in places]

    @property
    def columns(self) -> OutcomeColumns:
        """What is kept of each game."""
        return find_columns(self.domain.name)

    def run(self, cell: Cell, first: int) -> Run:
        """The games of a cell in which one seat moves ``first``: game ``d`` is draw ``d``.

        A policy that meets itself is copied, so that the seats share no memory.
        """
        one, two = (self.entrants[place] for place in cell)
        rival = one.opposing() if one is two else two.player
        return Run(self.domain, self.configs[first], ((one.player,), (rival,)), self.seed, {})

    def run_id(self, cell: Cell, first: int) -> str:
        """The first part of the ids of these games."""
        players = tuple((self.entrants[place].player,) for place in cell)
        return Run(self.domain, self.configs[first], (players[0], players[1]), self.seed, {}).run_id

    @property
    def everyone(self) -> Run:
        """A run in which every policy has a seat."""
        players = tuple(entrant.player for entrant in self.entrants)
        return Run(self.domain, self.configs[0], (players, players), self.seed, {})

    @cached_property
    def possible(self) -> NDArray[np.bool_]:
        """(D,) in which draws a deal is possible that is inside both agents' limits."""
        setup, _ = self.domain.deal(self.configs[0], self.seed, np.arange(self.draws), None)
        return self.columns.possible(self.configs[0], self.domain.setup_columns(setup))

    @cached_property
    def settings(self) -> dict[str, JsonValue]:
        """What determines the results, JSON-able and free of paths: the content of ``settings.json``."""
        game = self.domain.fingerprint(self.configs[0])
        return {
            "version": VERSION,
            "domain": self.domain.name,
            "sides": list(self.domain.sides),
            "game": {name: value for name, value in game.items() if name != "first_mover"},
            "seed": self.seed,
            "num_episodes": self.num_episodes,
            "keep_episodes": self.keep_episodes,
            "policies": [entrant.facts for entrant in self.entrants],
        }

    @property
    def text(self) -> str:
        """``settings`` as the text of a file."""
        return json.dumps(self.settings, indent=1, allow_nan=False) + "\n"


def make_plan(
    policies: str | Sequence[str | AnyPolicy],
    num_episodes: int,
    domain: str,
    seed: int | None,
    keep_episodes: int,
    settings: Mapping[str, Any],
) -> Plan:
    """Check everything and build a `Plan`; see `negotiation_env.tournament.play.play_tournament` for the arguments."""
    found = find_domain(domain)
    if "first_mover" in settings:
        raise ValueError("a tournament plays every game with each side moving first; leave first_mover out.")
    configs = tuple(found.build_config({**settings, "first_mover": side}) for side in found.sides)
    for name, count, least in (("num_episodes", num_episodes, 2), ("keep_episodes", keep_episodes, 0)):
        if isinstance(count, bool) or not isinstance(count, int) or count < least or count % 2:
            raise ValueError(
                f"{name} is {count!r}; it must be an even number, at least {least}: each game is played twice, once "
                "with each side moving first."
            )
    entrants = find_entrants(policies, domain, configs[0].information)
    kept = min(keep_episodes, num_episodes)
    plan = Plan(found, (configs[0], configs[1]), entrants, check_seed(seed), num_episodes, kept)
    if not plan.possible.any():
        raise ValueError(
            f"no deal is possible in any of the {plan.draws} draws of scenario {configs[0].scenario!r} with seed "
            f"{plan.seed}: no outcome is inside both agents' limits. Give another seed, more num_episodes or another "
            "scenario."
        )
    return plan
