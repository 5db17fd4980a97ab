"""Behaviour-dependent strategies against tables worked out by hand."""

import pytest
from price_table import BUYER, NAN, SELLER, decide_one

from negotiation_env.registry import make_policy


def offer(name, own, opponent, role=SELLER, limit=400.0, **row):
    turn = len(own) + len(opponent) + 1
    kind, price = decide_one(make_policy(name), role=role, limit=limit, turn=turn, own=own, opponent=opponent, **row)
    return kind if kind == "accept" else round(price, 2)


@pytest.mark.parametrize(
    ("own", "opponent", "expected"),
    [
        ((), (), 900.0),
        ((), (405.0,), 900.0),
        ((900.0,), (405.0,), 900.0),  # one offer is no concession yet
        ((900.0,), (405.0, 425.0), 880.0),
        ((900.0, 880.0), (405.0, 425.0, 440.0), 865.0),
        ((900.0, 880.0), (405.0, 425.0, 415.0), 880.0),  # a retraction is not answered
        ((420.0,), (405.0, 405.0, 440.0), "accept"),
        ((420.0,), (300.0, 340.0), 400.0),  # never past the limit
    ],
)
def test_tit_for_tat(own, opponent, expected):
    assert offer("tit_for_tat", own, opponent) == expected


def test_tit_for_tat_of_the_buyer():
    assert offer("tit_for_tat", (400.0,), (895.0, 875.0), role=BUYER, limit=900.0) == 420.0


def test_tit_for_tat_may_answer_a_retraction_or_an_older_concession():
    history = ((900.0, 880.0), (405.0, 425.0, 415.0))
    assert offer("tit_for_tat:imitate_retraction=true", *history) == 890.0
    assert offer("tit_for_tat:lag=2", *history) == 860.0
    assert offer("tit_for_tat:lag=3", *history) == 880.0


def test_random_absolute_tit_for_tat_adds_at_most_its_step():
    history = ((900.0,), (405.0, 425.0))
    prices = [offer("random_absolute_tit_for_tat", *history, seed=seed) for seed in range(200)]
    assert 870.0 <= min(prices) < 871.0
    assert 879.0 < max(prices) <= 880.0
    assert offer("random_absolute_tit_for_tat:max_random_step=0", *history) == 880.0
    assert offer("random_absolute_tit_for_tat", (), (), seed=1) == 900.0


def test_relative_tit_for_tat_multiplies_by_the_ratio():
    assert offer("relative_tit_for_tat", (900.0,), (400.0, 500.0)) == 720.0  # 900 * 400 / 500
    assert offer("relative_tit_for_tat", (400.0,), (900.0, 720.0), role=BUYER, limit=900.0) == 500.0
    assert offer("relative_tit_for_tat", (900.0,), (400.0,)) == 900.0
    assert offer("relative_tit_for_tat:lag=2", (900.0, 900.0), (400.0, 500.0, 600.0)) == 720.0


def test_a_price_of_zero_has_no_ratio():
    assert offer("relative_tit_for_tat", (400.0,), (900.0, 0.0), role=BUYER, limit=300.0, low=0.0) == "accept"
    assert offer("relative_tit_for_tat", (900.0,), (10.0, 0.0), low=0.0) == 900.0


def test_averaged_tit_for_tat_looks_over_its_window():
    assert offer("averaged_tit_for_tat", (900.0, 900.0), (400.0, 450.0, 500.0)) == 720.0
    assert offer("averaged_tit_for_tat", (900.0, 900.0), (400.0, 500.0)) == 900.0  # too few offers yet
    assert offer("averaged_tit_for_tat:window=1", (900.0, 900.0), (400.0, 450.0, 500.0)) == 810.0


@pytest.mark.parametrize(
    ("own", "opponent", "expected"),
    [
        ((), (), 900.0),
        ((), (405.0,), 652.5),
        ((900.0,), (405.0,), 652.5),
        ((652.5,), (405.0, 652.48), 652.49),
        ((652.5,), (405.0, 652.5), "accept"),
        ((410.0,), (300.0, 350.0), 400.0),
    ],
)
def test_split_difference(own, opponent, expected):
    assert offer("split_difference", own, opponent) == expected


def test_split_difference_compares_the_unrounded_midpoint():
    # the midpoint 652.495 may be rounded to the standing 652.49, yet it asks for more
    assert offer("split_difference", (652.5,), (405.0, 652.49)) != "accept"


def test_split_difference_may_go_less_far():
    assert offer("split_difference:split=0.25", (900.0,), (500.0,)) == 800.0


def test_split_difference_repeats_itself_when_nothing_stands():
    assert offer("split_difference", (800.0,), (), standing=NAN) == 800.0
