"""`Episodes`: the record of many games, columnar."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.engine import Batch
from negotiation_env.policy import Int64
from negotiation_env.run import Run
from negotiation_env.turns import mover

if TYPE_CHECKING:
    import polars as pl

ENDED_BY = np.array(["", "deal", "walk", "deadline", "fault"])
FAULTED = 4


class Table(Mapping[str, Array]):
    """Equal-length NumPy columns by name; a derived column is computed when first read."""

    def __init__(self, length: int, columns: Mapping[str, Array | Callable[[], Array]]) -> None:
        self.length = length
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> Array:
        column = self._columns[name]
        if not isinstance(column, np.ndarray):
            column = column()
            self._columns[name] = column
        return column

    def add(self, columns: Mapping[str, Array | Callable[[], Array]]) -> None:
        """Add columns, or put others in their place."""
        self._columns.update(columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"Table({self.length:,} rows: {', '.join(self._columns)})"


class Episodes(Sequence[Any]):
    """Games that have been played: a sequence of episodes, and two tables of columns.

    Attributes:
        run: what determined the games.
        episodes: the episode table, a mapping of equal-length arrays: uid, episode (number), seed, scenario,
            limits, players and their parameters (JSON), first_mover, deal, price, rho, payoffs, rewards, turns,
            ended_by.
        decisions: the decision table: uid, episode (row of the episode table), turn, role, kind
            (0 offer, 1 accept, 2 walk, 3 fault), price, reward, is_terminal, rho, rho_commanded, message, notes.
    """

    def __init__(self, run: Run, batch: Batch) -> None:
        self.run = run
        self.batch = batch
        self.episodes: Table = _episode_table(run, batch)
        self.decisions: Table = _decision_table(run, batch, self.episodes)
        if self.decisions:
            self.decisions.add(run.domain.decision_columns(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Episodes, (self.run, self.batch)

    def __len__(self) -> int:
        return len(self.batch.episodes["episode"])

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401  # an int gives the domain's episode
        if isinstance(index, slice):
            return [self[row] for row in range(len(self))[index]]
        row = range(len(self))[index]
        return self.run.domain.episode(self, row)

    def __repr__(self) -> str:
        return f"Episodes({len(self):,} of run {self.run.run_id}, {self.decisions.length:,} decisions)"

    @property
    def starts(self) -> Int64:
        """(E,) the row of the decision table where each episode begins."""
        turns = self.batch.episodes["turns"]
        return np.asarray(np.cumsum(turns) - turns)

    def views(self, rows: Int64 | NDArray[np.bool_] | Sequence[int]) -> Any:  # noqa: ANN401  # the domain's view
        """Rebuild what the mover knew at the given rows (n,) of the decision table.

        Views of both seats may stand in one batch; ``view.game`` is the row of the episode table.
        """
        chosen = np.arange(self.decisions.length)[np.asarray(rows)]
        return self.run.domain.views(self, chosen)

    def to_polars(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The episode table and the decision table as Polars frames."""
        from negotiation_env.records.frames import decision_frame, episode_frame

        return episode_frame(self), decision_frame(self)


def concatenate(parts: Sequence[Episodes]) -> Episodes:
    """One `Episodes` from consecutive parts of the same run."""
    if len(parts) == 1:
        return parts[0]
    batches = [part.batch for part in parts]
    merged = Batch(_stack([batch.episodes for batch in batches]), _stack([batch.decisions for batch in batches]))
    offset = 0
    for part in parts:
        merged.messages.update((row + offset, text) for row, text in part.batch.messages.items())
        merged.notes.update((row + offset, note) for row, note in part.batch.notes.items())
        offset += part.decisions.length
    return Episodes(parts[0].run, merged)


