"""One event loop for all threads, whoever asks first."""

import asyncio
import threading

import pytest
from negotiation_policies.llm.backends import event_loop


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
