"""Formulas against hand-computed values, and properties that must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem
from scipy.stats import t as student

from negotiation_env import rollout, theory
from negotiation_env.theory.scales import measured_share

FACTORS = st.floats(0.05, 0.999)


@pytest.mark.parametrize(
    ("first", "second", "horizon", "share"),
    [
        (0.9, 0.9, None, 10 / 19),
        (0.5, 0.5, None, 2 / 3),
        (0.9, 0.8, None, 0.2 / 0.28),
        (1.0, 0.8, None, 1.0),
        (0.8, 1.0, None, 0.0),
        (0.9, 0.9, 1, 0.0),  # an offer on the last turn cannot be answered
        (0.9, 0.9, 2, 1.0),  # one offer, on turn 1
        (0.9, 0.8, 3, 0.2),  # the other side proposes last, on turn 2
        (0.9, 0.8, 4, 1 - 0.8 * (1 - 0.9 * 1)),
        (0.9, 0.8, 5, 1 - 0.8 * (1 - 0.9 * (1 - 0.8))),
        (1.0, 1.0, 20, 1.0),  # turn 19 is the first side's
        (1.0, 1.0, 21, 0.0),
    ],
)
def test_rubinstein_share(first, second, horizon, share):
    assert theory.rubinstein_share(first, second, horizon) == pytest.approx(share, abs=1e-12)


def test_rubinstein_path_is_what_each_proposer_keeps():
    assert theory.rubinstein_path(0.9, 0.8, 5) == pytest.approx([0.344, 0.82, 0.2, 1.0])
    assert theory.rubinstein_path(0.9, 0.8, 1).shape == (0,)
    grid = np.array([[0.5], [0.9]]), np.array([0.6, 0.7, 0.8])
    assert theory.rubinstein_path(*grid, 7).shape == (6, 2, 3)
    assert theory.rubinstein_share(*grid).shape == theory.rubinstein_share(*grid, 7).shape == (2, 3)
    assert theory.rubinstein_share(*grid, 1).tolist() == np.zeros((2, 3)).tolist()


@given(FACTORS, FACTORS, st.integers(2, 60))
def test_each_proposer_leaves_what_waiting_is_worth(first, second, horizon):
    path = theory.rubinstein_path(first, second, horizon)
    assert ((path >= 0) & (path <= 1)).all()
    for turn in range(1, horizon - 1):
        answering = second if turn % 2 else first
        assert 1 - path[turn - 1] == pytest.approx(answering * path[turn])


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_a_long_game_comes_to_the_endless_one(first, second):
    assert theory.rubinstein_share(first, second, 2_000) == pytest.approx(theory.rubinstein_share(first, second))


@given(st.integers(0, 1), st.integers(2, 50))
def test_without_discounting_the_last_proposer_takes_all(first, horizon):
    share = theory.rubinstein_share(1.0, 1.0, horizon)
    assert share == (1.0 if theory.last_proposer(first, horizon) == first else 0.0)
    assert theory.last_answerable_turn(horizon) == horizon - 1


def test_shares_of_the_possible_gains():
    assert theory.double_auction_trade_rate() == pytest.approx(9 / 32)
    assert theory.second_best_share() == pytest.approx(27 / 32)
    assert theory.double_auction_share(np.array([0.0, 0.5, 1.0])) == pytest.approx([3 / 4, 27 / 32, 3 / 4])
    assert theory.take_it_or_leave_it_share() == pytest.approx(3 / 4)
    assert theory.posted_price_share(np.array([0.0, 0.25, 0.5, 1.0])) == pytest.approx([0, 9 / 16, 3 / 4, 0])
    assert theory.mean_gains(200, 1500) == pytest.approx(1300 / 6)


@given(st.floats(0, 1))
def test_nothing_beats_the_second_best(k):
    assert theory.double_auction_share(k) <= theory.second_best_share() + 1e-12
    assert theory.posted_price_share(k) <= 0.75 + 1e-12


@pytest.mark.parametrize(
    ("role", "limit", "k", "bid"),
    [
        (-1, 1.0, 0.5, 0.75),
        (-1, 0.4, 0.5, 0.35),
        (-1, 0.1, 0.5, 0.1),  # the line is past the limit
        (1, 0.0, 0.5, 0.25),
        (1, 0.6, 0.5, 0.65),
        (1, 0.9, 0.5, 0.9),
        (-1, 0.8, 1.0, 0.4),
        (1, 0.3, 1.0, 0.3),
        (1, 0.8, 0.0, 0.9),
        (-1, 0.3, 0.0, 0.3),
    ],
)
def test_linear_bid(role, limit, k, bid):
    assert theory.linear_bid(limit, role, k=k) == pytest.approx(bid)
    assert theory.linear_bid(200 + 1300 * limit, role, 200.0, 1500.0, k) == pytest.approx(200 + 1300 * bid)


@given(st.floats(0, 1), st.floats(0.01, 0.99), st.floats(0.05, 0.95))
def test_no_buyer_gains_by_another_bid(limit, other, k):
    """The linear bid is a best answer to the linear asks, which are uniform from (1 - k) / 2 upwards."""
    asks = theory.linear_bid(np.linspace(0, 1, 20_001), 1, k=k)

    def earned(bid):
        return np.mean((bid >= asks) * (limit - k * bid - (1 - k) * asks))

    assert earned(other) <= earned(theory.linear_bid(limit, -1, k=k)) + 2e-4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.rubinstein_share(0.0, 0.9), "discount_0 is 0.0; it must be a number, or numbers, above 0 to 1"),
        (lambda: theory.rubinstein_share(0.9, [0.5, 1.5]), "discount_1 is 1.5"),
        (lambda: theory.rubinstein_share("a"), "discount_0 is 'a'"),
        (lambda: theory.rubinstein_share(1.0, 1.0), "give one of them below 1, or a horizon"),
        (lambda: theory.rubinstein_share(0.9, 0.9, 0), "horizon is 0; it must be a whole number from 1"),
        (lambda: theory.last_proposer(2, 4), "first is 2"),
        (lambda: theory.linear_bid(0.5, 0), "role is 0; it must be"),
        (lambda: theory.double_auction_share(1.1), "k is 1.1"),
        (lambda: theory.posted_price_share(np.nan), "place is nan"),
        (lambda: theory.mean_gains(5.0, 5.0), "low must be below high"),
        (lambda: theory.scales({}), "with a column 'scenario'"),
    ],
)
def test_wrong_input(call, message):
    with pytest.raises(ValueError, match="(?s)" + message.replace("(", r"\(")):
        call()


def test_scales_need_something_to_gain():
    limits = {"buyer_max": 300.0, "seller_min": 900.0}
    empty = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 3, seed=0, options=limits, scenario="private")
    with pytest.raises(ValueError, match="none of the 3 games has anything to gain"):
        theory.scales(empty)
    limits = {"buyer_max": 900.0, "seller_min": 300.0}
    fixed = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 3, seed=0, options=limits, scenario="private")
    assert set(theory.scales(fixed)) == {"measured", "measured_low", "measured_high", "first_best"}


def test_a_table_of_another_kind_is_refused_in_words():
    with pytest.raises(TypeError, match="games is a list; give what rollout returns"):
        theory.scales([1, 2])


def test_the_interval_of_few_games_is_student_s():
    realised, possible = np.array([3.0, 5.0, 1.0, 4.0]), np.array([4.0, 5.0, 3.0, 6.0])
    share, low, high = measured_share(realised, possible)
    assert share == pytest.approx(13 / 18)
    reach = student.ppf(0.975, 3) * sem(realised - share * possible) / possible.mean()
    assert (low, high) == pytest.approx((share - reach, share + reach))
    assert np.isnan(measured_share(realised[:1], possible[:1])[1:]).all()
    assert np.isnan(measured_share(realised, 0.0 * possible)).all()
