"""Docstrings as Markdown: their text, and what they say of parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from griffe import Docstring, DocstringSectionKind

_NAMED = (DocstringSectionKind.attributes, DocstringSectionKind.parameters)
_DOCTEST = re.compile(r"(?:^>>>.*\n(?:^(?!>>>)\S.*\n|^\.\.\. .*\n)*)+", re.MULTILINE)


def text_of(thing: object) -> str:
    """The docstring of a class, function or module without its sections of parameters and the like."""
    parts = [section.value for section in _sections(thing) if section.kind is DocstringSectionKind.text]
    return "\n\n".join(part.strip() for part in parts)


def meanings_of(thing: object) -> dict[str, str]:
    """What the docstrings of a class, its bases and its constructor, or of a function, say of each parameter."""
    found: dict[str, str] = {}
    for place in _places(thing):
        for section in _sections(place):
            if section.kind in _NAMED:
                for item in section.value:
                    found.setdefault(item.name, " ".join(item.description.split()))
    return found


def with_doctests(text: str) -> str:
    """The text with its doctests as blocks of code."""
    return _DOCTEST.sub(lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", text.rstrip() + "\n")


def _places(thing: object) -> Iterator[object]:
    if not inspect.isclass(thing):
        yield thing
        return
    for base in thing.__mro__[:-1]:
        yield base
        if "__init__" in vars(base):
            yield vars(base)["__init__"]


def _sections(thing: Any) -> list[Any]:  # noqa: ANN401  # griffe's sections
    written = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    if not written or (inspect.isclass(thing) and written.startswith(f"{thing.__name__}(")):  # a dataclass's own
        return []
    return Docstring(inspect.cleandoc(written)).parse("google", warnings=False)
