"""What the threads of games wait for, such as the answer of a server, and how all of it is ended at once.

A policy that waits says how its waiting is ended, so that nothing goes on for games that nobody wants any more:

    with cancelled_with_game(future.cancel):
        return future.result()
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_thread = threading.local()


class Waits:
    """What the threads of some games wait for."""

    def __init__(self) -> None:
        self._cancels: dict[object, Callable[[], object]] = {}
        self._ended = threading.Event()

    @property
    def are_over(self) -> bool:
        """Whether nobody wants the games any more."""
        return self._ended.is_set()

    def join(self) -> None:
        """Let what this thread waits for from now on be among these."""
        _thread.waits = self

    def end(self) -> None:
        """Cancel all that is waited for, now and later."""
        self._ended.set()
        for cancel in list(self._cancels.values()):
            cancel()

    @contextmanager
    def among(self, cancel: Callable[[], object]) -> Iterator[None]:
        """While the block waits, have ``cancel`` called when all is ended."""
        key = object()
        self._cancels[key] = cancel
        try:
            if self.are_over:  # asked only now, so that an end meanwhile is missed by neither side
                cancel()
            yield
        finally:
            del self._cancels[key]


@contextmanager
def cancelled_with_game(cancel: Callable[[], object]) -> Iterator[None]:
    """While the block waits, have ``cancel`` called if the game of this thread is not wanted any more.

    It is called from another thread, at most twice, and has to make the block end. In a thread that plays no game of
    the ``thread`` engine nothing calls it: there an interrupt reaches the block itself.
    """
    waits: Waits | None = getattr(_thread, "waits", None)
    if waits is None:
        yield
        return
    with waits.among(cancel):
        yield
