"""Replies whose reading is the very one that is named, and no safer one, as in the corpora."""

import json
import math

import pytest
from negotiation_policies.llm.parsing import parse_multi_item_reply, parse_price_reply
from negotiation_policies.llm.reading.amounts import value_of
from price_replies import case_name

NO = "invalid"
POOL, NAMES, STANDING = (2, 1, 1), ("book", "hat", "ball"), (1, 1, 0)


def named(text):
    return case_name(0, text) if isinstance(text, str) else None


def said(action, message, **more):
    return json.dumps({"action": action, **more, "message": message})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (said("accept", "Deal at 450."), "accept"),
        (said("accept", "I accept 450, though I asked for 600 before."), NO),
        (said("accept", "600 was my offer, but I accept."), NO),
        (said("accept", "I walk away."), NO),
        (said("offer", "I paid 700 for it last year.", price=600), 600.0),
        (said("offer", "Your 450 is low. I offer 600.", price=600), 600.0),
        (said("offer", "I offer 600, not 700.", price=600), NO),
        (said("offer", "I accept.", price=600), NO),
        (said("walk", "I walk away."), "walk"),
        (said("walk", "I will not walk away."), NO),
        (said("walk", "600 is my last word."), NO),
        (said("walk", "I accept."), NO),
        ("I walk away, and I do not agree to this.", "walk"),
        ("I walk away, and I agree to this.", NO),
        ("I offer 600, it is worth that.", 600.0),
        ("I offer 600, it is a fair price plus shipping.", NO),
        ("I offer 600, it comes with a warranty.", NO),
        ("I offer 600, i need 50 more.", NO),
        ("I offer 600, she said it is fair.", NO),
        ("I offer 600, it was said to be good.", NO),
        ("I offer 600, the shop said it is fair.", NO),
        ("I offer 600, it will need repair.", NO),
        ("I bought it in 1450. I offer 600.", NO),
        ("I saw 1450 there. I offer 600.", NO),
        ("The price was 1950. I offer 600.", NO),
        ("Around 1950 it was made. I offer 600.", NO),
        ("It was made in 1950. I offer 600.", 600.0),
        ("I accept, my wife as well.", NO),
        ("I accept 450, my wife as well.", NO),
        ("I walk away, and I agree to nothing.", "walk"),
        (said("offer", "They asked 700 elsewhere.", price=600), 600.0),
        (said("offer", "If you ship it then 600.", price=600), NO),
        (said("offer", "600 works if you ship it.", price=600), NO),
        ('{"action": "offer", "price": 600, "reason": NaN}', NO),
        ('{"action": "offer", "price": "$600"}', 600.0),
        ('{"action": "offer", "price": "600 dollars"}', 600.0),
        ('{"action": "offer", "price": "600 700"}', NO),
        ('{"action": "offer", "price": ""}', NO),
        ("No deal goodbye.", "walk"),
        ("No deal. Goodbye.", "walk"),
        ("I accept thanks.", "accept"),
        ("I accept thank you.", "accept"),
        ("I accept.\n?", NO),
        ("I offer 600.\n?", NO),
        ("I offer 1.250k.", NO),
        ("I offer 1234,567.", NO),
        ("600", 600.0),
        ("-600", NO),
        ("600!\nFinal offer.", 600.0),
        ('"I offer 600"', 600.0),
        ("My offer is 600: it is fair.", 600.0),
        ("I offer 600: it is fair.", 600.0),
        ("At 10:30 I offer 600.", NO),
        ("I can meet at 10:30. I offer 600.", 600.0),
        ("I accept. - ?", NO),
        ("I offer 600. - ?", NO),
        ("-$600", NO),
        ("My offer. 600.", 600.0),
        ("Deal thanks.", "accept"),
        ("Agreed thank you.", "accept"),
    ],
    ids=named,
)
def test_price(text, expected):
    reply = parse_price_reply(text, standing_offer=450.0, price_low=200.0, price_high=1500.0)
    assert (reply.price if reply.kind == "offer" else reply.kind) == expected
    assert bool(reply.reason) == (expected == NO)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (said("accept", "Fine, I accept."), "accept"),
        (said("accept", "I get 1 book and the hat."), "accept"),
        (said("accept", "I get 2 books."), NO),
        (said("accept", "You get the hat."), NO),
        (said("accept", "I walk away."), NO),
        (said("offer", "I keep both books.", keep=(2, 1, 0)), (2, 1, 0)),
        (said("offer", "You get the ball.", keep=(2, 1, 0)), (2, 1, 0)),
        (said("offer", "You get the hat.", keep=(2, 1, 0)), NO),
        (said("offer", "I keep one book.", keep=(2, 1, 0)), NO),
        (said("offer", "I walk away.", keep=(2, 1, 0)), NO),
        (said("walk", "Goodbye, I walk away."), "walk"),
        (said("walk", "I keep both books, you get the rest."), NO),
        (said("walk", "I will not walk away."), NO),
        (said("walk", "I accept."), NO),
        ("My proposal: I keep 2 books, you get the rest.", (2, 0, 0)),
        ("I propose: I keep 2 books, you get the rest.", (2, 0, 0)),
        ("The deal: I keep 2 books and the hat, you get the ball.", (2, 1, 0)),
        ("Listen: I keep 2 books, you get the rest.", NO),
        (said("accept", "Thanks."), "accept"),
        (said("walk", "Thanks."), "walk"),
        ("I walk away, and I do not agree to this.", "walk"),
        ("I am walking away. I accept.", NO),
    ],
    ids=named,
)
def test_multi_item(text, expected):
    reply = parse_multi_item_reply(text, STANDING, POOL, NAMES)
    assert (reply.keep if reply.kind == "offer" else reply.kind) == expected
    assert bool(reply.reason) == (expected == NO)


@pytest.mark.parametrize("names", [("book", "book cover"), ("book cover", "book")])
def test_a_name_that_holds_another_name_is_itself(names):
    pool = tuple(1 if name == "book cover" else 2 for name in names)
    reply = parse_multi_item_reply("I keep the book cover, you get the rest.", None, pool, names)
    assert reply.keep == tuple(int(name == "book cover") for name in names), reply.reason


@pytest.mark.parametrize("parse", [parse_price_reply, parse_multi_item_reply])
def test_only_the_speakers_own_first_label_is_no_marker(parse):
    limits = (200.0, 1500.0) if parse is parse_price_reply else (POOL, NAMES)
    said = parse("Buyer: I walk away.\nBuyer: I accept.", None, *limits, speaker="buyer")
    assert (said.kind, said.message) == ("walk", "I walk away.")
    assert parse("Buyer: I walk away.", None, *limits).kind == NO


@pytest.mark.parametrize("parse", [parse_price_reply, parse_multi_item_reply])
def test_thoughts_are_kept_apart_line_by_line(parse):
    limits = (200.0, 1500.0) if parse is parse_price_reply else (POOL, NAMES)
    reply = parse("<think>one</think> I walk away. <think> two </think>", None, *limits)
    assert (reply.kind, reply.message, reply.thinking) == ("walk", "I walk away.", "one\ntwo")


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("600", 600.0), ("600.", 600.0), ("0.5", 0.5), ("12.50", 12.5), ("1.234", 1234.0), ("1,234.5", 1234.5),
        ("1 250", 1250.0), ("12'345", 12345.0), ("1,234,567", 1234567.0), ("1234,567", None), ("0123", None),
        ("1,23,456", None), ("1,2,3", None),
    ],
)  # fmt: skip
def test_digits_and_separators_have_one_value_or_none(digits, value):
    found = value_of(digits)
    assert found == value if value is not None else math.isnan(found)
