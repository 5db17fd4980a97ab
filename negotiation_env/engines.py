"""Engines that share out work of any kind, such as the cells of a tournament."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

from negotiation_env.registry import load_target

Item = TypeVar("Item")
Result = TypeVar("Result")
SHARING = {"process": "negotiation_env.workers:map_in_processes"}
"""Engines with worker processes -> their function ``(work, items, workers)``, which gives results in order."""


def share_out(
    engine: str, work: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Generator[Result, None, None]:
    """``map(work, items)`` by the workers of an engine of `SHARING`; the work is sent to each of them once.

    Raises:
        TypeError: the work, which holds players, cannot be sent to a worker.
        RuntimeError: a worker has died.
    """
    mapped: Callable[..., Any] = load_target(SHARING[engine])
    yield from mapped(work, items, workers)
