"""The forms of a clause that offers a price.

A clause offers only if one form covers it from its first word to its last, so any word that is not foreseen makes it
no offer: "500 push-ups", "500 off", "500 for both". Words as in `skeleton`; the last price of a form is the one that
is offered ("I go from 600 to 560").
"""

from __future__ import annotations

import re

MONEY = r"(?:PRICE|STAND)\d+"
_ADJECTIVE = (
    r"(?:final|best|best and final|new|next|counter|revised|updated|latest|fair|own|firm|absolute|lowest|highest|"
    r"maximum|minimum|asking|selling|reasonable|good|great|slightly|higher|lower|better|middle|current|opening|first|"
    r"last|initial|special|discounted)"
)
_NOUN = (
    r"(?:offer|counteroffer|counter|counterproposal|price|bid|proposal|quote|sum|amount|total|deal|compromise|ground)"
)
_A_PRICE = (
    rf"(?: (?:a|an|the|another|one|this))(?: {_ADJECTIVE}){{0,3}} {_NOUN}(?: price)?(?: (?:of|at|for|to|in))?"
    r"|(?: (?:exactly|just|only|even|a full))"
)
_PRICED = rf"(?:{_A_PRICE})? {MONEY}"
_NO_ITEM = (
    r"(?:i|you|he|she|it|we|they|who|which|that|someone|somebody|nobody|everyone|none|is|are|was|were|be|been|will|"
    r"would|can|could|may|might|must|should|shall|do|does|did|has|have|had|not|no|never|hardly|barely|almost|nearly|"
    r"maybe|perhaps|only|just|twice|once|again|yesterday|tomorrow|later|and|or|but|nor|yet|if|unless|when|while|"
    r"before|after|until|since|because|as|than|though|to|at|for|off|on|per|with|without|plus|minus|except|about|"
    r"around|up|over|under|below|above|between|by|less|more|least|most|extra|half|part|both|each|rest|first|second|"
    r"third|two|three|pair|next|last|other|another|same|similar|newer|used|one|ones|months?|weeks?|years?|days?|"
    r"hours?|units?|pieces?|time|price|offer|discount|deposit|shipping|delivery|tax|taxes|fees?|postage|repairs?|"
    r"warranty|sake|says?|said|think|thinks|going|asking|my|your|boss|wife|husband|friend)"
)
ITEM = rf"(?:the|this|that|these|those|your|my)(?: (?!{_NO_ITEM}\b)(?:[a-z0-9'-]+|NUM)){{1,8}}?"
_IT = rf"(?:it|this|that|them|{ITEM})"
_READY = (
    r"(?:very |quite |more than )?(?:happy|glad|pleased|delighted|willing|ready|prepared|able|content|going|set) to"
)
_SUBJECT = (
    r"(?:i|we)(?: (?:can|will|shall|would|do|am|are|be|must|have to|need to|want to|wish to|like to|love to|offer to|"
    rf"propose to|have decided to|think i can|believe i can|{_READY}|now|then|only|just|really|still|also|therefore|"
    r"hereby|gladly|happily|instead|respectfully|even|definitely|certainly|honestly|actually|simply|formally)){0,6}"
)
_NAME_A_PRICE = (
    r"(?:offer|offering|propose|proposing|suggest|suggesting|bid|bidding|pay|paying|ask|asking|request|requesting|"
    r"counter|countering|counteroffer|counteroffering|give|giving|spend|charge|charging|do|say|want|need)"
)
_MOVE = (
    r"(?:go|going|come up|come down|come back|coming up|coming down|move|moving|drop|dropping|stretch|stretching|"
    r"lower|lowering|raise|raising|reduce|reducing|increase|increasing|bring|bringing|cut|cutting|bump|bumping|revise|"
    r"revising|adjust|adjusting)"
)
_VERBS = "|".join(
    (
        rf"{_NAME_A_PRICE}(?: (?:you|it|this|that|back))?(?: (?:for|at|with))?{_PRICED}",
        rf"{_NAME_A_PRICE} (?:your|the|this|that)(?: {_ADJECTIVE})? {_NOUN}(?: of {MONEY})? with{_PRICED}",
        rf"(?:counter|countering) (?:your |the )?{MONEY} with{_PRICED}",
        rf"(?:offer|offering|sell|selling|buy|buying|purchase|purchasing|let|list)"
        rf"(?: you)? {_IT}(?: (?:go|to you|from you|off you|off your hands))?(?: (?:for|at)){_PRICED}",
        rf"(?:let you have {_IT}|part with {_IT}|give it|give this|give you {_IT})(?: to you)? (?:for|at){_PRICED}",
        rf"(?:sell|buy) (?:for|at){_PRICED}",
        rf"(?:make|making|submit|submitting|place|placing|extend|put forward|come back with|come in with|respond with|"
        rf"go with|start with|open with|start at|open at|begin with|call it|make it)(?: (?:you|it))?{_PRICED}",
        rf"(?:start|open|begin) (?:the |this |our )?(?:negotiations?|bidding|talks) (?:at|with){_PRICED}",
        rf"(?:comfortable|happy|fine|ok|okay) (?:with )?(?:paying|offering|selling(?: {_IT})? (?:for|at)){_PRICED}",
        rf"{_MOVE}(?: (?:{_IT}|my(?: {_ADJECTIVE})? {_NOUN}|the price))?(?: (?:up|down|lower|higher|back|all the way|"
        rf"a bit|a little|slightly|further)){{0,3}}(?: from {MONEY})? (?:to|as high as|as low as|as far as){_PRICED}",
        rf"(?:meet|settle|settling|close|compromise|land|split the difference|go)(?: (?:you|this|the deal|this deal|"
        rf"here))?"
        rf"(?: (?:halfway|in the middle))?(?: (?:on|at|for|with|and call it|and say)){_PRICED}",
        rf"(?:stick|sticking|stay|staying|stand|standing|hold|holding|remain|remaining|firm|comfortable|happy)"
        rf"(?: (?:firm|my ground))?(?: (?:with|at|to|on|by))(?: my(?: {_ADJECTIVE})? {_NOUN} of)?{_PRICED}",
    )
)
_TOGETHER = rf"(?:{_VERBS}|agree (?:on|at|to){_PRICED})"
_MINE = rf"(?:my|our)(?: {_ADJECTIVE}){{0,3}} {_NOUN}"
_BEST = (
    r"(?:the )?(?:very |absolute )?(?:best|lowest|highest|most|least|maximum|minimum)(?: price| offer)?(?: that)?"
    r" (?:i|we) can (?:do|go|offer(?: you)?|give(?: you)?|pay|make|accept)"
)
_IS = r"(?:is|remains|stands|stays|would be|will be|has to be)"
_STATEMENTS = "|".join(
    (
        rf"{_SUBJECT} (?:{_VERBS})",
        rf"(?:let us|let me|allow me to|(?:i|we) (?:would )?(?:propose|suggest)(?: that)? (?:we|i)) {_TOGETHER}",
        rf"{_MINE}(?: for {_IT})?(?: to you)? {_IS}(?: (?:now|still|firm))*(?: at)?{_PRICED}",
        rf"{_MINE} of {MONEY} (?:still )?(?:stands|remains|is (?:final|firm|my {_ADJECTIVE} {_NOUN}))",
        rf"{MONEY} {_IS} (?:{_MINE}|{_BEST}|as (?:low|high|far) as i can go|what i can (?:offer|pay|do))",
        rf"{_BEST}(?: for it)? (?:is|would be){_PRICED}",
        rf"you (?:can|may) (?:have|take|get|buy) {_IT} (?:for|at){_PRICED}",
        rf"{_IT} (?:is|can be) yours (?:for|at){_PRICED}",
        rf"{MONEY} and it is yours",
    )
)
_QUESTIONS = "|".join(
    (
        rf"(?:how|what) about(?:(?: (?:we|i|you) {_TOGETHER})|{_PRICED})",
        rf"what if (?:we|i) {_TOGETHER}",
        r"(?:would|will|can|could) you (?:please |kindly )?(?:take|accept|consider|do|agree to|settle for|sell it|"
        rf"sell it to me|let it go|(?:be )?{_READY} (?:take|accept|consider|agree to|pay|do|sell it|let it go|"
        r"(?:go|come) (?:up|down) to|go as (?:low|high) as)|be (?:open|ok|okay|fine|happy|comfortable) (?:to|with)"
        rf"(?: accepting| taking| paying)?|(?:go|come) (?:up|down) to)(?: it)?(?: (?:for|at))?{_PRICED}",
        rf"how (?:does|would){_PRICED} (?:sound|look|work|feel|be)(?: (?:to|for) you)?",
        rf"(?:would|does|will|could){_PRICED} (?:work|suit|be (?:ok|okay|acceptable|fine|good|fair|agreeable))"
        r"(?: (?:for|to|with) you| you)?",
        rf"is{_PRICED} (?:ok|okay|acceptable|fine|agreeable)(?: (?:for|to|with) you)?",
        rf"what (?:do|would) you (?:say|think) (?:to|about|of){_PRICED}",
        rf"(?:shall|can|could|should|why do not) we {_TOGETHER}",
        rf"(?:can|could|may|might) i (?:offer|suggest|propose)(?: you)?{_PRICED}",
    )
)
_LABELS = (
    r"(?:(?:here is |this is )?(?:my |our )?(?:(?:final|best|new|counter|revised|updated|fair|asking) ){0,3}(?:offer|"
    r"counteroffer|counter|price|bid|proposal|counterproposal)"
    rf"|{_SUBJECT} {_NAME_A_PRICE}(?: (?:with|at|you))?"
    rf"|action (?:INTRO )?offer price)(?: is)?(?: INTRO)? {MONEY}"
)
_LEAD = (
    r"(?:(?:and|but|so|then|well|ok|okay|fine|sure|yes|no|hello|hi|hey|thanks|thank you|sorry|however|therefore|"
    r"instead|now|still|yet|thus|hence|alternatively|honestly|frankly|unfortunately|sadly|regrettably|right|in fact|"
    r"hmm|alright|all right|great|good|look|listen|in that case|at this point|for now|for that reason|that said|"
    r"with that (?:said|in mind)|given that|on my side|"
    rf"this time|today|because of (?:this|that)|as (?:the|a) (?:buyer|seller|compromise|fair compromise)|for {ITEM}) )"
    r"{0,4}"
)
_TAIL = (
    rf"(?: (?:for {_IT}|in cash|cash|today|now|right now|right away|immediately|firm|final|flat|even|total|in total|"
    r"all in|altogether|please|though|to start|to start with|to begin with|instead(?: of STAND\d+)?|to you|for you|"
    r"from you|then|sir|my friend|tops|only|take it or leave "
    rf"it|no more|no less|and no (?:more|less|further|higher|lower)|final offer|as (?:my|a|an|"
    rf"the)(?: {_ADJECTIVE})* (?:{_NOUN}|gesture of goodwill|starting point|middle ground))){{0,3}}"
    r"(?P<reason> (?:since|considering|given|based on|due to|because|which|as (?:it|this|that|i|we|a gesture|a sign)|"
    r"to (?:reflect|show|be fair|close|get|make this|make it|meet|account)) (?:[a-z0-9' -]|NUM|STAND\d+|"
    r"CHANGE){1,160})?"
)
_LONGEST = 300


