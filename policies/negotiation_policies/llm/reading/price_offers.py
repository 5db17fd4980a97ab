"""Which prices a text offers, and what in it takes an offer back, conditions it or blurs it."""

from __future__ import annotations

import re

from negotiation_policies.llm.reading import offer_grammar
from negotiation_policies.llm.reading.framing import (
    any_of,
    check_not_retracted,
    conditions,
    denies,
    frame_of,
    is_taken_back,
    presents,
    reports,
)
from negotiation_policies.llm.reading.reply import UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence

CONDITIONAL = "An offer cannot carry a condition. Name one price and nothing else."
"""The reason why an offer under a condition is refused."""

_TAG_QUESTION = re.compile(
    r"(?:and |so )?(?:how does (?:that|this|it) (?:sound|work|look)(?: (?:to|for) you)?|what do you (?:say|think)|"
    r"(?:does|would|will|could|can) (?:that|this|it) (?:work|be (?:ok|okay|fine|acceptable|fair))(?: (?:for|with|"
    r"to) you)?|is (?:that|this|it) (?:ok|okay|fine|acceptable|fair)(?: (?:for|with|to) you)?|(?:do we have a )?deal|"
    r"shall we|ok|okay|agreed|sounds? (?:good|fair)|can we agree(?: on (?:that|this))?|are you (?:ok|okay|"
    r"fine) with (?:that|this))"
)
_COMPANION = any_of(
    r"(?:and |so |because |while |as |since )?(?:i|it|that|this|these|which)\b.*",
    r"(?:and |so )?you (?:will|can|would) (?:love|like|enjoy|see|find|be|have a|get a)\b.*",
    r"(?:and |so )?we (?:can|could|will|would|both|are)\b.*|(?:and )?(?:then )?(?:we|you) (?:will )?have a deal",
    r"(?:and |so |because |while |as |since )?(?:the|my|your|our|both|its) .*\b(?:is|are|has|have|comes?|works?|looks?|"
    r"will|reflects?|represents?|seems?)\b.*",
    r"and (?:its )?(?:condition|age|quality|value|demand|rarity|features|brand|wear|performance|effort|time)",
    r"(?:given|considering|based on|especially|particularly|due to|reflecting|taking)\b.*",
    r"firm|final|cash|in cash|please|thanks|thank you|my friend|sir|take it|or leave it|today|right now",
    r"(?:and )?(?:no (?:more|less|further|higher|lower)|not a (?:penny|cent|dollar) (?:more|less))",
    r"as (?:my|a) (?:final|last|best) (?:offer|price)",
    r"or (?:else )?(?:i|we) (?:will |am )?(?:walk(?:ing)?(?: away)?|out)",
    r"but (?:no (?:more|further|less|higher|lower)|that is (?:my|the|as)\b.*|this is my\b.*)",
    r"but i (?:can not|will not) (?:go|do|offer|pay) (?:any )?(?:lower|higher|further|more|better|less|above|below)\b"
    r".*",
)
_TERMS = re.compile(
    r"\b(?:includ\w*|throw\w*|plus|minus|with(?:out)? (?:free|a|an|the|no)|shipping|ship|delivery|deliver\w*|warranty|"
    r"taxe?s?|fees?|bonus|extra|discount|rebate|instal\w+|deposit|half|split|later|tomorrow|next|maybe|perhaps|might|"
    r"guess|suppose|not sure|think about|consider it|need|want|expect|require\w*|demand\w*|only if|each|per|monthly|"
    r"QUOTE|PRICE\d+)\b"
)
_ADDS_TERMS = re.compile(
    r"(?:and )?(?:plus|minus|without|excluding|except|or|unless|with (?!that|this|all|respect)|less)\b.*"
)
_OTHERS_DUTY = re.compile(
    r"(?:(?:and|but|while|so|then) )*you (?:will |must |have to |also |should |need to )*(?:(?:pay|"
    r"cover)(?: for)? (?:the )?(?:shipping|delivery|tax|taxes|fees?|postage|transport|repairs?)|include|throw|add|"
    r"deliver|bring|ship)\b"
)
_SPELLED = re.compile(r"\b(?:hundred|thousand|grand|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)\b")
_FAULT = (
    r"\b(?:{}) (?:is|was|seems|sounds) (?:way |far |just |much |still |a bit )*(?:too|outrageous|ridiculous|"
    r"unacceptable|an insult|insulting|crazy|nonsense)\b"
)
_REFERENCE = re.compile(
    r"\b(?:list(?:ed)?|retails?|originally|market|regular|sticker|msrp|brand new|online|elsewhere|average|typically|"
    r"usually|priced at|valued at|worth|costs?|bought|paid|spent|apart)\b"
    r"|\b(?:items?|ones?|models?|these|those|they|it|others|another|sellers?|buyers?) (?:\w+ ){0,2}(?:sells?|goes|go|"
    r"went|sold|retails?|asks?|offers?|offered) "
    r"|\b(?:i|we)(?: \w+){0,3} (?:offered|proposed|said|asked|suggested|started|mentioned|were|was|wanted|had)\b"
    r"|\b(?:my|our|the) (?:previous|earlier|last|first|initial|original|opening|old|starting|prior|former|list)\b"
    r"|\bi am (?:still )?at\b"
)
_SHARED_SUBJECT = re.compile(r"(and|but|so|then) (?!i |we |let |my )")
_POLITE = re.compile(
    r"(?:(?:and|but|so|well|ok|okay) )*(?:i|we) (?:(?:do|really|truly|fully|can|must|will|"
    r"respectfully) )*(?:appreciate|understand|hear|see|respect|value|recognize|acknowledge|thank|compromise|"
    r"make an exception|am (?:willing|happy|ready|prepared) to compromise|(?:decline|reject) (?:your|the|STAND))\b"
)
_CLOSING = any_of(
    r"(?:that|this) is (?:my|the) (?:(?:final|best|last|lowest|highest|absolute) )*(?:offer|price|i can do)",
    r"(?:that|this) is (?:final|all)|take it|or leave it|take it or leave it|final offer",
    r"no more|no less|no more no less",
    r"thanks|thank you|please|what do you (?:say|think)|(?:do we have a )?deal|how does that sound",
    before="(?:and )?",
)


