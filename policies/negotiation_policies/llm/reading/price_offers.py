"""Which clauses offer a price: the speaker's own, affirmative, exact, without a condition."""

from __future__ import annotations

import re

from negotiation_policies.llm.reading.reply import UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence
from negotiation_policies.llm.reading.stances import CONDITION, NEGATION, check_not_retracted, harmless_removed

_MONEY = r"(?:PRICE|STAND)"
_SUBJECT = (
    r"(?:(?:i|we) (?:(?:can|will|shall|am|are|would like to|would love to|would be (?:happy|glad|"
    r"willing|prepared) to|would|want to|wish to|"
    r"have to|need to|must|do|have decided to|now|then|only|just|really|still|also|therefore|hereby|"
    r"gladly|happily|instead|respectfully|"
    r"going to|happy to|glad to|pleased to|willing to|ready to|prepared to|able to|be able to|be "
    r"willing to|be happy to) ){0,5}"
    r"|let me |let us |allow me to |may i |(?:i|we) (?:propose|suggest)(?: that)? (?:we |you )|shall we )"
)
_VERB = (
    r"(?:offer|offering|propose|proposing|suggest|suggesting|counter|countering|bid|bidding|pay|"
    r"paying|give|giving|ask|"
    r"asking|sell|selling|settle|meet|agree|make(?: it| (?:you )?an? (?:[a-z]+ ){0,2}(?:offer|bid|"
    r"proposal|counteroffer))|"
    r"drop|set|put|hold|request|charge|bring|buy|purchase|spend|submit|place|counteroffer|"
    r"counterpropose|raise|lower|let|"
    r"increase|reduce)"
)
_STEP = r"(?:do|go|going|come|move|stand|stay|remain|say|call|start|open|stretch|firm|need|want|part)"
_STEP_GAP = (
    r"(?: (?:it|this|that|you|me|down|up|to|at|for|with|on|firm|a|the|price|of|pay|get|sell|buy|"
    r"offer|go)){0,5}"
)
_GAP = (
    r"(?: (?!(?:about|why|what|how|when|where|who|if|like|elsewhere|online|know|time|rent|things|"
    r"others|brother|bed|look|attention)\b)"
    r"[a-z'-]+){0,12}?"
)
_LINK = (
    r"(?:of|at|for|to|is|you|pay|offer|offering|propose|proposing|suggest|counter|do|bid|it|say|a|"
    r"the|exactly|only|just|"
    r"price|with|ask|asking|sell|want|need|settle|make|be|on|as|charge|give|paying|amount|spend|"
    r"stand|firm|suggesting|counteroffer|"
    r"come|go|meet|giving|set|call|request|full|instead|another|me)"
)
_NOUN = r"(?:offer|counteroffer|price|bid|proposal|counterproposal|asking price|counter|quote|offer price|number)"
_OF_MINE = (
    r"my (?:(?:final|best|last|new|next|opening|first|current|counter|revised|updated|latest|initial|"
    rf"fair|own) ){{0,3}}{_NOUN}"
)
_CUES = [
    re.compile(rf"\b{_SUBJECT}{_VERB}(?: (?:your |the )?STAND)?{_GAP} {_LINK} {_MONEY}\b"),
    re.compile(rf"\b{_SUBJECT}{_STEP}{_STEP_GAP} {_MONEY}\b"),
    re.compile(rf"\b{_SUBJECT}{_VERB} {_MONEY}\b"),
    re.compile(
        rf"\b{_OF_MINE}(?: for (?:the|this|your)(?: [a-z-]+){{1,4}}?)?(?: (?:is|of|at|stands at|would be|"
        rf"remains|stays at|now|will be|to you|for you|still)){{0,3}} {_MONEY}\b"
    ),
    re.compile(rf"^(?:and |but |so |then )?{_MONEY} is {_OF_MINE}\b"),
    re.compile(
        r"^(?:so |and |but |then |ok |okay |well )*(?:how|what) about (?:we (?:say|settle (?:on|at)|meet "
        rf"at) )?{_MONEY}\b"
    ),
    re.compile(
        r"\bthe (?:best|lowest|highest|most|least) (?:price |offer )?(?:that )?i can (?:do|go|offer|give "
        rf"you|give|pay|make) is {_MONEY}\b"
    ),
    re.compile(rf"\b(?:it is yours|you can have it|it can be yours|i will let it go) (?:for|at) {_MONEY}\b"),
    re.compile(rf"^{_MONEY} is the (?:best|lowest|highest|most) i can (?:do|go|offer|give|pay)\b"),
    re.compile(rf"^(?:so |and |but |then )*{_MONEY} and it is yours\b"),
    re.compile(
        r"\b(?:i|we) (?:would be|am|are) (?:comfortable|at|firm at|asking|happy with|happy at)(?: with| "
        rf"at| for)? {_MONEY}\b"
    ),
]
_LABEL = re.compile(
    r"^(?:(?:here is |this is |and |so |but )?(?:my |the |our )?(?:(?:final|best|last|new|next|"
    rf"counter|revised|updated|current|opening) ){{0,3}}{_NOUN}|i (?:counter|offer|propose|say|"
    r"suggest))"
    rf"(?: is)? {_MONEY}(?: (?:firm|final|cash|total|for (?:the|this|your)(?: [a-z-]+){{1,4}}))?"
)
_OPENINGS = r"(?:(?:ok|okay|fine|hello|hi|hmm|well|thanks|thank you|sure|yes|no|alright|so|but|sorry|then) )*"
_BARE = re.compile(
    rf"{_OPENINGS}(?:(?:counteroffer|counter|offer|bid|price) )?(?:PRICE|(?:offer|counteroffer|"
    r"counter|bid) STAND)(?: (?:please|then|final offer|final|firm|cash|take it or leave it))?"
)
_UNSURE = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|might|may(?! i offer| i propose| i suggest)|could|should|"
    r"almost|nearly|guess|suppose|think|thinking|consider\w*|"
    r"wish|wonder\w*|tempted|doubt|unsure|yesterday|earlier|previously|before|used to|was|were|had|"
    r"did|have been|paid|bought|"
    r"sold|offered|proposed|asked|said|says|told|thinks|wants|someone|somebody|he|she|they|boss|wife|"
    r"husband|friend|others?|"
    r"around|approximately|roughly|or so|ish|between|up to|as low as|as high as|at least|at most|"
    r"minimum|maximum|max|min|"
    r"more than|less than|under|over|below|above|limit|budget|reservation|bottom line|worth|each|per|"
    r"tax|apologi\w+|sorry|that|which|"
    r"tomorrow|later|next (?:time|turn|week|month|year|round)|supposed|elsewhere|online|ebay|amazon|"
    r"stores?|another (?:one|offer)|"
    r"new one|to my|your price|better offer|like (?:it|this|that)|because|since|while|who|whom|than|"
    r"closer|nearer|near|close to|towards?|give up|withdraw\w*|"
    r"revoke\w*|expired?|retract\w*|rescind\w*|would (?:pay|take|sell|do|go|give|buy|spend)|plus|"
    r"minus|half|percent|pretend|NUM of|"
    r"hundred|thousand|grand|fifty|sixty|seventy|eighty|ninety|twenty|thirty|forty|instal\w+|deposit|"
    r"upfront|or)\b|(?<!how )(?<!what )\babout STAND|(?<!how )(?<!what )\babout PRICE"
)
_LOOSE = re.compile(
    r"\b(?:at least|at most|up to|or so|and (?:a bit|change|some)|a bit more|more or less|give or "
    r"take|roughly|approximately|plus|minus|range|ish)\b|CHANGE (?:off|discount)|\b(?:with|and|plus|"
    r"minus|less) (?:a |an )?(?:further |extra )?CHANGE"
)
_OTHERS_DUTY = re.compile(
    r"(?:and|but|while|so) (?:then )?you (?:will |must |have to |also |should )*(?:pay|cover|include|"
    r"throw|add|deliver|bring|ship)\b"
)
_SPELLED = re.compile(r"\b(?:hundred|thousand|grand|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)\b")
_JUDGED = re.compile(
    rf"{_MONEY} (?:is|was|has|had|would|seems|sounds|looks|feels)\b(?! (?:my|the (?:best|lowest|"
    r"highest)|a fair|fair|final|firm|what i (?:can|will|offer)))"
)
_REPORTED = re.compile(
    r"(?:.* )?(?:said|says|say|told me|told you|wrote|writes|claims|insists|suggested|replied|heard)(?: that)?"
)
POLITE_CONDITION = re.compile(
    r"\bif (?:that|this|it) (?:works|is (?:ok|okay|fine|good|acceptable)|sounds good|suits you)(?: "
    r"(?:for|to|with) you)?\b|"
    r"\bif (?:you are interested|possible|you agree|you do not mind|i may)\b|\b(?:or|otherwise|or "
    r"else|or otherwise) (?:otherwise )?(?:i|we) (?:will |have to |must |am )*(?:walk(?:ing)?(?: "
    r"away| out)?|out|leave|leaving)\b"
)


