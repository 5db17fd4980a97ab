"""From a model's raw text to the plain words that it says: thinking, foreign turns, odd characters, quotations."""

from __future__ import annotations

import re
import unicodedata

from negotiation_policies.llm.reading.reply import UnreadableError

ODD = "\ufffd"
"""Stands for a numeral that is no decimal digit, and for what overrides the direction of text."""

QUOTED = "\x02"
"""Stands for a quotation that was taken out."""

_THINK = re.compile(r"<(/?)\s*(?:think|thinking|thought|reasoning|reflection|scratchpad)\s*>", re.IGNORECASE)
_ROLE = (
    r"(?:buyer|seller|user|assistant|system|human|ai|bot|model|agent|opponent|customer|vendor|player|developer|tool|"
    r"negotiator|role|me|you)"
)
_MARKER = re.compile(
    r"<\||<\uff5c|\|>|</?s>|<</?sys>>|\[/?(?:inst|system|user|assistant|sys|avail\w{0,20})\]"
    r"|</?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|system|user|assistant|human|tool_call|function_call)>"
    r"|(?<!\#)\#{2,}[ ]?(?:instructions?|response|user|assistant|human|system|input|buyer|seller)\b"
    rf"|^[ \t>#*_\-\[(]{{0,8}}(?:the )?{_ROLE}(?:[ _]?\d)?(?: ?\([^()\n]{{0,30}}\))?[ \t]{{0,3}}[\])*_]{{0,4}}[ "
    rf"\t]{{0,3}}[:\uff1a]"
    r"|(?<=[\s.!?\"'])(?-i:Buyer|Seller|User|Assistant|System|Human|BUYER|SELLER|USER|ASSISTANT|"
    r"SYSTEM|HUMAN)[*_]{0,2}:",
    re.IGNORECASE | re.MULTILINE,
)
_CHARACTERS = {
    **dict.fromkeys("“”„‟«»\u2039\u203a「」『』❝❞\uff02", '"'),
    **dict.fromkeys("\u2019\u2018\u201b\u02bc\u00b4\u2032٬", "'"),
    **dict.fromkeys("\u2010\u2011\u2212﹣\uff0d\u2013", "-"),
    **dict.fromkeys("—―", " , "),
    **dict.fromkeys("👎❌🚫🙅✖❎", " not "),
    **dict.fromkeys("،、", ","),
    **dict.fromkeys("。।", "."),
    "؟": "?",
    "\u066b": ".",
    "٪": "%",
    "‰": "%",
    "\ufe6a": "%",
    **dict.fromkeys("\u0335\u0336\u0337\u0338", " not "),
    "¢": " cents ",
    "…": "...",
    "°": ODD,
    "\u202d": ODD,
    "\u202e": ODD,
    "\u20e3": ODD,
    "\ufe0f": "",
    "\ufe0e": "",
    "\n": "\n",
    "\r": "\n",
}
_LINE_QUOTATION = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_STRUCK = re.compile(r"~~[^~]*~~|<!--.*?(?:-->|$)", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*[*\u2022][ \t]+", re.MULTILINE)
_MARKUP = re.compile(r"(?<![A-Za-z0-9])[*_`]+|[*_`]+(?![A-Za-z0-9])")
_BROKEN_NUMBER = re.compile(r"(?<=\d)(?:[.,']?[*_`]+[.,']?(?=\d)|[*_`]+ (?=\d{3}(?!\d))| [*_`]+(?=\d{3}(?!\d)))")
"""Markup inside a number, which would join what the text keeps apart: 520*.5*."""
_OWN_LABEL = r"(?:action|decision|answer|my [a-z]{1,12})"
_REPORTED = re.compile(
    r"(?<!\bI )(\b(?:said|says|wrote|writes|answered|replied|told (?:me|us))\b[^\n:]{0,40}:\s{0,4})"
    r"(?:```.*?(?:```|\Z)|'.*'(?!\w)|'[^']*\Z"
    rf"|[^\n]{{0,300}}(?:\n[ \t]*(?!{_OWN_LABEL}[ \t]{{0,4}}:)\w[\w \t]{{0,24}}:[^\n]{{0,300}})+)",
    re.DOTALL | re.IGNORECASE,
)
"""Several lines that somebody is said to have said: fenced, in single quotes, or lines that begin with a label which is
not that of an own answer."""
_DOUBLE_QUOTED = re.compile(r"(?<!\d)\"[^\"]*(?:\"|$)")
_SINGLE_QUOTED = re.compile(r"(?<![\w'])'(?:[^'\n]|'(?=\w)){1,200}'(?!\w)")


def split_thinking(text: str) -> tuple[str, str]:
    """What is said and what is only thought; an unclosed block runs to the end, a lone close reaches back."""
    said: list[str] = []
    thought: list[str] = []
    depth = position = 0
    for tag in _THINK.finditer(text):
        (thought if depth else said).append(text[position : tag.start()])
        position = tag.end()
        if not tag.group(1):
            depth += 1
        elif depth:
            depth -= 1
        else:
            thought, said = [*said, *thought], []
    (thought if depth else said).append(text[position:])
    return "".join(said).strip(), "\n".join(part.strip() for part in thought if part.strip())


def cut_at_marker(text: str, speaker: str | None = None) -> str:
    """The text before the first role or end marker; the speaker's own label at the very start is no marker."""
    if speaker:
        label = rf"\s*[*_\[(]{{0,3}}{re.escape(speaker)}[*_\])]{{0,3}}\s*[:\uff1a][*_]{{0,2}}"
        text = re.sub(label, "", text, count=1, flags=re.IGNORECASE) if re.match(label, text, re.IGNORECASE) else text
    marker = _MARKER.search(text)
    return (text if marker is None else text[: marker.start()]).strip()


def plain_characters(text: str) -> str:
    """Decimal digits of any script, quotes, dashes, spaces and currency signs in one form; controls taken out."""
    return text.translate({ord(character): _plain(character) for character in set(text)})


def _plain(character: str) -> str:
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    if character.isascii() and character.isprintable():
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if 0xFF01 <= ord(character) <= 0xFF5E:
        return chr(ord(character) - 0xFEE0)
    return _by_category(character)


def _by_category(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Sc":
        return "$"
    if category in ("No", "Nl"):
        return ODD
    if category in ("Zl", "Zp"):
        return "\n"
    return " " if category[0] in "CZ" or category in ("So", "Sk") else character


def without_quotations(text: str) -> str:
    """The speaker's own words: quoted, struck and block-quoted text is taken out, markup dropped.

    A reply that stands in one pair of quotes as a whole is the speaker's own.
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2:
        text = text[1:-1]
    text = _BROKEN_NUMBER.sub(ODD, text)
    text = _REPORTED.sub(rf"\1{QUOTED}", text)
    text = _STRUCK.sub(QUOTED, _LINE_QUOTATION.sub("", text))
    text = _SINGLE_QUOTED.sub(QUOTED, _DOUBLE_QUOTED.sub(QUOTED, text))
    return _MARKUP.sub("", _BULLET.sub("- ", text))


def own_words(text: str) -> str:
    """The plain own words of a reply that was cut already.

    Raises:
        UnreadableError: The reply is empty, not in the Latin script, or overrides the direction of text.
    """
    words = without_quotations(plain_characters(text))
    if "\u202e" in text or "\u202d" in text:
        raise UnreadableError("The reply overrides the direction of its text. Write plain English.")
    if any(character.isalpha() and not _is_latin(character) for character in set(words)):
        raise UnreadableError("The reply is not in English. Answer in English.")
    if not words.strip():
        raise UnreadableError("The reply is empty. State one move.")
    return words


def _is_latin(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith("LATIN")
