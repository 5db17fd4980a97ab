"""The teacher's anchor, drop, token concessions, salvage and impasse."""

import numpy as np
import pytest

from negotiation_env import make_policy, play, rollout
from negotiation_env.policy import ACCEPT, OFFER

LIMITS = {"buyer_max": 1000.0, "seller_min": 400.0}


def offers(opponent="hardliner", rho=0.5, first_mover="buyer", **settings):
    params = settings.pop("params", {})
    game = play(
        "price", {"buyer_0": make_policy("teacher", rho=rho, **params), "seller_0": opponent}, seed=0,
        options={**LIMITS, **settings.pop("options", {})}, first_mover=first_mover,
        **{"information": "known", **settings},
    )  # fmt: skip
    return [move[3] for move in game.moves if move[1] == "buyer_0" and move[2] == "offer"], game


def test_it_anchors_thrice_and_drops_to_its_target_where_limits_are_known():
    mine, _ = offers(params={"settle": "strict"})
    assert mine[:3] == [pytest.approx(200.0 + 0.01 * place) for place in range(3)]
    assert mine[3:] == [pytest.approx(700.0 + 0.01 * place) for place in range(len(mine) - 3)]


@pytest.mark.parametrize(("first_mover", "at_target"), [("buyer", [17, 19]), ("seller", [18])])
def test_it_waits_for_the_last_offers_that_can_be_answered_where_limits_are_hidden(first_mover, at_target):
    _, game = offers(
        first_mover=first_mover,
        information="private",
        params={"assumed_width": 600.0, "settle": "strict", "probes": 0},
    )
    mine = {turn: price for turn, agent, kind, price, _ in game.moves if agent == "buyer_0" and kind == "offer"}
    assert [turn for turn, price in mine.items() if price > 650.0 and turn < 20] == at_target
    anchors = [price for price in mine.values() if price < 650.0]
    assert anchors == [pytest.approx(200.0 + 0.01 * place) for place in range(len(anchors))]


def test_the_drop_can_be_chosen():
    _, game = offers(params={"drop_before": 9, "probes": 0})
    turns = [move[0] for move in game.moves if move[1] == "buyer_0" and move[2] == "offer" and move[3] > 650.0]
    assert turns[0] == 11


def test_no_token_is_spent_where_steps_are_coarse():
    mine, _ = offers(price_grid=14)  # steps of 100
    assert set(mine[3:]) == {700.0}


@pytest.mark.parametrize("settle", ["closest", "strict"])
def test_salvage_takes_what_is_left(settle):
    opponent = "hold_rho:rho=0.9"
    _, game = offers(opponent, rho=0.2, params={"settle": settle})
    assert game.deal == (settle == "closest")
    if game.deal:
        assert game.rho == pytest.approx(0.9)
        assert game.turns >= 19


def test_it_takes_what_lies_near_its_target():
    _, game = offers("hold_rho:rho=0.505", rho=0.5)
    assert (game.deal, game.turns) == (True, 3)


@pytest.mark.parametrize(
    ("opponent", "dropped"), [("hardliner", 9), ("tit_for_tat", 9), ("random", 9), ("linear", 19), ("boulware", 19)]
)
def test_it_waits_for_those_alone_who_show_something_meanwhile(opponent, dropped):
    _, game = offers(opponent, rho=0.1, params={"drop_before": 2, "settle": "strict"})
    turns = [
        turn for turn, agent, kind, price, _ in game.moves if agent == "buyer_0" and kind == "offer" and price > 250.0
    ]
    assert turns[0] == dropped


@pytest.mark.parametrize("opponent", ["boulware", "boulware_firm", "boulware_hard"])
def test_it_turns_down_an_offer_where_the_next_one_promises_more(opponent):
    mine, game = offers(opponent, rho=0.05)
    assert game.turns == 20
    assert game.rho == pytest.approx(0.05, abs=1e-3)
    standing = game.moves[17][3]
    assert 430.0 < standing < 1000.0  # it could have had this one
    assert mine[-1] < standing


def test_the_last_offer_is_one_that_the_opponent_might_take():
    params = {"accept_within": 0.0}
    stuck, game = offers("linear:opening_margin=900", rho=0.0, params=params, options={"buyer_max": 500.0})
    assert game.deal
    assert stuck[-1] > stuck[-2] + 1.0


def test_minus_one_never_deals():
    for first_mover in ("buyer", "seller"):
        games = rollout(
            "price", {"buyer_0": "conceder", "seller_0": "teacher:rho=-1"}, 50, seed=0, first_mover=first_mover
        )
        assert not games.episodes["deal"].any()
        assert (games.decisions["kind"][games.decisions["seat"] == 1] == OFFER).all()


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_it_never_goes_past_its_limit(rho):
    games = rollout(
        "price", {"buyer_0": f"teacher:rho={rho}", "seller_0": ["linear", "random", "tit_for_tat"]}, 200, seed=1,
        information="known", scenario="private",
    )  # fmt: skip
    table, episodes = games.decisions, games.episodes
    own = (table["seat"] == 0) & (table["kind"] == OFFER)
    limit = np.repeat(episodes["buyer_max"], episodes["turns"])
    assert (table["price"][own] <= limit[own] + 1e-9).all()
    assert not episodes["violation_buyer"].any()
    assert (table["kind"] == ACCEPT).any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rho": 1.5}, "from 0 to 1, or -1"),
        ({"settle": "fast"}, "settle is 'fast'; it must be one of"),
        ({"accept_within": -0.1}, "accept_within"),
        ({"drop_before": 0}, "drop_before"),
    ],
)
def test_wrong_parameters_are_explained(params, message):
    with pytest.raises(ValueError, match=message):
        make_policy("teacher", **params)


def test_a_hidden_width_has_to_be_assumed():
    with pytest.raises(ValueError, match="needs the width of the surplus"):
        rollout("price", {"buyer_0": "teacher", "seller_0": "linear"}, 2, seed=0)
