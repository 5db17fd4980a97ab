"""The ``ray`` engine: work that is shared out among the workers of a Ray cluster, its results returned in order.

It is `negotiation_env.workers.map_in_processes` with machines that may be lost: what a lost worker had to do is done
again by another one, with the same result. Players that wait for a server are actors, see `negotiation_env.ray_actors`.
"""

from __future__ import annotations

import hashlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from negotiation_env.advice import judged
from negotiation_env.assignment import packed, unpacked
from negotiation_env.ray_actors import Actors, pickled_with
from negotiation_env.ray_cluster import connected, cpus
from negotiation_env.ray_transport import as_bytes, extend_path, result_of

Item = TypeVar("Item")
Result = TypeVar("Result")
_taken_on: tuple[str, Callable[[Any], Any]] | None = None
"""The work that this worker process was sent last, and its digest."""


def map_in_ray(work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None) -> Iterator[Result]:
    """``map(work, items)`` by Ray's workers: each is sent the work once; at most ``2 * workers`` results wait.

    Args:
        work: what is done. Classes and functions that workers cannot import because they are made in a script or a
            notebook are sent along.
        items: what it is done for.
        workers: how many work at once; by default as many as there are CPUs.

    Raises:
        TypeError: the work, which holds players, cannot be sent to a worker.
        RuntimeError: what an item needs has died again and again.
        ImportError: Ray is not installed.
        ConnectionError: the cluster cannot be reached.
    """
    with connected(workers) as ray, Actors(ray) as actors:
        available = cpus(ray)
        workers = workers or available
        give = _given_out(ray, packed(work, partial(pickled_with, actors)))
        most = 2 * workers if workers >= available else workers  # more wait in Ray, where all CPUs are ours
        pending: deque[Any] = deque()
        try:
            for item in items:
                _wait_for_room(ray, pending, most)
                pending.append(give(item))
                if len(pending) >= 2 * workers:
                    yield result_of(ray, pending.popleft())
            while pending:
                yield result_of(ray, pending.popleft())
        finally:
            _call_off(ray, pending)


def _given_out(ray: ModuleType, pickled: bytes) -> Callable[[Any], Any]:
    """What has an item worked on by some worker, and gives a reference to the result."""
    digest = hashlib.sha256(pickled).hexdigest()
    sent = ray.put(pickled)
    remote = ray.remote(num_cpus=1)(_do)
    return partial(remote.remote, [sent], digest, tuple(sys.path))


def _wait_for_room(ray: ModuleType, pending: Sequence[Any], most: int) -> None:
    """Wait until fewer than ``most`` are being worked on."""
    if len(pending) < most:
        return
    _, unfinished = ray.wait(list(pending), num_returns=len(pending), timeout=0)
    if len(unfinished) >= most:
        ray.wait(unfinished, num_returns=len(unfinished) - most + 1)


def _call_off(ray: ModuleType, pending: Iterable[Any]) -> None:
    """After an interrupt nobody waits for what nobody will read."""
    if ray.is_initialized():
        for reference in pending:
            ray.cancel(reference)


@judged()
def _do(sent: Sequence[Any], digest: str, path: Sequence[str], item: Any) -> bytes:  # noqa: ANN401
    """In a worker: do the work for an item; what was sent is fetched once."""
    global _taken_on
    if _taken_on is None or _taken_on[0] != digest:
        import ray

        extend_path(path)
        _taken_on = digest, unpacked(ray.get(sent[0]))
    return as_bytes(_taken_on[1](item))
