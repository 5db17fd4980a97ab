"""A model server of ours that speaks the chat APIs of OpenAI and of Ollama, and goes wrong as it is told to.

with FaultServer(answer=lambda body: "I offer 500.") as server:
    server.script(["500", "429 after 2"])  # what the next chat requests meet; then it answers again
    OpenAIBackend("llama3", server.base_url), OllamaBackend("llama3", server.ollama_host)
    server.requests, server.highest
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from server_faults import FAULTS, Exchange, Fault, Json, Reply, late

Scripted = str | Reply | Fault
Answer = Callable[[dict[str, Json]], Scripted]


class FaultServer:
    """The server, on a thread of its own and a free port of 127.0.0.1.

    Args:
        answer: from the JSON body of a chat request: the reply's text, a `Reply`, or a fault.
        models: the models it has; it answers 404 to others.
        delay: seconds before each normal answer.

    Attributes:
        requests: the chat requests so far, in their order.
        at_once: how many chat requests are being answered now.
        highest: the most that were being answered at once.
    """

    def __init__(
        self, answer: Answer = lambda body: Reply(), *, models: Sequence[str] = ("llama3", "qwen3"), delay: float = 0.0
    ) -> None:
        self.requests: list[Exchange] = []
        self.highest = 0
        self._answer, self._models, self._delay = answer, list(models), delay
        self._script: list[Scripted] = []
        self._always: Scripted | None = None
        self._errors: list[Exception] = []
        self.at_once = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-server", daemon=True)

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24, backlog=1024))
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._errors:
            raise self._errors[0]

    @property
    def ollama_host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.ollama_host}/v1"

    def script(self, faults: Iterable[Scripted]) -> None:
        """What the next chat requests meet, one after the other: names of `FAULTS`, faults, or replies."""
        self._script = list(faults)

    def always(self, fault: Scripted | None) -> None:
        """What every chat request meets that the script leaves; None answers again."""
        self._always = fault

    def stop(self) -> None:
        """Close every connection and be gone; from now on connections are refused."""
        if self._thread.is_alive():
            self._do(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    async def _close(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while not writer.is_closing():
                await self._serve_one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has left, or the server is stopped
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        data = await reader.readexactly(int(headers.get("content-length", 0)))
        path = first.split()[1]
        exchange = Exchange(
            "openai" if "/v1/" in path else "ollama", json.loads(data) if data else {}, headers, reader, writer
        )
        if path in ("/v1/chat/completions", "/api/chat"):
            await self._chat(exchange)
        elif path in ("/v1/models", "/api/tags"):
            lists = {"data": [{"id": name} for name in self._models], "models": [{"model": n} for n in self._models]}
            await exchange.send(json.dumps(lists))
        else:
            await exchange.send("404 page not found", 404, "text/plain")

    async def _chat(self, exchange: Exchange) -> None:
        self.requests.append(exchange)
        self.at_once += 1
        self.highest = max(self.highest, self.at_once)
        try:
            await self._meet(exchange)
        finally:
            self.at_once -= 1

    async def _meet(self, exchange: Exchange) -> None:
        planned = self._script.pop(0) if self._script else self._always
        if planned is None:
            if exchange.body.get("model") not in self._models:
                return await FAULTS["404"](exchange)
            planned = self._answered(exchange)
            await asyncio.sleep(self._delay)
        elif isinstance(planned, str):
            planned = FAULTS[planned]
        fault = late(0.0, planned) if isinstance(planned, Reply) else planned
        return await fault(exchange)

    def _answered(self, exchange: Exchange) -> Reply | Fault:
        try:
            said = self._answer(exchange.body)
        except Exception as error:
            self._errors.append(error)  # raised where the server is left, for the test to see
            raise ConnectionAbortedError from error
        return Reply(said) if isinstance(said, str) else said
