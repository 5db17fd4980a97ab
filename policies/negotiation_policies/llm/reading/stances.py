"""Acceptance and leaving: clauses that state them as a whole, and everything in a reply that takes them back.

A clause counts only if it matches from its first word to its last, so any word that is not foreseen makes it no
acceptance. What stands beside it must not negate, condition, demand, retract or report.
"""

from __future__ import annotations

import re

from negotiation_policies.llm.reading.framing import (
    CONDITION,
    check_not_retracted,
    denies,
    frame_of,
    harmless_removed,
    is_taken_back,
    reports,
)
from negotiation_policies.llm.reading.offer_grammar import ITEM
from negotiation_policies.llm.reading.reply import UnreadableError
from negotiation_policies.llm.reading.skeleton import STAND, Sentence

_ADVERBS = (
    r"(?:(?:really|now|then|just|gladly|happily|certainly|definitely|therefore|hereby|simply|gratefully|fully|also|do|"
    r"can|will|shall|formally|officially|absolutely|respectfully|reluctantly|have decided to|am going to|"
    r"would be (?:very |more than )?(?:happy|glad|pleased|delighted) to|am (?:very |more than )?(?:happy|glad|pleased|"
    r"delighted|willing|ready|prepared|content) to) ){0,4}"
)
_OPENING = (
    r"(?:(?:ok|okay|yes|yeah|yep|yup|fine|great|good|sure|alright|all right|very well|well|perfect|excellent|"
    r"wonderful|thanks|thank you|so|now|deal|agreed|done|fair enough|sounds good|you win|but|therefore|hello|"
    r"hi) ){0,4}"
)
_THING = (
    r"(?:offer|counteroffer|price|proposal|counterproposal|terms|bid|deal|split|division|allocation|figure|amount|"
    r"number|conditions|quote)"
)
_DETERMINER = (
    r"(?:the|your|this|that|these|those)(?: (?:last|latest|current|standing|final|generous|fair|kind|new|first|"
    r"revised|proposed|updated))?"
)
_AMOUNT = r"(?:(?:your|the|that|this) )?STAND\d+"
_OBJECT = (
    rf"(?:it|that|this|{_AMOUNT}|{_DETERMINER} {_THING}(?: (?:of|at|for|to pay|to (?:buy|sell)(?: (?:it|this|"
    rf"{ITEM}))?(?: to me)? (?:for|at)) {_AMOUNT})?)"
)
_TAIL = (
    r"(?: (?:now|then|today|gladly|happily|with pleasure|as is|as it stands|immediately|thank you|thanks|sir|madam|"
    r"my friend|friend|right away|indeed|of course|in full|(?:for|at) STAND\d+|"
    rf"for {ITEM})){{0,2}}"
)
_ACCEPTING = re.compile(
    rf"{_OPENING}(?:(?:i|we) {_ADVERBS}(?:accept|take|am accepting|am taking) {_OBJECT}"
    rf"|(?:i|we) {_ADVERBS}accept"
    rf"|(?:i|we) {_ADVERBS}(?:agree|am agreeing) (?:to|with|on) (?!it |this |that ){_OBJECT}"
    rf"|(?:i|we) {_ADVERBS}agree to (?:pay|(?:buy|sell)(?: it)? for) {_AMOUNT}"
    rf"|(?:we|you) (?:have|have got|got) (?:a|ourselves a|yourself a) deal(?: (?:at|for|on) {_AMOUNT})?"
    rf"|(?:it is|that is) a deal(?: (?:at|for) {_AMOUNT})?"
    rf"|(?:deal|sold|done|agreed|accepted)(?: (?:at|for|to|on) {_AMOUNT})"
    rf"|{_AMOUNT} (?:it is|works for me|is acceptable(?: to me)?|is accepted|is a deal|is agreed)"
    rf"|(?:your|the|this|that) (?:offer|price|proposal|split)(?: of {_AMOUNT})? (?:is accepted|is "
    r"acceptable(?: to me)?|works for me)"
    rf"|(?:offer|proposal) accepted|(?:that|this) works for me){_TAIL}"
)
_BARE = re.compile(
    rf"{_OPENING}(?:(?:accept|accepted|deal|agreed|sold|i agree|i accept|we agree)|"
    r"STAND\d+ (?:deal|agreed)|(?:deal|agreed|sold|accepted) STAND\d+)"
)
_WALKING = re.compile(
    rf"{_OPENING}(?:i regret (?:that |but )?)?(?:i|we) (?:(?:now|then|will|shall|must|have to|am going to|choose to|"
    rf"have decided "
    r"to|decide to|hereby|simply|just|therefore|am afraid i|will have to|need to|would rather) ){0,3}(?:walk away|"
    r"walk out|walk|am walking|am walking away|am walking out|am out|quit|withdraw|am withdrawing|am leaving|"
    r"leave the (?:table|negotiations?)|am done(?: here| negotiating| talking| with (?:this|the|"
    r"these) (?:negotiations?|talks))|am leaving (?:the|this) (?:table|negotiations?)|(?:am ending|end|quit|"
    r"am terminating|terminate) (?:this|the|our|these) (?:negotiations?|talks|discussions?))(?: (?:from (?:this|the|"
    r"these|our) (?:deal|negotiations?|offer|table|talks)|now|here|today|without a deal|for good|goodbye)){0,2}"
)
_STATEMENT = re.compile(r"(?:i|we|it|this|that|STAND\d+|your (?:price|offer)) ")
_NO_DEAL = re.compile(
    r"(?:sorry |then |so )?(?:no deal(?: (?:today|then|here|for me|sorry))?|i am done(?: here)?|i am (?:not|"
    r"no longer) interested(?: anymore| any more)?|i will look elsewhere)"
)
_FAREWELL = re.compile(r"(?:and )?(?:goodbye|bye|bye bye|farewell)(?: (?:then|now|for good))?")
_BARE_WALK = re.compile(r"(?:i )?(?:walk|walk away|walking away|quit)")
_POLITE_AND = re.compile(
    r"(?:thank|thanks|(?:i|we) (?:really |truly |do )?(?:appreciate|understand|thank|am (?:happy|glad|pleased)|"
    r"have (?:thought|considered|decided)))\b.*"
)

