"""The layer of reliability: retries and their pauses, the deadline of a decision, slots, cancelling; both clients."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fault_server import FaultServer
from negotiation_policies.llm.backends.faults import retry_after
from negotiation_policies.llm.backends.ollama_api import OllamaBackend
from negotiation_policies.llm.backends.openai_api import OpenAIBackend
from negotiation_policies.llm.backends.protocol import Backend, BackendError, Completion, Request
from negotiation_policies.llm.backends.reliable import Model, Reliability
from server_faults import late, status

CLIENTS = ("openai", "ollama")
REQUEST = Request(({"role": "system", "content": "You sell."}, {"role": "user", "content": "Your move."}))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OLLAMA_HOST", "OLLAMA_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@dataclass(eq=False)
class Failing:
    """A backend that raises each error once, and then answers; it keeps the time of every request."""

    errors: list[BackendError]
    times: list[float] = field(default_factory=list)
    pause: float = 0.0
    name: str = "failing"
    has_schema: bool = False

    async def complete(self, request: Request) -> Completion:
        self.times.append(time.monotonic())
        await asyncio.sleep(self.pause)
        if self.errors:
            raise self.errors.pop(0)
        return Completion("I offer 500.", "stop")

    async def models(self) -> list[str]:
        return ["failing"]

    async def close(self) -> None: ...


def passing(count: int, **more: float) -> list[BackendError]:
    return [BackendError(f"fault {number}.", "status", retryable=True, **more) for number in range(count)]


def client_of(client: str, server: FaultServer) -> Backend:
    return (
        OpenAIBackend("llama3", server.base_url) if client == "openai" else OllamaBackend("llama3", server.ollama_host)
    )


async def decide(model: Model, requests: int = 1) -> int:
    """The number of retries of a decision that makes so many requests."""
    async with model.decision() as budget:
        for _ in range(requests):
            await budget.complete(REQUEST)
        return budget.retries


async def timed(work) -> tuple[float, BaseException | int]:
    """The seconds until something ended, and how."""
    started = time.monotonic()
    (result,) = await asyncio.gather(work, return_exceptions=True)
    return time.monotonic() - started, result


def all_at_once(model: Model, count: int, requests: int = 1) -> list[tuple[float, BaseException | int]]:
    async def decisions():
        results = await asyncio.gather(*(timed(decide(model, requests)) for _ in range(count)))
        await model.backend.close()
        return results

    return asyncio.run(decisions())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"deadline": 0}, "deadline is 0; it must be above 0"),
        ({"deadline": float("inf")}, "deadline"),
        ({"retries": -1}, "retries is -1; it must be a whole number, at least 0"),
        ({"retries": 1.5}, "retries"),
        ({"concurrency": 0}, "concurrency is 0; it must be a whole number, at least 1"),
        ({"backoff": -1}, "backoff"),
    ],
)
def test_wrong_numbers_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Reliability(**wrong)


def test_a_fault_is_retried_as_often_as_allowed():
    backend = Failing(passing(3))
    assert asyncio.run(decide(Model(backend, Reliability(retries=3, backoff=0.0)))) == 3
    assert len(backend.times) == 4


def test_the_last_of_too_many_faults_is_raised_with_their_number():
    backend = Failing(passing(9))
    with pytest.raises(BackendError, match=r"fault 2\. Sent 3 times\.") as caught:
        asyncio.run(decide(Model(backend, Reliability(retries=2, backoff=0.0))))
    assert (caught.value.fault, len(backend.times)) == ("status", 3)


def test_retries_are_counted_over_a_decision_and_allowed_for_each_request():
    backend = Failing(passing(2))
    model = Model(backend, Reliability(retries=2, backoff=0.0))

    async def two():
        async with model.decision() as budget:
            await budget.complete(REQUEST)
            backend.errors = passing(2)
            await budget.complete(REQUEST)
            return budget.retries

    assert asyncio.run(two()) == 4


@pytest.mark.parametrize("error", [BackendError("no.", "key"), ValueError("odd"), TimeoutError("own")])
def test_what_will_not_pass_is_raised_at_once_and_unchanged(error):
    backend = Failing([error])
    with pytest.raises(type(error)) as caught:
        asyncio.run(decide(Model(backend, Reliability())))
    assert caught.value is error
    assert len(backend.times) == 1


def test_pauses_double_and_are_lengthened_by_chance():
    runs = [Failing(passing(3)) for _ in range(8)]

    async def all_runs():
        await asyncio.gather(*(decide(Model(backend, Reliability(backoff=0.05))) for backend in runs))

    asyncio.run(all_runs())
    for step, shortest in enumerate((0.05, 0.1, 0.2)):
        pauses = [backend.times[step + 1] - backend.times[step] for backend in runs]
        assert min(pauses) >= shortest
        assert max(pauses) < 2 * shortest + 0.2
        assert max(pauses) - min(pauses) > 0.1 * shortest


def test_a_pause_that_the_server_asks_for_is_kept():
    backend = Failing(passing(1, retry_after=0.3))
    assert asyncio.run(decide(Model(backend, Reliability(backoff=0.01)))) == 1
    assert 0.3 <= backend.times[1] - backend.times[0] < 0.5


def test_a_pause_beyond_the_deadline_is_not_begun():
    seconds, error = asyncio.run(timed(decide(Model(Failing(passing(1, retry_after=300)), Reliability(deadline=30)))))
    assert seconds < 0.2
    assert isinstance(error, BackendError)
    assert "asks to wait 300" in str(error)
    assert "30.0 s of the deadline of 30 s are left" in str(error)
    seconds, error = asyncio.run(timed(decide(Model(Failing(passing(1)), Reliability(deadline=0.3, backoff=0.5)))))
    assert seconds < 0.2
    assert "The next try would wait" in str(error)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        (" 1.5 ", 1.5),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("1e9", None),
        ("Tue, 15 Nov 99999999999999999999 12:45:26 GMT", None),
    ],
)
def test_retry_after_in_seconds(said, seconds):
    assert retry_after({"retry-after": said}) == seconds


@pytest.mark.parametrize("ahead", [30, -30])
def test_retry_after_as_a_date(ahead):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    assert retry_after({"retry-after": date}) == pytest.approx(max(ahead, 0), abs=1.5)


@pytest.mark.parametrize("hours", [-40, 40])
def test_a_date_is_counted_from_the_clock_of_the_server(hours):
    now = datetime.now(UTC) + timedelta(hours=hours)
    headers = {"date": format_datetime(now, usegmt=True)}
    assert retry_after({**headers, "retry-after": format_datetime(now + timedelta(seconds=7), usegmt=True)}) == 7.0
    headers["date"] = "yesterday"
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after({**headers, "retry-after": then}) == pytest.approx(30.0, abs=1.5)


def test_the_deadline_is_for_all_requests_of_a_decision():
    seconds, error = asyncio.run(timed(decide(Model(Failing([], pause=0.2), Reliability(deadline=0.5)), requests=9)))
    assert 0.5 <= seconds < 0.7
    assert isinstance(error, BackendError)
    assert (error.fault, error.retryable) == ("timeout", False)


def test_after_the_deadline_nothing_is_sent():
    backend = Failing([])

    async def late_request():
        async with Model(backend, Reliability(deadline=0.05)).decision() as budget:
            assert 0.0 < budget.left <= 0.05
            await asyncio.sleep(0.1)
            assert budget.left == 0.0
            await budget.complete(REQUEST)

    with pytest.raises(BackendError, match="deadline"):
        asyncio.run(late_request())
    assert not backend.times


def test_the_deadline_runs_from_when_the_slot_is_held():
    model = Model(Failing([], pause=0.2), Reliability(deadline=0.4, concurrency=1))
    assert [result for _, result in all_at_once(model, 4)] == [0, 0, 0, 0]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_timeout_says_what_went_wrong_before(server, client):
    server.script(["503 loading", "no answer"])
    model = Model(client_of(client, server), Reliability(deadline=0.4, backoff=0.01))
    ((seconds, error),) = all_at_once(model, 1)
    assert 0.4 <= seconds < 0.7
    assert error.fault == "timeout"
    assert "Loading model" in str(error)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", ["no answer", "drip"])
def test_a_server_that_hangs_holds_nobody_past_the_deadline(server, client, fault):
    server.always(fault)
    model = Model(client_of(client, server), Reliability(deadline=2.0))  # time for all 32 to reach a busy server
    results = all_at_once(model, 32)
    assert {error.fault for _, error in results} == {"timeout"}
    assert max(seconds for seconds, _ in results) < 3.0
    assert server.highest == 32


@pytest.mark.parametrize("client", CLIENTS)
def test_no_more_decisions_than_slots_are_under_way(server, client):
    server.always(late(0.05))
    results = all_at_once(Model(client_of(client, server), Reliability(concurrency=5)), 20, requests=2)
    assert [result for _, result in results] == [0] * 20
    assert server.highest == 5
    assert len(server.requests) == 40


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_the_connections_of_a_client_hold_nobody_back(server, client):
    server.always(late(8.0))
    results = all_at_once(Model(client_of(client, server), Reliability(concurrency=1_200)), 1_200)
    assert [result for _, result in results] == [0] * 1_200
    assert server.highest > 1_000


def test_a_slot_is_held_for_the_whole_decision():
    order = []
    model = Model(Failing([]), Reliability(concurrency=1))

    async def numbered(number: int):
        async with model.decision() as budget:
            for _ in range(3):
                await budget.complete(REQUEST)
                order.append(number)

    async def both():
        await asyncio.gather(numbered(1), numbered(2))

    asyncio.run(both())
    assert order == [1, 1, 1, 2, 2, 2]


async def cancelled(work, after: float) -> None:
    task = asyncio.create_task(work)
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def fails(model: Model) -> None:
    with pytest.raises(BackendError):
        await decide(model)


async def breaks(model: Model) -> None:
    with pytest.raises(ZeroDivisionError):
        async with model.decision():
            _ = 1 / 0


@pytest.mark.parametrize("client", CLIENTS)
def test_no_slot_is_lost_however_a_decision_ends(server, client):
    model = Model(client_of(client, server), Reliability(deadline=0.3, retries=1, concurrency=2, backoff=0.01))
    ends: list[tuple[str | Callable, Callable]] = [
        ("401", fails),
        ("500", fails),
        ("no answer", fails),
        ("no answer", lambda model: cancelled(decide(model), 0.1)),
        (status(429, retry_after="0.2"), lambda model: cancelled(decide(model), 0.1)),
        ("500", breaks),
    ]

    async def all_ends():
        for fault, end in ends:
            server.always(fault)
            await asyncio.gather(*(end(model) for _ in range(3)))
        server.always("no answer")
        holders = [asyncio.create_task(decide(model)) for _ in range(2)]
        await cancelled(decide(model), 0.1)  # while it waits for a slot
        await asyncio.gather(*holders, return_exceptions=True)
        server.always(late(0.1))
        before, server.highest = server.highest, 0
        await asyncio.gather(*(decide(model) for _ in range(6)))
        await model.backend.close()
        return before

    assert asyncio.run(all_ends()) <= 2
    assert server.highest == 2


@pytest.mark.parametrize("client", CLIENTS)
def test_cancelling_leaves_the_server_at_once(server, client):
    server.always("no answer")
    model = Model(client_of(client, server), Reliability())

    async def leave() -> float:
        started = time.monotonic()
        await cancelled(decide(model), 0.2)
        ended = time.monotonic() - started
        await asyncio.sleep(0.1)
        return ended

    assert asyncio.run(leave()) < 0.4
    assert server.at_once == 0


@pytest.mark.parametrize("client", CLIENTS)
def test_a_server_that_is_killed_fails_what_was_under_way_and_what_comes_after(client):
    with FaultServer(delay=5.0) as server:
        model = Model(client_of(client, server), Reliability(deadline=5.0, retries=2, backoff=0.05))

        async def killed():
            tasks = [asyncio.create_task(timed(decide(model))) for _ in range(20)]
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.stop)
            return await asyncio.gather(*tasks)

        results = asyncio.run(killed())
    assert {error.fault for _, error in results} == {"connection"}
    assert all("cannot be reached" in str(error) for _, error in results)
    assert max(seconds for seconds, _ in results) < 2.0


@pytest.mark.parametrize("client", CLIENTS)
def test_many_at_once_do_not_wait_for_each_other(client):
    with FaultServer(delay=0.2) as server:
        model = Model(client_of(client, server), Reliability(concurrency=32))
        started = time.monotonic()
        assert [result for _, result in all_at_once(model, 32)] == [0] * 32
        assert time.monotonic() - started < 1.6  # in sequence it would be 6.4


def test_a_backend_with_few_slots_is_asked_no_more_than_those_at_once():
    @dataclass(eq=False)
    class Narrow(Failing):
        slots: int = 2
        now: int = 0
        most: int = 0

        async def complete(self, request: Request) -> Completion:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.02)
            self.now -= 1
            return Completion("I offer 500.", "stop")

    backend = Narrow([])
    assert len(all_at_once(Model(backend, Reliability(deadline=0.1, concurrency=32)), 12)) == 12
    assert backend.most == 2
