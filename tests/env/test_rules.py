"""The rules of the price game against values worked out by hand."""

import numpy as np
import pytest

from negotiation_env import play, price_v0, turns
from negotiation_env.price import rules

OFFER = {200.0: 0, 590.0: 30, 850.0: 50, 1500.0: 100}
ACCEPT, WALK, PASS = 101, 102, 103
LIMITS = {"buyer_max": 900.0, "seller_min": 400.0, "first_mover": "buyer"}


def played(actions, **settings):
    env = price_v0.parallel_env(scenario="seed", **settings)
    env.reset(seed=0, options=LIMITS)
    for action in actions:
        step = env.step(dict.fromkeys(env.agents, action))
    return env, step


@pytest.mark.parametrize(
    ("actions", "settings", "outcome", "rewards"),
    [
        ([30, ACCEPT], {}, (True, 590.0, 0.38, 2, "deal"), (310 / 1300, 190 / 1300)),
        (
            [0, 100, 30, ACCEPT],
            {"discount": 0.9},
            (True, 590.0, 0.38, 4, "deal"),
            (310 / 1300 * 0.81, 190 / 1300 * 0.81),
        ),
        ([30, ACCEPT], {"discount": (0.5, 0.9)}, (True, 590.0, 0.38, 2, "deal"), (310 / 1300, 190 / 1300)),
        ([0, 50, ACCEPT], {"discount": (0.5, 0.9)}, (True, 850.0, 0.9, 3, "deal"), (50 / 1300 * 0.5, 450 / 1300 * 0.9)),
        ([0, WALK], {}, (False, None, -1.0, 2, "walk"), (0.0, 0.0)),
        ([0, 100, 0], {"max_turns": 3}, (False, None, -1.0, 3, "deadline"), (0.0, 0.0)),
        ([100, ACCEPT], {}, (True, 1500.0, 2.2, 2, "deal"), (-600 / 1300, 1100 / 1300)),
    ],
)
def test_outcomes_and_rewards(actions, settings, outcome, rewards):
    env, (_, reward, terminations, truncations, infos) = played(actions, **settings)
    facts = infos["buyer_0"]["outcome"]
    assert (facts["deal"], facts["price"], facts["turns"], facts["ended_by"]) == (outcome[0], outcome[1], *outcome[3:])
    assert facts["rho"] == pytest.approx(outcome[2])
    assert (reward["buyer_0"], reward["seller_0"]) == pytest.approx(rewards)
    assert all(terminations.values())
    assert not any(truncations.values())
    assert env.agents == []


def test_a_deal_beyond_the_own_limit_is_reported():
    _, (*_, infos) = played([100, ACCEPT])
    assert infos["seller_0"]["outcome"]["violations"] == {"buyer_0": True, "seller_0": False}
    assert infos["seller_0"]["outcome"]["payoffs"] == {"buyer_0": -600.0, "seller_0": 1100.0}


def test_only_the_movers_action_counts():
    env = price_v0.parallel_env(first_mover="seller")
    _, infos = env.reset(seed=1)
    assert infos["buyer_0"]["active_agent"] == "seller_0"
    env.step({"seller_0": 60, "buyer_0": WALK})
    assert env.moves == [(1, "seller_0", "offer", 980.0, None)]
    env.step({"seller_0": "not an action", "buyer_0": 10})
    assert env.moves[-1] == (2, "buyer_0", "offer", 330.0, None)


@pytest.mark.parametrize("action", [ACCEPT, PASS])
def test_an_illegal_move_costs_the_turn_and_is_counted(action):
    env, (*_, infos) = played([action])
    assert infos["buyer_0"]["illegal_move"] is True
    assert "illegal_move" not in infos["seller_0"]
    assert env.moves == []
    _, _, _, _, infos = env.step({"seller_0": WALK})
    assert infos["seller_0"]["outcome"]["illegal_moves"] == {"buyer_0": 1, "seller_0": 0}


def test_nobody_can_accept_its_own_offer():
    env, _ = played([30, PASS])
    assert env.core.game.mover == 0
    strict, _ = played([30], on_illegal="raise")
    strict.set_state(env.get_state())
    with pytest.raises(ValueError, match="may not accept on turn 3"):
        strict.step({"buyer_0": ACCEPT})


def test_the_offer_on_the_last_turn_cannot_be_answered():
    env, (*_, infos) = played([0, 30], max_turns=2)
    assert infos["buyer_0"]["outcome"]["ended_by"] == "deadline"
    assert env.agents == []


