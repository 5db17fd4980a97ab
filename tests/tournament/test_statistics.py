"""The statistics of tournaments against values worked out by hand, other implementations, and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ttest_1samp

from negotiation_env.bootstrap import intervals, resample_weights
from negotiation_env.tournament.comparisons import holm, paired_t
from negotiation_env.tournament.equilibria import role_equilibrium, symmetric_equilibrium
from negotiation_env.tournament.meta_game import complete_policies, replicator
from negotiation_env.tournament.ranking import bradley_terry
from negotiation_env.tournament.tables import estimates

ROCK_PAPER_SCISSORS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
HAWK_DOVE = np.array([[-1.0, 4.0], [0.0, 2.0]])
"""V = 4, C = 6: hawks have weight V / C = 2 / 3, and everybody earns 2 / 3."""


def test_estimates_are_means_and_percentiles_of_resampled_draws():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 40))
    values[0, :7] = np.nan
    weights = resample_weights(rng, 40)
    mean, low, high = estimates([values], weights)[0]
    assert mean == pytest.approx(np.nanmean(values))
    drawn = []
    for row in weights:
        again = np.repeat(values, row, axis=1)
        drawn.append(np.nanmean(again))
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def test_intervals_leave_out_what_gave_nothing():
    drawn = np.array([[1.0, 2.0, 3.0], [np.nan, 2.0, 4.0], [np.nan, np.nan, np.nan]])
    found = intervals(drawn)
    assert found[0] == pytest.approx([1.05, 2.95])
    assert found[1] == pytest.approx([2.05, 3.95])
    assert np.isnan(found[2]).all()
    constant = estimates([np.full((2, 1), 3.0)], np.ones((5, 1), dtype=np.int64))[0]
    assert constant[0] == 3.0
    assert np.isnan(constant[1:]).all()


def test_holm_is_that_of_the_textbook():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    with_gap = holm(np.array([0.02, np.nan, 0.01]))
    assert with_gap[[0, 2]] == pytest.approx([0.02, 0.02])
    assert np.isnan(with_gap[1])


def test_the_paired_test_is_student_s():
    gaps = np.random.default_rng(1).normal(0.1, size=(2, 30))
    gaps[1, 5:9] = np.nan
    t, p = paired_t(gaps)
    for row in (0, 1):
        expected = ttest_1samp(gaps[row][~np.isnan(gaps[row])], 0.0)
        assert (t[row], p[row]) == pytest.approx((expected.statistic, expected.pvalue))
    t, p = paired_t(np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [np.nan, np.nan, 1.0]]))
    assert (t[0], p[0]) == (0.0, 1.0)
    assert (t[1], p[1]) == (np.inf, 0.0)
    assert np.isnan(t[2])


def test_bradley_terry_of_two_is_their_log_odds():
    wins = np.full((4, 2, 100), np.nan)
    wins[1] = np.arange(100) < 75  # the first beats the second in 75 games of 100, whoever moves first
    wins[2] = np.arange(100) < 25
    model = bradley_terry(wins, 2)
    assert model.strengths == pytest.approx(np.array([1.0, -1.0]) * np.log(75.5 / 25.5) / 2)
    assert model.effects == pytest.approx([0.0, 0.0], abs=1e-9)


def test_bradley_terry_finds_what_games_were_drawn_from():
    rng = np.random.default_rng(2)
    true, seat_0, first = np.array([0.9, 0.1, -1.0]), 0.4, -0.6
    gaps = true[:, None] - true[None, :] + seat_0
    chance = 1.0 / (1.0 + np.exp(-(gaps[:, :, None] + first * np.array([0.5, -0.5]))))
    wins = (rng.random((9, 2, 4000)) < chance.reshape(9, 2, 1)).astype(float)
    model = bradley_terry(wins, 3)
    assert model.strengths == pytest.approx(true, abs=0.06)
    assert model.effects == pytest.approx([seat_0, first], abs=0.06)
    assert np.all(model.strength_errors < 0.03)
    assert model.strength_errors.min() > 0.005
    assert model.strengths.sum() == pytest.approx(0.0, abs=1e-9)


def test_bradley_terry_stays_finite_and_leaves_out_who_met_nobody():
    wins = np.full((9, 2, 50), np.nan)
    wins[1], wins[3] = 1.0, 0.0  # the first always beats the second
    wins[8] = 0.5  # the third has met itself only
    model = bradley_terry(wins, 3)
    assert 4.0 < model.strengths[0] - model.strengths[1] < 12.0
    assert np.isnan(model.strengths[2])


def test_equilibria_of_known_games():
    found = symmetric_equilibrium(ROCK_PAPER_SCISSORS)
    assert found.weights[0] == pytest.approx([1 / 3] * 3)
    found = symmetric_equilibrium(HAWK_DOVE)
    assert found.weights[0] == pytest.approx([2 / 3, 1 / 3])
    assert found.values[0] == pytest.approx(2 / 3)
    pennies = np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = role_equilibrium(pennies, -pennies)
    assert np.concatenate(found.weights) == pytest.approx([0.5] * 4)
    found = role_equilibrium(np.array([[3.0, 0.0], [5.0, 1.0]]), np.array([[3.0, 5.0], [0.0, 1.0]]))
    assert [weights.tolist() for weights in found.weights] == [[0.0, 1.0], [0.0, 1.0]]  # the prisoners' dilemma


def test_policies_that_play_alike_do_no_harm():
    doubled = np.kron(HAWK_DOVE, np.ones((3, 3)))
    found = symmetric_equilibrium(doubled)
    assert found.regret < 1e-9
    assert found.weights[0][:3].sum() == pytest.approx(2 / 3)


@settings(max_examples=25, deadline=None)
@given(arrays(np.float64, (4, 4), elements=st.integers(0, 5).map(float)), st.data())
def test_nobody_gains_by_leaving_an_equilibrium(payoffs, data):
    found = symmetric_equilibrium(payoffs)
    assert found.weights[0].sum() == pytest.approx(1.0)
    assert found.regret < 1e-6
    other = data.draw(arrays(np.float64, (4, 4), elements=st.integers(0, 5).map(float)))
    assert role_equilibrium(payoffs, other).regret < 1e-6


def test_replicators_rest_where_all_earn_alike_and_leave_what_is_dominated():
    assert replicator(ROCK_PAPER_SCISSORS)[-1] == pytest.approx([1 / 3] * 3)
    assert replicator(HAWK_DOVE)[-1] == pytest.approx([2 / 3, 1 / 3], abs=1e-6)
    times = np.array([0.0, 1.0])
    weights = replicator(np.array([[2.0, 2.0], [1.0, 1.0]]), times)
    assert weights[1, 0] == pytest.approx(np.e / (1 + np.e), abs=1e-6)  # odds grow as exp of the difference in payoff


def test_policies_with_unknown_cells_are_taken_out_one_by_one():
    shares = np.ones((4, 4))
    shares[2, :] = shares[:, 2] = np.nan
    assert complete_policies(shares) == [0, 1, 3]
    shares[0, 1] = np.nan
    assert len(complete_policies(shares)) == 2
