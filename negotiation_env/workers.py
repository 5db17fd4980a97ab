"""The ``process`` engine: work that is shared out among worker processes, its results returned in order."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np

from negotiation_env.advice import judged
from negotiation_env.engine import Batch, play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.run import Run
from negotiation_env.scenarios import register_scenario, registered

Item = TypeVar("Item")
Result = TypeVar("Result")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_work: Callable[[Any], Any] | None = None
_failure: str | None = None


def play_in_processes(run: Run, bounds: Sequence[tuple[int, int]], workers: int, record: bool) -> Iterator[Episodes]:
    """Play the game ranges ``bounds`` of a run in worker processes; at most ``2 * workers`` are in memory.

    Raises:
        ValueError: a player waits for a server or a person.
        TypeError: a player cannot be sent to another process.
    """
    check_players(run)
    for batch in map_in_processes(partial(_play, run, record), bounds, workers):
        yield Episodes(run, batch)


def _play(run: Run, record: bool, bounds: tuple[int, int]) -> Batch:
    return play_batch(run, np.arange(*bounds), record)


def map_in_processes(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """``map(work, items)`` in worker processes: each is sent the work once; at most ``2 * workers`` results wait.

    Raises:
        TypeError: the work, which holds players, cannot be sent to another process.
        RuntimeError: a worker process has died.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _receive, (_pickled(work),))
    finished = False
    try:
        pending: deque[Future[Result]] = deque()
        for item in items:
            with _one_thread_each():
                pending.append(pool.submit(_do, item))
            if len(pending) >= 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        finished = True
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a worker process died, most often for want of memory; use fewer workers or a smaller batch, or "
            "engine='serial' to see what happens. In a script, call it under if __name__ == '__main__':."
        ) from error
    finally:
        # After an interrupt nobody waits for games that nobody will read.
        pool.shutdown(wait=finished, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have processes that start meanwhile multiply matrices with one thread, unless the user has said with how many."""
    added = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def check_players(run: Run) -> None:
    """Raise ``ValueError`` if a player waits for a server or a person, which worker processes cannot share."""
    for player in (*run.players[0], *run.players[1]):
        if getattr(player.policy, "games_at_once", None) is not None:
            raise ValueError(
                f"player {player.name!r} waits for a server or a person, and each worker process would need one of its "
                "own; use the engine 'thread', which plays such games side by side."
            )


def _pickled(work: Callable[[Any], Any]) -> bytes:
    try:
        return pickle.dumps((work, registered()))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"a player cannot be sent to worker processes ({error}); define its class at the top of a module, "
            "or use engine='serial'."
        ) from error


def _receive(pickled: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent process decides
    global _work, _failure  # each worker process holds the one work that it does
    try:
        _work, scenarios = pickle.loads(pickled)  # our own parent process made these bytes
    except (AttributeError, ImportError) as error:
        _failure = str(error)
        return
    for domain, targets in scenarios.items():
        for name, target in targets.items():
            register_scenario(name, target, domain)


@judged()
def _do(item: Any) -> Any:  # noqa: ANN401  # whatever the work is for
    if _work is None:
        raise TypeError(
            f"a worker process cannot import a player ({_failure}); define its class at the top of a module, or use "
            "engine='serial'."
        )
    return _work(item)
