"""Replies of the shapes that models write, mutated: characters, words, numbers, wrappings, pieces of two replies."""

import json
import random
import re

from price_refusals import REFUSED
from price_replies import ACCEPTANCES, OFFERS, WALKS

PRICES = [*(text for text, _ in (*OFFERS, *ACCEPTANCES, *WALKS)), *REFUSED]
ODD = [*"\u200b\u0664\u0968\uff15²½\ud800\x00\u202e\xa0…\u2019\u2013—€🙂ß"]
GLUE = [
    " not ", " if ", " but ", " and ", " or ", " you said ", " never ", "?", ".", ", ", "\n", "'", '"', "~~", "> ", "*",
    "Seller: ", "</s>", "<think>", "</think>", "{", "}", "[", "]", ":", "$", "%", "k", "-", "1e3", "0", "00", ".5",
    " less ", " a hundred ", " accept ", " deal ", " 450 ", " 500 ", " item 1 ", " the rest ", " all ", " both ",
    " no ", "NaN",
]  # fmt: skip
WRAPPINGS = [
    "{}", '"{}"', "'{}'", "<think>{}</think>", "<think>{}", "{}</think>", "```json\n{}\n```", "> {}", "~~{}~~", "({})",
    "You said: {}", "I will not say that {}", "If you pay shipping, {}", "{} Just kidding.", "Buyer: {}",
    "{}\nSeller: {}",
    "I offer 500. {}", "{} I accept.", '{{"action": "offer", "price": 500, "message": "{}"}}',
    '{{"action": "accept", "message": "{}"}}', '{{"action": "offer", "keep": [1, 0, 1], "message": "{}"}}',
]  # fmt: skip
LONGEST = 400
"""Characters of a seed that are taken; longer texts are for the tests of time."""
_VALUES = [
    450, 500, 500.5, -500, 1e3, 1e308, 0, None, True, "500", "$1,200", "1e3", "450", "five", [], {}, [2, 1, 0],
    [1, 1, 0],
    {"book": 2, "hat": 1, "ball": 0}, {"item 1": 1, "item_2": 0, "3": 1}, [2, 1, True], ["2", 1, 0], [0.5, 1, 0],
    "[2, 1, 0]",
]  # fmt: skip


def mutants(seeds, count, seed=0):
    """So many replies, made from `seeds`, the same for the same number."""
    draw, seeds = random.Random(seed), [text[:LONGEST] for text in seeds]
    for _ in range(count):
        if draw.random() < 0.15:
            yield json_reply(draw, seeds)
            continue
        text = draw.choice(seeds)
        for _ in range(draw.choice((0, 1, 1, 2, 3, 5))):
            text = draw.choice(CHANGES)(text, draw, seeds)
        yield text


def json_reply(draw, seeds):
    """An object with some of the known keys and one that is not, perhaps cut or changed."""
    keys = draw.sample(["action", "price", "keep", "give", "message", "reason", "Action", "x"], draw.randint(1, 4))
    found = {key: draw.choice(_VALUES) for key in keys}
    if "action" in found:
        found["action"] = draw.choice(["offer", "accept", "walk", "Accept", "propose", "counter-offer", "deal", 1])
    if "message" in found:
        found["message"] = draw.choice(seeds)[:200]
    text = json.dumps(found, ensure_ascii=draw.random() < 0.5)
    return draw.choice(CHANGES)(text, draw, seeds) if draw.random() < 0.4 else text


def _characters(text, draw, seeds):
    place = draw.randint(0, len(text))
    there = draw.choice((0, 0, 1, 1, 4))
    return text[:place] + draw.choice(["", draw.choice(ODD), chr(draw.randint(32, 0x2FFF))]) + text[place + there :]


def _glued(text, draw, seeds):
    place = draw.randint(0, len(text))
    return text[:place] + draw.choice(GLUE) + text[place:]


def _words(text, draw, seeds):
    words = text.split(" ")
    one, two = draw.randrange(len(words)), draw.randrange(len(words))
    change = draw.randrange(4)
    if change == 0:
        words[one], words[two] = words[two], words[one]
    elif change == 1:
        words.insert(one, words[two])
    elif change == 2:
        del words[one]
    else:
        words[one] = draw.choice(draw.choice(seeds).split(" "))
    return " ".join(words)


def _numbers(text, draw, seeds):
    other = draw.choice(
        [str(draw.randint(0, 2000)), f"{draw.randint(200, 1500)}.{draw.randint(0, 999)}", "1,2,3", "9" * 30]
    )
    return re.sub(r"\d+", lambda found: other if draw.random() < 0.6 else found.group(), text)


def _spliced(text, draw, seeds):
    other = draw.choice(seeds)
    return text[: draw.randint(0, len(text))] + other[draw.randint(0, len(other)) :]


def _wrapped(text, draw, seeds):
    return (
        draw.choice(WRAPPINGS)
        .replace("{{", "\x01")
        .replace("}}", "\x02")
        .replace("{}", text)
        .translate({1: "{", 2: "}"})
    )


def _case(text, draw, seeds):
    return draw.choice((str.upper, str.lower, str.title, str.swapcase))(text)


def _cut(text, draw, seeds):
    return text[: draw.randint(0, len(text))]


CHANGES = (
    _characters,
    _characters,
    _glued,
    _glued,
    _words,
    _words,
    _words,
    _numbers,
    _numbers,
    _spliced,
    _wrapped,
    _case,
    _cut,
)
