"""MiCRO against a table worked out by hand."""

import pytest
from negotiation_policies.micro import count_distinct
from price_table import BUYER, decide_one, make_view

from negotiation_env.registry import make_policy


@pytest.mark.parametrize(
    ("own", "opponent", "expected"),
    [
        ((), (), 900.0),
        ((), (405.0,), 900.0),
        ((900.0,), (405.0,), 875.0),  # 1 own, 1 opposing
        ((900.0, 875.0), (405.0, 405.0), 875.0),  # 2 own, 1 opposing
        ((900.0, 875.0), (405.0, 410.0), 850.0),
        ((900.0, 875.0, 875.0), (405.0, 405.0, 410.0), 850.0),
        ((900.0, 875.0), (405.0, 410.0, 405.0), 850.0),  # going back is no new offer
    ],
)
def test_micro_moderate(own, opponent, expected):
    turn = len(own) + len(opponent) + 1
    policy = make_policy("micro_moderate")
    assert decide_one(policy, turn=turn, own=own, opponent=opponent) == ("offer", pytest.approx(expected))
    mirrored = {
        "own": tuple(1700.0 - price for price in own),
        "opponent": tuple(1700.0 - price for price in opponent),
    }
    assert decide_one(policy, role=BUYER, limit=1300.0, turn=turn, **mirrored) == (
        "offer",
        pytest.approx(1700.0 - expected),
    )


@pytest.mark.parametrize(("name", "expected"), [("micro_fine", 887.5), ("micro_coarse", 850.0)])
def test_steps_differ_by_name(name, expected):
    assert decide_one(make_policy(name), turn=3, own=(900.0,), opponent=(405.0,)) == ("offer", expected)


def test_accepts_what_gains_as_much_as_its_next_proposal():
    policy = make_policy("micro_moderate")
    assert decide_one(policy, turn=4, own=(900.0,), opponent=(800.0, 875.0))[0] == "accept"
    assert decide_one(policy, turn=4, own=(900.0,), opponent=(800.0, 874.99))[0] == "offer"
    # not due to concede: only its last proposal is good enough
    assert decide_one(policy, turn=5, own=(900.0, 875.0), opponent=(860.0, 860.0))[0] == "offer"


def test_ends_at_the_own_limit():
    own = tuple(900.0 - 50.0 * step for step in range(11))
    opponent = tuple(200.0 + step for step in range(11))
    assert decide_one(make_policy("micro_coarse"), turn=23, max_turns=40, own=own, opponent=opponent) == (
        "offer",
        400.0,
    )


def test_distinct_offers_are_counted():
    view = make_view(
        [{"turn": 9, "opponent": offers} for offers in ((), (5.0,), (5.0, 5.0), (5.0, 6.0, 5.0), (1.0, 2.0, 3.0, 4.0))]
    )
    assert count_distinct(view, view.opponent_offers).tolist() == [0, 1, 1, 2, 4]
