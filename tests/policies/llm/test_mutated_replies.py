"""Mutated replies: never an exception, never a move that the text does not state, never an acceptance of nothing."""

import pytest
from mutated_replies import PRICES, mutants
from negotiation_policies.llm.parsing import Reply, parse_multi_item_reply, parse_price_reply
from stated import check_price, check_split
from test_multi_item_replies import CORPUS, NAMES, POOL

LOW, HIGH, STANDING, STANDING_SPLIT = 200.0, 1500.0, 450.0, (1, 1, 0)
SPLITS = [text for text, _ in CORPUS]
MANY = [pytest.param(3_000, 1, id="few"), pytest.param(100_000, 2, id="many", marks=pytest.mark.slow)]
"""How many replies, and the seed that they are made from."""


@pytest.mark.parametrize(("count", "seed"), MANY)
def test_a_mutated_price_reply_is_what_it_states(count, seed):
    kinds = {"offer": 0, "accept": 0, "walk": 0, "invalid": 0}
    for place, text in enumerate(mutants(PRICES, count, seed)):
        standing = (None, STANDING)[place % 4 > 0]
        reply = parse_price_reply(text, standing, LOW, HIGH, speaker=("buyer", None)[place & 1])
        check_price(text, standing, reply, LOW, HIGH)
        kinds[reply.kind] += 1
    assert min(kinds.values()) > count // 200, kinds


@pytest.mark.parametrize(("count", "seed"), MANY)
def test_a_mutated_multi_item_reply_is_what_it_states(count, seed):
    kinds = {"offer": 0, "accept": 0, "walk": 0, "invalid": 0}
    for place, text in enumerate(mutants(SPLITS, count, seed)):
        standing = (None, STANDING_SPLIT)[place % 4 > 0]
        reply = parse_multi_item_reply(text, standing, POOL, NAMES)
        check_split(text, standing, reply, POOL, NAMES)
        kinds[reply.kind] += 1
    assert min(kinds.values()) > count // 500, kinds


@pytest.mark.parametrize(
    ("text", "reply", "standing"),
    [
        ("I offer 500.", Reply("offer", price=600.0), STANDING),
        ("<think>600?</think>I offer 500.", Reply("offer", price=600.0), STANDING),
        ("I offer 500.", Reply("accept"), STANDING),
        ("I accept.", Reply("accept"), None),
        ("I accept.", Reply("walk"), STANDING),
        ("I offer 500.", Reply("offer", price=500.0, reason="none"), STANDING),
    ],
)
def test_a_price_that_is_invented_is_found(text, reply, standing):
    with pytest.raises(AssertionError):
        check_price(text, standing, reply, LOW, HIGH)


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("I keep 2 books and the hat, you get the ball.", (1, 1, 0)),
        ("[2, 1, 0]", (2, 1, 0)),
        ("I keep 1 book.", (1, 1, 0)),
    ],
)
def test_a_split_that_is_invented_is_found(text, keep):
    with pytest.raises(AssertionError):
        check_split(text, None, Reply("offer", keep=keep), POOL, NAMES)