@pytest.mark.parametrize(
    ("price", "tick", "expected"),
    [
        (570.945, 0.01, 570.95),
        (0.125, 0.01, 0.12),
        (99.6, 1.0, 100.0),
        (7.4, 5.0, 5.0),
        (1.05, 0.1, 1.1),
        (33.4, 0.3, 33.3),
    ],
)
def test_prices_are_rounded_to_the_tick(price, tick, expected):
    assert rules.scalar_on_tick(price, tick) == pytest.approx(expected, abs=1e-12)
    assert rules.on_tick(np.array([price]), tick)[0] == rules.scalar_on_tick(price, tick)


def test_rounding_is_decimal_rounding():
    rng = np.random.default_rng(0)
    prices = np.concatenate([rng.integers(0, 300_000, 50_000) / 200.0, rng.uniform(0, 1500, 50_000)])
    assert rules.on_tick(prices, 0.01).tolist() == [round(price, 2) for price in prices.tolist()]


@pytest.mark.parametrize(
    ("price", "role", "limit", "expected"),
    [
        (206.0, -1, 900.0, 0),
        (206.0, 1, 200.0, 1),
        (213.0, -1, 900.0, 1),
        (213.0, 1, 200.0, 1),
        (213.004, -1, 900.0, 1),
        (1500.0, 1, 200.0, 100),
        (1495.0, 1, 1495.0, 100),
        (205.0, -1, 205.0, 0),
    ],
)
def test_a_price_goes_to_the_grid_point_on_the_movers_side(price, role, limit, expected):
    arrays = (np.array([value]) for value in (limit, 200.0, 1500.0))
    assert rules.grid_index(np.array([price]), role, *arrays, 101, 0.01)[0] == expected


@pytest.mark.parametrize(
    ("price", "role", "limit", "points", "expected"),
    [
        (206.004, -1, 900.0, None, 206.0),
        (206.0, -1, 900.0, 101, 200.0),
        (206.0, 1, 200.0, 101, 213.0),
        (212.998, -1, 212.998, 101, 200.0),  # 213 is the same price but for a fraction of a tick, and past the limit
        (213.002, 1, 213.002, 101, 226.0),
        (206.0, -1, 900.0, 14, 200.0),  # a step of 100
        (206.0, 1, 200.0, 14, 300.0),
        (np.nan, 1, 200.0, 101, np.nan),
        (np.nan, 1, 200.0, None, np.nan),
    ],
)
def test_an_offer_is_known_on_the_tick_or_on_the_grid(price, role, limit, points, expected):
    prices, roles, limits = np.array([price, 590.0]), np.array([role, -1]), np.array([limit, 900.0])
    low, high = np.full(2, 200.0), np.full(2, 1500.0)
    tick = 0.01 if points is None or not limit % 1 else 0.001
    known = rules.quantise(prices, roles, limits, low, high, tick, points)
    assert known.dtype == np.float64
    assert known[0] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("gain", "tick", "violates"),
    [(0.0, 0.01, False), (-0.005, 0.01, False), (-0.0051, 0.01, True), (-2.5, 5.0, False), (-2.6, 5.0, True)],
)
def test_a_deal_is_irrational_from_half_a_tick_beyond_the_limit(gain, tick, violates):
    assert rules.violates_limit(gain, tick) == violates
    assert rules.violates_limit(np.array([gain, 1.0]), tick).tolist() == [violates, False]


@pytest.mark.parametrize(
    ("first", "turn", "seat"), [(0, 1, 0), (0, 2, 1), (0, 19, 0), (1, 1, 1), (1, 2, 0), (1, 20, 0)]
)
def test_seats_take_turns(first, turn, seat):
    assert turns.mover(first, turn) == seat
    assert turns.mover(np.array([first]), np.array([turn])).tolist() == [seat]
    game = price_v0.parallel_env(first_mover=rules.SIDES[first])
    game.reset(seed=0)
    for _ in range(turn - 1):
        game.step(dict.fromkeys(game.agents, 5))
    assert game.core.game.mover == seat


def test_rho_is_undefined_without_a_surplus():
    options = {"buyer_max": 400.0, "seller_min": 600.0}
    env = price_v0.parallel_env(scenario="private", first_mover="buyer")
    env.reset(seed=0, options=options)
    env.step({"buyer_0": 30})
    *_, infos = env.step({"seller_0": ACCEPT})
    assert np.isnan(infos["buyer_0"]["outcome"]["rho"])
    game = play("price", {"buyer_0": "linear", "seller_0": "linear"}, seed=0, scenario="private", options=options)
    assert not game.deal
    assert game.rho == -1.0
