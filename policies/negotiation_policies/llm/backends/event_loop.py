"""The event loop of all backends, on a thread of its own: policies are synchronous, and work inside notebooks too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from negotiation_env.waiting import cancelled_with_game

T = TypeVar("T")


_lock = threading.Lock()
_running: list[asyncio.AbstractEventLoop] = []


def the_loop() -> asyncio.AbstractEventLoop:
    """The one loop of this process, started when first asked for; its thread does not keep the process alive."""
    with _lock:  # threads that ask at the same time must not get two
        if not _running:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="negotiation-llm", daemon=True).start()
            _running.append(loop)
        return _running[0]


def start_anew() -> None:
    """Forget the loop in a forked process, which has no thread that runs it."""
    global _lock
    _lock = threading.Lock()
    _running.clear()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do the work on the loop and wait for its result; an interrupt of the caller, or the end of its game, cancels it.

    Raises:
        RuntimeError: it is called on the loop itself, which cannot wait for its own work.
        CancelledError: of `concurrent.futures`; the game that waits is not wanted any more.
    """
    loop = the_loop()
    if _is_here(loop):
        work.close()
        raise RuntimeError(
            "the event loop of the language models cannot wait for itself: what runs on it, such as a backend, must "
            "await its work instead of calling a policy that asks a model."
        )
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        with cancelled_with_game(future.cancel):
            return future.result()
    except BaseException:
        future.cancel()
        raise


def _is_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop runs in this thread."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:  # none does
        return False