_PRAISE = re.compile(
    r"(?:(?:your|the|that|this) [a-z]+(?: of STAND\d+)?|STAND\d+|it|that|this) (?:is|sounds|seems|looks) (?:very |"
    r"quite |perfectly |more than |an? )*(?:fair|good|reasonable|great|acceptable|fine|ok|okay|generous)(?: (?:price|"
    r"offer|deal|split|compromise))?(?: (?:to|for|with) me)?"
)
_DEMAND = re.compile(
    r"\b(?:include|includes|including|throw|add|adding|plus|minus|extra|bonus|free|discount|must|require\w*|demand\w*|"
    r"need|want|expect|with|only|however|although|though|instead|rather|unless|give me|pay for|first|deliver\w*|"
    r"shipping|shipped|included|installed|warranty|guarantee\w*|refund\w*|return\w*|on you|walk\w*|withdraw\w*|"
    r"quit\w*|but|maybe|perhaps|almost|lower|raise|reduce|increase|pending|approval|ask my|check with|later|tomorrow|"
    r"consider|think about|too|except|half|hundred|thousand|grand|fifty|sixty|seventy|eighty|ninety|twenty|thirty|"
    r"forty|CHANGE|QUOTE)\b|\bPRICE\d|^or\b"
)
_MAYBE = re.compile(r"\b(?:might|may|could|would) (?:accept|agree|take)\b")
_AFTERWARDS = re.compile(
    r"(?:and |so |as |because |since |but )?(?:(?:i|we|it|that|this|which|you)\b.*|(?:thank|thanks|"
    r"look(?:ing)? forward|let us|please|have a|see you|good luck|best|kind|warm|the [a-z]+ (?:is|looks)|"
    r"STAND\d+ (?:is|it))\b.*|sir|madam|my friend|friend|now|today|deal|agreed|great|perfect|STAND\d+|NUM)"
)
_YIELDING = re.compile(r"but (?:ok|okay|fine|alright|all right|deal|you win|fair enough)")
_IMPERATIVE = re.compile(
    r"(?:and |then |please |you |just )*(?:make|give|drop|cut|send|bring|ship|cover|pay|get|let(?! us (?:finali[sz]e|"
    r"close|complete|proceed|wrap|shake|move|seal|arrange|do it))|match|meet|offer|come|deliver|sign|do|say|refuse|go|"
    r"keep|promise|show|prove)\b"
)
_PLAIN_QUESTION = re.compile(
    r"(?:and |so )?(?:when|where|how soon|how do|how should|how shall|how would you like|shall (?:we|i))\b"
)
_OPEN_END = re.compile(rf"{CONDITION.pattern}|\bwhen\b")
_OTHER_MOVE = re.compile(r"(?:and )?(?:i|we) (?:\w+ ){0,2}(?:accept|agree)\b")


def accepting_clauses(sentence: Sentence) -> list[int]:
    """The places of the clauses that state an acceptance as a whole; none in a question or under a condition."""
    if sentence.asks or _OPEN_END.search(harmless_removed(sentence.words)):
        return []
    own = sentence.clauses[: frame_of(sentence.clauses) + 1]
    found = [i for i, clause in enumerate(own) if _accepts(own, i, clause)]
    if not found and _is_bare(sentence):
        found = [len(sentence.clauses) - 1]
    return found


def _is_bare(sentence: Sentence) -> bool:
    return bool(_BARE.fullmatch(" ".join(sentence.clauses).removesuffix(" thanks").removesuffix(" thank you")))


def _accepts(clauses: tuple[str, ...], place: int, clause: str) -> bool:
    if len(clause) > 200:
        return False
    if clause.startswith("and "):
        if place and not (_POLITE_AND.fullmatch(clauses[place - 1]) or _PRAISE.fullmatch(clauses[place - 1])):
            return False
        clause = clause[4:]
    return bool(_ACCEPTING.fullmatch(clause.removeprefix("so ")))


