"""The known figures of private uniform limits come out of games that the engine plays."""

import numpy as np
import pytest

from negotiation_env import make_policy, play, rollout, theory

GAMES = 40_000
TAKER = "price_fixed_loose:share=0"


def played(buyer, seller, **settings):
    players = {"buyer_0": buyer, "seller_0": seller}
    return rollout("price", players, GAMES, seed=20, scenario="private", record=False, **settings)


def measured(games, name):
    found = theory.scales(games)
    assert found["measured_low"] < found[name] < found["measured_high"]
    assert found["measured_high"] - found["measured_low"] < 0.015


def test_the_double_auction_gets_the_second_best():
    games = played("chatterjee_samuelson", "chatterjee_samuelson")
    measured(games, "second_best")
    deals = games.episodes["deal"]
    assert deals.mean() == pytest.approx(9 / 32, abs=1.96 * np.sqrt(9 / 32 * 23 / 32 / GAMES))
    ends = games.episodes["price_low"], games.episodes["price_high"]
    bid, ask = (
        theory.linear_bid(games.episodes[name], role, *ends) for name, role in (("buyer_max", -1), ("seller_min", 1))
    )
    assert (deals == (bid >= ask)).mean() > 0.9999  # but for bids within a tick of each other
    assert games.episodes["price"][deals] == pytest.approx(((bid + ask) / 2)[deals], abs=0.011)
    assert games.episodes["payoff_buyer"].mean() / 1300 == pytest.approx(9 / 128, abs=0.002)


@pytest.mark.parametrize("first_mover", ["buyer", "seller"])
def test_a_take_it_or_leave_it_offer_gets_three_quarters(first_mover):
    for players in (("take_it_or_leave_it", TAKER), (TAKER, "take_it_or_leave_it")):
        measured(played(*players, first_mover=first_mover, max_turns=3), "take_it_or_leave_it")
    measured(played("chatterjee_samuelson:k=1", "chatterjee_samuelson:k=1"), "take_it_or_leave_it")


def test_a_posted_price_gets_three_quarters():
    games = played("posted_price", "posted_price")
    measured(games, "posted_price")
    assert games.episodes["price"][games.episodes["deal"]].tolist() == [850.0] * games.episodes["deal"].sum()


def test_honest_sides_are_above_the_second_best_and_no_equilibrium():
    honest = theory.scales(played(TAKER, TAKER))
    assert honest["measured"] == pytest.approx(1.0)
    assert honest["measured_low"] > honest["second_best"]
    shaded = played(TAKER, "take_it_or_leave_it").episodes["payoff_seller"]
    assert shaded.mean() > played(TAKER, TAKER).episodes["payoff_seller"].mean()


@pytest.mark.parametrize("first", ["buyer", "seller"])
@pytest.mark.parametrize("turns", [2, 3, 20])
def test_the_second_mover_answers_with_the_price_of_the_auction(first, turns):
    limits = {"buyer_max": 1200.0, "seller_min": 100.0, "first_mover": first}
    settings = {"price_range": (0.0, 1600.0), "scenario": "varied", "max_turns": turns}
    bids = {
        side: float(theory.linear_bid(limits[name], role, 0.0, 1600.0))
        for side, name, role in (("buyer", "buyer_max", -1), ("seller", "seller_min", 1))
    }
    game = play("price", dict.fromkeys(("buyer_0", "seller_0"), "chatterjee_samuelson"), 0, limits, **settings)
    expected = bids[first] if turns == 2 else sum(bids.values()) / 2
    assert game.price == pytest.approx(expected, abs=0.006)
    assert game.turns == min(turns, 3)


def test_wrong_parameters():
    with pytest.raises(ValueError, match=r"k is 2; it must be a finite number from 0 to 1"):
        make_policy("chatterjee_samuelson:k=2")
    with pytest.raises(ValueError, match="place is -1"):
        make_policy("posted_price:place=-1")
