"""Settings of a command: from a TOML file, overruled by what the command line gives, and written beside the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    from negotiation_env.documents import parse_toml, read_text
    from negotiation_env.registry import unknown_name

    try:
        found = parse_toml(read_text(path))
    except (OSError, ValueError) as error:
        raise ValueError(f"--config {path} cannot be read: {error}.") from error
    found.pop(RESOLVED, None)
    names = {*known, LLM}
    for name in found:
        if name not in names:
            raise ValueError(f"{path}: {unknown_name('setting', name, names)}")
    return {name: _checked(path, name, value) for name, value in found.items()}


def _checked(path: Path, name: str, value: Any) -> Any:  # noqa: ANN401  # any TOML value
    where = f"{path}: {name}"
    if name == LLM:
        return _llm(where, value)
    if name in AGENTS:
        return ",".join(_agent(where, player) for player in (value if isinstance(value, list) else [value]))
    what, is_right = _KINDS.get(name, _SCALAR)
    if not is_right(value):
        raise ValueError(f"{where} is {value!r}; it must be {what}.")
    return value


def _agent(where: str, player: object) -> str:
    """One player of a seat as a spec."""
    from negotiation_env.specs import format_spec

    if isinstance(player, str):
        return player
    if isinstance(player, Mapping) and isinstance(player.get("name"), str):
        params = {key: value for key, value in player.items() if key != "name"}
        _check_plain(where, params)
        return format_spec(player["name"], params)
    raise ValueError(
        f"{where} is {player!r}; it must be a policy of 'negotiate list' as a text, a table with the key "
        "'name' and its parameters, or a list of these, from which one is drawn for each game."
    )


def _llm(where: str, value: object) -> dict[str, Any]:
    """What all language models are given."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is {value!r}; it must be a table, such as [llm] with model = 'ollama/llama3'.")
    if "no_llm" in value:
        raise ValueError(f"{where} holds no_llm; it is a setting of its own and stands above the tables.")
    _check_plain(where, value)
    return dict(value)


def _check_plain(where: str, values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if not isinstance(value, str | bool | int | float):
            raise ValueError(f"{where}.{key} is {value!r}; it must be a text, a number, true or false.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


_Kind = tuple[str, Callable[[object], bool]]
_TEXT: _Kind = ("a text", lambda value: isinstance(value, str))
_WHOLE: _Kind = ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
_NUMBER: _Kind = ("a number", _is_number)
_PAIR: _Kind = ("a pair of numbers, such as [200.0, 1500.0]", _is_pair)
_NUMBER_OR_PAIR: _Kind = ("a number, or a pair of them", lambda value: _is_number(value) or _is_pair(value))
_TRUTH: _Kind = ("true or false", lambda value: isinstance(value, bool))
_SCALAR: _Kind = ("a text, a number, true or false", lambda value: isinstance(value, str | int | float | bool))
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(
        ("domain", "scenario", "first_mover", "information", "model", "base_url", "catalogue", "instances"), _TEXT
    ),
    **dict.fromkeys(("rounds", "concurrency", "seed", "max_turns", "num_items", "price_grid"), _WHOLE),
    **dict.fromkeys(("buyer_max", "seller_min", "tick", "opposition"), _NUMBER),
    **dict.fromkeys(("price_range", "disagreement"), _PAIR),
    **dict.fromkeys(("no_llm", "chat"), _TRUTH),
    "discount": _NUMBER_OR_PAIR,
}
"""What a setting must be, by its name."""


def write_settings(path: Path, settings: Mapping[str, Any]) -> None:
    """Write settings as a TOML file that `read_settings` reads; what is ``None`` is left out."""
    import tomli_w

    from negotiation_env.records.errors import explained
    from negotiation_env.records.files import created, flush, publish

    text = tomli_w.dumps(_plain(settings))
    temporary = path.with_name(f"{path.name}.tmp")
    with explained(path, "Once that is mended, give the same command again."):
        with created(temporary) as file:
            file.write(text.encode())
            flush(file)
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
