"""The one layer of reliability over all backends: a deadline for each decision, retries, and a bound on both."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

from negotiation_policies.llm.backends.protocol import Backend, BackendError, Completion, Request
from negotiation_policies.parameters import check_number, check_positive, check_whole

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState

T = TypeVar("T")
_LONGEST_BACKOFF = 10.0
_NO_SERVICE = (404, 405, 501)
_PROBE = Request(
    ({"role": "system", "content": "Answer with one word."}, {"role": "user", "content": "Are you there?"}),
    temperature=0.0,
    max_tokens=5,
)


@dataclass(frozen=True)
class Reliability:
    """How faults on the way to a model are dealt with.

    Attributes:
        deadline: seconds for one decision, all its requests and pauses together, from when it has its slot.
        retries: how often one request is sent again after a fault that may pass.
        concurrency: how many decisions are made at once.
        backoff: seconds before the first retry; twice as long before each further one, up to 10 s, each lengthened by
            up to as much again by chance, so that those who failed together do not come back together.
    """

    deadline: float = 60.0
    retries: int = 3
    concurrency: int = 32
    backoff: float = 0.5

    def __post_init__(self) -> None:
        check_positive("deadline", self.deadline)
        check_whole("retries", self.retries, low=0)
        check_whole("concurrency", self.concurrency, low=1)
        check_number("backoff", self.backoff, low=0.0)


class Model:
    """A backend that can be relied on: it answers within the deadline, or raises `BackendError`.

    Args:
        backend: the model.
        reliability: how faults are dealt with.
    """

    def __init__(self, backend: Backend, reliability: Reliability) -> None:
        from tenacity import AsyncRetrying, retry_if_exception

        self.backend = backend
        self.reliability = reliability
        self._slots: asyncio.Semaphore | None = None
        self._retrying = AsyncRetrying(retry=retry_if_exception(_is_retryable))

    @property
    def name(self) -> str:
        """The model as records name it."""
        return self.backend.name

    @property
    def has_schema(self) -> bool:
        """Whether replies can be held to a JSON schema."""
        return self.backend.has_schema

    @asynccontextmanager
    async def decision(self) -> AsyncIterator[Budget]:
        """Hold one slot for a whole decision, however many requests it makes; its deadline runs from here."""
        if self._slots is None:  # made on the loop that it belongs to
            at_once = self.reliability.concurrency
            self._slots = asyncio.Semaphore(min(at_once, getattr(self.backend, "slots", at_once)))
        async with self._slots:
            yield Budget(self.backend, self.reliability, self._retrying)

    async def check(self) -> None:
        """Find out whether the model is there, within the deadline; raises `BackendError`.

        A model that its server does not list is asked one short question: some servers go by other names than they
        list, and some answer for whatever name.
        """
        async with self.decision() as budget:
            known = await self._listed(budget)
            model = self.name.partition("/")[2] or self.name
            if not {self.name, model, f"{model}:latest"} & set(known):
                await self._ask_anything(budget)

    async def _listed(self, budget: Budget) -> list[str]:
        """The models that the server lists; none if it answers, but has no such service."""
        try:
            return await budget.models()
        except BackendError as error:
            if error.status not in _NO_SERVICE:
                raise
            return []

    async def _ask_anything(self, budget: Budget) -> None:
        try:
            await budget.complete(_PROBE)
        except BackendError as error:
            if error.fault != "shape":  # an empty answer is one as well: some think longer than this
                raise


class Budget:
    """What one decision may still spend.

    Attributes:
        retries: how often a request of this decision has been sent again.
    """

    def __init__(self, backend: Backend, reliability: Reliability, retrying: AsyncRetrying) -> None:
        self.retries = 0
        self._backend = backend
        self._retrying = retrying
        self._reliability = reliability
        self._ends = asyncio.get_running_loop().time() + reliability.deadline
        self._last_fault = ""

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self._ends - asyncio.get_running_loop().time())

    async def complete(self, request: Request) -> Completion:
        """Answer a request, sent again after faults that may pass; raises `BackendError`."""
        return await self._reliably(lambda: self._backend.complete(request))

    async def models(self) -> list[str]:
        """The names of the models that the backend has, asked for just as reliably; raises `BackendError`."""
        return await self._reliably(self._backend.models)

    async def _reliably(self, work: Callable[[], Awaitable[T]]) -> T:
        async def once() -> T:  # tenacity awaits what it knows to be a coroutine function
            return await work()

        if self.left == 0.0:
            raise self._timeout()
        retrying = self._retrying.copy(
            wait=self._pause,
            stop=self._is_over,
            before_sleep=self._note_retry,
            retry_error_callback=self._give_up,
        )
        try:
            async with asyncio.timeout_at(self._ends) as limit:
                return await retrying(once)
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._timeout() from None

    def _pause(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the server asks for, else longer each time, and some chance on top."""
        first, asked = self._reliability.backoff, _fault_of(state).retry_after
        pause = min(first * 2.0 ** (state.attempt_number - 1), _LONGEST_BACKOFF) if asked is None else asked
        return pause + random.uniform(0.0, first if asked is not None else pause)

    def _is_over(self, state: RetryCallState) -> bool:
        return state.attempt_number > self._reliability.retries or state.upcoming_sleep >= self.left

    def _note_retry(self, state: RetryCallState) -> None:
        self.retries += 1
        self._last_fault = str(_fault_of(state))

    def _give_up(self, state: RetryCallState) -> NoReturn:
        """Raise the last fault, with the reason why it was the last."""
        fault = _fault_of(state)
        if state.attempt_number > self._reliability.retries:
            reason = f"Sent {state.attempt_number} times." if self._reliability.retries else ""
        else:
            asks = "The server asks to wait" if fault.retry_after is not None else "The next try would wait"
            left = f"{self.left:.1f} s of the deadline of {self._reliability.deadline:g} s are left"
            reason = f"{asks} {state.upcoming_sleep:.1f} s, but only {left}."
        raise BackendError(
            f"{fault} {reason}".strip(),
            fault.fault,
            retryable=True,
            retry_after=fault.retry_after,
            status=fault.status,
        ) from None

    def _timeout(self) -> BackendError:
        advice = "It is too slow or hangs: allow a longer deadline, or fewer tokens."
        last = f"The last fault before: {self._last_fault}" if self._last_fault else advice
        return BackendError(
            f"{self._backend.name}: no whole answer within the deadline of {self._reliability.deadline:g} s. {last}",
            "timeout",
        )


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, BackendError) and error.retryable


def _fault_of(state: RetryCallState) -> BackendError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, BackendError)  # nothing else is retried
    return error
