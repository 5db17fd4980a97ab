"""What files from elsewhere may ask for: recipes, records and datasets name policies and files, and are no commands.

Somebody who sends a recipe must not get another file of its reader opened, a pickle loaded or a key sent away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from negotiation_env.policy import JsonValue
from negotiation_env.specs import parse_spec

_COMMANDS_ONLY = {
    "trust_pickle": "it would run code",
    "base_url": "the key of the environment would be sent there",
}
"""Parameters of policies that only a command or a program may give."""
_FILES = ("path", "checkpoint", "base", "prompt", "catalogue", "instances")
_FILE_SCHEMES = ("local", "transformers")
"""Models whose name goes on with a file or a folder."""


def check_spec(spec: str, homes: Iterable[Path]) -> None:
    """Raise ``ValueError`` if a policy of a file from elsewhere has a parameter that is not for files to give.

    Args:
        spec: the policy as a spec string; the specs that stand inside it are looked at as well.
        homes: the folders that its files must lie in.
    """
    known = tuple(homes)
    for name, value in _parameters(spec):
        if name in _COMMANDS_ONLY and not (name == "base_url" and _is_here(value)):
            raise ValueError(
                f"{name} of {parse_spec(spec)[0]!r} is not for a file to give, since {_COMMANDS_ONLY[name]}; name the "
                "policy on the command line if you mean it."
            )
        file = _file_of(name, value)
        if file is not None:
            check_inside(name, file, known)


def check_inside(name: str, file: str, homes: Iterable[Path]) -> None:
    """Raise ``ValueError`` if a file that another file names lies outside some folders, links followed."""
    known = [home.resolve() for home in homes]
    place = Path(file).expanduser().resolve()
    if not any(place.is_relative_to(home) for home in known):
        raise ValueError(
            f"{name} is {file!r}, which leads out of {' and '.join(map(str, dict.fromkeys(known)))}; a file may only "
            "name what lies there. Copy it there, or give it on the command line."
        )


def _is_here(address: JsonValue) -> bool:
    """Whether an address is of this machine, so that no key leaves it."""
    return isinstance(address, str) and urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")


def _parameters(spec: str) -> Iterator[tuple[str, JsonValue]]:
    """All parameters of a spec, and of the specs that are among its values."""
    try:
        _, params = parse_spec(spec)
    except ValueError:  # a text that only looks like one
        return
    yield from _all(params)


def _all(params: Mapping[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    for name, value in params.items():
        yield name, value
        yield from _inside(value)


def _inside(value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """The parameters of the specs and mappings that stand in a value, however deep."""
    if isinstance(value, str):
        yield from _parameters(value)
    elif isinstance(value, Mapping):
        yield from _all(value)
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner)


def _file_of(name: str, value: JsonValue) -> str | None:
    """The file or folder that a parameter names; ``None`` if it names none."""
    if not isinstance(value, str):
        return None
    if name in _FILES:
        return value
    scheme, slash, rest = value.strip().partition("/")
    return rest if name == "model" and slash and scheme in _FILE_SCHEMES else None
