"""The skeleton of a text: sentences of clauses of plain lower-case words, amounts replaced by what they are.

``STAND3`` is an amount that repeats the standing offer, ``PRICE3`` any other price (the fourth amount of the text),
``CHANGE`` a percentage or a difference, ``NUM`` a number that is no money, ``QUOTE`` a quotation, and ``INTRO`` stands
for a colon. Words are lower case, so no word of the text can look like one of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from negotiation_policies.llm.reading.amounts import Amount, Role
from negotiation_policies.llm.reading.cleaning import QUOTED

CENT = 0.005
STAND = r"STAND\d+"
"""A pattern of the token of the standing offer."""


@dataclass(frozen=True)
class Sentence:
    """One sentence: its words as a whole, its clauses with the connecting word kept, and whether it asks."""

    words: str
    clauses: tuple[str, ...]
    asks: bool


_CONTRACTIONS = [
    (r"\be\.g\.", "for example,"),
    (r"\bi\.e\.", "that is,"),
    (r"\bcan ?not\b|\bcan'?t\b", "can not"),
    (r"\bwon'?t\b", "will not"),
    (r"\bshan'?t\b", "shall not"),
    (r"\bain'?t\b", "is not"),
    (r"\b(do|does|did|is|was|would|could|should|are|have|has|had|were|need|must)n'?t\b", r"\1 not"),
    (r"\b(?:i'm|im)\b", "i am"),
    (r"'ll\b", " will"),
    (r"'d\b", " would"),
    (r"'ve\b", " have"),
    (r"'re\b", " are"),
    (r"\b(it|that|here|he|she|what|there|who|how)'s\b", r"\1 is"),
    (r"\blet'?s\b", "let us"),
    (r"\bgonna\b", "going to"),
    (r"\bwanna\b", "want to"),
    (r"\bgotta\b", "have to"),
    (r"\bcounter[ -](?=offer|propos)", "counter"),
    (r"\bgood[ -]?bye\b", "goodbye"),
]
_EXPAND = [(re.compile(pattern), to) for pattern, to in _CONTRACTIONS]
_SENTENCE = re.compile(r"([^.!?;\n|]+)([.!?;\n|]*)")
_CLAUSE = re.compile(
    r"\s*[,:()\[\]{}\"]+\s*|\s+[-\u2013]+\s+"
    r"|\s+(?=(?:and|but|so|because|although|though|while|whereas|or|however|then|yet|otherwise|therefore|except)\s)"
)
_JUNK = re.compile(r"[^\w' -]+|(?<!\S)-+(?!\S)")
_LIST_AFTER_COLON = re.compile(r":\s*\n[\s*-]*")
_PLACEHOLDER = re.compile(r"\x03(\d+)\x03")
_SPACE = re.compile(r"\s+")
_BLANKS = re.compile(r"[^\S\n]+")


def build_skeleton(text: str, amounts: list[Amount], standing: float | None) -> list[Sentence]:
    """The sentences of a plain text whose amounts are known."""
    pieces: list[str] = []
    position = 0
    for place, amount in enumerate(amounts):
        pieces += [text[position : amount.start], f" \x03{place}\x03 "]
        position = amount.end
    words = expand("".join([*pieces, text[position:]])).replace(QUOTED, " QUOTE ")
    tokens = [_token(place, amount, standing) for place, amount in enumerate(amounts)]
    return sentences_of(_PLACEHOLDER.sub(lambda found: tokens[int(found.group(1))], words))


def sentences_of(expanded: str) -> list[Sentence]:
    """The sentences of a text in lower case whose contractions are expanded."""
    found: list[Sentence] = []
    introduced = lists_joined(_BLANKS.sub(" ", expanded)).replace(":", " INTRO, ")
    for match in _SENTENCE.finditer(introduced):
        clauses = tuple(filter(None, (tidy(clause) for clause in _CLAUSE.split(match.group(1)))))
        if clauses:
            found.append(Sentence(tidy(match.group(1)), clauses, "?" in match.group(2)))
        elif found and "?" in match.group(2):
            found[-1] = Sentence(found[-1].words, found[-1].clauses, asks=True)
    return found


def lists_joined(text: str) -> str:
    """What follows a colon on the next line is part of the same sentence."""
    return _LIST_AFTER_COLON.sub(": ", text)


def expand(text: str) -> str:
    """Lower case, with contractions written out."""
    text = text.lower()
    for pattern, to in _EXPAND:
        text = pattern.sub(to, text)
    return text


def tidy(clause: str) -> str:
    """Words divided by single spaces."""
    return _SPACE.sub(" ", _JUNK.sub(" ", clause)).strip(" -'")


def equals(value: float, other: float | None) -> bool:
    """Whether two prices are the same to the cent."""
    return other is not None and abs(value - other) < CENT


def _token(place: int, amount: Amount, standing: float | None) -> str:
    if amount.role is Role.PRICE:
        return f"STAND{place}" if equals(amount.value, standing) else f"PRICE{place}"
    return "CHANGE" if amount.role is Role.CHANGE else "NUM"
