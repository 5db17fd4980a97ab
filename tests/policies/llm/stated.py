"""What a reply states, found without the parsers: rather too much, so that a move beyond it is invented.

`check_price` and `check_split` hold one reading against its text; they raise `AssertionError` with what was invented.
"""

import re
import unicodedata

MULTIPLIERS = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "hundred": 1e2, "million": 1e6, "mn": 1e6, "mio": 1e6}
MULTIPLIERS |= {"billion": 1e9, "bn": 1e9, "lakh": 1e5, "crore": 1e7}
WORDS = ["no", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
COUNTS = {word: max(place - 1, 0) for place, word in enumerate(WORDS)} | {"a": 1, "an": 1, "single": 1, "none": 0}
ACCEPTING = re.compile(r"accept|agree|deal|tak(?:e|ing)|sold|done|works|it(?:'| i)?s\b|approve")
LEAVING = re.compile(r"walk|quit|withdraw|\bout\b|leav|bye|farewell|done|\bend|terminat")
_RUN = re.compile(r"\d+(?:[.,' ]\d+)*")
_EXPONENT = re.compile(r"\d+(?:\.\d+)?e[+-]?\d+")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)
_WHOLE = re.compile(r"\b(?:all|every|everything|both|rest|remainder|remaining|others?|else|nothing|none)\b")
_LISTED = re.compile(r"\d\s*[,/]\s*\d|[\[{]")
_SHARES = re.compile(r"\b(?:me|i|we|my|mine|you|your|yours|keep|give)\b")
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)


def plain(text):
    """Lower-case text with every digit as 0 to 9, JSON escapes resolved, and invisible characters left out."""
    text = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), _THOUGHT.sub(" ", text))
    characters = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            characters.append(str(digit))
        elif character in "\u2019\u2018\u201b\u02bc\u00b4\u2032\u066c":
            characters.append("'")
        elif character in "\u066b\u3002\u0964":
            characters.append(".")
        elif character in "\u060c\u3001":
            characters.append(",")
        elif unicodedata.category(character) != "Cf" and character not in "\ufe0e\ufe0f":
            is_blank = unicodedata.category(character) in ("Cc", "So", "Sk", "Zs", "Zl", "Zp", "Cs", "Co", "Cn")
            characters.append(" " if is_blank else unicodedata.normalize("NFKC", character))
    return "".join(characters).lower()


def stated_numbers(text):
    """Every number that some reading of the digits of a plain text gives."""
    found = {float(match.group()) for match in _EXPONENT.finditer(text)}
    for run in _RUN.finditer(text):
        groups = re.split(r"[.,' ]", run.group())[:12]
        following = re.match(r" ?([a-z]+)", text[run.end() : run.end() + 12])
        factor = MULTIPLIERS.get(following.group(1), 1.0) if following else 1.0
        for first in range(len(groups)):
            for end in range(first + 1, len(groups) + 1):
                whole, cents = "".join(groups[first:end])[:40], "".join(groups[first : end - 1])[:40]
                values = [float(whole), *([float(f"{cents}.{groups[end - 1][:20]}")] if cents else [])]
                found.update(value * scale for value in values for scale in {1.0, factor})
    return found


def check_price(text, standing, reply, low, high):
    """A price reply is well formed, and its move stands in the text."""
    assert (reply.price is not None) == (reply.kind == "offer")
    assert (reply.kind == "invalid") == bool(reply.reason)
    assert reply.keep is None
    said = plain(text)
    if reply.kind == "offer":
        assert low <= reply.price <= high
        numbers = stated_numbers(said)
        assert any(abs(number - reply.price) < 0.0051 for number in numbers), f"{reply.price} is not in {text!r}"
    _check_stance(said, text, standing, reply)


def check_split(text, standing, reply, quantities, names):
    """A multi-item reply is well formed, and its move stands in the text."""
    assert (reply.keep is not None) == (reply.kind == "offer")
    assert (reply.kind == "invalid") == bool(reply.reason)
    assert reply.price is None
    said = plain(text)
    if reply.kind == "offer":
        assert len(reply.keep) == len(quantities)
        numbers = stated_numbers(said) | {COUNTS[word] for word in re.findall(r"[a-z]+", said) if word in COUNTS}
        assert _SHARES.search(said), f"{text!r} does not say whose the items are"
        for place, (kept, there) in enumerate(zip(reply.keep, quantities, strict=True)):
            assert 0 <= kept <= there
            named = names[place] in said or "item" in said
            assert named or _WHOLE.search(said) or _LISTED.search(said), f"{text!r} does not name {names[place]}"
            stated = {kept, there - kept} & numbers or (named and there == 1) or _WHOLE.search(said)
            assert stated, f"{kept} of {names[place]} is not in {text!r}"
    _check_stance(said, text, standing, reply)


def _check_stance(said, text, standing, reply):
    if reply.kind == "accept":
        assert standing is not None, f"{text!r} accepts what is not there"
        assert ACCEPTING.search(said), f"{text!r} has no word of acceptance"
    if reply.kind == "walk":
        assert LEAVING.search(said), f"{text!r} has no word of leaving"
