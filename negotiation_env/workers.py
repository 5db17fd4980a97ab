"""The ``process`` engine: work that is shared out among worker processes, its results returned in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import wait
from typing import Any, TypeVar

from negotiation_env.advice import judged
from negotiation_env.assignment import packed, unpacked
from negotiation_env.run import Run

Item = TypeVar("Item")
Result = TypeVar("Result")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_sent = b""
"""The one work that this worker process does."""


def map_in_processes(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """``map(work, items)`` in worker processes: each is sent the work once; at most ``2 * workers`` results wait.

    Raises:
        TypeError: the work, which holds players, cannot be sent to another process.
        RuntimeError: a worker process has died.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin, (packed(work),))
    finished = False
    try:
        pending: deque[Future[Result]] = deque()
        for item in items:
            with one_thread_each():
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
def one_thread_each() -> Iterator[None]:
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


def _begin(pickled: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent process decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _sent
    _sent = pickled


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers, and they would wait for its next item for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


@judged()
def _do(item: Any) -> Any:  # noqa: ANN401  # whatever the work is for
    return _work()(item)


@cache
def _work() -> Callable[[Any], Any]:
    work: Callable[[Any], Any] = unpacked(_sent)
    return work
