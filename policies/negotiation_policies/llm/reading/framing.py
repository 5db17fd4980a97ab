"""What stands around the clause that states a move: conditions, denials, reports, jests, and polite phrases.

A move counts only where nothing of this takes it back. Looks at the words alone, whatever the move is.
"""

from __future__ import annotations

import re

from negotiation_policies.llm.reading.reply import UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence


def any_of(*forms: str, before: str = "") -> re.Pattern[str]:
    """A pattern of several forms, after words that may stand before each."""
    return re.compile(f"{before}(?:{'|'.join(forms)})")


NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nothing|nobody|refus\w*|reject\w*|declin\w*|deny|unable|impossible|"
    r"unacceptable|disagree\w*|hardly|barely|unwilling|nope|nah|fail\w*|hate|nein|nicht|kein\w*|nur|aber|pero|mais|"
    r"pas|nunca|nao|não|niet|maar|wrong|false)\b"
)
CONDITION = re.compile(
    r"\b(?:if|unless|provided|providing|as long as|so long as|once(?! again| more)|until|till|assuming|suppos\w+|"
    r"(?:(?<!based )on|under|with|one) (?:the |one |a |this )?condition|conditional\w*|contingent\w*|subject to|"
    r"depend(?:s|ing|ent)?|in exchange|in return|otherwise|or else|whether|should you|were you|had you|as soon as|"
    r"after you|before you|pending|in case|on the understanding|wenn|falls|given that you(?! are)|when you)\b"
)
POLITE_CONDITION = re.compile(
    r"\bwhat if (?:we|i)\b|"
    r"\bif (?:that|this|it) (?:works|is (?:ok|okay|fine|good|acceptable)|sounds good|suits you)(?: (?:for|to|"
    r"with) you)?\b|\bif (?:you are (?:still )?interested|possible|you (?:accept|agree)|you do not mind|i may|"
    r"you have any (?:other |further )?(?:questions|concerns))\b|\b(?:or|otherwise|or else|"
    r"or otherwise) (?:otherwise )?(?:i|we) (?:will |have to |must |am )*(?:walk(?:ing)?(?: away| out)?|out|leave|"
    r"leaving)\b"
)
_RETRACTION = re.compile(
    r"\b(?:kidding|joking|joke|never ?mind|scratch that|take (?:that|it|this) back|second thought|not really|psych|"
    r"sike|sarcas\w*|cancel(?:l?ed)?|changed? my mind|wait|hold on|(?:ha ?)+ha|hehe|lol|in (?:your|my) dreams?|"
    r"dream on|hypothetical\w*|pretend\w*|imagine|in theory|in principle|for example|e g|for instance|as a test|"
    r"just testing|ignore|instructions?|prompt|jailbreak|override|translat\w*|opposite|yeah right|as if|lie|lies|"
    r"lying|by (?:no|any) means|pigs? (?:can )?fly|freezes? over|april fool\w*|he thought|she thought|quot(?:e|"
    r"ing) (?:you|him|her|them)|what (?:you|he|she|they) (?:just )?(?:said|wrote|told|asked))\b"
)
_REPORT = re.compile(
    r"\b(?:said|says|say|told|tells|tell|wrote|writes|quot\w+|repeat|replied|respond\w*|output|print|claims?|heard)\b"
)
_DOUBTFUL_OPENING = re.compile(
    r"(?:and |but |so |well )?(?:if|unless|when(?:ever)?|should|were|had|once(?! again| more)|before|until|suppos\w+|"
    r"assuming|imagine|say|let us say|perhaps|maybe|possibly|probably|theoretically|tomorrow|later|next \w+|"
    r"(?:the )?(?:buyer|seller|assistant|user|opponent|customer|agent)(?: as \w+)?|as you (?:put|said|say)|"
    r"with(?! (?:that|this|all|respect|regard|its?|pleasure|joy|gratitude|great)\b)|without|plus|minus|excluding|"
    r"about|around|roughly|approximately|at (?:least|most)|not|never|hardly)\b.*"
)
_LEFT_OPEN = re.compile(
    r".*\b(?:sa(?:id|ys?|ying)|told (?:me|you|us)|wrote|writes?|claims?|insists?|replied|heard|read|repeat|quote|"
    r"suggested|think|thinks|(?:i|you|he|she|they|we) thought|believe|guess|suppose|wish|doubt|mean|want)"
)
_PRESENTING = any_of(
    r"(?:(?:i (?:think|believe) )?(?:here|this|that) is )?(?:(?:my|our|the|an?) )?(?:(?:final|best|new|next|counter|"
    r"revised|updated|honest|fair|good|better|special|balanced|reasonable) ){0,2}(?:offer|counteroffer|counter|answer|"
    r"reply|response|decision|position|proposal|counterproposal|price|bid|message|move|action|conclusion|deal|split)"
    r"(?: is)?(?: (?:as follows|this|the following))?",
    r"in short|to be clear|good news|great news|ok|okay|yes|fine|alright",
    r"here is what i can do|how about this|let us do this",
    r"(?:i|we) (?:would like to |would |can |will )?(?:propose|suggest|offer)(?: you)?"
    r"(?: (?:this|the following)(?: split| deal| offer)?)?",
    r"(?:i|we) (?:would like to |can |will )?counter(?: with)?",
    r"(?:let me|(?:i|we)(?: would like to| can| will| want to| would)?) (?:make|propose|suggest|offer)(?: you)? an? "
    r"(?:fair |better |special |good |new |final )?(?:offer|counteroffer|deal|compromise|price|middle ground)",
    r"(?:let us|i can) meet(?: you)? (?:halfway|in the middle|part of the way)",
    r"(?:let me|i will) be (?:clear|honest|direct|frank|straightforward)",
    before=r"(?:(?:so|and|but|well|ok|okay|yes|fine|alright|thanks|thank you) ){0,3}",
)
_HARMLESS = any_of(
    r"\b(?:can not|will not|could not|do not want to|not) (?:go|do|get|move|be|offer|ask for|hope for|come) "
    r"(?:any |much )?(?:lower|higher|better|happier|further|more|below|above|past|under)\b",
    r"\bno (?:problems?|worries|doubt|need|hurry|rush|hard feelings|more|less|further|higher|lower)\b",
    r"\bwhy not\b|\bnot (?:bad|ideal|perfect|negotiable|a (?:penny|cent) (?:more|less))\b",
    r"\bwill not regret(?: it)?\b|\bwithout further ado\b|\b(?:can not|could not) wait to\b",
    r"\bwith pleasure\b|^with (?:that|this)\b|\bcan live with\b",
    r"\b(?:happy|fine|ok|okay|comfortable|satisfied|pleased) with\b",
    r"(?:(?<=proceed )|(?<=ahead )|(?<=forward ))with (?:the|this) \w+\b",
    r"\b(?:doing business|working|negotiating|dealing) with (?:you|me|us)\b|\bto (?:see|meet) you\b",
    r"\bafter (?:careful|some|much|due) consideration\b",
    r"\b(?:please )?(?:let me know|tell me) (?:if|when|how|where|what|whether)\b.*",
)
_TAKEN_BACK = any_of(
    r"(?:(?:actually|oh|well|just|or|and|but|ok|sorry) ){0,3}(?:no|not|nope|nah|never|maybe|perhaps|possibly|probably|"
    r"about|roughly|approximately|or so|more or less|give or take)(?: (?:really|way|thanks?|thank you|sorry|not|"
    r"i (?:do|will|can|would|am) not|never|today))?",
    r".*\b(?:do|did|does) not mean (?:it|that|this|what i)\b.*",
    r".*\bnot (?:true|serious|real|my (?:words|offer|proposal|price|move|decision))\b.*",
    r"(?:at least |or )?(?:so )?(?:you|he|she|they|i) (?:said|say|says|wish)",
    r"(?:at least |or )?(?:that|this|it) (?:is|was) what (?:you|he|she|they|my \w+|some\w+) .*",
    r"(?:you|he|she|they|the \w+) (?:shout|cry|cried|think|thought|whisper|answer|repl)\w*",
    r"said (?:no ?one|nobody|no one|you|he|she)\b.*",
    r"(?:but|however|yet|though) (?:i|we) (?:can not|will not|do not|would not|could not|must not)(?: \w+){0,2}",
)


