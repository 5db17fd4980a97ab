"""What the characters around a number say about it.

Every look is at a bounded window, so a text of any length is read in linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CURRENCY = (
    r"\$|dollars?|usd|bucks?|euros?|eur|pounds?|quid|gbp|sterling|yen|jpy|yuan|rmb|cny|rupees?|inr|rs|chf|francs?|"
    r"pesos?|aud|cad|nzd|sek|nok|dkk|pln|kr|coins?|credits?"
)
MULTIPLIER = re.compile(r" ?(k|thousand|grand|hundred|million|billion|mn|mio|bn|lakh|crore)(?![a-z0-9])", re.IGNORECASE)
CURRENCY_AFTER = re.compile(rf"[.,]-(?!\d)| ?(?:us )?(?:{_CURRENCY})(?![a-z0-9])", re.IGNORECASE)
CURRENCY_BEFORE = re.compile(
    r"(?:(?<![A-Za-z])(?:us|a|ca|c|au|nz|hk|s))?\$ ?$|(?<![a-z])(?:usd|eur|gbp|jpy|cny|rmb|inr|rs\.?|"
    r"chf|aud|cad|nzd|sek|nok) ?$",
    re.IGNORECASE,
)
_WINDOW = 40
_PERCENT = re.compile(r" ?(?:%|percent|per cent|pct|percentage)", re.IGNORECASE)
_PART_BEFORE = re.compile(
    r"\d ?(?:-|to|or|/|\*|x|=|\+|~) ?$|[+*/=\u00d7÷^~<>≈≤≥]\s*$|\b(?:plus|minus|times|between|"
    r"negative)\s(?:\$\s?)?$|\ufffd$|(?:^|[\s$])[.,]$",
    re.IGNORECASE,
)
_PART_AFTER = re.compile(
    r" ?(?:-|/|to|or|~)\s?\$?\s?\d|[\ufffd°_@^&~\\]|-(?:\W|$)|\s?[+*/\u00d7÷=^]|[\u0300-\u036f]|[.,']\d"
    r"| ?(?:per|each|apiece|cents?|pence|(?:a|every|monthly|weekly|yearly)(?: (?:month|week|year|day|piece|unit|"
    r"item))?)(?![a-z])"
    r"| (?:hundred|thousand|million|billion)(?![a-z])",
    re.IGNORECASE,
)
_FROM_BEFORE = re.compile(r"\bfrom $", re.IGNORECASE)
_TO_AFTER = re.compile(r" to \$?\d", re.IGNORECASE)
_FROM_TO_BEFORE = re.compile(r"\bfrom \S{1,12}(?: [a-z]{2,7})? to $", re.IGNORECASE)
_CHANGE_AFTER = re.compile(
    r" (?:less|more|lower|higher|off|below|above|cheaper|extra|additional|discount|reduction|increase|decrease|under|"
    r"over|too|apart|short|difference|rebate|shipping|tip|deposit|down)(?![a-z])",
    re.IGNORECASE,
)
_CHANGE_BEFORE = re.compile(
    r"\b(?:by|another|extra|additional|added|add|knock|saves?|saving|apart|drop|down|up|lower|raise|reduce|increase|"
    r"cut|"
    r"deduct|subtract|(?:increase|decrease|discount|reduction|difference|gap|cut|raise|rise) of)\s$|(?<![\w$])\+$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[ -]?(?:days?|weeks?|months?|years?|yrs?|hours?|hrs?|minutes?|mins?|seconds?|secs?|am|pm|o'clock|times|rounds?|"
    r"turns?|items?|pieces?|pcs|units?|copies|pairs?|sets?|boxes|people|children|gb|tb|mb|kg|kilos?|g|lbs?|oz|cm|mm|"
    r"km|ft|inch|inches|hz|mah|w|watts?|mp|megapixels?|miles?|stars?|st|nd|rd|th|fps|speed|year-old|"
    r"edition|model|version)(?![a-z])",
    re.IGNORECASE,
)
_PLURAL = re.compile(r" (?:[a-z]{2,20} )?([a-z]{2,20}[^s\W])s(?![a-z])", re.IGNORECASE)
_NO_PLURAL = _words(
    "unles alway thi doe ha seem sound work wa include get top thank plu perhap feel look make mean leave cover "
    "remain stand need"
)
_YEAR_AFTER = re.compile(r" (?:model|edition|version|vintage|release)", re.IGNORECASE)
_YEAR_WORDS = frozenset(
    {"in", "since", "from", "year", "made", "built", "early", "late", "circa", "a", "the", "bought"}
)
_LABELS = _words(
    "iphone ipad model version turn round item type option lot step size page room number gen generation series "
    "galaxy pixel windows ps playstation xbox year chapter day article no nr phase rule point level canon nikon rtx "
    "gtx mark mk"
)
_PRICE_WORDS = _words(
    "offer does sounds offers offering pay paying do ask asking want wanted need say says said give take accept "
    "propose proposing suggest counter countering counteroffer bid bidding spend sell settle go make makes be is are "
    "was s at for of to with on than around about from and or below above your my our their his her the a only just "
    "exactly even full firm final total maximum minimum price amount sum deal you me it us not then now still already "
    "instead ok okay yes no but so approximately roughly nearly almost under over least most until that this i "
    "offered proposed suggested asked paid agree agreed accepted accepting taking meet come comes down as like let "
    "lower best call closer near low high would think believe find feel know see hear understand consider am cost "
    "costs worth value budget limit between charge please buy stay have had another remains stands stays"
)
_WORD_BEFORE = re.compile(r"([A-Za-z][\w'-]{0,30})[ :]{1,3}$")


@dataclass(frozen=True, slots=True)
class Place:
    """A number in its text: bounds with and without the currency, digits, value, whether a currency is named."""

    text: str
    start: int
    end: int
    unit_end: int
    digits: str
    value: float
    money: bool

    @property
    def before(self) -> str:
        """The characters before the number and its currency."""
        return self.text[max(0, self.start - _WINDOW) : self.start]

    @property
    def after(self) -> str:
        """The characters after the number and its currency."""
        return self.text[self.end : self.end + _WINDOW]


def is_negative(place: Place) -> bool:
    """Whether a minus sign is attached to it, or to its currency."""
    inner = place.text[max(0, place.start - 2) : place.unit_end]
    return bool(re.search(r"(?:(?:^|[^\w)%])-|^-)\$? ?\d", inner) or re.search(r"\$ ?-$", place.before))


def is_percentage(place: Place) -> bool:
    """Whether a percent sign or word follows."""
    return bool(_PERCENT.match(place.text, place.unit_end))


def is_part_of_something(place: Place) -> bool:
    """Whether it belongs to a range, a sum, an instalment or a word that no reading here covers.

    "From 600 to 560" names two prices and is no range; what it says is for the words around it.
    """
    if _FROM_TO_BEFORE.search(place.before) or (_FROM_BEFORE.search(place.before) and _TO_AFTER.match(place.after)):
        return False
    if _PART_BEFORE.search(place.before) or (place.money and is_glued(place)):
        return True
    glued_unit = _UNIT.match(place.text, place.end)
    return not (glued_unit and not place.money) and bool(_PART_AFTER.match(place.text, place.end))


def is_glued(place: Place) -> bool:
    """Whether letters follow without a space, as in a model's name."""
    return place.after[:1].isalpha()


