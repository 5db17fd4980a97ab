"""Models behind the OpenAI chat API: hosted ones, and those of vLLM, llama.cpp, LM Studio and their like."""

from __future__ import annotations

import json
import os
import warnings
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import openai

from negotiation_env.policy import JsonValue
from negotiation_policies.llm.backends.faults import Server, is_local, key_from_environment, shown_address
from negotiation_policies.llm.backends.protocol import CUT, BackendError, Completion, Request, with_thought

_KEY = "OPENAI_API_KEY"
_ADDRESS = "OPENAI_BASE_URL"
_HOSTED = "https://api.openai.com/v1"
_NO_KEY = "none"
"""What servers without keys are sent, since the client sends something in any case."""
_LIMITS = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=None, max_keepalive_connections=None)
"""How many requests are on their way at once is decided elsewhere; the client would hold back those above 1,000."""
_REFUSABLE = {
    "max_tokens": "it is sent as 'max_completion_tokens' from now on",
    "temperature": "it is left out from now on",
    "response_format": "schemas are not sent as strict from now on",
}
"""Parameters that some models refuse, and what is done about it."""


class OpenAIBackend:
    """One model behind an OpenAI-compatible server, spoken to by the official client.

    Neither retries nor time limits are the client's: `negotiation_policies.llm.backends.reliable` has them.

    Args:
        model: as the server names it.
        base_url: where the server is, e.g. ``http://127.0.0.1:8000/v1``; None is ``OPENAI_BASE_URL``, else OpenAI's.
        name: as records name the model; None is ``openai/<model>``.
        needs_no_key: whether ``OPENAI_API_KEY`` is none of this server's business.

    Raises:
        ValueError: the address is none.
        BackendError: OpenAI's own server is meant, and there is no key in ``OPENAI_API_KEY``.
    """

    def __init__(
        self, model: str, base_url: str | None = None, name: str | None = None, *, needs_no_key: bool = False
    ) -> None:
        given = base_url or os.environ.get(_ADDRESS)
        address = _checked_address(given) if given else _HOSTED
        key = None if needs_no_key else key_from_environment(_KEY)
        if key is None and not given:
            raise BackendError(
                f"openai/{model}: {shown_address(address)} needs a key, and the environment variable {_KEY} is not "
                "set. Set it, or name another server with base_url.",
                "key",
            )
        self._model = model
        self._refused: frozenset[str] = frozenset()
        bare, login = _without_login(address)
        self._client = openai.AsyncOpenAI(
            api_key=key or _NO_KEY,
            base_url=bare,
            max_retries=0,
            timeout=None,
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not is_local(bare), auth=login, limits=_LIMITS),
        )
        self._server = Server(
            name=name or f"openai/{model}",
            model=model,
            address=shown_address(address),
            start=f"Start a server there, e.g. 'vllm serve {model}' or 'llama-server -m MODEL.gguf', or name its "
            f"address with base_url or {_ADDRESS}."
            if given
            else "Check the network, or name another server with base_url.",
            fetch="Choose one of them, or start the server with this model.",
            key_variable=_KEY,
            key=key,
            login=login,
        )

    @property
    def name(self) -> str:
        """The model as records name it."""
        return self._server.name

    @property
    def has_schema(self) -> bool:
        """Replies are held to a JSON schema with ``response_format``."""
        return True

    async def complete(self, request: Request) -> Completion:
        """Answer a request once; raises `BackendError`.

        A parameter that the server names as unsupported is warned about, and done without from then on.
        """
        try:
            body = await self._answer(request)
        except BackendError as error:
            raise await self._server.explain(error, self.models) from None
        return self._completion(body)

    async def models(self) -> list[str]:
        """The names of the server's models; raises `BackendError`."""
        try:
            answer = await self._client.models.with_raw_response.list()
        except openai.APIError as error:
            raise self._fault(error) from None
        models = _at(self._json(answer.http_response.text), "data")
        if not isinstance(models, list):
            raise self._server.shape_fault("no list of models", answer.http_response.text)
        return [name for model in models if isinstance(name := _at(model, "id"), str)]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _answer(self, request: Request) -> str:
        """The body of the answer; sent anew without what the server refuses, as far as it can be done without."""
        while True:
            refused = self._refused
            try:
                # The client's own reading of an answer checks nothing: it is a string, or holds anything anywhere.
                answer = await self._client.chat.completions.with_raw_response.create(
                    **self._parameters(request, refused)
                )
                return str(answer.http_response.text)
            except openai.BadRequestError as error:
                if not self._can_spare(error, refused):
                    raise self._fault(error) from None
            except openai.APIError as error:
                raise self._fault(error) from None

    def _can_spare(self, error: openai.BadRequestError, refused: frozenset[str]) -> bool:
        """Whether the server refuses a parameter that it was sent and can do without; it is not sent again."""
        is_refused = error.param == "response_format" or str(error.code).startswith("unsupported")
        if not is_refused or error.param not in _REFUSABLE or error.param in refused:
            return False
        if error.param not in self._refused:
            warnings.warn(f"{self.name} refuses {error.param!r}: {_REFUSABLE[error.param]}.", stacklevel=2)
        self._refused |= {error.param}
        return True

    def _parameters(self, request: Request, refused: frozenset[str]) -> dict[str, Any]:
        limit = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
        parameters: dict[str, Any] = {"model": self._model, "messages": request.messages, limit: request.max_tokens}
        if "temperature" not in refused:
            parameters["temperature"] = request.temperature
        if request.seed is not None:
            parameters["seed"] = request.seed
        if request.schema is not None:
            schema = {"name": "reply", "schema": request.schema, "strict": "response_format" not in refused}
            parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
        return parameters

    def _fault(self, error: openai.APIError) -> BackendError:
        if isinstance(error, openai.APIStatusError):
            return self._server.status_fault(error.status_code, error.response.text, error.response.headers)
        return self._server.connection_fault(error.__cause__ or error)

    def _completion(self, body: str) -> Completion:
        answer = self._json(body)
        choice = _at(answer, "choices", 0)
        text = _at(choice, "message", "content") or _at(choice, "message", "refusal") or ""
        thought = _at(choice, "message", "reasoning_content") or _at(choice, "message", "reasoning")
        finish_reason = _at(choice, "finish_reason")
        if not isinstance(choice, dict):
            raise self._server.shape_fault("no choices", body)
        if not isinstance(finish_reason, str) or not finish_reason:
            raise self._server.shape_fault("a reply that breaks off without a finish_reason", body)
        if not isinstance(text, str) or not (text.strip() or finish_reason in CUT):
            raise self._server.shape_fault(f"no text (finish_reason {finish_reason!r})", body)
        return Completion(
            with_thought(text, thought),
            finish_reason,
            prompt_tokens=_count(answer, "prompt_tokens"),
            completion_tokens=_count(answer, "completion_tokens"),
            cached_tokens=_count(answer, "prompt_tokens_details", "cached_tokens"),
        )

    def _json(self, body: str) -> JsonValue:
        try:
            answer: JsonValue = json.loads(body)
        except (ValueError, RecursionError):
            raise self._server.shape_fault("something that is not JSON", body) from None
        return answer


def _checked_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(f"base_url is {shown_address(url)!r}; it must be like 'http://127.0.0.1:8000/v1'.")
    return url


def _without_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without user, password, query and fragment, since clients log addresses; and user and password."""
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        warnings.warn(
            f"the query of the address {shown_address(url)!r} is left out; give a key in {_KEY}.", stacklevel=3
        )
    login = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")), login


def _at(value: JsonValue, *path: str | int) -> JsonValue:
    """What stands at a path of keys and places, None if there is no such path."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _count(answer: JsonValue, *path: str) -> int:
    count = _at(answer, "usage", *path)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
