"""One event loop for all threads, whoever asks first."""

import asyncio
import threading
import time

import numpy as np
import pytest
from negotiation_policies.llm.backends import event_loop

from negotiation_env import PriceDecision
from negotiation_env.run import make_run
from negotiation_env.threads import play_as_ended


def test_threads_that_ask_at_once_get_the_same_loop():
    event_loop.start_anew()
    ready, found = threading.Barrier(16), []

    def ask():
        ready.wait()
        found.append(event_loop.the_loop())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1


def test_results_and_errors_come_back():
    async def double(number):
        await asyncio.sleep(0)
        return 2 * number

    async def fail():
        raise KeyError("x")

    assert event_loop.run(double(21)) == 42
    with pytest.raises(KeyError):
        event_loop.run(fail())


def test_it_works_inside_a_running_loop():
    async def outer():
        async def inner():
            return 7

        return event_loop.run(inner())

    assert asyncio.run(outer()) == 7


def test_the_loop_does_not_wait_for_itself():
    async def work():
        return 7

    async def on_the_loop():
        return event_loop.run(work())

    with pytest.raises(RuntimeError, match="cannot wait for itself"):
        event_loop.run(on_the_loop())


def test_work_ends_with_the_game_that_waits_for_it():
    begun, cancelled = threading.Semaphore(0), threading.Semaphore(0)

    async def answer():
        begun.release()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.release()
            raise

    class Asking:
        def reset(self, size, seed=None):
            pass

        def decide(self, view):
            if view.game_seed[0] % 2:
                event_loop.run(answer())
            return PriceDecision(np.array([2]), np.array([np.nan]))

    parts = play_as_ended(make_run("price", {"buyer_0": Asking(), "seller_0": Asking()}, 0), range(8), 8)
    next(parts)
    assert begun.acquire(timeout=10)
    parts.close()
    assert cancelled.acquire(timeout=10)
    time.sleep(0.1)
    while begun.acquire(blocking=False):
        assert cancelled.acquire(timeout=10)
