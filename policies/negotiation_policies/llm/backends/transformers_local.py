"""Models that transformers runs in this process: a folder, or a name of the Hugging Face hub."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from negotiation_policies.llm.backends.protocol import BackendError, Completion, Request
from negotiation_policies.parameters import check_whole

if TYPE_CHECKING:
    from negotiation_policies.llm.backends.transformers_model import TransformersModel

_EXCERPT = 200
_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


@dataclass(frozen=True)
class Waiting:
    """A request in the queue.

    Attributes:
        request: what is asked.
        answer: what is waited for; it is cancelled with the request.
    """

    request: Request
    answer: asyncio.Future[Completion]

    def is_wanted(self) -> bool:
        """Whether somebody still waits for the answer; any thread may ask."""
        return not self.answer.done()


class TransformersBackend:
    """A model in this process, on the GPU if there is one.

    Requests that arrive while a batch is computed wait, and form the next batch; it is computed on one thread, so
    that the event loop stays free. A request that is cancelled leaves the queue, or its row ends with the next token.
    Rows of a batch have temperatures, lengths and seeds of their own: each row with a seed draws from its own
    generator, so that its reply does not depend on the other rows, up to the rounding of sums that batching reorders.

    Only files of safetensors are loaded, and no code that comes with a model is run.

    Args:
        model: a folder that ``save_pretrained`` has written, or a name of the hub, which is downloaded if need be.
        name: as records name the model; None is ``transformers/`` with the name, or that of the folder.
        batch_size: how many requests are computed at once.

    Raises:
        BackendError: torch or transformers is missing, or there is no such folder.
        ValueError: the batch size is out of its range.
    """

    def __init__(self, model: str, name: str | None = None, *, batch_size: int = 16) -> None:
        check_whole("batch_size", batch_size, low=1)
        missing = [module for module in ("torch", "transformers") if importlib.util.find_spec(module) is None]
        if missing:
            raise BackendError(
                f"transformers/{model}: {' and '.join(missing)} must be installed to run it: "
                "pip install 'negotiation-env[janus]'.",
                "setup",
            )
        folder = Path(model).expanduser()
        self._source, self._is_folder = (str(folder), True) if folder.is_dir() else (model, False)
        self._name = name or f"transformers/{folder.resolve().name if self._is_folder else model}"
        if not self._is_folder and not _HUB_NAME.fullmatch(model):
            raise BackendError(
                f"transformers/{model}: there is no folder {model}. Name the folder of a model, or a model of "
                "huggingface.co like 'HuggingFaceTB/SmolLM2-135M-Instruct'.",
                "setup",
            )
        self._batch_size = batch_size
        self._queue: list[Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._model: TransformersModel | None = None

    @property
    def name(self) -> str:
        """The model as records name it."""
        return self._name

    @property
    def has_schema(self) -> bool:
        """Replies are free text."""
        return False

    @property
    def slots(self) -> int:
        """How many requests are computed at once."""
        return self._batch_size

    async def complete(self, request: Request) -> Completion:
        """Answer a request once, together with those that wait beside it; raises `BackendError`."""
        if request.schema is not None:
            raise BackendError(f"{self._name}: replies cannot be held to a schema here. Ask for free text.", "setup")
        waiting = Waiting(request, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._empty_the_queue())
        return await waiting.answer

    async def models(self) -> list[str]:
        """The one model, once it is loaded; raises `BackendError`."""
        await asyncio.get_running_loop().run_in_executor(self._executor(), self._loaded)
        return [self._name]

    async def close(self) -> None:
        """Give back the memory, after what is being computed; a later request loads the model again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        self._model = None

    async def _empty_the_queue(self) -> None:
        while self._queue:
            wanted = [waiting for waiting in self._queue if waiting.is_wanted()]
            batch, self._queue = wanted[: self._batch_size], wanted[self._batch_size :]
            if batch:
                await self._compute(batch)

    async def _compute(self, batch: list[Waiting]) -> None:
        """Answer one batch; whatever goes wrong goes to those who wait."""
        work = asyncio.get_running_loop().run_in_executor(self._executor(), self._answers, batch)
        await asyncio.wait([work])
        error = work.exception()
        answers = [self._failure(error)] * len(batch) if error is not None else work.result()
        for waiting, answer in zip(batch, answers, strict=True):
            if not waiting.is_wanted():
                continue
            if isinstance(answer, BaseException):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)

    def _failure(self, error: BaseException) -> BaseException:
        """What went wrong with a whole batch: torch's own errors, such as too little memory, as a `BackendError`."""
        if isinstance(error, BackendError) or not isinstance(error, RuntimeError | MemoryError):
            return error
        said = " ".join(str(error).split())[:_EXCERPT] or type(error).__name__
        advice = "Take a smaller batch_size, fewer tokens or a smaller model if memory is short."
        failure = BackendError(f"{self._name}: the model failed while it computed ({said}). {advice}", "setup")
        failure.__cause__ = error
        return failure

    def _executor(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="negotiation-transformers")
        return self._thread

    def _answers(self, batch: list[Waiting]) -> list[Completion | BackendError]:
        return self._loaded().answers([waiting.request for waiting in batch], [waiting.is_wanted for waiting in batch])

    def _loaded(self) -> TransformersModel:
        """The model, loaded when first needed; runs on the one thread only."""
        if self._model is None:
            from negotiation_policies.llm.backends.transformers_model import TransformersModel

            self._model = TransformersModel.load(self._source, self._is_folder, self._name)
        return self._model
