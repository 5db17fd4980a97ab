"""The ``process`` engine: batches of a run played by worker processes, returned in order."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from negotiation_env.advice import judged
from negotiation_env.engine import Batch, play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.run import Run
from negotiation_env.scenarios import register_scenario, registered

_run: Run | None = None
_failure: str | None = None


def play_in_processes(run: Run, bounds: Sequence[tuple[int, int]], workers: int, record: bool) -> Iterator[Episodes]:
    """Play the game ranges ``bounds`` of a run in worker processes; at most ``2 * workers`` are in memory.

    Raises:
        ValueError: a player waits for a server or a person.
        TypeError: a player cannot be sent to another process.
    """
    check_players(run)
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
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a worker process died, most often for want of memory; use fewer workers or a smaller batch, or "
            "engine='serial' to see what happens. In a script, call it under if __name__ == '__main__':."
        ) from error
    finally:
        # After an interrupt nobody waits for games that nobody will read.
        pool.shutdown(wait=finished, cancel_futures=True)


def check_players(run: Run) -> None:
    """Raise ``ValueError`` if a player waits for a server or a person, which worker processes cannot share."""
    for player in (*run.players[0], *run.players[1]):
        if getattr(player.policy, "games_at_once", None) is not None:
            raise ValueError(
                f"player {player.name!r} waits for a server or a person, and each worker process would need one of its "
                "own; use the engine 'thread', which plays such games side by side."
            )


def _pickled(run: Run) -> bytes:
    try:
        return pickle.dumps((run, registered()))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"a player cannot be sent to worker processes ({error}); define its class at the top of a module, "
            "or use engine='serial'."
        ) from error


def _receive(pickled: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent process decides
    global _run, _failure  # each worker process holds the one run that it plays
    try:
        _run, scenarios = pickle.loads(pickled)  # our own parent process made these bytes
    except (AttributeError, ImportError) as error:
        _failure = str(error)
        return
    for domain, targets in scenarios.items():
        for name, target in targets.items():
            register_scenario(name, target, domain)


@judged()
def _play(low: int, high: int, record: bool) -> Batch:
    if _run is None:
        raise TypeError(
            f"a worker process cannot import a player ({_failure}); define its class at the top of a module, or use "
            "engine='serial'."
        )
    return play_batch(_run, np.arange(low, high), record)
