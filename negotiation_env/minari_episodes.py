"""Games of a record as the episodes of one seat that Minari stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from negotiation_env.domain import Array, Domain, Encoding
from negotiation_env.records.games import Games
from negotiation_env.records.sources import Source
from negotiation_env.specs import format_spec
from negotiation_env.trajectories import Trajectories, seat_trajectories
from negotiation_env.wrappers import IMPASSE, rho_features

if TYPE_CHECKING:
    from minari.data_collector import EpisodeBuffer

RhoLabel = Literal["outcome", "commanded"]


class SeatEpisodes:
    """Turns blocks of games into episodes of one seat, and keeps account of them.

    Attributes:
        games: how many games there were so far.
        without_decision: how many of them the seat never moved in.
        without_rho: how many others have no rho to learn from.
        players: the specs of the policies in both seats.
        seeds: the seeds of the games.
    """

    def __init__(self, source: Source, domain: Domain, seat: int, encoding: Encoding, rho: RhoLabel | None) -> None:
        self.source: Source = source
        self.domain: Domain = domain
        self.seat: int = seat
        self.encoding: Encoding = encoding
        self.rho = rho
        self.games: int = 0
        self.without_decision: int = 0
        self.without_rho: int = 0
        self.players: tuple[dict[str, None], dict[str, None]] = ({}, {})
        self.seeds: dict[int, None] = {}

    def blocks(self) -> Iterator[tuple[int, list[EpisodeBuffer], list[dict[str, Any]]]]:
        """How many games were read, their episodes, and what is told of each beside them."""
        for games in self.source.blocks():
            self._note(games)
            known = seat_trajectories(games, self.seat, self.source.config, self.encoding)
            self.without_decision += len(games) - len(known)
            yield len(games), *self._episodes(games, known)

    def _note(self, games: Games) -> None:
        self.games += len(games)
        for seat, known in enumerate(self.players):
            known.update(dict.fromkeys(_specs(games, seat)))
        self.seeds.update(dict.fromkeys(map(int, np.unique(games.facts["seed"]))))

    def _episodes(self, games: Games, known: Trajectories) -> tuple[list[EpisodeBuffer], list[dict[str, Any]]]:
        from minari.data_collector import EpisodeBuffer

        rhos = self._rhos(games)[known.game]
        names = [_specs(games, seat) for seat in (0, 1)]
        episodes, told = [], []
        for index, (game, rho) in enumerate(zip(known.game.tolist(), rhos.tolist(), strict=True)):
            if np.isnan(rho):
                self.without_rho += 1
                continue
            start, length = int(known.starts[index]), int(known.lengths[index])
            steps, seen = slice(start, start + length), slice(start + index, start + index + length + 1)
            options, infos = self._options(games, game), {"turn": known.turns[seen]}
            observations = known.observations[seen]
            if self.rho is not None:
                options["rho"], infos["rho"] = rho, np.full(length + 1, rho)
                features = np.repeat(rho_features(np.array([rho])), length + 1, axis=0)
                observations = np.concatenate([observations, features], axis=1)
            ends = np.zeros(length, dtype=np.bool_)
            truncations, ends[-1] = ends.copy(), True
            episodes.append(
                EpisodeBuffer(None, None, options, observations, known.actions[steps], known.rewards[steps], ends,
                              truncations, infos)
            )  # fmt: skip
            own, other = names[self.seat][game], names[1 - self.seat][game]
            told.append({"uid": games.ids[game], "policy": own, "opponent": other})
        return episodes, told

    def _rhos(self, games: Games) -> Array:
        """The rho (E,) that each game teaches; 0 where nothing is appended, NaN where there is none."""
        if self.rho is None:
            return np.zeros(len(games))
        if self.rho == "commanded":
            return games.facts[f"rho_commanded_{self.seat}"]
        rho = games.facts["rho"]
        return np.where(rho == IMPASSE, IMPASSE, np.clip(rho, 0.0, 1.0))

    def _options(self, games: Games, game: int) -> dict[str, Any]:
        """The reset options that deal this game again."""
        facts = games.facts
        options: dict[str, Any] = {"first_mover": self.domain.sides[int(facts["first"][game])]}
        if games.domain == "price":
            return options | {name: float(facts[name][game]) for name in ("buyer_max", "seller_min")}
        types = int(facts["types"][game])
        values = np.stack([facts[f"values_{seat}"][game, :types] for seat in (0, 1)])
        return options | {"quantities": facts["quantities"][game, :types], "values": values}


def _specs(games: Games, seat: int) -> list[str]:
    """The spec of the policy that played a seat, of each game."""
    texts = (games.labels[f"{name}_{seat}"].tolist() for name in ("strategy", "params"))
    pairs = list(zip(*texts, strict=True))
    specs = {pair: format_spec(pair[0], json.loads(pair[1])) for pair in set(pairs)}
    return [specs[pair] for pair in pairs]
