"""The reading of free text in the multi-item domain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from negotiation_policies.llm.reading import framing, stances
from negotiation_policies.llm.reading.cleaning import ODD, own_words
from negotiation_policies.llm.reading.reply import Kind, UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence, lists_joined, sentences_of
from negotiation_policies.llm.reading.split_words import Shares, mark_items, read_shares, states_something

_SENTENCE = re.compile(r"([^.!?;\n|]+)([.!?;\n|]*)")
_LIST_ITEM = re.compile(r"(?<![.!?;\n|])\n[ \t]*-[ \t]+")
_PROPOSING_QUESTION = re.compile(r"(?:and |so |ok |okay |well |then )*(?:how about|what about|shall we say)\b")
Split = tuple[int, ...]


@dataclass(frozen=True)
class _Parts:
    """The sentences that speak of who gets what, with whether they ask, and the others, before and after the first."""

    statements: list[tuple[str, bool]]
    before: list[Sentence]
    after: list[Sentence]

    @property
    def comments(self) -> list[Sentence]:
        return [*self.before, *self.after]


def read_split_text(
    text: str, standing: Split | None, quantities: Sequence[int], names: Sequence[str]
) -> tuple[Kind, Split | None]:
    """The one move of a free text.

    Raises:
        UnreadableError: It states no move, or more than one.
    """
    parts = _parted(text, names, len(quantities))
    accepts, walks = _stances(parts.comments)
    if accepts and walks:
        raise UnreadableError("The reply states more than one move. State one.")
    if not parts.statements:
        return _without_split(accepts, walks, parts.comments, standing)
    shares = Shares(quantities)
    for words, _ in parts.statements:
        read_shares(words, shares)
    if accepts and standing is not None and _repeats(shares, standing):
        return _without_split(accepts, walks, parts.comments, standing)
    if accepts or walks:
        raise UnreadableError("The reply proposes a split and states another move. State one.")
    keep = complete(shares)
    _check_proposal(parts)
    return "offer", keep


def check_split_message(
    text: str, kind: Kind, keep: Split | None, quantities: Sequence[int], names: Sequence[str]
) -> None:
    """Refuse a message that contradicts the move beside which it stands.

    Args:
        text: the message.
        kind: the move.
        keep: what the speaker would get by the move; None for walking away.
        quantities: the pool.
        names: names of the item types.

    Raises:
        UnreadableError: It does.
    """
    if not text.strip():
        return
    parts = _parted(text, names, len(quantities))
    accepts, walks = _stances(parts.comments)
    if (accepts and kind != "accept") or (walks and kind != "walk"):
        raise UnreadableError("The message contradicts the action. Make them say the same.")
    if kind == "offer":
        _check_plain(parts)
    else:
        _without_split(kind == "accept", kind == "walk", parts.comments, keep)
    shares = Shares(quantities)
    for words, _ in parts.statements:
        read_shares(words, shares, strict=False)
    if keep is None and (shares.mine or shares.theirs or shares.rest):
        raise UnreadableError("The message proposes a split and the action walks away.")
    if keep is not None and not _agrees(shares, keep):
        raise UnreadableError("The message names another split than the action.")


def complete(shares: Shares) -> Split:
    """What the speaker keeps of every type.

    A type needs a count on one side that speaks for itself: either only one side is listed and every type is named,
    or someone gets the rest, or both sides are listed and add up.

    Raises:
        UnreadableError: The counts leave something open or do not add up.
    """
    if not (shares.mine or shares.theirs):
        raise UnreadableError("The reply does not say who keeps what.")
    both = bool(shares.mine and shares.theirs)
    kept = []
    for item, there in enumerate(shares.quantities):
        mine, theirs = shares.mine.get(item), shares.theirs.get(item)
        if mine is None and theirs is None and not shares.rest:
            raise UnreadableError(f"The reply does not say who gets item {item + 1}.")
        if shares.rest:
            left = there - (mine or 0) - (theirs or 0)
            mine, theirs = (mine or 0) + left * (shares.rest == "me"), (theirs or 0) + left * (shares.rest == "you")
            if left < 0:
                raise UnreadableError(f"There are only {there} of item {item + 1}.")
            both = True
        elif both:
            mine, theirs = mine or 0, theirs or 0
        if mine is not None and theirs is not None and mine + theirs != there:
            raise UnreadableError(f"The counts of item {item + 1} do not add up to {there}.")
        kept.append(mine if mine is not None else there - (theirs or 0))
    return tuple(kept)


def _agrees(shares: Shares, keep: Split) -> bool:
    """Whether every count that is stated is that of a split."""
    if shares.rest and (shares.mine or shares.theirs):
        return complete(shares) == keep
    mine = all(keep[item] == count for item, count in shares.mine.items())
    return mine and all(shares.quantities[item] - keep[item] == count for item, count in shares.theirs.items())


def _repeats(shares: Shares, standing: Split) -> bool:
    """Whether the counts repeat the standing split: those of a side that is listed name all that it gets."""
    sides = (
        (shares.mine, standing),
        (shares.theirs, [q - k for q, k in zip(shares.quantities, standing, strict=True)]),
    )
    named = all(not listed or all(item in listed for item, count in enumerate(gets) if count) for listed, gets in sides)
    return _agrees(shares, standing) and (named or bool(shares.rest))


def _parted(text: str, names: Sequence[str], types: int) -> _Parts:
    words = own_words(text)
    if ODD in words:
        raise UnreadableError("The reply holds numerals that are no plain digits. Write counts in digits.")
    if re.search(r"(?<!\d)-\d|\d[.]\d|\d\s?%", words):
        raise UnreadableError("Counts are whole and not negative.")
    parts = _Parts([], [], [])
    for match in _SENTENCE.finditer(_LIST_ITEM.sub(", ", lists_joined(mark_items(words, names, types)))):
        if states_something(match.group(1)):
            parts.statements.append((match.group(1).strip(), "?" in match.group(2)))
        else:
            (parts.after if parts.statements else parts.before).extend(sentences_of(match.group()))
    return parts


def _stances(comments: list[Sentence]) -> tuple[bool, bool]:
    accepts = any(stances.accepting_clauses(sentence) for sentence in comments)
    return accepts, any(stances.walking_clauses(s) for s in comments) or stances.says_farewell(comments)


def _without_split(accepts: bool, walks: bool, comments: list[Sentence], standing: Split | None) -> tuple[Kind, None]:
    if accepts:
        if standing is None:
            raise UnreadableError("There is no offer to accept. Propose a split.")
        stances.check_nothing_against_acceptance(comments)
        return "accept", None
    if walks:
        stances.check_nothing_against_leaving(comments)
        return "walk", None
    raise UnreadableError("The reply states no move. Propose a split, accept, or walk away.")


def _check_plain(parts: _Parts) -> None:
    for sentence in parts.comments:
        framing.check_not_retracted(sentence)
    if any(framing.is_taken_back(sentence) for sentence in parts.after):
        raise UnreadableError("The reply proposes a split and denies it. State one move plainly.")


def _check_proposal(parts: _Parts) -> None:
    _check_plain(parts)
    if any(asks and not _PROPOSING_QUESTION.match(words) for words, asks in parts.statements):
        raise UnreadableError("The split is asked about, not proposed. Propose it plainly.")
    said = [*(words for words, _ in parts.statements), *(sentence.words for sentence in parts.comments)]
    if any(framing.conditions(words) for words in said):
        raise UnreadableError("A proposal cannot carry a condition.")
