"""Models of an Ollama server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import ollama
from pydantic import ValidationError

from negotiation_policies.llm.backends.faults import Server, is_local, key_from_environment, shown_address
from negotiation_policies.llm.backends.protocol import CUT, BackendError, Completion, Request, with_thought

_KEY = "OLLAMA_API_KEY"
_ADDRESS = "OLLAMA_HOST"
_LOCAL = "127.0.0.1:11434"
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)
"""How many requests are on their way at once is decided elsewhere; httpx would hold back those above 100."""


class OllamaBackend:
    """One model of an Ollama server, spoken to by the official client.

    Neither retries nor time limits are the client's: `negotiation_policies.llm.backends.reliable` has them.

    Args:
        model: as Ollama names it, e.g. ``llama3:8b``.
        host: where the server is; None is ``OLLAMA_HOST``, else this machine.

    Raises:
        ValueError: the host is none.
        BackendError: what is in ``OLLAMA_API_KEY`` cannot be a key.
    """

    def __init__(self, model: str, host: str | None = None) -> None:
        address = host or os.environ.get(_ADDRESS) or _LOCAL
        key = key_from_environment(_KEY)
        self._model = model
        self._server = Server(
            name=f"ollama/{model}",
            model=model,
            address=shown_address(address),
            start=f"Start Ollama with 'ollama serve', or set {_ADDRESS} to where it runs.",
            fetch=f"Choose one of them, or fetch it with 'ollama pull {model}'.",
            key_variable=_KEY,
            key=key,
        )
        self._client = self._make_client(address, {"Authorization": f"Bearer {key}"} if key else {})

    @property
    def name(self) -> str:
        """The model as records name it."""
        return self._server.name

    @property
    def has_schema(self) -> bool:
        """Replies are held to a JSON schema with ``format``."""
        return True

    async def complete(self, request: Request) -> Completion:
        """Answer a request once; raises `BackendError`."""
        options: dict[str, Any] = {"temperature": request.temperature, "num_predict": request.max_tokens}
        if request.seed is not None:
            options["seed"] = request.seed
        schema = None if request.schema is None else dict(request.schema)
        try:
            with self._faults():
                answer = await self._client.chat(self._model, request.messages, format=schema, options=options)
        except BackendError as error:
            raise await self._server.explain(error, self.models) from None
        return self._completion(answer)

    async def models(self) -> list[str]:
        """The names of the server's models; raises `BackendError`."""
        with self._faults():
            answer = await self._client.list()
        return [model.model for model in answer.models if model.model]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()  # type: ignore[no-untyped-call]  # the package leaves it untyped

    def _make_client(self, address: str, headers: dict[str, str]) -> ollama.AsyncClient:
        hooks = {"response": [self._check_response]}
        try:
            return ollama.AsyncClient(
                address, headers=headers, event_hooks=hooks, limits=_LIMITS, trust_env=not is_local(address)
            )
        except (ValueError, httpx.InvalidURL):
            raise ValueError(
                f"the host of Ollama is {shown_address(address)!r}; it must be like '127.0.0.1:11434'."
            ) from None

    async def _check_response(self, response: httpx.Response) -> None:
        """Look at each answer before the client, which drops the headers of errors and trips over odd bodies."""
        if response.has_redirect_location:
            return
        await response.aread()
        if not response.is_success:
            raise self._server.status_fault(response.status_code, response.text, response.headers)
        try:
            answer = json.loads(response.text)
        except (ValueError, RecursionError):
            raise self._server.shape_fault("something that is not JSON", response.text) from None
        if not isinstance(answer, dict) or "error" in answer:
            raise self._server.shape_fault("no answer", response.text)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what the client raises into a `BackendError`; its own words are dropped."""
        try:
            yield
        except ConnectionError as error:  # the client's word for a server that cannot be reached
            raise self._server.connection_fault(error.__context__ or error) from None
        except httpx.HTTPError as error:
            raise self._server.connection_fault(error) from None
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise self._server.shape_fault(f"an object whose field {place!r} is missing or wrong") from None

    def _completion(self, answer: ollama.ChatResponse) -> Completion:
        said = answer.message.content or ""
        if not answer.done or not answer.done_reason:
            raise self._server.shape_fault("a reply that breaks off without a done_reason", said)
        if not said.strip() and answer.done_reason not in CUT:
            raise self._server.shape_fault(f"no text (done_reason {answer.done_reason!r})")
        return Completion(
            with_thought(said, answer.message.thinking),
            answer.done_reason,
            prompt_tokens=answer.prompt_eval_count or 0,
            completion_tokens=answer.eval_count or 0,
        )