def offering_clauses(sentences: list[Sentence]) -> list[tuple[Sentence, str]]:
    """The clauses that offer a price, each with its sentence."""
    found = []
    for sentence in sentences:
        if "PRICE" not in sentence.words and "STAND" not in sentence.words:
            continue
        found += [(sentence, clause) for i, clause in enumerate(sentence.clauses) if _offers(sentence, i, clause)]
        if not found and not sentence.asks and _LABEL.fullmatch(sentence.words) and not _UNSURE.search(sentence.words):
            found.append((sentence, sentence.words))
    if not found and _is_bare(sentences):
        return [(sentences[-1], sentences[-1].words)]
    return found


def check_offer(sentences: list[Sentence], own: str) -> None:
    """Refuse an offer that something in the reply denies, conditions or blurs.

    Args:
        sentences: the reply.
        own: the token of the price that is offered, ``PRICE`` or ``STAND``.

    Raises:
        UnreadableError: With what stands against it.
    """
    for sentence in sentences:
        check_not_retracted(sentence)
        if _SPELLED.search(sentence.words):
            raise UnreadableError("The reply spells out a number. Write the one price in digits.")
        if CONDITION.search(POLITE_CONDITION.sub(" ", harmless_removed(sentence.words))):
            raise UnreadableError("An offer cannot carry a condition. Name one price and nothing else.")
        if any(_OTHERS_DUTY.match(clause) for clause in sentence.clauses):
            raise UnreadableError("An offer is a price alone. Name one price and nothing else.")
        if own not in sentence.words:
            continue
        if _LOOSE.search(sentence.words):
            raise UnreadableError("The offer is not exact. Name one exact price.")
        if any(own in clause and denies(clause) for clause in sentence.clauses):
            raise UnreadableError("The reply offers a price and denies it. Name one price.")


def denies(clause: str) -> bool:
    """Whether a clause says no."""
    return bool(NEGATION.search(harmless_removed(re.sub(r"^no (?=i |my |how )", "", clause))))


def _offers(sentence: Sentence, place: int, clause: str) -> bool:
    if len(clause) > 300 or denies(clause):
        return False
    clause = POLITE_CONDITION.sub(" ", clause)
    if _UNSURE.search(re.sub(r"^(?:i|we) (?:propose|suggest) that ", "i propose ", clause)) or clause.startswith("or "):
        return False
    if place and _REPORTED.fullmatch(sentence.clauses[place - 1]):
        return False
    if sentence.asks and not re.match(
        r"(?:so |and |but |then |ok |okay |well )*(?:how about|what about|shall we|can i offer|may i)", clause
    ):
        return False
    if _JUDGED.search(clause) or (sentence.asks and "PRICE" not in clause):
        return False
    return any(cue.search(clause) for cue in _CUES)


def _is_bare(sentences: list[Sentence]) -> bool:
    words = " ".join(sentence.words for sentence in sentences)
    return len(words) < 100 and not any(s.asks for s in sentences) and bool(_BARE.fullmatch(words))
