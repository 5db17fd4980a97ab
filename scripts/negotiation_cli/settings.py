"""Settings of a command: from a TOML file, overruled by what the command line gives, and written beside the results."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

AGENTS = ("agent1", "agent2")
LLM, RESOLVED = "llm", "resolved"
"""Tables: what all language models are given, and what was made of everything, which is not read back."""


def read_settings(path: Path, known: Iterable[str]) -> dict[str, Any]:
    """The settings in a TOML file; an agent that is a table with a ``name`` becomes a spec.

    Raises:
        ValueError: the file cannot be read, or has a key that is not ``known``.
    """
    from negotiation_env.registry import unknown_name

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"--config {path} cannot be read: {error}.") from error
    found.pop(RESOLVED, None)
    names = {*known, LLM}
    for name in found:
        if name not in names:
            raise ValueError(f"{path}: {unknown_name('setting', name, names)}")
    return {name: _checked(path, name, value) for name, value in found.items()}


def _checked(path: Path, name: str, value: Any) -> Any:  # noqa: ANN401  # any TOML value
    if name in AGENTS and isinstance(value, Mapping):
        return _agent(path, name, value)
    if isinstance(value, Mapping) != (name == LLM):
        raise ValueError(f"{path}: {name} is {value!r}; it must be {'a table' if name == LLM else 'one value'}.")
    return value


def _agent(path: Path, name: str, table: Mapping[str, Any]) -> str:
    from negotiation_env.specs import format_spec

    if not isinstance(table.get("name"), str):
        raise ValueError(f"{path}: the table {name} needs the key 'name', a policy of 'negotiate list'.")
    return format_spec(table["name"], {key: value for key, value in table.items() if key != "name"})


def write_settings(path: Path, settings: Mapping[str, Any]) -> None:
    """Write settings as a TOML file that `read_settings` reads; what is ``None`` is left out."""
    import tomli_w

    from negotiation_env.records.files import publish

    text = tomli_w.dumps(_plain(settings))
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    publish(temporary, path)


def _plain(value: Any) -> Any:  # noqa: ANN401  # any JSON-able value; TOML has no null
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str) else str(value)


def check_address(base_url: str | None) -> None:
    """Raise ``ValueError`` if an address holds a password: settings are written to files."""
    if base_url is not None and (urlsplit(base_url).username or urlsplit(base_url).password):
        raise ValueError("--base_url holds a user or a password; give the key in the environment as OPENAI_API_KEY.")
