"""Models by their names: which backend a name means, opened once in a process.

A name is ``scheme/model``. What begins with no scheme is a model of Ollama, whose names can hold slashes themselves
(``hf.co/user/model``); only a near miss of a scheme (``olama/llama3``) is refused, since it is surely a slip. Bare
``smollm2`` is the small model that runs without a server, and Ollama's model of that name is ``ollama/smollm2``.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from negotiation_env.assignment import repeat_in_workers
from negotiation_env.registry import load_target, unknown_name
from negotiation_policies.llm.backends import event_loop
from negotiation_policies.llm.backends.protocol import Backend, BackendError
from negotiation_policies.llm.backends.reliable import Model, Reliability

_HERE = "negotiation_policies.llm.backends"
SCHEMES = {
    "ollama": f"{_HERE}.ollama_api:OllamaBackend",
    "openai": f"{_HERE}.openai_api:OpenAIBackend",
    "smollm2": f"{_HERE}.opening:smollm2_backend",
    "local": f"{_HERE}.opening:local_backend",
    "transformers": f"{_HERE}.opening:transformers_backend",
}
"""By scheme, what is called with the rest of the name and a server's address (or None), and gives a backend."""
_BARE = "smollm2"
_ENVIRONMENT = ("OLLAMA_HOST", "OLLAMA_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_KEY")
"""What backends read when they are made: one that was made under other settings is another one."""
_NEAR = 0.75
_OWN = "negotiation_"
_DEFAULT = Reliability()

_lock = threading.Lock()
_backends: dict[tuple[str | None, ...], Backend] = {}
_models: WeakValueDictionary[tuple[int, Reliability], Model] = WeakValueDictionary()


def open_model(model: str | Backend, *, base_url: str | None = None, reliability: Reliability = _DEFAULT) -> Model:
    """The model of a name, or of a backend; the same one for the same arguments, so that its bounds hold for all.

    Args:
        model: ``ollama/NAME`` or just ``NAME``, ``openai/NAME``, ``smollm2``, ``local/FILE.gguf``,
            ``transformers/NAME-OR-FOLDER``, or a backend.
        base_url: where the server is, for Ollama and OpenAI-compatible servers.
        reliability: how faults are dealt with.

    Raises:
        ValueError: the name is empty or a slip, or an address is given for what has none.
        BackendError: a package, a key or a file is missing, with what to do.
    """
    with _lock, _packages_named(model):
        backend = _backend_of(model, base_url) if isinstance(model, str) else model
        key = (id(backend), reliability)  # valid for as long as the model is there, which holds its backend
        opened = _models.get(key)
        if opened is None:
            opened = _models[key] = Model(backend, reliability)
        return opened


def register_scheme(scheme: str, target: str) -> None:
    """Add a scheme of one's own, here and in the worker processes that are sent work from now on.

    Args:
        scheme: what names begin with, without a slash.
        target: ``"module:function"``, imported on first use, and called with the rest of a name and a server's address
            (or None); it gives a `Backend`.

    Raises:
        ValueError: the scheme is taken or malformed, or the target is not ``"module:function"``.
    """
    if not scheme or "/" in scheme:
        raise ValueError(f"scheme {scheme!r} must be non-empty and without a slash.")
    if target.count(":") != 1:
        raise ValueError(f"target {target!r} of scheme {scheme!r} must be 'module:function'.")
    if SCHEMES.setdefault(scheme, target) != target:
        raise ValueError(f"scheme {scheme!r} is taken. Known: {', '.join(sorted(SCHEMES))}.")
    repeat_in_workers(f"{_HERE}.opening:register_scheme", scheme, target)


def close_all() -> None:
    """Close every backend that was opened by its name; a model that is asked for later is opened anew."""
    with _lock:
        backends = list(_backends.values())
        _start_anew()
    errors = event_loop.run(_close(backends))
    if errors:
        raise errors[0]


async def _close(backends: list[Backend]) -> list[BaseException]:
    results = await asyncio.gather(*(backend.close() for backend in backends), return_exceptions=True)
    return [result for result in results if result is not None]


def split_name(model: str) -> tuple[str, str]:
    """The scheme of a name and what follows it.

    Raises:
        ValueError: the name is empty, a file's, or a near miss of a scheme.
    """
    scheme, slash, rest = model.strip().partition("/")
    if scheme not in SCHEMES and model.strip().endswith(".gguf") and (not slash or Path(model.strip()).is_file()):
        raise ValueError(f"model {model!r} is a file; write 'local/{model.strip()}'.")
    if not slash:
        scheme, rest = (_BARE, "") if scheme == _BARE else ("ollama", scheme)
    elif scheme not in SCHEMES:
        _check_no_slip(scheme, model)
        scheme, rest = "ollama", model.strip()
    if not rest.strip(" /") and scheme != _BARE:
        raise ValueError(f"model {model!r} has no name; write e.g. 'smollm2', 'ollama/llama3' or 'openai/NAME'.")
    return scheme, rest


def smollm2_backend(rest: str, base_url: str | None) -> Backend:
    """The small model that is fetched from the package index."""
    if rest:
        raise ValueError(f"model 'smollm2/{rest}': 'smollm2' stands alone; Ollama's is 'ollama/smollm2'.")
    return _local_server(None, "smollm2", base_url)


def local_backend(path: str, base_url: str | None) -> Backend:
    """A GGUF file; records name the file without its folder."""
    file = Path(path).expanduser()
    return _local_server(file, f"local/{file.name}", base_url)


def transformers_backend(model: str, base_url: str | None) -> Backend:
    """A model of the transformers library, in this process."""
    _check_no_address(f"transformers/{model}", base_url)
    backend: Backend = load_target(f"{_HERE}.transformers_local:TransformersBackend")(model)
    return backend


def _local_server(path: Path | None, name: str, base_url: str | None) -> Backend:
    _check_no_address(name, base_url)
    backend: Backend = load_target(f"{_HERE}.llama_server:LlamaServerBackend")(path, name)
    return backend


def _backend_of(model: str, base_url: str | None) -> Backend:
    key = (model.strip(), base_url, *map(os.environ.get, _ENVIRONMENT))
    if key not in _backends:
        scheme, rest = split_name(model)
        _backends[key] = load_target(SCHEMES[scheme])(rest, base_url)
    return _backends[key]


@contextmanager
def _packages_named(model: str | Backend) -> Iterator[None]:
    """Say how to install what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(_OWN):
            raise
        name = model if isinstance(model, str) else model.name
        advice = 'pip install "negotiation-env[llm]"'
        raise BackendError(f"{name} needs the package {error.name!r}: {advice}", "setup") from None


def _check_no_address(model: str, base_url: str | None) -> None:
    if base_url is not None:
        raise ValueError(f"model {model!r} needs no server, so it takes no base_url; 'openai/NAME' and Ollama do.")


def _check_no_slip(scheme: str, model: str) -> None:
    if difflib.get_close_matches(scheme.lower(), SCHEMES, n=1, cutoff=_NEAR):
        said = unknown_name("scheme", scheme.lower(), SCHEMES)
        raise ValueError(f"model {model!r} has an {said} Ollama's own model of this name is 'ollama/{model}'.")


def _start_anew() -> None:
    _backends.clear()
    _models.clear()


def _start_anew_in_fork() -> None:
    """A forked process has neither the threads nor the connections of its parent."""
    global _lock
    _lock = threading.Lock()
    _start_anew()
    event_loop.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_in_fork)
