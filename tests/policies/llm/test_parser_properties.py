"""What holds for every text: no exception, no move that the text does not state, time in step with the length."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from negotiation_policies.llm.parsing import parse_multi_item_reply, parse_price_reply

POOL, NAMES = (2, 1, 1), ("book", "hat", "ball")
LOW, HIGH = 200.0, 1500.0
PIECES = [
    *(
        "I accept",
        "I offer",
        "I can do",
        "your",
        "450",
        "500",
        "$",
        ",",
        ".",
        "?",
        " not ",
        "if you",
        "can't",
        "but",
        "and",
    ),
    *(
        "\n",
        "Seller:",
        "<think>",
        "</think>",
        "{",
        "}",
        "'",
        '"',
        "1,200",
        "k",
        "%",
        "-",
        "</s>",
        "~~",
        "> ",
        "*",
        "(",
        ")",
    ),
    *(
        "I walk away",
        "no deal",
        "goodbye",
        "deal",
        "my boss",
        "you said",
        "or",
        "less",
        "how about",
        "to",
        "```json",
        "NaN",
    ),
    *("I keep", "you get", "the rest", "2", "books", "the hat", "the ball", "item 1", "[2,1,0]", "all", "true", "|"),
    *("\u0664", "²", "\u200b", "\ud800", "\x00", "🙂", "我"),
]
texts = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(exclude_categories=()), max_size=100),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=30)
    | st.sampled_from(["offer", "accept"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
json_replies = st.dictionaries(st.sampled_from(["action", "price", "message", "keep", "give", "x"]), json_values).map(
    json.dumps
)


@settings(max_examples=600, deadline=None)
@given(text=texts | json_replies, standing=st.none() | st.floats(LOW, HIGH) | st.just(450.0))
@example(text="\ud800", standing=None)
def test_a_price_reply_never_raises_and_never_invents(text, standing):
    reply = parse_price_reply(text, standing, LOW, HIGH)
    if reply.kind == "offer":
        assert LOW <= reply.price <= HIGH
        assert any(character.isdecimal() for character in text)
    if reply.kind == "accept":
        assert standing is not None
        assert any(word in text.lower() for word in ("accept", "deal", "agree", "take", "sold", "works"))
    if reply.kind == "walk":
        assert any(
            word in text.lower() for word in ("walk", "quit", "withdraw", "out", "leav", "goodbye", "done", "end")
        )
    assert bool(reply.reason) == (reply.kind == "invalid")


@settings(max_examples=600, deadline=None)
@given(text=texts | json_replies, standing=st.none() | st.just((1, 1, 0)))
def test_a_multi_item_reply_never_raises_and_keeps_to_the_pool(text, standing):
    reply = parse_multi_item_reply(text, standing, POOL, NAMES)
    if reply.kind == "offer":
        assert all(0 <= count <= there for count, there in zip(reply.keep, POOL, strict=True))
    assert not (reply.kind == "accept" and standing is None)


@given(
    cents=st.integers(20_000, 150_000),
    standing=st.none() | st.just(450.0),
    form=st.sampled_from(["plain", "grouped", "swiss", "k"]),
)
def test_an_offer_is_read_to_the_cent(cents, standing, form):
    price = cents / 100
    written = {"plain": f"{price:.2f}", "grouped": f"{price:,.2f}", "swiss": f"{price:,.2f}".replace(",", "'")}
    written["k"] = f"{round(cents / 100_000, 1)}k"
    expected = round(cents / 100_000, 1) * 1000 if form == "k" else price
    reply = parse_price_reply(f"I offer ${written[form]}.", standing, LOW, HIGH)
    assert (reply.kind, reply.price) == ("offer", pytest.approx(expected, abs=1e-6))


@given(price=st.integers(200, 1500), other=st.integers(200, 1500))
def test_two_prices_are_one_offer_only_where_one_repeats_the_standing_offer(price, other):
    reply = parse_price_reply(f"You said {other}; I can do {price}.", float(other), LOW, HIGH)
    assert (reply.kind, reply.price) == ("offer", price)
    if price != other:
        assert parse_price_reply(f"You said {other}; I can do {price}.", None, LOW, HIGH).kind == "invalid"


@given(standing=st.integers(200, 1500), named=st.integers(200, 1500))
def test_an_acceptance_that_names_a_price_names_the_standing_one(standing, named):
    reply = parse_price_reply(f"I accept your {named}.", float(standing), LOW, HIGH)
    assert reply.kind == ("accept" if named == standing else "invalid")


@given(keep=st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 1)))
def test_a_split_is_read_in_words_in_a_list_and_in_json(keep):
    give = [there - count for there, count in zip(POOL, keep, strict=True)]
    mine, yours = (
        " and ".join(f"{count} {name}" for count, name in zip(side, NAMES, strict=True)) for side in (keep, give)
    )
    for text in (
        f"I keep {mine}, you get {yours}.",
        f"I keep {list(keep)}.",
        json.dumps({"action": "offer", "keep": keep}),
    ):
        assert parse_multi_item_reply(text, None, POOL, NAMES).keep == keep


@pytest.mark.parametrize(
    "piece", [*PIECES, "I keep 1 book ", "a", " ", "item 1 ", "I offer 500 ", "1 ", "1 000 ", "i will ", "not "]
)
def test_time_grows_with_the_length_only(piece):
    text = (piece * 50_000)[:50_000]
    started = time.process_time()
    parse_price_reply(text, 450.0, LOW, HIGH)
    parse_multi_item_reply(text, None, POOL, NAMES)
    assert time.process_time() - started < 5.0


def test_a_label_of_the_speaker_may_open_the_reply():
    assert parse_price_reply("Buyer: I offer 400.", None, LOW, HIGH).kind == "invalid"
    assert parse_price_reply("**Buyer:** I offer 400.", None, LOW, HIGH, speaker="buyer").price == 400.0
    assert parse_price_reply("Seller: I offer 400.", None, LOW, HIGH, speaker="buyer").kind == "invalid"


def test_thinking_is_kept_apart_from_what_is_said():
    reply = parse_price_reply("<think>Accept 450?</think>I offer 500.\nSeller: no", 450.0, LOW, HIGH)
    assert (reply.price, reply.message, reply.thinking) == (500.0, "I offer 500.", "Accept 450?")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("I offer 50.", "outside"),
        ("I offer 500 or 600, or 700.", "clear"),
        ("I offer 500. I offer 600.", "prices"),
        ("Hi", "no move"),
    ],
)
def test_the_reason_says_what_is_wrong(text, word):
    assert word in parse_price_reply(text, 450.0, LOW, HIGH).reason
