"""Engines that share out work of any kind, such as the cells of a tournament."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from negotiation_env.registry import load_target, unknown_name
from negotiation_env.rollouts import ENGINES
from negotiation_env.run import Run

Item = TypeVar("Item")
Result = TypeVar("Result")
SHARING = {"process": "negotiation_env.workers:map_in_processes"}
"""Engines with worker processes -> their function ``(work, items, workers)``, which gives results in order."""


def check_engine(engine: str) -> None:
    """Raise ``ValueError`` with the nearest match if there is no engine of this name."""
    if engine not in ENGINES:
        raise ValueError(unknown_name("engine", engine, ENGINES))


def check_players(run: Run, engine: str) -> None:
    """Raise ``ValueError`` if an engine has worker processes, which cannot share a player of the run."""
    if engine in SHARING:
        from negotiation_env.workers import check_players

        check_players(run)


def share_out(
    engine: str, work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """``map(work, items)`` by the workers (by default one) of an engine of `SHARING`; each is sent the work once.

    Raises:
        TypeError: the work, which holds players, cannot be sent to a worker.
        RuntimeError: a worker has died.
    """
    mapped: Callable[..., Iterator[Result]] = load_target(SHARING[engine])
    return mapped(work, items, workers or 1)
