"""Fixed, fair, naive and random strategies against tables worked out by hand."""

import numpy as np
import pytest
from price_table import BUYER, NAN, SELLER, decide_one, make_view

from negotiation_env.registry import make_policy


def offer(name, **row):
    kind, price = decide_one(make_policy(name), **row)
    assert kind == "offer"
    return round(price, 2)


@pytest.mark.parametrize(
    ("name", "turn", "price"),
    [
        ("fair_fast", 1, 650.0),
        ("fair_fast", 20, 650.0),
        ("fair", 1, 697.5),  # 250 + 50 * .95
        ("fair", 10, 675.0),
        ("fair", 20, 650.0),
        ("fair_slow", 1, 792.5),  # 250 + 150 * .95
        ("fair_slow", 10, 725.0),
        ("fair_slow", 20, 650.0),
        ("hardliner", 1, 900.0),
        ("hardliner", 18, 900.0),
        ("hardliner", 19, 405.0),
        ("hardliner", 20, 405.0),
        ("price_fixed_strict", 10, 775.0),
        ("price_fixed_loose", 10, 525.0),
        ("naive_boulware", 1, 400.06),  # 500 / 8000
        ("naive_boulware", 10, 462.5),
        ("naive_boulware", 20, 900.0),
    ],
)
def test_offers_on_both_sides(name, turn, price):
    assert offer(name, role=SELLER, limit=400.0, turn=turn) == price
    assert offer(name, role=BUYER, limit=1300.0, turn=turn) == round(1700.0 - price, 2)


@pytest.mark.parametrize(
    ("name", "turn", "level"),
    [
        ("fair", 1, 650.0),
        ("fair_fast", 11, 650.0),
        ("fair_slow", 2, 650.0),
        ("hardliner", 10, 900.0),
        ("hardliner", 19, 405.0),
        ("price_fixed_strict", 19, 775.0),
        ("price_fixed_loose", 2, 525.0),
        ("naive_boulware", 2, 400.0),
        ("naive_concession", 4, 850.0),
    ],
)
def test_accepts_from_a_level_on(name, turn, level):
    own = (900.0,) if name == "naive_concession" else ()
    for role, limit in ((SELLER, 400.0), (BUYER, 1300.0)):
        sign = 1.0 if role == SELLER else -1.0
        centre = 0.0 if role == SELLER else 1700.0
        seen = {"role": role, "limit": limit, "turn": turn, "own": tuple(centre + sign * price for price in own)}
        assert decide_one(make_policy(name), **seen, opponent=(centre + sign * level,))[0] == "accept"
        assert decide_one(make_policy(name), **seen, opponent=(centre + sign * (level - 0.01),))[0] == "offer"


def test_naive_concession_takes_one_step_an_offer_down_to_its_limit():
    steps = [offer("naive_concession", own=(900.0,) * made, turn=2 * made + 1, max_turns=40) for made in range(12)]
    assert steps == [900, 850, 800, 750, 700, 650, 600, 550, 500, 450, 400, 400]


def test_random_offers_fill_the_rational_part_of_the_range():
    games = 5_000
    view = make_view([{"limit": 500.0}]).take(np.zeros(games, dtype=np.int64))
    object.__setattr__(view, "game_seed", np.arange(games, dtype=np.uint64))
    prices = make_policy("random").decide(view).price
    assert 500.0 <= prices.min() < 502.0
    assert 1498.0 < prices.max() <= 1500.0
    assert abs(prices.mean() - 1000.0) < 15.0


def test_random_zopa_draws_between_the_two_limits():
    games = 5_000
    view = make_view([{"limit": 500.0, "opponent_limit": 600.0}]).take(np.zeros(games, dtype=np.int64))
    object.__setattr__(view, "game_seed", np.arange(games, dtype=np.uint64))
    prices = make_policy("random_zopa").decide(view).price
    assert 500.0 <= prices.min() < 501.0
    assert 599.0 < prices.max() <= 600.0


def test_random_zopa_offers_its_limit_when_there_is_no_zone():
    assert offer("random_zopa", limit=500.0, opponent_limit=300.0) == 500.0


def test_random_zopa_refuses_to_run_without_the_other_limit():
    with pytest.raises(ValueError, match='information="known"'):
        decide_one(make_policy("random_zopa"), opponent_limit=NAN)
