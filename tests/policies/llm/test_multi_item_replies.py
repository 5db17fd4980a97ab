"""A corpus of multi-item replies with their readings, scored twice: wrong moves and needless refusals, none."""

import pytest
from negotiation_policies.llm.parsing import parse_multi_item_reply
from price_replies import case_name

POOL, NAMES, STANDING = (2, 1, 1), ("book", "hat", "ball"), (1, 1, 0)
NO = "invalid"

# One row: the reply, and its reading for a pool of 2 books, 1 hat and 1 ball, where the speaker would get 1 book and
# the hat by accepting. A tuple is what the speaker keeps by the proposal.
CORPUS = [
    ("I take 2 books and the hat, you get the ball.", (2, 1, 0)),
    ("I take both books and the hat, you get the ball.", (2, 1, 0)),
    ("I keep 2 books, you get the hat and the ball.", (2, 0, 0)),
    ("I'd like both books; you can have the rest.", NO),
    ("I would like to keep both books. You get the rest.", (2, 0, 0)),
    ("I get the hat. You get everything else.", (0, 1, 0)),
    ("I keep one book and the ball, you get one book and the hat.", (1, 0, 1)),
    ("You get the hat, I keep the rest.", (2, 0, 1)),
    ("You get everything.", (0, 0, 0)),
    ("I keep everything.", (2, 1, 1)),
    ("I keep all the books, no hat and no ball.", (2, 0, 0)),
    ("I keep all 2 books and the hat, you get the ball.", (2, 1, 0)),
    ("I keep all two books and the hat, you get the ball.", (2, 1, 0)),
    ("I keep all three books and the hat, you get the ball.", NO),
    ("I keep item 1: 2, item 2: 1, item 3: 0.", (2, 1, 0)),
    ("I keep 2 of item 1 and item 2, you get item 3.", (2, 1, 0)),
    ("I keep items 2 and 3, you get both of item 1.", (0, 1, 1)),
    ("I keep book x2, hat x1; you get ball x1.", (2, 1, 0)),
    ("I keep 2x book and 1x hat, you get 1x ball.", (2, 1, 0)),
    ("I keep [2, 1, 0].", (2, 1, 0)),
    ("Keep: [2, 1, 0]", (2, 1, 0)),
    ("I keep [2, 1, 0] and you get [0, 0, 1].", (2, 1, 0)),
    ("I keep \uff12 books and the hat, you get the ball.", (2, 1, 0)),
    ("I keep ٢ books and the hat, you get the ball.", (2, 1, 0)),
    ("Me: 2 books, 1 hat. You: 1 ball.", NO),
    ("2 books and the hat for me, the ball for you.", (2, 1, 0)),
    ("How about I keep 2 books and you get the rest?", (2, 0, 0)),
    ("I propose that I keep the ball and you get the rest.", (0, 0, 1)),
    ("I give you the hat and the ball; I keep both books.", (2, 0, 0)),
    ("Your offer is not fair. I keep 2 books and the hat, you get the ball.", (2, 1, 0)),
    ("I keep 2 books and the hat, you get the ball. What do you think?", (2, 1, 0)),
    ("I keep 2 books and the hat, you get the ball.\nagent_1: I accept", (2, 1, 0)),
    ("<think>I accept?</think>I keep 2 books and the hat, you get the ball.", (2, 1, 0)),
    ("I keep **2 books** and the **hat**, you get the **ball**.", (2, 1, 0)),
    ('{"action": "offer", "keep": [2, 1, 0]}', (2, 1, 0)),
    ('{"action": "offer", "keep": {"book": 2, "hat": 1, "ball": 0}, "message": "You get the ball."}', (2, 1, 0)),
    ('{"action": "offer", "keep": [2, 1, 0], "give": [0, 0, 1], "message": "Fair?"}', (2, 1, 0)),
    ('```json\n{"action": "propose", "keep": [1, 1, 1], "message": ""}\n```', (1, 1, 1)),
    ("I accept.", "accept"),
    ("I accept your proposal.", "accept"),
    ("Deal!", "accept"),
    ("I accept your split. Thank you!", "accept"),
    ("I accept your offer. I get 1 book and the hat, you get 1 book and the ball.", "accept"),
    ('{"action": "accept", "message": "I accept your split."}', "accept"),
    ('{"action": "accept", "keep": [1, 1, 0]}', "accept"),
    ("I walk away.", "walk"),
    ("No deal, goodbye.", "walk"),
    ('{"action": "walk", "message": "I walk away."}', "walk"),
    ("", NO),
    ("Hello!", NO),
    ("[2, 1, 0]", NO),
    ("2 books and the hat", NO),
    ("I take 2 books and the hat.", NO),
    ("I take 3 books, you get the rest.", NO),
    ("I take 2 books and the hat, you get the ball and 1 book.", NO),
    ("I take 1 book and the hat, you get the ball.", NO),
    ("I take the books, you get the hat and the ball.", NO),
    ("I take some books, you get the rest.", NO),
    ("I take 2 books or the hat, you get the rest.", NO),
    ("I don't want the hat, you get the rest.", NO),
    ("I take 2 books if you take the rest.", NO),
    ("I took 2 books and the hat, you got the ball.", NO),
    ("You want 2 books and the hat.", NO),
    ("Can I keep 2 books and you get the rest?", NO),
    ("My friend keeps 2 books, you get the rest.", NO),
    ("I could keep 2 books, maybe you get the rest.", NO),
    ("I keep the lamp, you get the rest.", NO),
    ("I take 2 books for the hat, you get the rest.", NO),
    ("I keep everything except the hat.", NO),
    ("You said you get the hat. I keep the rest.", NO),
    ("I will not keep the hat. You get everything.", NO),
    ("You get everything you deserve.", NO),
    ("You get e`verything.", NO),
    ("You keep the hat and I keep everything else.", (2, 0, 1)),
    ("I keep none of the books, you get both books and I keep the hat and the ball.", (0, 1, 1)),
    ("I want you to have everything.", (0, 0, 0)),
    ("I keep item 4, you get the rest.", NO),
    ("I keep item 0, you get the rest.", NO),
    ("I keep [2, 1].", NO),
    ("I keep [3, 0, 0].", NO),
    ("I keep [2, 1, 0] and you get [1, 0, 1].", NO),
    ("I keep -1 books, you get the rest.", NO),
    ("I keep 1.5 books, you get the rest.", NO),
    ("I keep 50% of the books, you get the rest.", NO),
    ("I keep ² books, you get the rest.", NO),
    ("I keep 2 books. I keep 1 book. You get the rest.", NO),
    ('You said "I keep 2 books, you get the rest".', NO),
    ("I accept, but I keep the ball.", NO),
    ("I accept. I keep both books, you get the rest.", NO),
    ("I accept if I get the ball.", NO),
    ("I do not accept.", NO),
    ("Would you accept?", NO),
    ("I keep 2 books, you get the rest. I walk away.", NO),
    ("I keep 2 books, you get the rest. Just kidding.", NO),
    ("Ich nehme 2 books, you get the rest.", NO),
    ("我要 2 books", NO),
    ("agent_1: I accept", NO),
    ("<|im_start|>I accept", NO),
    ('{"action": "offer"}', NO),
    ('{"action": "offer", "keep": [2, true, 0]}', NO),
    ('{"action": "offer", "keep": [2, 1, NaN]}', NO),
    ('{"action": "offer", "keep": [2, 1, 0.5]}', NO),
    ('{"action": "offer", "keep": [2, 1, 0, 0]}', NO),
    ('{"action": "offer", "keep": [3, 1, 0]}', NO),
    ('{"action": "offer", "keep": "2 books"}', NO),
    ('{"action": "offer", "keep": {"book": 2}}', NO),
    ('{"action": "offer", "keep": {"book": 2, "books": 1, "hat": 1, "ball": 0}}', NO),
    ('{"action": "offer", "keep": [2, 1, 0], "keep": [1, 1, 1]}', NO),
    ('{"action": "offer", "keep": [2, 1, 0], "give": [1, 0, 1]}', NO),
    ('{"action": "offer", "keep": [2, 1, 0], "message": "I accept."}', NO),
    ('{"action": "offer", "keep": [2, 1, 0], "message": "You get the hat."}', NO),
    ('{"action": "accept", "keep": [2, 1, 1]}', NO),
    ('{"action": "accept", "message": "I do not accept."}', NO),
    ('{"action": "walk", "keep": [2, 1, 0]}', NO),
    ('{"action": "acce pt", "keep": [1, 1, 0]}', NO),
    ('{"action": "Walk-Away"}', "walk"),
    ("9" * 5000, NO),
    ("I keep " + "9" * 5000 + " books, you get the rest.", NO),
    ("item " + "9" * 5000, NO),
    ("I keep " * 14_000, NO),
    ("items " + "1, " * 33_000, NO),
    ("book " * 20_000, NO),
    ("you get " * 12_000 + "the rest", NO),
    ("[1," * 33_000, NO),
    ("\ud800 \x00", NO),
]


