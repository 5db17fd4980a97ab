"""`load_results`: the files of a tournament as typed tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.documents import parse_json, read_text
from negotiation_env.policy import Float64, JsonValue
from negotiation_env.records.errors import RecordError, require
from negotiation_env.records.files import refuse_links
from negotiation_env.records.parquet import DECISIONS, EPISODES
from negotiation_env.tournament.folder import FILES, GAMES, SETTINGS, TABLES, has_results, is_complete
from negotiation_env.tournament.plan import VERSION

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class PolicyFacts:
    """A policy of a tournament: its unique name, what it was made from, and its parameters."""

    policy: str
    strategy: str
    params: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Settings:
    """What determines the results of a tournament; see ``settings.json``."""

    version: int
    domain: str
    sides: tuple[str, str]
    game: Mapping[str, JsonValue]
    seed: int
    num_episodes: int
    keep_episodes: int
    policies: tuple[PolicyFacts, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the policies, in order."""
        return tuple(facts.policy for facts in self.policies)


@dataclass(frozen=True)
class Effect:
    """What something adds to the log odds of winning, with its 95 % interval and p value, as far as games tell."""

    log_odds: float | None
    low: float | None
    high: float | None
    p_value: float | None


@dataclass(frozen=True, eq=False)
class Ranking:
    """The Bradley-Terry ranking; see ``ranking.json``.

    Attributes:
        policies: rank, policy, strength, strength_low, strength_high, win_rate, share; by rank.
        effects: ``seat_0`` and ``first_mover``.
    """

    policies: pl.DataFrame
    effects: Mapping[str, Effect]


@dataclass(frozen=True, eq=False)
class MetaGame:
    """Choosing a policy as a game of n policies; see ``meta_game.json``.

    Attributes:
        policies: those without a failed cell.
        left_out: the others.
        payoffs: (n, n), of the row's policy against the column's, over both roles.
        payoffs_0: (n, n), of seat 0, which chooses a row.
        payoffs_1: (n, n), of seat 1, which chooses a column.
        equilibrium: ``weights`` (a list of n), ``value`` and ``regret``; ``None`` if none was found.
        role_equilibrium: ``weights_0``, ``weights_1``, ``value_0``, ``value_1``, ``regret``; ``None`` likewise.
        exploitability: by policy.
        best_responses: by policy, the best answer to it.
        times: (T,) of the replicator dynamics.
        weights: (T, n), the shares of the policies at these times.
    """

    policies: tuple[str, ...]
    left_out: tuple[str, ...]
    payoffs: Float64
    payoffs_0: Float64
    payoffs_1: Float64
    equilibrium: Mapping[str, Any] | None
    role_equilibrium: Mapping[str, Any] | None
    exploitability: Mapping[str, float]
    best_responses: Mapping[str, str]
    times: Float64
    weights: Float64


@dataclass(frozen=True)
class CellFailure:
    """A cell that was lost; see ``failures.json``."""

    policy_0: str
    policy_1: str
    first_mover: str
    type: str
    message: str
    traceback: str


@dataclass(frozen=True, eq=False)
class Results:
    """The results of a tournament; `negotiation_env.tournament` describes every column.

    Attributes:
        folder: where they are.
        settings: what determines them.
        outcomes: one row a game.
        cells: three rows an ordered pair.
        policies: nine rows a policy.
        comparisons: one row for two policies.
        timings: measured seconds, one row an ordered pair.
        ranking: Bradley-Terry.
        meta_game: equilibria and dynamics.
        failures: cells that were lost.
        is_complete: whether nothing is left to be played.
    """

    folder: Path
    settings: Settings
    outcomes: pl.DataFrame
    cells: pl.DataFrame
    policies: pl.DataFrame
    comparisons: pl.DataFrame
    timings: pl.DataFrame
    ranking: Ranking
    meta_game: MetaGame
    failures: tuple[CellFailure, ...]
    is_complete: bool

    @property
    def games(self) -> Path:
        """The folder of the games that are kept move by move, as ``negotiation_env.records`` writes them."""
        return self.folder / GAMES

    @property
    def policy_seconds(self) -> pl.DataFrame:
        """By policy: decisions, the seconds that they took, and seconds a decision; null without decisions."""
        import polars as pl

        seats = [
            self.timings.select(
                pl.col(f"policy_{seat}").alias("policy"),
                pl.col(f"decision_seconds_{seat}").alias("seconds"),
                pl.col(f"decisions_{seat}").alias("decisions"),
            )
            for seat in (0, 1)
        ]
        summed = pl.concat(seats).group_by("policy", maintain_order=True).sum()
        each = pl.when(pl.col("decisions") > 0).then(pl.col("seconds") / pl.col("decisions"))
        return summed.with_columns(each.alias("seconds_a_decision"))


