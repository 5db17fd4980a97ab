"""A corpus of price replies with their readings, scored twice: wrong moves (none) and needless refusals (few)."""

import pytest
from negotiation_policies.llm.parsing import parse_price_reply
from price_refusals import REFUSED
from price_replies import ACCEPTANCES, OFFERS, WALKS, case_name

STANDING, LOW, HIGH = 450.0, 200.0, 1500.0
NO = "invalid"
REFUSED_NEEDLESSLY = {
    "I can pay 600 in 3 days.",
    "I offer 600 if that works for you.",
    "My final offer is 600, otherwise I will walk away.",
    "~~I offer 700~~ I offer 600.",
    "I can sell the lamp for 500 and deliver it on Monday.",
    "I'll give you 430 for it, cash today.",
}
"""Replies that state a move and are refused, less than a twentieth of all."""
CORPUS = [*OFFERS, *ACCEPTANCES, *WALKS, *((text, NO) for text in REFUSED)]


def reading(text, standing=STANDING):
    reply = parse_price_reply(text, standing_offer=standing, price_low=LOW, price_high=HIGH)
    assert (reply.price is not None) == (reply.kind == "offer")
    assert bool(reply.reason) == (reply.kind == NO)
    return reply.price if reply.kind == "offer" else reply.kind


@pytest.mark.parametrize(("text", "expected"), CORPUS, ids=[case_name(i, text) for i, (text, _) in enumerate(CORPUS)])
def test_no_reply_becomes_a_move_that_it_does_not_state(text, expected):
    assert reading(text) in (expected, NO)


def test_few_replies_are_refused_needlessly():
    stating = [(text, expected) for text, expected in CORPUS if expected != NO]
    refused = {text for text, _ in stating if reading(text) == NO}
    assert len(stating) >= 20 * len(REFUSED_NEEDLESSLY)
    assert refused <= REFUSED_NEEDLESSLY


@pytest.mark.parametrize("text", [text for text, _ in ACCEPTANCES], ids=lambda text: case_name(0, text))
@pytest.mark.parametrize("standing", [None, float("nan"), 460.0])
def test_an_acceptance_needs_the_offer_that_it_names(text, standing):
    got = reading(text, standing)
    if standing == 460.0 and not any(unit in text for unit in ("450", "٤٥٠", "0.45k")):
        assert got == reading(text)
    else:
        assert got == NO
