"""ChargingBoul: its opponent model and its proposals, worked out by hand."""

import numpy as np
import pytest
from negotiation_policies.charging import observe
from price_table import BUYER, decide_one, make_view

from negotiation_env.registry import make_policy

# gains of a seller at limit 400; new offers (more than 6.5 from the one before) are marked *
HARDLINER = (405.0,) * 8  # *.......
STEADY = tuple(405.0 + 20.0 * step for step in range(8))  # ********
LATE = (405.0, 405.0, 406.0, 407.0, 420.0, 450.0, 500.0, 560.0)  # *...****


def model(offers, **row):
    view = make_view([{"turn": 2 * len(offers), "opponent": offers, **row}])
    return observe(view, np.array([6.5]))


@pytest.mark.parametrize(
    ("offers", "unique_bid_index", "average_utility_index"),
    [
        ((), 0, 0),
        ((405.0,), 0, 0),
        (HARDLINER, 0, 0),
        (STEADY, 0, 3),  # every later half is better on average, none has more new offers
        (LATE, 1, 3),  # 4 new offers after 1, then 2 after 2
        ((405.0, 405.0, 405.0, 450.0), 0, 2),  # one new offer in each half
    ],
)
def test_indices(offers, unique_bid_index, average_utility_index):
    seen = model(offers)
    assert seen.unique_bid_index.tolist() == [unique_bid_index]
    assert seen.average_utility_index.tolist() == [average_utility_index]


def test_indices_of_a_buyer_are_the_mirrored_ones():
    seen = model(tuple(1700.0 - price for price in LATE), role=BUYER, limit=1300.0)
    assert (seen.unique_bid_index.tolist(), seen.average_utility_index.tolist()) == ([1], [3])
    assert (seen.first.tolist(), seen.best.tolist()) == ([5.0], [160.0])


def proposal(offers, name="charging_boul", **row):
    kind, price = decide_one(make_policy(name), **{"turn": 2 * len(offers), "opponent": offers, **row})
    return kind if kind == "accept" else round(price, 2)


def test_goals_by_class():
    # opening gain 500, turn 16: t^10 = .10737, t^5 = .32768
    assert proposal((405.0,) * 3, turn=16) == round(400 + 500 * (0.5 + 0.5 * (1 - 0.8**10)), 2)  # too few offers
    assert proposal(HARDLINER) == round(400 + 500 * (0.5 + 0.5 * (1 - 0.8**10)), 2)
    assert proposal(STEADY) == round(400 + 500 * (0.4 + 0.6 * (1 - 0.8**10)), 2)


def test_late_against_a_boulware_the_floor_falls():
    # UBI 1: late from t > .5; its best offer leaves it (500 - 160) / (500 - 5) = .69 of its span: too much
    assert proposal(LATE) == round(400 + 500 * (0.3 + 0.7 * (1 - 0.8**5)), 2)


def test_a_later_explorer_meets_twice_the_exponent_and_a_later_late_phase():
    offers = (*(405.0,) * 6, 420.0, 450.0)  # *.....**: two halvings in a row hold more that is new
    assert model(offers).unique_bid_index.tolist() == [2]
    # UBI 2: exponent 10, late from t > .75
    assert proposal(offers, turn=15) == round(400 + 500 * (0.5 + 0.5 * (1 - 0.75**10)), 2)
    assert proposal(offers, turn=16) == round(400 + 500 * (0.3 + 0.7 * (1 - 0.8**10)), 2)
    given = [{"turn": 16, "opponent": history} for history in (offers, LATE, STEADY, HARDLINER)]
    together = make_policy("charging_boul").decide(make_view(given)).price
    assert together.round(2).tolist() == [proposal(history, turn=16) for history in (offers, LATE, STEADY, HARDLINER)]


def test_a_cheap_best_offer_is_proposed_back():
    generous = (*LATE[:-1], 650.0)  # leaves it (500 - 250) / 495 = .505 < .6, and gains .5 > .3
    assert proposal(generous) == "accept"
    assert proposal((*generous[:-1], 650.0, 640.0), turn=18) == 650.0
    # the same offers early, before the late phase, are not enough
    assert proposal(generous, turn=10) > 800.0


def test_a_best_offer_that_reaches_the_goal_is_proposed_back():
    assert proposal((880.0, 700.0), turn=20) == 880.0
    assert proposal((880.0, 880.0), turn=20) == "accept"


def test_the_papers_thresholds_need_long_histories():
    assert proposal(LATE, name="charging_boul_long") == round(400 + 500 * (0.4 + 0.6 * (1 - 0.8**10)), 2)


def test_the_noisy_variant_stays_in_its_band():
    centre, width = 400 + 500 * (0.5 + 0.5 * (1 - 0.8**10)), (3 * 0.8 + 1) * 0.01 * 500
    prices = [proposal(HARDLINER, name="charging_boul_noisy", seed=seed) for seed in range(200)]
    assert centre - width <= min(prices) < centre - 0.9 * width
    assert centre + 0.9 * width < max(prices) <= centre + width