def walking_clauses(sentence: Sentence) -> list[int]:
    """The places of the clauses that state leaving as a whole."""
    if sentence.asks or CONDITION.search(sentence.words):
        return []
    clauses = sentence.clauses[: frame_of(sentence.clauses) + 1]
    places = [i for i, clause in enumerate(clauses) if len(clause) < 200 and _leaves(clauses, i)]
    return [] if places and any(_IMPERATIVE.match(c) for c in clauses[: places[0]]) else places


def _leaves(clauses: tuple[str, ...], place: int) -> bool:
    clause = clauses[place].removeprefix("so ")
    if clause.startswith("and ") and place and _STATEMENT.match(clauses[place - 1]):
        clause = clause[4:]
    return bool(_WALKING.fullmatch(clause))


def says_farewell(sentences: list[Sentence]) -> bool:
    """Whether the reply says both that there is no deal and goodbye, or is nothing but the word for leaving."""
    clauses = [clause for sentence in sentences if not sentence.asks for clause in sentence.clauses]
    if len(clauses) == 1 and _BARE_WALK.fullmatch(clauses[0]):
        return True
    joint = {"no deal goodbye", "no deal bye", "no deal and goodbye"} & set(clauses)
    return bool(joint) or (any(map(_NO_DEAL.fullmatch, clauses)) and any(map(_FAREWELL.fullmatch, clauses)))


def check_nothing_against_acceptance(sentences: list[Sentence]) -> None:
    """Refuse an acceptance that something else in the reply takes back, conditions or adds to.

    Raises:
        UnreadableError: With what stands against it.
    """
    for sentence in sentences:
        check_not_retracted(sentence)
        inside = set(accepting_clauses(sentence)) if not _is_bare(sentence) else set(range(len(sentence.clauses)))
        rest = " , ".join(c for i, c in enumerate(sentence.clauses) if i not in inside)
        if denies(rest) or _MAYBE.search(rest) or (not inside and is_taken_back(sentence)):
            raise UnreadableError("The reply accepts and denies. Say one of the two.")
        if CONDITION.search(harmless_removed(rest)):
            raise UnreadableError("An acceptance cannot carry a condition. Accept as it stands, or offer a price.")
        if sentence.asks and not (_PLAIN_QUESTION.match(sentence.words) or re.fullmatch(STAND, sentence.words)):
            raise UnreadableError("The reply accepts and asks. Accept plainly, or make an offer.")
        if not sentence.asks:
            _check_companions(sentence, inside)


def _check_companions(sentence: Sentence, inside: set[int]) -> None:
    first = min(inside, default=-1)
    for place, clause in enumerate(sentence.clauses):
        if place in inside:
            continue
        clause = harmless_removed(clause)
        if _YIELDING.fullmatch(clause):
            continue
        if 0 <= first < place and not _AFTERWARDS.fullmatch(clause):
            raise UnreadableError("The reply accepts and adds to it. Accept as it stands, or make an offer.")
        softened = clause.removeprefix("but ").replace("you want", "") if place < first else clause
        if place < first and len(sentence.clauses) > 1:
            softened = re.sub(r"\b(?:too|lower|although|though|but)\b", "", softened)
        if _DEMAND.search(softened) or _IMPERATIVE.match(clause) or reports(clause):
            raise UnreadableError("The reply accepts and adds to it. Accept as it stands, or make an offer.")


def check_nothing_against_leaving(sentences: list[Sentence]) -> None:
    """Refuse a walk-away that something else in the reply takes back.

    Raises:
        UnreadableError: With what stands against it.
    """
    left = False
    for sentence in sentences:
        check_not_retracted(sentence)
        if sentence.asks or CONDITION.search(harmless_removed(sentence.words)):
            raise UnreadableError("The reply walks away and leaves it open. Walk away plainly, or make an offer.")
        left = left or bool(walking_clauses(sentence))
        if left and (is_taken_back(sentence) or re.fullmatch(r"i (?:do|will|am) not|or maybe .*", sentence.words)):
            raise UnreadableError("The reply walks away and denies it. Say one of the two.")
        reported = [c for c in sentence.clauses if reports(c) and walking_clauses(sentence)]
        if reported or "PRICE" in sentence.words:
            raise UnreadableError("The reply walks away and says something else. State one move.")
        if any(_is_other_move(clause) for clause in sentence.clauses):
            raise UnreadableError("The reply walks away or does something else. State one move.")
        if re.search(r"\b(?:not|never) (?:be |going to )?(?:walk|quit|leav|withdraw)", sentence.words):
            raise UnreadableError("The reply walks away and denies it. Say one of the two.")


def _is_other_move(clause: str) -> bool:
    return clause.startswith("or ") or bool(_OTHER_MOVE.match(clause) and not denies(clause))
