"""Prompts: TOML files with placeholders, named and versioned, so that a record says which words were used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from negotiation_env.documents import parse_toml, read_text
from negotiation_env.registry import unknown_name

_FOLDER = resources.files("negotiation_policies.llm") / "prompts"
_VERSION = "version"


@dataclass(frozen=True)
class Prompt:
    """The texts of one prompt file.

    Attributes:
        name: the file's name without its ending.
        version: counted up whenever the texts change.
        digest: the first 8 hex digits of the SHA-256 of the file.
        texts: by name (tables of the file joined by dots), texts with ``{placeholders}``.
    """

    name: str
    version: int
    digest: str
    texts: Mapping[str, str]

    @property
    def identity(self) -> str:
        """What records say of the prompt, e.g. ``price_basic@1-0f3c9a1e``."""
        return f"{self.name}@{self.version}-{self.digest}"

    def fill(self, text: str, fields: Mapping[str, str]) -> str:
        """A text with its placeholders filled in.

        Raises:
            ValueError: the file lacks the text, or it has a placeholder that nothing fills, or a lone brace.
        """
        if text not in self.texts:
            raise ValueError(f"prompt {self.name!r} lacks the text {text!r}; it has {', '.join(sorted(self.texts))}.")
        try:
            return self.texts[text].format_map(fields)
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise ValueError(
                f"prompt {self.name!r}, text {text!r}: {error.args[0]!r} is no placeholder that can be filled. "
                f"Known: {', '.join(sorted(fields))}; braces that are meant as such are doubled."
            ) from None

    def check(self, needed: Mapping[str, Iterable[str]]) -> None:
        """Raise ``ValueError`` unless each needed text is there, with no other placeholders than those named."""
        for text, fields in needed.items():
            self.fill(text, dict.fromkeys(fields, ""))


def load_prompt(name: str) -> Prompt:
    """A prompt of the package by its name, or of one's own by the path of its ``.toml`` file.

    Raises:
        ValueError: there is no such prompt, or the file is no prompt.
    """
    return _own_prompt(Path(name)) if name.endswith(".toml") else _packaged_prompt(name)


def list_prompts() -> list[str]:
    """The names of the prompts of the package."""
    return sorted(item.name.removesuffix(".toml") for item in _FOLDER.iterdir() if item.name.endswith(".toml"))


@cache
def _packaged_prompt(name: str) -> Prompt:
    if name not in list_prompts():
        raise ValueError(f"{unknown_name('prompt', name, list_prompts())} Or give the path of a .toml file.")
    return _parsed(name, (_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _own_prompt(path: Path) -> Prompt:
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"prompt file {path} cannot be read: {error}.") from error
    return _parsed(path.stem, text)


def _parsed(name: str, content: str) -> Prompt:
    try:
        found = parse_toml(content)
    except ValueError as error:
        raise ValueError(f"prompt {name!r} is no TOML: {error}.") from error
    version = found.pop(_VERSION, None)
    if isinstance(version, bool) or not isinstance(version, int):
        raise ValueError(f"prompt {name!r} needs a whole number {_VERSION!r}; it has {version!r}.")
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return Prompt(name, version, digest, dict(_flat(name, found)))


def _flat(name: str, table: Mapping[str, object], before: str = "") -> list[tuple[str, str]]:
    texts: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts += _flat(name, value, f"{before}{key}.")
        elif isinstance(value, str):
            texts.append((before + key, value.strip("\n")))
        else:
            raise ValueError(f"prompt {name!r}: {before}{key} is {value!r}; it must be a text.")
    return texts
