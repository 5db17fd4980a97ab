"""The ``process`` engine: batches of a run played by worker processes, returned in order."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

import numpy as np

from negotiation_env.engine import Batch, play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.run import Run

_run: Run | None = None


def play_in_processes(run: Run, bounds: Sequence[tuple[int, int]], workers: int, record: bool) -> Iterator[Episodes]:
    """Play the game ranges ``bounds`` of a run in worker processes; at most ``2 * workers`` are in memory.

    Raises:
        TypeError: a player cannot be sent to another process.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _receive, (_pickled(run),))
    finished = False
    try:
        pending: deque[Future[Batch]] = deque()
        for low, high in bounds:
            pending.append(pool.submit(_play, low, high, record))
            if len(pending) >= 2 * workers:
                yield Episodes(run, pending.popleft().result())
        while pending:
            yield Episodes(run, pending.popleft().result())
        finished = True
    finally:
        # After an interrupt nobody waits for games that nobody will read.
        pool.shutdown(wait=finished, cancel_futures=True)


def _pickled(run: Run) -> bytes:
    try:
        return pickle.dumps(run)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"a player cannot be sent to worker processes ({error}); define its class at the top of a module, "
            "or use engine='serial'."
        ) from error


def _receive(pickled: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent process decides
    global _run  # each worker process holds the one run that it plays
    _run = pickle.loads(pickled)  # our own parent process made these bytes


def _play(low: int, high: int, record: bool) -> Batch:
    if _run is None:
        raise RuntimeError("the worker process was not given a run.")
    return play_batch(_run, np.arange(low, high), record)