def _stack(tables: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _episode_table(run: Run, batch: Batch) -> Table:
    raw, size = batch.episodes, len(batch.episodes["episode"])
    sides = np.array(run.domain.sides)
    columns: dict[str, Array | Callable[[], Array]] = {
        "uid": lambda: np.array([f"{run.run_id}-{number}" for number in raw["episode"].tolist()], dtype=object),
        "episode": raw["episode"],
        "seed": lambda: np.full(size, run.seed, dtype=np.uint64),
        "scenario": lambda: np.full(size, run.config.scenario, dtype=object),
        "information": lambda: np.full(size, run.config.information, dtype=object),
        "max_turns": lambda: np.full(size, run.config.max_turns),
    }
    for seat, side in enumerate(run.domain.sides):
        names = np.array([player.name for player in run.players[seat]], dtype=object)
        params = np.array([json.dumps(player.params, sort_keys=True) for player in run.players[seat]], dtype=object)
        for name, values in ((side, names), (f"{side}_params", params)):
            columns[name] = lambda values=values, seat=seat: values[raw[f"player_{seat}"]]  # type: ignore[misc]
    hidden = {"episode", "player_0", "player_1", "ended", "first"}
    columns["first_mover"] = lambda: sides[raw["first"]].astype(object)
    columns.update({name: values for name, values in raw.items() if name not in hidden})
    columns.update(run.domain.result_columns(run.config, raw))
    columns["ended_by"] = lambda: ENDED_BY[raw["ended"]].astype(object)
    return Table(size, columns)


def _decision_table(run: Run, batch: Batch, episodes: Table) -> Table:
    raw, total = batch.decisions, len(batch.decisions.get("kind", ()))
    if not raw:
        return Table(0, {})
    turns = batch.episodes["turns"]
    starts = np.cumsum(turns) - turns

    def per_episode(values: Array) -> Array:
        return np.repeat(values, turns)

    def rewards() -> Array:
        reward = np.zeros(total)
        for place, by in _last_decisions(batch, starts):
            at = place >= starts
            by_seat = np.where(by == 0, episodes["reward_0"], episodes["reward_1"])
            reward[place[at]] = by_seat[at]
        return reward

    def terminal() -> Array:
        flags = np.zeros(total, dtype=np.bool_)
        for place, _ in _last_decisions(batch, starts):
            flags[place[place >= starts]] = True
        return flags

    # A column that reads its own table would make a cycle, and whole batches would wait for the garbage collector.
    return Table(
        total,
        {
            "uid": lambda: per_episode(episodes["uid"]),
            "episode": lambda: per_episode(np.arange(len(turns))),
            "turn": lambda: np.arange(total) - per_episode(starts) + 1,
            "role": lambda: batch.seats,
            "seat": lambda: batch.seats,
            **raw,
            "reward": rewards,
            "is_terminal": terminal,
            "rho_commanded": lambda: _commanded(run, batch)[batch.seats, per_episode(np.arange(len(turns)))],
            "message": lambda: _sparse(batch.messages, total),
            "notes": lambda: _sparse(batch.notes, total),
        },
    )


def _last_decisions(batch: Batch, starts: Int64) -> Iterator[tuple[Int64, Int64]]:
    """The rows of the last decision of the last mover and of the other agent, with their seats, each (E,)."""
    last = starts + batch.episodes["turns"] - 1
    seat = mover(batch.episodes["first"], batch.episodes["turns"])
    yield last, seat
    yield last - 1, 1 - seat


def _commanded(run: Run, batch: Batch) -> Array:
    """The rho that each seat was commanded to reach, (2, E): its player's ``rho`` parameter, else NaN."""
    rows = []
    for seat, players in enumerate(run.players):
        given = [player.params.get("rho") for player in players]
        values = [float(rho) if isinstance(rho, int | float) else np.nan for rho in given]
        rows.append(np.array(values)[batch.episodes[f"player_{seat}"]])
    return np.stack(rows)


def _sparse(items: Mapping[int, object], total: int) -> Array:
    column = np.full(total, None, dtype=object)
    for row, item in items.items():
        column[row] = item
    return column
