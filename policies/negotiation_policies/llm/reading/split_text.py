"""The reading of free text in the multi-item domain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from negotiation_policies.llm.reading import stances
from negotiation_policies.llm.reading.cleaning import ODD, own_words
from negotiation_policies.llm.reading.price_offers import POLITE_CONDITION
from negotiation_policies.llm.reading.reply import Kind, UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence, sentences_of
from negotiation_policies.llm.reading.split_words import Shares, mark_items, read_shares, states_something

_SENTENCE = re.compile(r"([^.!?;\n|]+)([.!?;\n|]*)")
_PROPOSING_QUESTION = re.compile(r"(?:and |so |ok |okay |well |then )*(?:how about|what about|shall we say)\b")
Split = tuple[int, ...]


def read_split_text(
    text: str, standing: Split | None, quantities: Sequence[int], names: Sequence[str]
) -> tuple[Kind, Split | None]:
    """The one move of a free text.

    Raises:
        UnreadableError: It states no move, or more than one.
    """
    statements, comments = _parted(text, names, len(quantities))
    accepts, walks = _stances(comments)
    if accepts and walks:
        raise UnreadableError("The reply states more than one move. State one.")
    if not statements:
        return _without_split(accepts, walks, comments, standing)
    shares = Shares(quantities)
    for words, _ in statements:
        read_shares(words, shares)
    keep = complete(shares)
    if accepts and keep == standing:
        return _without_split(accepts, walks, comments, standing)
    if accepts or walks:
        raise UnreadableError("The reply proposes a split and states another move. State one.")
    _check_proposal(statements, comments)
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
    statements, comments = _parted(text, names, len(quantities))
    accepts, walks = _stances(comments)
    if (accepts and kind != "accept") or (walks and kind != "walk"):
        raise UnreadableError("The message contradicts the action. Make them say the same.")
    _without_split(kind == "accept", kind == "walk", comments, keep) if kind != "offer" else _check_plain(comments)
    shares = Shares(quantities)
    for words, _ in statements:
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
            both = left >= 0
        elif both:
            mine, theirs = mine or 0, theirs or 0
        if mine is not None and theirs is not None and mine + theirs != there:
            raise UnreadableError(f"The counts of item {item + 1} do not add up to {there}.")
        kept.append(mine if mine is not None else there - (theirs or 0))
    return tuple(kept)


def _agrees(shares: Shares, keep: Split) -> bool:
    mine = all(keep[item] == count for item, count in shares.mine.items())
    return mine and all(shares.quantities[item] - keep[item] == count for item, count in shares.theirs.items())


def _parted(text: str, names: Sequence[str], types: int) -> tuple[list[tuple[str, bool]], list[Sentence]]:
    words = own_words(text)
    if ODD in words:
        raise UnreadableError("The reply holds numerals that are no plain digits. Write counts in digits.")
    if re.search(r"(?<!\d)-\d|\d[.]\d|\d\s?%", words):
        raise UnreadableError("Counts are whole and not negative.")
    statements, comments = [], []
    for match in _SENTENCE.finditer(mark_items(words, names, types)):
        if states_something(match.group(1)):
            statements.append((match.group(1).strip(), "?" in match.group(2)))
        else:
            comments += sentences_of(match.group())
    return statements, comments


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


def _check_plain(comments: list[Sentence]) -> None:
    for sentence in comments:
        stances.check_not_retracted(sentence)


def _check_proposal(statements: list[tuple[str, bool]], comments: list[Sentence]) -> None:
    _check_plain(comments)
    if any(asks and not _PROPOSING_QUESTION.match(words) for words, asks in statements):
        raise UnreadableError("The split is asked about, not proposed. Propose it plainly.")
    said = [*(words for words, _ in statements), *(sentence.words for sentence in comments)]
    if any(stances.CONDITION.search(POLITE_CONDITION.sub(" ", stances.harmless_removed(words))) for words in said):
        raise UnreadableError("A proposal cannot carry a condition.")
    if any(re.fullmatch(r"(?:no|not|nope)(?: .{0,20})?", s.words) for s in comments[-1:]) and not comments[
        -1
    ].words.startswith("no i"):
        raise UnreadableError("The reply proposes a split and denies it.")
