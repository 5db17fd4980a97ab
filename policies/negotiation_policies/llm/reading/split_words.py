"""Splits in words: which counts of which types a sentence gives to the speaker and to the other side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from negotiation_policies.llm.reading import framing
from negotiation_policies.llm.reading.reply import UnreadableError
from negotiation_policies.llm.reading.skeleton import expand, tidy

_COUNTS = {
    **dict.fromkeys(("a", "an", "one", "single"), 1), "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, **dict.fromkeys(("no", "zero", "none of", "none"), 0),
}  # fmt: skip
_WHOLE = ("all of", "all", "every", "both of", "both")
_NUMBER = r"(?:\d{1,6}|" + "|".join(_COUNTS) + ")"
_ENTRY = re.compile(
    rf"(?:(?P<whole>{'|'.join(_WHOLE)}) (?:the )?(?P<of_all>{_NUMBER} )?(?:of )?|(?P<before>{_NUMBER}) ?(?:x |"
    rf"of )?(?:the )?(?:units? of )?|the (?P<counted>{_NUMBER} )?)?"
    r"ITEM(?P<item>\d{1,6})Q(?: ?(?:[:=]|x|\() ?x?(?P<after>\d{1,6})\)?)?"
)
_LIST = re.compile(r"[\[(]\s*\d{1,6}(?:\s*,\s*\d{1,6})*\s*[\])]|\b\d{1,6}(?:\s*[,/]\s*\d{1,6})+\b")
_REST = re.compile(
    r"\b(?:everything else|all else|the (?:rest|remainder|others?|remaining (?:items?|ones?))|(?:all|"
    r"the) (?:the )?(?:other|remaining) items?)\b"
)
_EVERYTHING = re.compile(r"\b(?:everything|all (?:of )?(?:the )?items|all of (?:it|them)|it all)\b")
_NOTHING = re.compile(r"\b(?:nothing|none)\b")
_MODALS = (
    r"(?:will|would|can|shall|do|am|are|like|to|just|then|only|also|propose|suggest|that|want|going|happy|therefore)"
)
ME = re.compile(
    rf"\b(?:i|we) (?:{_MODALS} ){{0,5}}(?:keep|keeping|take|taking|get|getting|have|receive|receiving|"
    r"want|retain|hold)(?![\w])"
    r"|\bfor me ?:|\bme ?:|\b(?:my share|mine)(?: is)? ?:?|(?:^|(?<=[,;:.] ))keep\b ?:?|i keep ?:"
)
YOU = re.compile(
    rf"\byou (?:{_MODALS} ){{0,4}}(?:keep|take|get|have|receive)(?![\w])"
    rf"|\b(?:i|we) (?:{_MODALS} ){{0,5}}(?:give|giving|offer|offering|leave|leaving|let|hand) you(?: "
    r"(?:keep|have|take))?(?: with)?(?![\w])"
    r"|\b(?:give|leave|leaving|giving) you(?: with)?\b|\byou ?:|\b(?:your share|yours)(?: is)? ?:?"
)
_AFTERWARDS = re.compile(
    r"\b(?:is |are |go |goes |stays? with )?(?:for|to|with) (me|you)(?: to keep)?(?= ?(?:[,;.!]|$|and\b))"
)
_FILLER = re.compile(
    r"\b(?:and|with|as well as|plus|also|too|the|of|units?|items?|books? of|please|then|so|ok|okay|fine|well|while|"
    r"whereas|but|i propose|i suggest|my (?:offer|proposal|split)(?: is)?|proposal|offer|how about|what about|"
    r"let us say|that|in total|for (?:myself|yourself)|each|here is|deal idea|sure|myself|yourself)\b|[^\w]+"
)
_STATING = re.compile(r"ITEM\d|\d|\b(?:everything|the rest|all of (?:it|them)|remaining|all items)\b")


@dataclass
class Shares:
    """What a text states so far: counts a type for the speaker and the other side, and who gets the rest."""

    quantities: Sequence[int]
    mine: dict[int, int] = field(default_factory=dict)
    theirs: dict[int, int] = field(default_factory=dict)
    rest: str = ""

    def state(self, side: str, item: int, count: int) -> None:
        """Note a count; the same type twice for one side, or more than there are, is refused."""
        if not 0 <= item < len(self.quantities):
            raise UnreadableError(f"There is no item {item + 1}; the types are 1 to {len(self.quantities)}.")
        counts = self.mine if side == "me" else self.theirs
        if item in counts:
            raise UnreadableError("The reply counts one item type twice.")
        if count > self.quantities[item]:
            raise UnreadableError(f"There are only {self.quantities[item]} of item {item + 1}.")
        counts[item] = count

    def take_rest(self, side: str) -> None:
        """Note who gets what is left."""
        if self.rest:
            raise UnreadableError("The reply gives away the rest twice.")
        self.rest = side


_AND_KEEP = re.compile(
    rf"\b((?:i|we) (?:{_MODALS} ){{0,5}}(?:give|offer|leave) you (?:(?:ITEM\d+Q|\d+|of|and|the|all|both|one|two|"
    rf"three),? )"
    r"{1,30})and keep\b"
)


def mark_items(words: str, names: Sequence[str], types: int) -> str:
    """Lower case with every named or numbered item type as ``ITEM<k>Q`` (k from 0); unnamed items by their number."""
    text = expand(words)
    for place in sorted(range(len(names)), key=lambda k: -len(names[k])):
        name = re.escape(names[place].strip().lower())
        text = re.sub(rf"\b{name}(?:es|s)?\b", f"ITEM{place}Q", text) if name else text
    text = re.sub(r"\bitems ((?:\d{1,4}(?:, and |, | and |,)?){2,40})", _listed, text)
    text = re.sub(
        r"\bitems? ?(?:type |no |number )?#?(\d{1,4})\b",
        lambda m: f"ITEM{int(m.group(1)) - 1}Q".replace("-1Q", "999999Q"),
        text,
    )
    return _AND_KEEP.sub(r"\1and i keep", text)


def states_something(sentence: str) -> bool:
    """Whether a sentence with marked items speaks of who gets what."""
    return bool(_STATING.search(sentence))


def read_shares(sentence: str, shares: Shares, strict: bool = True) -> None:
    """Add what one sentence states; ``strict`` refuses words that are left over.

    Raises:
        UnreadableError: A count contradicts the pool or another count, or words are left over.
    """
    left = []
    head, colon, said = sentence.partition(":")
    for side, words in _segments(said if colon and framing.presents(tidy(head)) else sentence):
        left.append(_read_segment(side, words, shares) if side else words)
    rest = _FILLER.sub(" ", " ".join(left)).strip()
    if strict and rest:
        raise UnreadableError(f"The words {rest[:40]!r} leave the split open. Say only what you keep and what I get.")


def _listed(match: re.Match[str]) -> str:
    return " and ".join(f"item {number}" for number in re.findall(r"\d+", match.group(1))) + " "


def _segments(sentence: str) -> list[tuple[str, str]]:
    cues = sorted(
        [(m, "me") for m in ME.finditer(sentence)] + [(m, "you") for m in YOU.finditer(sentence)],
        key=lambda c: c[0].start(),
    )
    if not cues:
        return _segments_afterwards(sentence)
    segments = [("", sentence[: cues[0][0].start()])]
    for (cue, side), following in zip(cues, [*cues[1:], None], strict=True):
        end = following[0].start() if following else len(sentence)
        segments.append((side, sentence[cue.end() : max(end, cue.end())]))
    return segments


def _segments_afterwards(sentence: str) -> list[tuple[str, str]]:
    segments, position = [], 0
    for cue in _AFTERWARDS.finditer(sentence):
        segments.append((cue.group(1), sentence[position : cue.start()]))
        position = cue.end()
    return [*segments, ("", sentence[position:])]


def _read_segment(side: str, words: str, shares: Shares) -> str:
    if (found := _LIST.search(words)) and "ITEM" not in words:
        _read_list(side, found.group(), shares)
        words = words[: found.start()] + " " + words[found.end() :]
    for pattern, use in ((_REST, "rest"), (_EVERYTHING, "all")):
        if found := pattern.search(words):
            words = words[: found.start()] + " " + words[found.end() :]
            shares.take_rest(side) if use == "rest" else _take_everything(side, shares)
    for entry in _ENTRY.finditer(words):
        shares.state(side, int(entry["item"]), _count(entry, shares.quantities))
    words = _ENTRY.sub(" ", words)
    if found := _NOTHING.search(words):
        words = words[: found.start()] + " " + words[found.end() :]
        _take_everything("you" if side == "me" else "me", shares)
    return words


def _read_list(side: str, text: str, shares: Shares) -> None:
    counts = [int(number) for number in re.findall(r"\d+", text)]
    if len(counts) != len(shares.quantities):
        raise UnreadableError(f"The list has {len(counts)} numbers; there are {len(shares.quantities)} item types.")
    for item, count in enumerate(counts):
        shares.state(side, item, count)


def _take_everything(side: str, shares: Shares) -> None:
    for item, quantity in enumerate(shares.quantities):
        shares.state(side, item, quantity)


def _count(entry: re.Match[str], quantities: Sequence[int]) -> int:
    item = int(entry["item"])
    there = quantities[item] if item < len(quantities) else 0
    if entry["whole"]:
        if (entry["of_all"] and _number(entry["of_all"].strip()) != there) or ("both" in entry["whole"] and there != 2):
            raise UnreadableError(f"There are {there} of item {item + 1}.")
        return there
    stated = [s.strip() for s in (entry["before"], entry["counted"], entry["after"]) if s]
    if len(stated) > 1:
        raise UnreadableError("One item type has two counts.")
    if stated:
        return _number(stated[0])
    if there > 1:
        raise UnreadableError(f"Say how many of item {item + 1} ({there} there are).")
    return 1


def _number(text: str) -> int:
    return _COUNTS[text] if text in _COUNTS else int(text)
