"""What can go wrong with a model server, in the words of the two chat APIs, down to the bytes."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

Json = Any
PAGE = (
    "<html><head><style>p{color:red}</style><title>Bad Gateway</title></head><body><p>nginx &amp; co</p></body></html>"
)


@dataclass(frozen=True)
class Reply:
    """A normal answer."""

    content: Json = "I offer 500."
    finish_reason: Json = "stop"
    thinking: str | None = None
    refusal: str | None = None
    prompt_tokens: int = 11
    completion_tokens: int = 7
    cached_tokens: int = 5


@dataclass
class Exchange:
    """One chat request, and the wire on which it is answered."""

    dialect: str
    body: dict[str, Json]
    headers: dict[str, str]
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, body: str, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        data = body.encode()
        await self.write(head(status, kind, **headers, content_length=str(len(data))) + data)

    def reply(self, reply: Reply) -> dict[str, Json]:
        """A normal answer in this dialect."""
        return _openai_reply(reply) if self.dialect == "openai" else _ollama_reply(reply)


Fault = Callable[[Exchange], Awaitable[None]]


def head(status: int, kind: str = "application/json", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"content-type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _openai_reply(reply: Reply) -> dict[str, Json]:
    said = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    said |= {"reasoning_content": reply.thinking} if reply.thinking else {}
    usage = {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
    }
    choice = {"index": 0, "message": said, "finish_reason": reply.finish_reason}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def _ollama_reply(reply: Reply) -> dict[str, Json]:
    said = {"role": "assistant", "content": reply.content}
    return {
        "model": "m",
        "created_at": "2026-01-01T00:00:00Z",
        "message": said | ({"thinking": reply.thinking} if reply.thinking else {}),
        "done": reply.finish_reason is not None,
        "done_reason": reply.finish_reason,
        "prompt_eval_count": reply.prompt_tokens,
        "eval_count": reply.completion_tokens,
    }


def status(code: int, message: str = "out of order", kind: str = "error", **headers: str) -> Fault:
    """An error with a JSON body, as each of the two APIs writes it."""

    async def fault(exchange: Exchange) -> None:
        said = {"message": message, "type": kind, "param": None, "code": kind}
        body = {"error": said if exchange.dialect == "openai" else message}
        await exchange.send(json.dumps(body), code, **headers)

    return fault


def raw(body: str, code: int = 200, kind: str = "application/json") -> Fault:
    """Any body."""
    return lambda exchange: exchange.send(body, code, kind)


def shape(openai: Json, ollama: Json) -> Fault:
    """Any JSON, by dialect."""
    return lambda exchange: exchange.send(json.dumps(openai if exchange.dialect == "openai" else ollama))


def message(**changes: Json) -> Fault:
    """A normal answer, with other fields in its message."""

    async def fault(exchange: Exchange) -> None:
        answer = exchange.reply(Reply())
        part = answer["choices"][0] if exchange.dialect == "openai" else answer
        part["message"] = {**part["message"], **changes}
        await exchange.send(json.dumps(answer))

    return fault


async def reset(exchange: Exchange) -> None:
    """The connection is torn down."""
    linger = struct.pack("ii", 1, 0)
    exchange.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    exchange.writer.transport.abort()


async def hang(exchange: Exchange) -> None:
    """Nothing is answered, until the client leaves."""
    with suppress(ConnectionError):
        await exchange.reader.read()


async def cut_body(exchange: Exchange) -> None:
    """The connection ends before as many bytes as were announced."""
    await exchange.write(head(200, content_length="5000") + json.dumps(exchange.reply(Reply())).encode())
    exchange.writer.close()


async def cut_chunks(exchange: Exchange) -> None:
    """The connection ends before the last chunk."""
    await exchange.write(head(200, transfer_encoding="chunked") + chunk(b'{"model": "llama3", '))
    exchange.writer.close()


async def silent_stream(exchange: Exchange) -> None:
    """A stream of pieces, although none was asked for, that ends without saying so."""
    if exchange.dialect == "openai":
        piece = {"choices": [{"index": 0, "delta": {"content": "I offer "}, "finish_reason": None}]}
        await exchange.send(f"data: {json.dumps(piece)}\n\n" * 2, kind="text/event-stream")
    else:
        piece = {"model": "llama3", "message": {"role": "assistant", "content": "I offer "}, "done": False}
        await exchange.send(f"{json.dumps(piece)}\n" * 2, kind="application/x-ndjson")


def drip(seconds: float = 0.7) -> Fault:
    """A whole answer, one small piece at a time; a limit on the silence between two bytes never ends it."""

    async def fault(exchange: Exchange) -> None:
        await exchange.write(head(200, transfer_encoding="chunked"))
        for letter in json.dumps(exchange.reply(Reply())):
            await exchange.write(chunk(letter.encode()))
            await asyncio.sleep(seconds)
        await exchange.write(chunk(b""))

    return fault


def late(seconds: float, reply: Reply = Reply()) -> Fault:
    """A normal answer after a pause."""

    async def fault(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.send(json.dumps(exchange.reply(reply)))

    return fault


TOO_LONG = "the request exceeds the available context size"
FAULTS: dict[str, Fault] = {
    "reset": reset,
    "no answer": hang,
    "500": status(500),
    "502 page": raw(PAGE, 502, "text/html"),
    "503 loading": status(503, "Loading model", "unavailable_error"),
    "429 after 2": status(429, "slow down", "rate_limit", retry_after="2"),
    "429 after 300": status(429, "slow down", "rate_limit", retry_after="300"),
    "404": status(404, "model not found", "model_not_found"),
    "401": status(401, "bad key", "invalid_api_key"),
    "403": status(403, "not yours", "forbidden"),
    "400": status(400, "bad request", "invalid_request_error"),
    "400 context": status(400, TOO_LONG, "exceed_context_size_error"),
    "broken json": raw('{"choices": [{"message": {"content": "I offer 5'),
    "page": raw(PAGE, 200, "text/html"),
    "string": raw('"I offer 500."'),
    "list": raw("[]"),
    "null": raw("null"),
    "deep": raw("[" * 100_000),
    "error with 200": shape({"error": {"message": "overloaded"}}, {"error": "overloaded"}),
    "empty choices": shape({"choices": []}, {"done": True, "done_reason": "stop"}),
    "choices of text": shape({"choices": "I offer 500."}, {"message": "I offer 500.", "done": True}),
    "null message": shape({"choices": [{"message": None, "finish_reason": "stop"}]}, {"message": None, "done": True}),
    "null content": message(content=None),
    "number content": message(content=500),
    "list content": message(content=[{"type": "text", "text": "I offer 500."}]),
    "empty content": message(content=""),
    "blank content": message(content=" \n"),
    "cut body": cut_body,
    "cut chunks": cut_chunks,
    "silent stream": silent_stream,
    "drip": drip(),
}
"""Faults by name. A server that refuses connections is an address without one: `refused_address`."""


def refused_address() -> str:
    """The host and port of an address that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"