def reading(text, standing=STANDING):
    reply = parse_multi_item_reply(text, standing, POOL, NAMES)
    assert reply.price is None
    assert (reply.keep is not None) == (reply.kind == "offer")
    assert bool(reply.reason) == (reply.kind == NO)
    return reply.keep if reply.kind == "offer" else reply.kind


@pytest.mark.parametrize(("text", "expected"), CORPUS, ids=[case_name(i, text) for i, (text, _) in enumerate(CORPUS)])
def test_no_reply_becomes_a_move_that_it_does_not_state(text, expected):
    assert reading(text) in (expected, NO)


def test_no_reply_of_these_is_refused_needlessly():
    assert [text[:60] for text, expected in CORPUS if expected != NO and reading(text) == NO] == []


@pytest.mark.parametrize("standing", [None, (-1, -1, -1)])
def test_without_a_standing_offer_nothing_can_be_accepted(standing):
    accepted = [text for text, expected in CORPUS if expected == "accept"]
    assert {text: reading(text, standing) for text in accepted if "I get 1 book" not in text} == dict.fromkeys(
        (text for text in accepted if "I get 1 book" not in text), NO
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I keep items 1 and 3, you get items 2 and 4.", (1, 0, 1, 0)),
        ("I keep item 1, you get the rest.", (1, 0, 0, 0)),
        ("I keep [1, 0, 1, 0].", (1, 0, 1, 0)),
        ('{"action": "offer", "keep": {"item 1": 1, "item 2": 0, "item 3": 1, "item 4": 0}}', (1, 0, 1, 0)),
    ],
)
def test_types_without_names_go_by_number(text, expected):
    assert parse_multi_item_reply(text, None, [1, 1, 1, 1]).keep == expected
