"""What goes wrong on the way to a model server, in one vocabulary: any HTTP client, any server, one `BackendError`."""

from __future__ import annotations

import asyncio
import difflib
import html
import json
import os
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from negotiation_env.policy import JsonValue
from negotiation_env.registry import unknown_name
from negotiation_policies.llm.backends.protocol import BackendError, Fault

_EXCERPT = 200
"""The most characters of a server's own words that a message holds."""
_LISTED = 30
"""The most models that a message names; of more, the nearest."""
_LISTING = 2.0
"""Seconds that may be spent on naming the models that exist."""
_SECRET = 8
"""A key with fewer characters is a placeholder, and would only blot out parts of words."""
_RETRIED = frozenset({408, 409, 425, 429})
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|size|window)|(prompt|input) (is|length) too long"
    r"|(prompt|input) length exceeds|reduce the length|max_new_tokens.{0,40}must be",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Server:
    """A model server as error messages speak of it.

    Attributes:
        name: the model as records name it, e.g. ``openai/llama3``.
        model: the model as the server names it.
        address: where it is, without a user's name, a password or a query (see `shown_address`).
        start: what to do if nothing answers there.
        fetch: what to do if it lacks the model.
        key_variable: the environment variable of its key.
        key: the key itself, which no message shows.
        login: user and password of the address, which are sent in base 64; no message shows the password either way.
    """

    name: str
    model: str
    address: str
    start: str
    fetch: str
    key_variable: str
    key: str | None = field(default=None, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)

    def connection_fault(self, error: BaseException) -> BackendError:
        """For whatever an HTTP client raised before there was a whole answer."""
        links = list(_chain(error))
        # httpx and httpx2 are two packages, and a client brings only one: their classes are known by name.
        if any(type(link).__name__ == "ConnectError" for link in links):
            said = f"cannot be reached at {self.address} ({_reason(links)}). {self.start}"
        else:
            said = f"the connection to {self.address} broke off before a whole answer ({_reason(links)})."
        return self._fault(said, "connection", retryable=True)

    def status_fault(self, status: int, body: str, headers: Mapping[str, str]) -> BackendError:
        """For an answer whose status is not of success."""
        said = f"HTTP {status} from {self.address}: {self.excerpt(body)!r}"
        if status in (401, 403):
            advice = f"Set the environment variable {self.key_variable} to a key that is valid there."
            return self._fault(f"the key is missing or refused. {advice} ({said})", "key", status=status)
        if status == 404:
            return self._fault(
                f"no model {self.model!r}, or no such service, at this address. {said}", "model", status=404
            )
        if _TOO_LONG.search(body[:10_000]):
            advice = "Shorten the history, or serve the model with a longer context."
            return self._fault(f"the prompt is too long for the model. {advice} ({said})", "context", status=status)
        retryable = status in _RETRIED or status >= 500
        return self._fault(said, "status", retryable=retryable, retry_after=retry_after(headers), status=status)

    def shape_fault(self, what: str, body: str = "") -> BackendError:
        """For an answer that is no answer, although its status says success."""
        shown = f": {self.excerpt(body)!r}" if body else ""
        return self._fault(f"{self.address} answered with {what}{shown}", "shape", retryable=True)

    async def explain(self, fault: BackendError, models: Callable[[], Awaitable[list[str]]]) -> BackendError:
        """The same fault, with the models that exist if it is about an unknown one and they can be had quickly."""
        if fault.fault != "model":
            return fault
        try:
            async with asyncio.timeout(_LISTING):
                known = await models()
        except TimeoutError:
            return fault
        except BackendError as error:
            return fault if error.fault != "model" else self._no_list(error)
        if self.model in known:
            return fault
        nearest = difflib.get_close_matches(self.model, known, n=_LISTED, cutoff=0.0)
        more = f" And {len(known) - len(nearest)} more." if len(known) > len(nearest) else ""
        said = f"{unknown_name('model', self.model, nearest)}{more} {self.fetch}"
        return self._fault(f"{self.address} answers: {said}", "model", status=fault.status)

    def _no_list(self, fault: BackendError) -> BackendError:
        said = f"{self.address} has neither the model {self.model!r} nor a list of its models: check the address"
        advice = "(that of an OpenAI-compatible server mostly ends in /v1)."
        return self._fault(f"{said} {advice}", "model", status=fault.status)

    def excerpt(self, body: str) -> str:
        """The beginning of a server's own words: the message of a JSON error, the text of a page, in one line."""
        words = _message(body)
        if words.lstrip().startswith("<"):
            words = f"a page, {html.unescape(_UNSEEN.sub(' ', words[:20_000]))}"
        printable = "".join(letter if letter.isprintable() else " " for letter in words[:20_000])
        words = self._discreet(" ".join(printable.split()))
        return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT]}..."

    def _fault(
        self,
        said: str,
        fault: Fault,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> BackendError:
        message = self._discreet(f"{self.name}: {said.removesuffix('.')}.")
        return BackendError(message, fault, retryable=retryable, retry_after=retry_after, status=status)

    def _discreet(self, words: str) -> str:
        for secret in self._secrets():
            words = words.replace(secret, "***")
        return words

    def _secrets(self) -> list[str]:
        """What is not shown, in each form in which a server may have it."""
        known = [self.key or ""]
        if self.login is not None:
            known += [b64encode(":".join(self.login).encode()).decode(), self.login[1]]
        return [secret for secret in known if len(secret) >= _SECRET]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait by a ``Retry-After`` header, which holds seconds or a date; None without a readable one.

    A date is counted from the answer's own ``Date`` if it has one, so that no other clock than the server's matters.
    """
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return float(said)
    then, now = _date(said), _date(headers.get("date", "")) or datetime.now(UTC)
    return None if then is None else max(0.0, (then - now).total_seconds())


def _date(said: str) -> datetime | None:
    """The date of a header, None if it is none."""
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def key_from_environment(variable: str) -> str | None:
    """The key in an environment variable, None if there is none; one that no header can hold is a `BackendError`."""
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BackendError(f"the key in {variable} holds spaces or characters that no key has. Set it anew.", "key")
    return key or None


def shown_address(url: str) -> str:
    """An address as it may be shown: without a user's name, a password and a query.

    Whatever stands before the last ``@`` may be part of a password, which may hold any character.
    """
    return re.split(r"[?#]", re.sub(r"^(\w+://)?.*@", r"\1", url, flags=re.DOTALL))[0].rstrip("/")


def is_local(url: str) -> bool:
    """Whether an address is on this machine, so that no proxy of the environment has a part in reaching it."""
    return re.match(r"(\w+://)?(127\.\d+\.\d+\.\d+|localhost|\[::1\])(?![\w.-])", url) is not None


def _message(body: str) -> str:
    """What an error body says: ``error.message``, ``error``, ``message`` or ``detail`` of an object, else all of it."""
    try:
        said: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        return body
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and isinstance(said.get(key), str | dict):
            said = said[key]
    return said if isinstance(said, str) else body


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(links: list[BaseException]) -> str:
    """The operating system's words for what happened, else the first words of a chain of exceptions."""
    system = [link for link in links if isinstance(link, OSError) and link.strerror]
    if system:
        number, words = system[-1].errno or 0, system[-1].strerror
        return os.strerror(number) if number > 0 else str(words)
    return next((str(link) for link in links if str(link)), type(links[0]).__name__)
