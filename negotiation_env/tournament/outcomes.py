"""What is kept of each game of a tournament, in both domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array, Columns
from negotiation_env.episodes import FAULTED, Episodes
from negotiation_env.policy import Float64
from negotiation_env.records.usage import illegal_replies
from negotiation_env.registry import load_target
from negotiation_env.turns import FLOAT_NOISE

_COLUMNS = {
    "price": "negotiation_env.tournament.outcomes:PriceColumns",
    "multi_item": "negotiation_env.tournament.outcomes:MultiItemColumns",
}


class OutcomeColumns(Protocol):
    """What a domain says of its games; see `negotiation_env.tournament` for the meaning of the columns."""

    means: Mapping[str, str]
    """The domain's own columns -> what their mean over games is called."""

    def possible(self, config: Any, setup: Columns) -> NDArray[np.bool_]:  # noqa: ANN401  # the domain's own config
        """In which games (B,) a deal inside both limits is possible, from the columns of their setup."""

    def own(self, episodes: Episodes) -> dict[str, Array]:
        """``violation_0``, ``violation_1``, ``share_0``, ``share_1`` and what no other domain has, each (B,)."""


def find_columns(domain: str) -> OutcomeColumns:
    """What is kept of each game of a domain."""
    columns: OutcomeColumns = load_target(_COLUMNS[domain])()
    return columns


def outcome_columns(episodes: Episodes) -> dict[str, Array]:
    """One row a game (B,) of what was played with a record: all columns of ``outcomes.parquet`` but who played."""
    table, raw, sides = episodes.episodes, episodes.batch.episodes, episodes.run.domain.sides
    columns = find_columns(episodes.run.domain.name)
    fault = raw["ended"] == FAULTED
    found: dict[str, Array] = {
        "draw": raw["episode"].astype(np.int32),
        "possible": columns.possible(episodes.run.config, raw),
        "deal": table["deal"],
        "fault": fault,
        "turns": raw["turns"].astype(np.int32),
    }
    for seat, side in enumerate(sides):
        found[f"payoff_{seat}"] = table[f"payoff_{side}"]
        found[f"illegal_{seat}"] = illegal_replies(episodes.batch, seat).astype(np.int32)
    found |= columns.own(episodes)
    return {name: _without(values, fault) if values.dtype.kind == "f" else values for name, values in found.items()}


def _without(values: Array, fault: NDArray[np.bool_]) -> Float64:
    return np.where(fault, np.nan, values) + 0.0  # -0.0 becomes 0.0


class PriceColumns:
    """One item, one price."""

    means: Mapping[str, str] = {"rho": "rho"}

    def possible(self, config: object, setup: Columns) -> NDArray[np.bool_]:
        """Where the buyer's limit is not below the seller's."""
        return np.asarray(setup["buyer_max"] >= setup["seller_min"])

    def own(self, episodes: Episodes) -> dict[str, Array]:
        """Shares of the surplus, and the rho of deals inside both limits."""
        table = episodes.episodes
        deal, rho, shareable = table["deal"], table["rho"], table["buyer_max"] > table["seller_min"]
        violations = [table[f"violation_{side}"] for side in episodes.run.domain.sides]
        sound = deal & shareable & ~violations[0] & ~violations[1]
        return {
            "share_0": np.where(shareable, np.where(deal, 1.0 - rho, 0.0), np.nan),
            "share_1": np.where(shareable, np.where(deal, rho, 0.0), np.nan),
            "violation_0": violations[0],
            "violation_1": violations[1],
            "rho": np.where(sound, rho, np.nan),
            "surplus": table["buyer_max"] - table["seller_min"],
        }


class MultiItemColumns:
    """A pool of items."""

    means: Mapping[str, str] = {
        "welfare": "welfare",
        "efficiency": "efficiency",
        "pareto_optimal": "pareto_rate",
        "nash_distance": "nash_distance",
        "kalai_smorodinsky_distance": "kalai_smorodinsky_distance",
        "egalitarian_distance": "egalitarian_distance",
        "envy_free": "envy_free_rate",
    }

    def possible(self, config: Any, setup: Columns) -> NDArray[np.bool_]:  # noqa: ANN401  # the domain's own config
        """Where some split is worth no less to either than no deal."""
        if max(config.disagreement) <= 0.0:
            return np.ones(len(setup["quantities"]), dtype=np.bool_)
        from negotiation_env.solutions import solve_batch

        values = np.stack([setup["values_0"], setup["values_1"]], axis=1)
        points = solve_batch(setup["quantities"], values, config.disagreement).points
        rational = (points >= np.array(config.disagreement) - FLOAT_NOISE).all(axis=2)
        return np.asarray(np.any(rational, axis=1))

    def own(self, episodes: Episodes) -> dict[str, Array]:
        """Gains over the worth of the pool, and how good the splits were."""
        table, config = episodes.episodes, episodes.run.config
        found: dict[str, Array] = {}
        for seat, side in enumerate(episodes.run.domain.sides):
            worth = (table[f"values_{seat}"] * table["quantities"]).sum(axis=1)
            gain = table[f"payoff_{side}"] - config.disagreement[seat]  # type: ignore[attr-defined]
            found[f"share_{seat}"] = gain / worth
            found[f"violation_{seat}"] = gain < -FLOAT_NOISE
        return {**found, **{name: table[name] for name in self.means}}
