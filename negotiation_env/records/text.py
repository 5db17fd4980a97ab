"""JSON text of values, as records hold it, and plain text of what players say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from negotiation_env.domain import Array

_BEGUN, _ENDED = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])", r"(?:\x07|\x1b\\|\x9c)"
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, moves of the cursor
    rf"|{_BEGUN}[^\x07\x1b\n\x90\x98\x9b-\x9f]*{_ENDED}"  # titles, links, the clipboard; linear in time
    rf"|{_BEGUN}|\x1b[ -/]*[0-~]?"
)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that make text run backwards."""
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=str)


def json_text(value: object) -> str:
    """Compact JSON in which what is not finite is null and what JSON does not know is its text."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_finite(value))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number_text(number: float | None) -> str:
    """JSON text of a number; NaN is null."""
    return "null" if number is None or number != number else repr(number)


def number_texts(values: Array) -> list[str]:
    """`number_text` of each number."""
    return ["null" if number != number else repr(number) for number in values.tolist()]


def plain_text(text: str) -> str:
    """What somebody said, fit for a screen or a spreadsheet: nothing in it is a command to a terminal.

    Escape sequences and control characters are left out, and so are the characters that turn the direction of text;
    every kind of line break is a newline, and a tab a space.
    """
    broken = _BREAKS.sub("\n", _ESCAPES.sub("", text)).replace("\t", " ")
    return well_formed(_CONTROLS.sub("", broken))


def well_formed(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair that stands alone, which UTF-8 cannot hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