def offered_places(sentences: list[Sentence]) -> set[int]:
    """The places among the amounts of the text of the prices that it offers."""
    found = {offer_grammar.place_of(match) for sentence in sentences for match in offers_in(sentence).values()}
    if not found and len(sentences) < 10:
        said = [sentence for sentence in sentences if not _CLOSING.fullmatch(sentence.words)]
        alone = not any(sentence.asks for sentence in said)
        match = offer_grammar.bare(" ".join(sentence.words for sentence in said)) if alone else None
        found = set() if match is None else {offer_grammar.place_of(match)}
    return found


def offers_in(sentence: Sentence) -> dict[int, re.Match[str]]:
    """The clauses of a sentence that offer a price, by their places; -1 is the sentence as a whole."""
    if not re.search(offer_grammar.MONEY, sentence.words):
        return {}
    found = {}
    clauses = sentence.clauses[: frame_of(sentence.clauses) + 1]
    tagged = any(_TAG_QUESTION.fullmatch(clause) for clause in sentence.clauses)
    for place, clause in enumerate(clauses):
        match = offer_grammar.asked(clause) if "PRICE" in clause else None
        if match is None and (tagged or not sentence.asks):
            match = offer_grammar.stated(_with_subject(clauses, place).removesuffix(" INTRO"))
        if match is not None:
            found[place] = match
    if not found and not sentence.asks:
        whole = _whole(sentence.words)
        found = {} if whole is None else {-1: whole}
    return found


