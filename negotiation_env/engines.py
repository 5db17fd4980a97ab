"""The engines: who does the work, on which machines. The results, and their order, are the same with each of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from typing import TypeVar

import numpy as np

from negotiation_env.engine import Batch, play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.registry import load_target, unknown_name
from negotiation_env.run import Run

SERIAL, PROCESS, THREAD, RAY = ENGINES = ("serial", "process", "thread", "ray")
SHARING = {
    PROCESS: "negotiation_env.workers:map_in_processes",
    RAY: "negotiation_env.ray_engine:map_in_ray",
}
"""Engines with worker processes -> their function ``(work, items, workers)``, which gives results in order."""
MAPPING = (SERIAL, *SHARING)
"""Those that do any work, and not only games."""
Item = TypeVar("Item")
Result = TypeVar("Result")


def check_engine(engine: str, known: Sequence[str] = ENGINES) -> None:
    """Raise ``ValueError`` with the nearest match if there is no engine of this name."""
    if engine not in known:
        raise ValueError(unknown_name("engine", engine, known))


def check_workers(workers: int | None) -> None:
    """Raise ``ValueError`` unless a number of workers is a whole number, at least 1, or left open."""
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ValueError(f"workers is {workers!r}; it must be a whole number, at least 1.")


def share_out(
    engine: str, work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """``map(work, items)``, by an engine of `MAPPING`.

    Args:
        engine: ``"serial"``, ``"process"`` or ``"ray"``.
        work: what is done; the other two send it to each worker once.
        items: what it is done for.
        workers: how many work at once, and at most twice as many results wait; by default one, with Ray as many as it
            has CPUs.

    Raises:
        ValueError: there is no such engine, it does games only, or ``workers`` is below 1.
        TypeError: the work, which holds players, cannot be sent to another process.
        RuntimeError: a worker has died.
        ImportError: Ray is not installed.
        ConnectionError: the Ray cluster cannot be reached.
    """
    check_engine(engine, MAPPING)
    check_workers(workers)
    if engine == SERIAL:
        return map(work, items)
    mapped: Callable[..., Iterator[Result]] = load_target(SHARING[engine])
    return mapped(work, items, (workers or 1) if engine == PROCESS else workers)


def started(engine: str, workers: int | None = None, ray_address: str | None = None) -> AbstractContextManager[object]:
    """While the block runs, have Ray running for all that the engine does: starting it takes seconds.

    Without it Ray is started and shut down by whatever needs it. With the other engines there is nothing to start.

    Args:
        engine: the name of an engine.
        workers: how many processes a Ray of this machine gets; by default as many as there are CPUs.
        ray_address: of an existing cluster, ``"HOST:PORT"``, ``"ray://HOST:PORT"`` or ``"auto"``; by default that of
            ``RAY_ADDRESS``, else a Ray of this machine is started.

    Raises:
        ValueError: there is no such engine, an address is given for another one than Ray, or ``workers`` is below 1.
        ImportError: Ray is not installed.
        ConnectionError: the cluster cannot be reached.
    """
    check_engine(engine)
    check_workers(workers)
    if engine == RAY:
        from negotiation_env.ray_cluster import connected

        return connected(workers, ray_address)
    if ray_address is not None:
        raise ValueError(f"a Ray address is given for engine {engine!r}; it needs engine 'ray'.")
    return nullcontext()


def check_players(run: Run, engine: str) -> None:
    """Raise ``ValueError`` if an engine cannot play with a player."""
    if engine == PROCESS:
        from negotiation_env.workers import check_players

        check_players(run)


def is_side_by_side(run: Run, engine: str) -> bool:
    """Whether games are played by threads of this process: players wait, and with Ray they are actors meanwhile."""
    return engine == THREAD or (engine == RAY and run.games_at_once is not None)


def default_workers(run: Run, engine: str) -> int | None:
    """How many workers an engine gets if nobody says; ``None`` with Ray, which has as many as it has CPUs."""
    if is_side_by_side(run, engine):
        return run.games_at_once or 1
    return None if engine == RAY else 1


def play_ranges(
    engine: str,
    run: Run,
    bounds: Sequence[tuple[int, int]],
    workers: int | None = None,
    record: bool = True,
    keep: Callable[[Episodes], None] | None = None,
) -> Generator[Episodes, None, None]:
    """Play the game ranges ``bounds`` of a run, in order; at most ``2 * workers`` are in memory.

    ``keep`` is called with each of them: with players that wait as soon as it has ended, else before it is yielded.

    Raises:
        ValueError: the engine cannot play with a player.
        TypeError: a player cannot be sent or copied to a worker.
        RuntimeError: a worker has died.
        ImportError: Ray is not installed.
        ConnectionError: the Ray cluster cannot be reached.
    """
    check_players(run, engine)
    workers = default_workers(run, engine) if workers is None else workers
    if is_side_by_side(run, engine):
        yield from _in_threads(engine, run, bounds, workers or 1, record, keep)
        return
    for batch in share_out(engine, partial(_play, run, record), bounds, workers):
        episodes = Episodes(run, batch)
        if keep is not None:
            keep(episodes)
        yield episodes


def _play(run: Run, record: bool, bounds: tuple[int, int]) -> Batch:
    return play_batch(run, np.arange(*bounds), record)


def _in_threads(
    engine: str,
    run: Run,
    bounds: Sequence[tuple[int, int]],
    workers: int,
    record: bool,
    keep: Callable[[Episodes], None] | None,
) -> Iterator[Episodes]:
    from negotiation_env.threads import play_in_threads

    if engine == THREAD:
        yield from play_in_threads(run, bounds, workers, record, keep)
        return
    from negotiation_env.ray_actors import with_actors

    kept = None if keep is None else lambda played: keep(Episodes(run, played.batch))
    with with_actors(run) as played_run, closing(play_in_threads(played_run, bounds, workers, record, kept)) as parts:
        for played in parts:
            yield Episodes(run, played.batch)
