"""Models of a GGUF file: one llama.cpp server for each file, started when first asked and stopped with the program."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from negotiation_policies.llm.backends.llama_launch import LlamaServer, ServerSettings
from negotiation_policies.llm.backends.protocol import BackendError, Completion, Request
from negotiation_policies.llm.backends.weights import find_model
from negotiation_policies.parameters import check_positive, check_whole

if TYPE_CHECKING:
    from negotiation_policies.llm.backends.openai_api import OpenAIBackend

RESTARTS = 2
"""How often a server that has ended by itself is started again."""

_DEFAULT_MODEL = "smollm2"
_THREADS = "NEGOTIATION_LLAMA_THREADS"
_END_SEEN_WITHIN = 1.0


class LlamaServerBackend:
    """A GGUF file on this machine, behind a llama.cpp server of its own on 127.0.0.1 and a free port.

    All backends of a process with the same file and settings share one server. The first request starts it; it is
    stopped when the last of them is closed, and with the program, however that ends. A server that ends by itself
    fails the requests that it has; the next request starts it again, at most `RESTARTS` times.

    Args:
        path: the GGUF file; None is the default model, from its cache.
        name: the model as records name it, e.g. ``smollm2`` or ``local/tiny.gguf``.
        slots: how many requests are computed at once; further ones wait their turn.
        context: tokens of prompt and reply together; at most as many as the model was trained for.
        threads: that compute one reply; None is ``NEGOTIATION_LLAMA_THREADS``, else a quarter of the cores and at
            least one: llama.cpp's threads wait for each other many times a token, and starve where other work shares
            the cores. Twice as many, but at most the cores, compute prompts and several replies at once.
        start_within: seconds for loading the model.

    Raises:
        BackendError: xllamacpp or the file is missing.
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        name: str = _DEFAULT_MODEL,
        *,
        slots: int = 4,
        context: int = 4096,
        threads: int | None = None,
        start_within: float = 120.0,
    ) -> None:
        missing = [module for module in ("xllamacpp", "openai") if importlib.util.find_spec(module) is None]
        if missing:
            raise BackendError(
                f"{name}: {' and '.join(missing)} must be installed to run it: pip install 'negotiation-env[llm]'.",
                "setup",
            )
        for what, number in {"slots": slots, "context": context}.items():
            check_whole(what, number, low=1)
        check_positive("start_within", start_within)
        settings = ServerSettings(slots, context, _thread_count(threads), start_within)
        file = find_model(_DEFAULT_MODEL) if path is None else _checked_file(Path(path), name)
        self._name, self._slots = name, slots
        self._server = _servers.setdefault((file.resolve(), settings), SharedServer(file, name, settings))
        self._server.users.add(self)

    @property
    def name(self) -> str:
        """The model as records name it."""
        return self._name

    @property
    def has_schema(self) -> bool:
        """Replies are held to a JSON schema: llama.cpp makes a grammar of it."""
        return True

    @property
    def slots(self) -> int:
        """How many requests are computed at once."""
        return self._slots

    @property
    def pid(self) -> int | None:
        """The process of the server; None before its start and after its stop."""
        return self._server.pid

    async def complete(self, request: Request) -> Completion:
        """Answer a request once, after starting the server if need be; raises `BackendError`."""
        self._server.users.add(self)
        return await self._server.complete(request)

    async def models(self) -> list[str]:
        """The one model, once it is loaded; raises `BackendError`."""
        self._server.users.add(self)
        await self._server.client()
        return [self._name]

    async def base_url(self) -> str:
        """Where the server is, for other clients of the OpenAI API too; raises `BackendError`."""
        self._server.users.add(self)
        return await self._server.base_url()

    async def close(self) -> None:
        """Stop the server if no other backend uses it; a later request would start it again."""
        self._server.users.discard(self)
        if not self._server.users:
            await self._server.stop()


class SharedServer:
    """The server of a file, however often it is started. Its methods run on the one event loop.

    Attributes:
        users: the backends that need it.
    """

    def __init__(self, file: Path, name: str, settings: ServerSettings) -> None:
        self.users: WeakSet[LlamaServerBackend] = WeakSet()
        self._file, self._name, self._settings = file, name, settings
        self._server: LlamaServer | None = None
        self._start: asyncio.Task[OpenAIBackend] | None = None
        self._restarts = 0

    @property
    def pid(self) -> int | None:
        """Its process, if it has been started."""
        return self._server.pid if self._server else None

    async def complete(self, request: Request) -> Completion:
        """Answer a request; if the server ends over it, the fault says so."""
        client = await self.client()
        server = self._server
        try:
            return await client.complete(request)
        except BackendError as error:
            if error.fault == "connection" and server is not None and await server.ends_within(_END_SEEN_WITHIN):
                raise self._ended(server) from None
            raise

    async def client(self) -> OpenAIBackend:
        """What speaks to the server, which is started if need be; all who ask meanwhile wait for the same start."""
        if self._server is None or self._start is None or (_has_failed(self._start) and self._restarts < RESTARTS):
            self._restarts += self._start is not None
            self._launch()
        elif _has_succeeded(self._start) and self._server.has_ended():
            if self._restarts == RESTARTS:
                raise self._ended(self._server)
            self._restarts += 1
            former = self._start.result()
            self._launch()
            await former.close()
        assert self._start is not None
        return await asyncio.shield(self._start)

    async def base_url(self) -> str:
        """Where its API is, once it runs."""
        await self.client()
        assert self._server is not None
        return f"{await self._server.address()}/v1"

    async def stop(self) -> None:
        """End the process, even while it is loading the model."""
        server, start = self._server, self._start
        self._server = self._start = None
        if server is not None:
            server.stop()
        if start is not None and _has_succeeded(start):
            await start.result().close()

    def _launch(self) -> None:
        self._server = LlamaServer(self._file, self._name, self._settings)
        self._start = asyncio.create_task(self._connect(self._server))

    async def _connect(self, server: LlamaServer) -> OpenAIBackend:
        from negotiation_policies.llm.backends.openai_api import OpenAIBackend

        return OpenAIBackend(self._name, f"{await server.address()}/v1", self._name, needs_no_key=True)

    def _ended(self, server: LlamaServer) -> BackendError:
        again = self._restarts < RESTARTS
        then = (
            "The next request starts it again."
            if again
            else f"It has been started again {RESTARTS} times and is not any more. Is there enough memory?"
        )
        said = f"{self._name}: the local model server has ended ({server.last_words()}). {then}"
        return BackendError(said, "connection", retryable=again)


_servers: dict[tuple[Path, ServerSettings], SharedServer] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_servers.clear)  # they stay those of the parent


def _checked_file(file: Path, name: str) -> Path:
    if not file.is_file():
        raise BackendError(f"{name}: there is no file {file}. Name a GGUF file: local/PATH.gguf.", "setup")
    return file


def _thread_count(threads: int | None) -> int:
    given = os.environ.get(_THREADS)
    if threads is not None:
        check_whole("threads", threads, low=1)
        return threads
    if given is None:
        return max(1, (os.cpu_count() or 1) // 4)
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{_THREADS} is {given!r}; it must be a whole number of threads, at least 1.")
    return int(given)


def _has_succeeded(task: asyncio.Task[OpenAIBackend]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _has_failed(task: asyncio.Task[OpenAIBackend]) -> bool:
    return task.done() and not _has_succeeded(task)