def _whole(words: str) -> re.Match[str] | None:
    *heads, said = words.split(" INTRO ")
    if heads and all(map(presents, heads)) and (found := offer_grammar.bare(said)):
        return found
    return offer_grammar.labelled(words) or offer_grammar.stated(words)


def stray_places(sentences: list[Sentence]) -> set[int]:
    """The places of prices, other than the standing one, that are neither offered nor referred to."""
    found: set[int] = set()
    for sentence in sentences:
        offers = offers_in(sentence)
        if -1 not in offers:
            strays = [c for i, c in enumerate(sentence.clauses) if i not in offers and not is_reference(c)]
            found.update(int(place) for clause in strays for place in re.findall(r"PRICE(\d+)", clause))
    return found


def is_reference(clause: str) -> bool:
    """Whether a clause speaks of prices that are not offered now: earlier ones, the market's, the other side's."""
    return bool(_REFERENCE.search(clause))


def finds_fault(sentence: Sentence, what: str) -> bool:
    """Whether it says that something, a pattern of words, is too much or too little."""
    return bool(re.search(_FAULT.format(what), sentence.words))


def spells_number(sentence: Sentence) -> bool:
    """Whether it writes a number of money out in words."""
    return bool(_SPELLED.search(sentence.words))


def check_offer(sentences: list[Sentence], price: str) -> None:
    """Refuse an offer that something in the reply denies, conditions or blurs.

    Args:
        sentences: the reply.
        price: a pattern of the tokens of the price that is offered.

    Raises:
        UnreadableError: With what stands against it.
    """
    made = False
    for sentence in sentences:
        offers = offers_in(sentence)
        made = made or bool(offers) or bool(re.search(price, sentence.words))
        _check_exact(sentence)
        if made and (is_taken_back(sentence) or _ADDS_TERMS.fullmatch(sentence.words)):
            raise UnreadableError("The reply offers a price and takes it back or adds to it. Name one price.")
        if finds_fault(sentence, rf"{price}|it|that|this" if made else price):
            raise UnreadableError("The reply finds fault with the price that it offers. Name one price.")
        _check_companions(sentence, offers)
        others = [] if -1 in offers else [c for i, c in enumerate(sentence.clauses) if i not in offers]
        if any(re.search(price, clause) and denies(clause) for clause in others):
            raise UnreadableError("The reply offers a price and denies it. Name one price.")


def _check_exact(sentence: Sentence) -> None:
    check_not_retracted(sentence)
    if spells_number(sentence):
        raise UnreadableError("The reply spells out a number. Write the one price in digits.")
    if conditions(sentence.words):
        raise UnreadableError(CONDITIONAL)
    if any(_OTHERS_DUTY.match(clause) for clause in sentence.clauses):
        raise UnreadableError("An offer is a price alone. Name one price and nothing else.")


def _check_companions(sentence: Sentence, offers: dict[int, re.Match[str]]) -> None:
    reasons = " ".join(match["reason"] or "" for match in offers.values())
    first = min(offers, default=len(sentence.clauses))
    after = sentence.clauses[first + 1 :] if first >= 0 else ()
    if denies(reasons) or _TERMS.search(reasons) or not all(map(_is_harmless, after)):
        raise UnreadableError("The reply adds to the price that it offers. Name one price and nothing else.")


def _is_harmless(clause: str) -> bool:
    if _TAG_QUESTION.fullmatch(clause) or offer_grammar.stated(clause):
        return True
    return bool(_COMPANION.fullmatch(clause)) and not (denies(clause) or _TERMS.search(clause) or reports(clause))


def _with_subject(clauses: tuple[str, ...], place: int) -> str:
    clause = clauses[place]
    shared = _SHARED_SUBJECT.match(clause) if place else None
    if shared and _POLITE.match(clauses[place - 1]):
        return f"{shared.group(1)} i {clause[shared.end() :]}"
    return clause
