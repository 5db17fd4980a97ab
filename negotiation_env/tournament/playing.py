"""Playing cells: each by itself, so that a policy that crashes loses a cell and nothing else."""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.engine import Batch
from negotiation_env.engines import SHARING, share_out
from negotiation_env.episodes import Episodes, concatenate
from negotiation_env.rollouts import play_parts
from negotiation_env.tournament.outcomes import outcome_columns
from negotiation_env.tournament.plan import Cell, Plan
from negotiation_env.tournament.timing import timed


@dataclass(frozen=True)
class Failure:
    """Why a cell was lost: an error that a policy has raised."""

    first_mover: str
    type: str
    message: str
    traceback: str


@dataclass(frozen=True, eq=False)
class PlayedCell:
    """A cell that was played.

    Attributes:
        cell: the places of its policies.
        outcomes: one row a game, those in which seat 0 moves first before the others; empty if it failed.
        kept: for each first mover the games that are kept with their moves; empty if it failed.
        seconds: the whole cell; the decisions of seat 0; those of seat 1.
        failure: why it was lost, if it was.
    """

    cell: Cell
    outcomes: dict[str, Array]
    kept: tuple[Batch, ...]
    seconds: tuple[float, float, float]
    failure: Failure | None = None

    @property
    def is_finished(self) -> bool:
        """Whether every game of it has come to an end, none by a fault."""
        return self.failure is None and not self.outcomes["fault"].any()


def play_cells(
    plan: Plan, cells: Sequence[Cell], engine: str | None = None, workers: int | None = None
) -> Generator[PlayedCell, None, None]:
    """Play cells in order; see `negotiation_env.rollouts.rollout` for engine and workers.

    An engine with worker processes plays whole cells in each of them; any other plays the games of one cell after
    the other.

    Raises:
        ValueError: a bad engine or number of workers.
        TypeError: a player cannot be sent to worker processes.
    """
    if engine not in SHARING:
        yield from map(partial(play_cell, plan, engine=engine, workers=workers), cells)
        return
    yield from share_out(engine, partial(play_cell, plan, engine="serial"), cells, workers)


def play_cell(plan: Plan, cell: Cell, engine: str | None = None, workers: int | None = None) -> PlayedCell:
    """Play one cell. Whatever error a policy raises is recorded, and the cell is lost."""
    started = time.perf_counter()
    outcomes: list[dict[str, Array]] = []
    kept: list[Batch] = []
    decided = np.zeros(2)
    for first, side in enumerate(plan.domain.sides):
        try:
            run, clocks = timed(plan.run(cell, first))
            parts = play_parts(run, 0, plan.draws, engine, workers)
            episodes = concatenate(list(parts))
        except Exception as error:  # noqa: BLE001  # whatever other people's policies raise
            return PlayedCell(cell, {}, (), (time.perf_counter() - started, 0.0, 0.0), _failure(side, error))
        outcomes.append({"first": np.full(plan.draws, first, dtype=np.int8), **outcome_columns(episodes)})
        kept.append(_head(episodes, plan.keep_episodes // 2))
        decided += [clock.seconds for clock in clocks]
    columns = {name: np.concatenate([half[name] for half in outcomes]) for name in outcomes[0]}
    seconds = time.perf_counter() - started, float(decided[0]), float(decided[1])
    return PlayedCell(cell, columns, tuple(kept), seconds)


def _failure(side: str, error: Exception) -> Failure:
    message = " ".join([str(error), *getattr(error, "__notes__", ())])
    return Failure(side, type(error).__name__, message, "".join(traceback.format_exception(error)))


def _head(episodes: Episodes, games: int) -> Batch:
    """The first games of a batch, with their moves."""
    batch, rows = episodes.batch, int(episodes.batch.episodes["turns"][:games].sum())
    return Batch(
        {name: values[:games] for name, values in batch.episodes.items()},
        {name: values[:rows] for name, values in batch.decisions.items()},
        {row: text for row, text in batch.messages.items() if row < rows},
        {row: note for row, note in batch.notes.items() if row < rows},
    )
