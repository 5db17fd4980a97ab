"""Time-dependent strategies against tables worked out by hand."""

import math

import numpy as np
import pytest
from negotiation_policies.clock import STEP_CLOCK, TURN_CLOCK, at_turn, elapsed, times
from negotiation_policies.concession import ConcessionCurve
from price_table import BUYER, NAN, SELLER, decide_one, make_view

from negotiation_env.registry import make_policy


def offers(name, turns, **row):
    return [round(decide_one(make_policy(name), turn=turn, **row)[1], 2) for turn in turns]


@pytest.mark.parametrize(
    ("name", "seller", "buyer"),
    [
        # 500 (1 - (t / 20)^e) above 400, or below 900, on turns 1, 5, 10, 20
        ("linear", [875.0, 775.0, 650.0, 400.0], [425.0, 525.0, 650.0, 900.0]),
        ("boulware_firm", [898.75, 868.75, 775.0, 400.0], [401.25, 431.25, 525.0, 900.0]),
        ("boulware_hard", [900.0, 898.05, 868.75, 400.0], [400.0, 401.95, 431.25, 900.0]),
        ("boulware_conceding", [788.2, 650.0, 546.45, 400.0], [511.8, 650.0, 753.55, 900.0]),
        ("boulware_very_conceding", [625.36, 521.07, 464.72, 400.0], [674.64, 778.93, 835.28, 900.0]),
        # exp(ln(.05) (1 - t)): .05^.95, .05^.75, .05^.5, 1
        ("exponential", [870.96, 847.13, 788.2, 400.0], [429.04, 452.87, 511.8, 900.0]),
    ],
)
def test_curves_on_both_sides(name, seller, buyer):
    turns = (1, 5, 10, 20)
    assert offers(name, turns, role=SELLER, limit=400.0) == seller
    assert offers(name, turns, role=BUYER, limit=900.0) == buyer


def test_a_larger_exponent_concedes_later():
    middle = [
        ConcessionCurve(curve=curve, exponent=exponent, initial_concession=0.05).share(np.array([0.5]))[0]
        for curve in ("polynomial", "exponential", "exponential_utility")
        for exponent in (0.2, 1.0, 5.0)
    ]
    assert middle == sorted(middle[:3], reverse=True) + sorted(middle[3:6], reverse=True) + sorted(
        middle[6:], reverse=True
    )


def test_curve_ends():
    ends = np.array([0.0, 1.0])
    for curve in ("polynomial", "exponential", "exponential_utility"):
        shares = ConcessionCurve(curve=curve, exponent=2.0, initial_concession=0.1).share(ends)
        assert shares == pytest.approx([0.1, 1.0])
    assert ConcessionCurve(curve="exponential_utility", exponent=0.5).share(np.array([0.5]))[0] == pytest.approx(
        1.0 - (math.exp(0.25) - 1.0) / (math.e - 1.0)
    )


def test_clocks():
    assert times(TURN_CLOCK, 4).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert times(STEP_CLOCK, 6)[1:].tolist() == [0.25, 0.25, 0.5, 0.5, 0.75, 0.75]
    assert times(STEP_CLOCK, 1)[1:].tolist() == [1.0]


def test_acceptance_by_aspiration_includes_equality():
    for role, limit, standing in ((SELLER, 400.0, 775.0), (BUYER, 900.0, 525.0)):
        row = {"role": role, "limit": limit, "turn": 5}
        assert decide_one(make_policy("linear"), **row, opponent=(standing,))[0] == "accept"
        assert decide_one(make_policy("linear"), **row, opponent=(standing - role * 0.01,))[0] == "offer"


def test_nothing_is_accepted_when_nothing_stands():
    assert decide_one(make_policy("linear"), turn=20, standing=NAN) == ("offer", 400.0)


def test_concession_cap_keeps_a_share():
    policy = make_policy("boulware_firm", concession_cap=0.9)
    assert decide_one(policy, turn=20) == ("offer", pytest.approx(450.0))


def test_opening_margin_ends_at_the_public_range():
    assert offers("time_dependent", [1], limit=1400.0) == [1495.0]  # 95 % of the 100 that are left
    policy = make_policy("time_dependent:opening_margin=null")
    assert decide_one(policy, turn=10, limit=400.0)[1] == pytest.approx(950.0)
    assert decide_one(policy, turn=10, role=BUYER, limit=400.0)[1] == pytest.approx(300.0)


def test_opening_margin_scales_with_the_range():
    # 500 / 1300 of a range of 130 is 50
    assert offers("time_dependent", [10], limit=40.0, low=0.0, high=130.0) == [65.0]


def test_tolerance_yields_a_share_of_the_range_but_never_past_the_limit():
    policy = make_policy("linear", tolerance=0.01)
    assert decide_one(policy, turn=10)[1] == pytest.approx(637.0)
    assert decide_one(policy, turn=20)[1] == 400.0


def test_noise_is_seeded_centred_and_of_the_given_size():
    policy, games = make_policy("linear_noisy"), 20_000
    view = make_view([{"turn": 10, "seed": 1}]).take(np.zeros(games, dtype=np.int64))
    object.__setattr__(view, "game_seed", np.arange(games, dtype=np.uint64))
    prices = policy.decide(view).price
    assert np.array_equal(prices, policy.decide(view).price)
    assert abs(prices.mean() - 650.0) < 1.0
    assert abs(prices.std() - 25.0) < 0.5  # 5 % of 500


def test_rows_of_different_deadlines_are_what_they_are_alone():
    rows = [{"turn": turn, "max_turns": deadline} for deadline in (5, 20, 7, 20) for turn in (1, 3, 5)]
    policy = make_policy("boulware_very_conceding")
    together = policy.decide(make_view(rows)).price
    alone = [policy.decide(make_view([row])).price[0] for row in rows]
    assert together.tolist() == alone
    assert elapsed(make_view(rows)).tolist() == [row["turn"] / row["max_turns"] for row in rows]


def test_an_empty_batch_is_answered_by_an_empty_decision():
    view = make_view([{}]).take(np.zeros(0, dtype=np.int64))
    assert len(make_policy("linear").decide(view).kind) == 0
    assert len(at_turn(view, lambda deadline: np.zeros(deadline + 1))) == 0
