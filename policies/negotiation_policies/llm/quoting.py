"""The other side's words as data: control tokens and role tags broken, every line fenced.

Chat templates do not escape what stands in a message: ``<|im_start|>``, ``[INST]`` or ``</s>`` in a message are read
by the tokenizer as the tokens themselves. Each such token of a known vocabulary holds an angle or a square bracket,
so both are replaced by characters that look alike and are part of no token.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 2000
"""The most characters of a message that are quoted."""
_FENCE = "> "
_BROKEN = {"<": "\u2039", ">": "\u203a", "[": "(", "]": ")"}
_ROLE_LABEL = re.compile(
    r"\b(system|user|assistant|human|ai|bot|model|tool|developer|instructions?|input|response|buyer|seller"
    r"|agent[_ ]?[01])"
    r"([\s*_\"')]*):",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(\s*)#+", re.MULTILINE)
_LINE_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")


def defused(text: str) -> str:
    """The same words without control tokens, and with role tags such as ``assistant:`` and headings broken."""
    plain = "".join(map(_plain, _LINE_BREAKS.sub("\n", text)))
    return _HEADING.sub(r"\1", _ROLE_LABEL.sub(r"\1\2 -", plain)).strip()


def fenced(text: str) -> str:
    """A message for a prompt: defused, cut to `LONGEST` characters, each line behind ``> ``."""
    words = defused(text[: 2 * LONGEST])
    words = words if len(words) <= LONGEST else f"{words[:LONGEST]} (...)"
    return "\n".join(_FENCE + line for line in words.splitlines() or [""])


def _plain(character: str) -> str:
    if character == "\n" or (character.isascii() and character.isprintable()):
        return _BROKEN.get(character, character)
    folded = unicodedata.normalize("NFKC", character)  # some tokenizers do this before they look for tokens
    if any(mark in folded for mark in _BROKEN):
        return "".join(_BROKEN.get(mark, mark) for mark in folded)
    if 0xFF01 <= ord(character) <= 0xFF5E:  # wide forms of ASCII
        return folded
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return " " if character == "\t" else ""
    return character