def _form(cores: str) -> re.Pattern[str]:
    return re.compile(f"{_LEAD}(?P<core>{cores}){_TAIL}")


_STATEMENT, _QUESTION, _LABEL, _BARE = map(_form, (_STATEMENTS, _QUESTIONS, _LABELS, rf"{_LABELS}|PRICE\d+"))


def stated(clause: str) -> re.Match[str] | None:
    """A clause that offers as a statement; its group ``reason`` holds words that explain the offer."""
    return _STATEMENT.fullmatch(clause) if len(clause) < _LONGEST else None


def asked(clause: str) -> re.Match[str] | None:
    """A clause that offers as a question ("Would you take 500?")."""
    return _QUESTION.fullmatch(clause) if len(clause) < _LONGEST else None


def labelled(sentence: str) -> re.Match[str] | None:
    """A sentence that is a label with its price ("My offer: 500")."""
    return _LABEL.fullmatch(sentence) if len(sentence) < _LONGEST else None


def bare(reply: str) -> re.Match[str] | None:
    """A reply that is a price alone, or with its label."""
    return _BARE.fullmatch(reply) if len(reply) < _LONGEST else None


def place_of(found: re.Match[str]) -> int:
    """The place among the amounts of the text of the price that a form offers."""
    return int(re.findall(rf"{MONEY}", found["core"])[-1][5:])
