"""Sealed bids against the linear equilibria, worked out by hand on the range 200 to 1500."""

import numpy as np
import pytest
from price_table import BUYER, SELLER, decide_one, make_view

from negotiation_env import make_policy


@pytest.mark.parametrize(
    ("name", "role", "limit", "price"),
    [
        # k = 1/2: 2/3 of the place of the limit, and 1/12 (buyer) or 1/4 (seller) of the range
        ("chatterjee_samuelson", BUYER, 850.0, 200.0 + 1300.0 * (1 / 3 + 1 / 12)),
        ("chatterjee_samuelson", SELLER, 850.0, 200.0 + 1300.0 * (1 / 3 + 1 / 4)),
        ("chatterjee_samuelson", BUYER, 250.0, 250.0),  # below 1/4 of the range there is no trade
        ("chatterjee_samuelson", SELLER, 1450.0, 1450.0),
        ("chatterjee_samuelson:k=1", BUYER, 850.0, 525.0),
        ("chatterjee_samuelson:k=1", SELLER, 850.0, 850.0),
        ("chatterjee_samuelson:k=0", SELLER, 850.0, 1175.0),
        ("take_it_or_leave_it", BUYER, 850.0, 525.0),
        ("take_it_or_leave_it", SELLER, 850.0, 1175.0),
        ("posted_price", BUYER, 900.0, 850.0),
        ("posted_price", SELLER, 400.0, 850.0),
        ("posted_price", BUYER, 700.0, 700.0),
        ("posted_price", SELLER, 1000.0, 1000.0),
        ("posted_price:place=0.25", SELLER, 400.0, 525.0),
    ],
)
def test_the_price_named_is_held_and_taken(name, role, limit, price):
    policy = make_policy(name)
    for turn in (1, 20):
        assert decide_one(policy, role=role, limit=limit, turn=turn)[1] == pytest.approx(price)
    seen = {"role": role, "limit": limit, "turn": 20, "own": (price,)}
    assert decide_one(policy, **seen, opponent=(price,))[0] == "accept"
    assert decide_one(policy, **seen, opponent=(price - role * 0.01,))[0] == "offer"


@pytest.mark.parametrize("k", [0.0, 0.25, 0.5, 1.0])
def test_a_first_bid_that_crosses_is_answered_with_the_price_of_the_auction(k):
    policy = make_policy("chatterjee_samuelson", k=k)
    seller = decide_one(policy, role=SELLER, limit=300.0)[1]
    buyer = decide_one(policy, role=BUYER, limit=1400.0)[1]
    price = k * buyer + (1 - k) * seller
    one = decide_one(policy, role=SELLER, limit=300.0, turn=2, opponent=(buyer,))
    two = decide_one(policy, role=BUYER, limit=1400.0, turn=19, opponent=(seller,))
    assert (one[1], two[1]) == pytest.approx((price, price))
    assert decide_one(policy, role=SELLER, limit=300.0, turn=20, opponent=(buyer,))[0] == "accept"
    assert decide_one(policy, role=SELLER, limit=300.0, turn=4, own=(seller,), opponent=(buyer,))[0] == "accept"
    assert decide_one(policy, role=SELLER, limit=300.0, turn=2, opponent=(seller - 1,))[1] == pytest.approx(seller)


def test_rows_of_both_seats_are_decided_together():
    view = make_view([{"role": SELLER, "limit": 850.0}, {"role": BUYER, "limit": 850.0}])
    np.testing.assert_allclose(make_policy("take_it_or_leave_it").decide(view).price, [1175.0, 525.0])


@pytest.mark.parametrize(
    "spec", ["chatterjee_samuelson:k=1.01", "chatterjee_samuelson:k=-0.01", "posted_price:place=2"]
)
def test_weights_and_places_are_shares(spec):
    with pytest.raises(ValueError, match="from 0"):
        make_policy(spec)
