"""Spec strings: ``name`` or ``name:key=value,key=value``, the way policies are written on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from negotiation_env.policy import JsonValue

_SHORT = re.compile(r"[+-]?\.\d+")
"""A number as people write it and JSON does not."""


def _split_commas(text: str) -> list[str]:
    """Split at commas outside quotes and brackets."""
    pieces, depth, quote, start = [], 0, "", 0
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[position - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "[{(":
            depth += 1
        elif char in "]})":
            depth -= 1
        elif char == "," and depth <= 0:
            pieces.append(text[start:position])
            start = position + 1
    if quote:
        raise ValueError(f"{text!r} has an opening {quote} that is never closed.")
    return [*pieces, text[start:]]


def _value(text: str) -> JsonValue:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    if _SHORT.fullmatch(text):
        return float(text)
    try:
        parsed: JsonValue = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text
    return parsed


def parse_spec(spec: str) -> tuple[str, dict[str, JsonValue]]:
    """Split a spec string into a name and parameters.

    The name ends at the first ``:``; values are read as JSON, else as plain strings, and may hold ``:``
    and ``/``; one with a comma or ``=`` is quoted.

    Raises:
        ValueError: the spec is empty or a parameter has no ``=``.
    """
    name, colon, rest = spec.strip().partition(":")
    if not name:
        raise ValueError(f"{spec!r} names no policy; write 'name' or 'name:key=value,key=value'.")
    params: dict[str, JsonValue] = {}
    for piece in _split_commas(rest) if colon else []:
        key, equals, value = piece.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{piece!r} in {spec!r} is not key=value; write 'name:key=value,key=value'.")
        params[key.strip().replace("-", "_")] = _value(value)
    return name.strip(), params


def split_specs(text: str) -> list[str]:
    """Split ``a,b:x=1,y=2,c`` into specs: a piece with ``=`` before any ``:`` continues the one before it."""
    specs: list[str] = []
    for piece in _split_commas(text):
        head = piece.split(":", 1)[0]
        if specs and "=" in head:
            specs[-1] += "," + piece
        else:
            specs.append(piece.strip())
    return [spec for spec in specs if spec]


def format_spec(name: str, params: Mapping[str, JsonValue]) -> str:
    """The inverse of `parse_spec`."""

    def written(value: JsonValue) -> str:
        plain = isinstance(value, str) and not set(value) & set(",='\"[]{}()") and _value(value) == value
        short = int(value) if isinstance(value, float) and value.is_integer() else value
        return str(value) if plain else json.dumps(short)

    pairs: Iterable[str] = (f"{key}={written(value)}" for key, value in params.items())
    return f"{name}:{','.join(pairs)}" if params else name