def is_change(place: Place) -> bool:
    """Whether it says how much more or less, not how much."""
    return bool(_CHANGE_AFTER.match(place.text, place.end) or _CHANGE_BEFORE.search(place.before))


def is_neutral(place: Place) -> bool:
    """Whether it counts or names something that is no money."""
    before, after = place.before, place.after
    if re.search(r"[#№]\s?$", before) or re.match(r":\d\d", after) or re.search(r"\d:$", before):
        return True
    if len(place.digits) < 3 and re.search(r"(?:^|\n)[ \t]*$", before) and re.match(r"[.)] +\S", after):
        return True
    if is_glued(place) or re.search(r"\d (?:out )?of $", before):
        return True
    glued = re.search(r"([A-Za-z]+)-?$", before)
    if glued:
        return len(glued.group(1)) == 1 or glued.group(1).lower() not in _PRICE_WORDS
    return bool(_UNIT.match(place.text, place.end)) or _is_quantity(place) or _is_year(place) or _is_model(place)


def follows_price_word(place: Place) -> bool:
    """Whether what stands before it lets a price follow: nothing, a sign, or a word that prices follow."""
    if re.search(r"[A-Za-z-]$", place.before):
        return False
    if re.search(r"(?:^|\n)[ \t]*-[ \t]*$", place.before):
        return False
    word = _WORD_BEFORE.search(place.before)
    return word is None or word.group(1).lower() in _PRICE_WORDS


def _is_quantity(place: Place) -> bool:
    plural = _PLURAL.match(place.text, place.end)
    counted = bool(plural and plural.group(1).lower() not in _NO_PLURAL) or bool(re.match(r" of\b", place.after))
    return counted and not place.value % 1.0


def _is_year(place: Place) -> bool:
    if not (len(place.digits) == 4 and 1900 <= place.value < 2100):
        return False
    word = _WORD_BEFORE.search(place.before)
    return bool(_YEAR_AFTER.match(place.text, place.end)) or bool(
        word and word.group(1).lower() in _YEAR_WORDS - {"a", "the"}
    )


def _is_model(place: Place) -> bool:
    word = _WORD_BEFORE.search(place.before)
    if word is None or ":" in word.group():
        return word is not None and word.group(1).lower() in _LABELS
    if word.group(1).lower() in _LABELS - {"no"}:
        return True
    starts_sentence = not re.search(r"\w[ ,]+$", place.before[: word.start()])
    named = word.group(1)[0].isupper() and not word.group(1).isupper() and not starts_sentence
    return named and word.group(1).lower() not in _PRICE_WORDS