def load_results(folder: str | Path) -> Results:
    """Read the results of a tournament.

    Raises:
        RecordError: the folder holds no tournament, one that is not finished, one of another version, or links.
        ImportError: Polars is missing.
    """
    require("polars")
    import polars as pl

    path = Path(folder)
    refuse_links(path / name for name in (SETTINGS, *FILES, GAMES, f"{GAMES}/{EPISODES}", f"{GAMES}/{DECISIONS}"))
    settings = _settings(path)
    if not has_results(path):
        raise RecordError(f"the tournament in {path} is not finished; give the command that began it to go on.")
    try:
        tables = {name.removesuffix(".parquet"): pl.read_parquet(path / name) for name in TABLES}
        texts = {name: _read(path / name) for name in FILES if name not in TABLES}
        return Results(
            folder=path,
            settings=settings,
            **tables,
            ranking=_ranking(texts["ranking.json"]),
            meta_game=_meta_game(texts["meta_game.json"]),
            failures=tuple(CellFailure(**failure) for failure in texts["failures.json"]),
            is_complete=is_complete(path),
        )
    except (OSError, pl.exceptions.PolarsError, KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(
            f"a file of the tournament in {path} is damaged ({error}); play it again with --overwrite."
        ) from error


def _read(path: Path) -> Any:  # noqa: ANN401  # JSON
    try:
        return parse_json(read_text(path))
    except (OSError, ValueError) as error:
        raise RecordError(f"{path} cannot be read: {error}.") from error


def _settings(path: Path) -> Settings:
    if not (path / SETTINGS).is_file():
        raise RecordError(f"{path} holds no tournament; give a folder that 'negotiate tournament' has written.")
    told = _read(path / SETTINGS)
    if not isinstance(told, dict) or told.get("version") != VERSION:
        raise RecordError(f"{path / SETTINGS} is of no tournament of version {VERSION}; play it again.")
    try:
        policies = tuple(PolicyFacts(**facts) for facts in told.pop("policies"))
        one, two = told.pop("sides")
        return Settings(**told, sides=(one, two), policies=policies)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(
            f"{path / SETTINGS} is damaged ({error!r}); play the tournament again with --overwrite."
        ) from error


def _ranking(told: Mapping[str, Any]) -> Ranking:
    import polars as pl

    table = pl.DataFrame(told["policies"], infer_schema_length=None)
    return Ranking(table, {name: Effect(**effect) for name, effect in told["effects"].items()})


def _meta_game(told: Mapping[str, Any]) -> MetaGame:
    size, roles = len(told["policies"]), told["roles"]
    dynamics = told["replicator"] or {"times": [], "weights": []}

    def square(rows: object) -> Float64:
        return np.array(rows, dtype=np.float64).reshape(size, size)

    return MetaGame(
        policies=tuple(told["policies"]),
        left_out=tuple(told["left_out"]),
        payoffs=square(told["payoffs"]),
        payoffs_0=square(roles["payoffs_0"]),
        payoffs_1=square(roles["payoffs_1"]),
        equilibrium=told["equilibrium"],
        role_equilibrium=roles["equilibrium"],
        exploitability=told["exploitability"],
        best_responses=told["best_responses"],
        times=np.array(dynamics["times"]),
        weights=np.array(dynamics["weights"]).reshape(len(dynamics["times"]), size),
    )