def harmless_removed(words: str) -> str:
    """Without polite phrases that negate or condition nothing."""
    return _HARMLESS.sub(" ", words)


def denies(words: str) -> bool:
    """Whether words say no."""
    return bool(NEGATION.search(harmless_removed(words)))


def conditions(words: str) -> bool:
    """Whether words set a condition that is more than polite."""
    return bool(CONDITION.search(POLITE_CONDITION.sub(" ", harmless_removed(words))))


def reports(words: str) -> bool:
    """Whether words speak of somebody's words."""
    return bool(_REPORT.search(words))


def is_taken_back(sentence: Sentence) -> bool:
    """Whether a sentence does nothing but deny or blur what was said before it."""
    return bool(_TAKEN_BACK.fullmatch(sentence.words)) and not sentence.asks


def frame_of(clauses: tuple[str, ...]) -> int:
    """The place of the first clause after which what follows is not the speaker's own plain statement."""
    return next((place for place, clause in enumerate(clauses) if _frames(clause)), len(clauses))


def _frames(clause: str) -> bool:
    said = clause.removesuffix(" INTRO")
    if _DOUBTFUL_OPENING.fullmatch(said) or _LEFT_OPEN.fullmatch(said):
        return True
    return said != clause and not presents(said)


def presents(words: str) -> bool:
    """Whether words before a colon say that the speaker's own move follows."""
    return len(words) < 100 and bool(_PRESENTING.fullmatch(words))


def check_not_retracted(sentence: Sentence) -> None:
    """Refuse what is said in jest, in theory, as an instruction, or is taken back.

    Raises:
        UnreadableError: If it is.
    """
    if found := _RETRACTION.search(harmless_removed(sentence.words)):
        raise UnreadableError(f"The word '{found.group()}' leaves open what the reply means. State one move plainly.")
