"""Text of anybody, a language model perhaps, as words that a terminal can show: nothing in it moves or colours."""

from __future__ import annotations

import re
import unicodedata

_CONTROL_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9b-\x9f]*(?:\x07|\x1b\\|\x9c)"
_CONTROL_SEQUENCE = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_OTHER_ESCAPE = r"\x1b[ -/]*[0-Z\\^-~]"
_ESCAPES = re.compile(f"{_CONTROL_STRING}|{_CONTROL_SEQUENCE}|{_OTHER_ESCAPE}")
"""The escape sequences of ECMA-48, with their 7-bit and their 8-bit introducers."""
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def plain_text(text: str) -> str:
    """The words alone, on one line.

    Terminal escapes, control characters, marks of direction and other invisible characters are removed; line breaks
    and runs of blanks become one blank.
    """
    words = " ".join(_ESCAPES.sub("", text).split())
    return "".join(character for character in words if unicodedata.category(character) not in _INVISIBLE).strip()
