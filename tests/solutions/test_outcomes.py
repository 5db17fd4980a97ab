"""How good outcomes were: by hand, and against the definitions by brute force."""

import numpy as np
import pytest

from negotiation_env import solutions
from negotiation_env.solutions import outcome_metrics

POOL, VALUES = [2, 1, 2], [[3, 4, 0], [3, 2, 1]]


def test_worked_out_by_hand():
    """One item each wants twice as much of the other's kind; both pools are worth 3.

    The frontier is (3, 0), (2, 2), (0, 3); the farthest split from it is (1, 1).
    """
    keep = [[1, 0], [0, 1], [1, 1], [0, 0], [9, 9]]
    columns = outcome_metrics([1, 1], [[2, 1], [1, 2]], keep, deal=[True, True, True, True, False])
    assert tuple(columns) == solutions.COLUMNS
    assert columns["pareto_optimal"].tolist() == [True, False, True, True, False]
    assert columns["envy_free"].tolist() == [True, False, False, False, False]
    assert columns["welfare"].tolist() == [4, 2, 3, 3, 0]
    assert columns["max_welfare"].tolist() == [4] * 5
    assert columns["efficiency"].tolist() == [1, 0.5, 0.75, 0.75, 0]
    assert columns["nash_product"].tolist() == [4, 1, 0, 0, 0]
    assert columns["opposition"] == pytest.approx([2**0.5 / 3] * 5)
    far, side, none = 2**0.5 / 3, 5**0.5 / 3, 8**0.5 / 3
    assert columns["nash_distance"] == pytest.approx([0, far, side, side, none])
    assert columns["nash_optimality"] == pytest.approx([1, 0.5, 1 - (5 / 8) ** 0.5, 1 - (5 / 8) ** 0.5, 0])
    assert columns["pareto_distance"] == pytest.approx([0, far, 0, 0, none])
    assert columns["pareto_optimality"] == pytest.approx([1, 0.5, 1, 1, 0])


def test_no_deal_can_be_the_better_outcome():
    columns = outcome_metrics([1], [[1], [1]], [[1], [0]], deal=[True, False], disagreement=(0.9, 0.9))
    assert columns["pareto_optimal"].tolist() == [True, True]
    assert columns["efficiency"].tolist() == [1, 1]
    assert columns["nash_product"].tolist() == [0, 0]
    assert columns["pareto_optimality"].tolist() == [1, 0]


def test_what_is_said_of_a_split_where_there_was_no_deal_does_not_matter():
    columns = outcome_metrics([0, 1], [[1, 1], [1, 1]], [[7, 7], [-1, -1], [0, 1]], deal=[False, False, True])
    assert columns["welfare"].tolist() == [0, 0, 1]
    assert columns["envy_free"].tolist() == [False, False, False]


def test_where_every_outcome_is_in_the_set_all_are_optimal():
    columns = outcome_metrics([1], [[1], [1]], [[1], [0]], disagreement=(1.0, 0.0))
    assert columns["pareto_optimality"].tolist() == [1, 1]
    assert columns["utilitarian_distance"].tolist() == [0, 0]


def test_many_games_equal_one_by_one():
    rng = np.random.default_rng(3)
    quantities = rng.integers(1, 4, size=(100, 3))
    values = rng.random((100, 2, 3))
    keep = rng.integers(0, quantities + 1)
    deal, disagreement = rng.random(100) < 0.8, rng.random((100, 2))
    many = outcome_metrics(quantities, values, keep, deal, disagreement)
    for row in range(100):
        one = slice(row, row + 1)
        alone = outcome_metrics(quantities[one], values[one], keep[one], deal[one], disagreement[one])
        assert {name: column[0] for name, column in alone.items()} == {name: many[name][row] for name in many}
    optimality = [column for name, column in many.items() if name.endswith("_optimality")]
    assert np.min(optimality) >= 0.0
    assert np.max(optimality) == 1.0


def test_columns_are_those_of_the_table():
    columns = outcome_metrics(POOL, VALUES, [[2, 1, 0]])
    assert all(column.shape == (1,) for column in columns.values())
    assert [name for name, column in columns.items() if column.dtype == bool] == ["pareto_optimal", "envy_free"]
    for name in columns:
        documented = name if name.count("_") == 0 else name.replace(name.rsplit("_", 1)[0], "X", 1)
        assert f"`{name}`" in solutions.__doc__ or f"`{documented}`" in solutions.__doc__, name


def test_no_games_are_no_error():
    columns = outcome_metrics(POOL, VALUES, np.zeros((0, 3)))
    assert all(column.shape == (0,) for column in columns.values())


def test_pareto_optimal_splits():
    assert solutions.is_pareto_optimal(POOL, VALUES, [1, 1, 0]).tolist() is True
    assert solutions.is_pareto_optimal(POOL, VALUES, [[1, 1, 1], [2, 1, 0]]).tolist() == [False, True]
    everything = solutions.is_pareto_optimal(POOL, VALUES, solutions.all_splits(POOL))
    points = solutions.split_utilities(POOL, VALUES)[everything]
    assert np.unique(points, axis=0)[::-1].tolist() == solutions.solve(POOL, VALUES).pareto.tolist()


@pytest.mark.parametrize(
    ("keep", "deal", "message"),
    [
        ([[3, 0, 0]], None, r"keep \[3, 0, 0\] must be whole numbers between 0 and the quantities \[2, 1, 2\]"),
        ([[0, 0, 0], [0, -1, 0]], None, r"keep \[0, -1, 0\]"),
        ([0, 0, 0], None, "one row a game"),
        ([[0, 0]], None, "each of 3 item types"),
        ([[0, 0, 0]], [True, False], "one entry for each of 1 games"),
    ],
)
def test_impossible_outcomes_are_refused(keep, deal, message):
    with pytest.raises(ValueError, match=message):
        outcome_metrics(POOL, VALUES, keep, deal)
