"""Frontier and solution points: by hand, against the definitions by brute force, and against another program."""

import json
from math import sqrt

import numpy as np
import pytest

from negotiation_env import solutions

GAME = {"quantities": [2, 1, 2], "values": [[3, 4, 0], [3, 2, 1]]}
ONE_ITEM = {"quantities": [1], "values": [[1], [1]]}


def by_name(solution):
    return {name: getattr(solution, name) for name in solutions.CONCEPTS}


def everywhere(points):
    return dict.fromkeys(solutions.CONCEPTS, points)


# --- by hand ---


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (
            # Type 2 is worth something to agent 1 only, type 1 more to agent 0, type 0 the same to both.
            GAME,
            {
                "pareto": [[10, 2], [7, 5], [4, 8], [0, 10]],
                "nash": [[7, 5]],
                "kalai_smorodinsky": [[7, 5]],
                "egalitarian": [[7, 5]],
                "leximin": [[7, 5]],
                "utilitarian": [[10, 2], [7, 5], [4, 8]],
            },
        ),
        (
            {**GAME, "disagreement": (0.0, 4.0)},
            {
                "pareto": [[10, 2], [7, 5], [4, 8], [0, 10]],
                "nash": [[4, 8]],  # 4 x 4 > 7 x 1
                "kalai_smorodinsky": [[4, 8]],  # min(4/10, 4/6) > min(7/10, 1/6)
                "egalitarian": [[4, 8]],
                "leximin": [[4, 8]],
                "utilitarian": [[10, 2], [7, 5], [4, 8]],
            },
        ),
        (
            # The pool is worth 9 to one and 6 to the other, so equal shares of it are no equal gains.
            {"quantities": [1, 1, 1], "values": [[0, 4, 5], [1, 2, 3]]},
            {
                "pareto": [[9, 1], [5, 3], [4, 4], [0, 6]],
                "nash": [[4, 4]],
                "kalai_smorodinsky": [[5, 3]],  # min(5/9, 3/6) > min(4/9, 4/6)
                "egalitarian": [[4, 4]],
                "leximin": [[4, 4]],
                "utilitarian": [[9, 1]],
            },
        ),
        (
            # Egalitarian ties that leximin tells apart: both points give somebody 6.
            {"quantities": [1, 4, 1], "values": [[4, 1, 2], [2, 2, 0]]},
            {
                "pareto": [[10, 0], [9, 2], [8, 4], [7, 6], [6, 8], [2, 10]],
                "nash": [[6, 8]],
                "kalai_smorodinsky": [[7, 6], [6, 8]],
                "egalitarian": [[7, 6], [6, 8]],
                "leximin": [[6, 8]],
                "utilitarian": [[6, 8]],
            },
        ),
        (ONE_ITEM, everywhere([[1, 0], [0, 1]])),
        (
            # Agent 0 cannot gain and is left out of the min; the only good product loses nobody anything.
            {**ONE_ITEM, "disagreement": (1.0, 0.0)},
            {
                "pareto": [[1, 0], [0, 1]],
                "nash": [[1, 0]],
                "kalai_smorodinsky": [[0, 1]],
                "egalitarian": [[0, 1]],
                "leximin": [[0, 1]],
                "utilitarian": [[1, 0], [0, 1]],
            },
        ),
        ({**ONE_ITEM, "disagreement": (1.0, 1.0)}, everywhere([[1, 0], [0, 1]])),
        ({**ONE_ITEM, "disagreement": (5.0, 7.0)}, everywhere([[1, 0], [0, 1]])),
        (
            # Nobody wants what the other wants: the ideal point is reachable.
            {"quantities": [1, 2], "values": [[3, 0], [0, 2]]},
            everywhere([[3, 4]]),
        ),
    ],
)
def test_points_worked_out_by_hand(game, expected):
    assert {name: points.tolist() for name, points in by_name(solutions.solve(**game)).items()} == expected


def test_two_losses_make_no_product():
    solution = solutions.solve([2, 2], [[2, 1], [1, 2]], disagreement=(5.0, 3.0))
    assert solution.pareto.tolist() == [[6, 0], [5, 2], [4, 4], [2, 5], [0, 6]]
    assert solution.nash.tolist() == solution.pareto.tolist()
    assert solutions.solve([2, 2], [[2, 1], [1, 2]], disagreement=(5.0, 2.0)).nash.tolist() == [[5, 2]]


@pytest.mark.parametrize(
    ("quantities", "values", "welfare", "opposition"),
    [
        ([2, 1, 2], GAME["values"], 12.0, sqrt(0.3**2 + 0.5**2)),
        ([1], [[1], [1]], 1.0, 1.0),
        ([1], [[5], [0.5]], 5.0, 1.0),
        ([2], [[1], [3]], 6.0, sqrt(0.5)),
        ([1, 2], [[3, 0], [0, 2]], 7.0, 0.0),
    ],
)
def test_welfare_and_opposition_worked_out_by_hand(quantities, values, welfare, opposition):
    solution = solutions.solve(quantities, values)
    assert (solution.max_welfare, solution.opposition) == pytest.approx((welfare, opposition))


def test_utilities_of_every_split():
    assert solutions.split_utilities([1, 2], [[5, 1], [2, 3]]).tolist() == [
        [0, 8], [1, 5], [2, 2], [5, 6], [6, 3], [7, 0],
    ]  # fmt: skip


def test_ties_are_kept_where_floats_differ():
    """0.1 + 0.2 is not 0.3 in floats, and is the same utility."""
    solution = solutions.solve([1, 1, 1], [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]])
    assert solution.pareto.tolist() == pytest.approx(
        np.array([[6, 0], [5, 1], [4, 2], [3, 3], [2, 4], [1, 5], [0, 6]]) / 10
    )
    assert len(solution.utilitarian) == 7
    large = solutions.solve([1, 1, 1], np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]) * 1e8)
    assert len(large.pareto) == len(large.utilitarian) == 7


# --- large games ---


def test_a_large_game_equals_the_pairwise_definition():
    rng = np.random.default_rng(0)
    for values in (rng.random((2, 11)), rng.integers(0, 11, size=(2, 11)).astype(float)):
        points = np.unique(solutions.split_utilities([1] * 11, values).round(9), axis=0)
        better = (points[:, None] >= points[None]).all(axis=2) & (points[:, None] > points[None]).any(axis=2)
        frontier = points[~better.any(axis=0)][::-1]
        np.testing.assert_allclose(solutions.solve([1] * 11, values).pareto, frontier, atol=1e-8)


# --- against another program ---


@pytest.fixture(scope="module")
def instances(shared):
    return json.loads((shared / "reference" / "negmas_multi_item.json").read_text())["instances"]


def test_equals_negmas(instances):
    names = {"pareto": "pareto", "nash": "nash", "egalitarian": "kalai", "utilitarian": "max_welfare"}
    for instance in instances:
        solution = solutions.solve(instance["pool"], instance["values"])
        for ours, theirs in names.items():
            assert getattr(solution, ours).tolist() == sorted(instance[theirs], reverse=True), (instance["index"], ours)
        assert solutions.count_splits(np.array(instance["pool"])) == instance["n_outcomes"]


def test_where_negmas_differs(instances):
    """It has other definitions of the Kalai-Smorodinsky point, and opposition from raw utilities."""
    different = 0
    for instance in instances:
        solution = solutions.solve(instance["pool"], instance["values"])
        different += solution.kalai_smorodinsky.tolist() != sorted(instance["ks"], reverse=True)
        raw = solutions.split_utilities(instance["pool"], instance["values"])
        assert instance["opposition"] == pytest.approx(np.hypot(*(raw - 1.0).T).min())
        assert 0.0 <= solution.opposition <= 1.0
    assert 0 < different < len(instances)


# --- many games ---


def mixed_games(size, seed):
    rng = np.random.default_rng(seed)
    quantities = rng.integers(0, 4, size=(size, 4))
    quantities[:, 1] += 1
    values = rng.integers(0, 5, size=(size, 2, 4)) / rng.choice([1.0, 3.0], size=(size, 1, 1))
    values[:, :, 1] += 1.0
    return quantities, values, rng.integers(-1, 6, size=(size, 2)).astype(float)


def test_a_batch_equals_one_by_one():
    quantities, values, disagreement = mixed_games(200, seed=1)
    many = solutions.solve_batch(quantities, values, disagreement)
    assert len(many) == 200
    for row, game in enumerate(zip(quantities, values, disagreement, strict=True)):
        alone, among = solutions.solve(*game), many.game(row)
        for name, points in by_name(alone).items():
            np.testing.assert_array_equal(points, getattr(among, name))
        assert (alone.max_welfare, alone.opposition) == (among.max_welfare, among.opposition)
        assert np.isfinite(many.points[row]).all(axis=1).tolist() == many.members["pareto"][row].tolist()


def test_many_chunks_equal_one(monkeypatch):
    values = np.random.default_rng(2).integers(0, 5, size=(50, 2, 4)) + 0.5
    whole = solutions.solve_batch([1, 2, 1, 1], values)
    monkeypatch.setattr("negotiation_env.solutions.games._CHUNK", 60)
    parts = solutions.solve_batch([1, 2, 1, 1], values)
    np.testing.assert_array_equal(whole.points, parts.points)
    for name in solutions.CONCEPTS:
        np.testing.assert_array_equal(whole.members[name], parts.members[name])


def test_types_of_which_there_are_none_change_nothing():
    padded = solutions.solve([0, 2, 1, 2, 0], [[9, 3, 4, 0, 9], [9, 3, 2, 1, 9]])
    for name, points in by_name(solutions.solve(**GAME)).items():
        assert points.tolist() == getattr(padded, name).tolist()


def test_no_games_are_no_error():
    many = solutions.solve_batch(np.zeros((0, 3)), np.zeros((0, 2, 3)))
    assert len(many) == 0


# --- wrong input ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": [[3, 4, 0], [3, -2, 1]]}, r"agent 1's values \[3.0, -2.0, 1.0\]: every value .* at least 0"),
        ({"values": [[3, float("nan"), 0], [3, 2, 1]]}, r"agent 0's values \[3.0, nan, 0.0\]"),
        ({"values": [[3, float("inf"), 0], [3, 2, 1]]}, "finite"),
        ({"values": [[0, 0, 0], [3, 2, 1]]}, r"agent 0's values .* worth more than 0"),
        ({"quantities": [2, 1, 0], "values": [[0, 0, 5], [3, 2, 1]]}, r"agent 0's .* worth more than 0"),
        ({"values": [[3, 4], [3, 2]]}, r"shape \(2, 3\) .* not \(2, 2\)"),
        ({"values": [[3, 4, 0], [3, 2]]}, "lists of equal length"),
        ({"values": [[3, 4, 0]]}, "two lists"),
        ({"values": [[[3, 4, 0], [3, 2, 1]]] * 2}, r"one number of games, not of \[1, 2\]"),
        ({"quantities": [9, 9, 99]}, r"10,000 ways, and at most 4,096"),
        ({"quantities": [2, 1, -2]}, "at least 0"),
        ({"quantities": [0, 0, 0]}, "nothing to split"),
        ({"disagreement": (0.0, float("nan"))}, "two finite numbers"),
        ({"disagreement": (0.0, 0.0, 0.0)}, "two finite numbers"),
        ({"disagreement": 1.0}, "two finite numbers"),
        ({"disagreement": ("much", "none")}, "^disagreement"),
    ],
)
def test_wrong_input_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        solutions.solve(**{**GAME, **change})


def test_a_wrong_game_among_many_is_named():
    values = np.ones((5, 2, 3))
    values[3, 1, 2] = -1.0
    with pytest.raises(ValueError, match=r"agent 1's values \[1.0, 1.0, -1.0\] in game 3"):
        solutions.solve_batch([1, 1, 1], values)
    with pytest.raises(ValueError, match="one number of games"):
        solutions.solve_batch(np.ones((4, 3)), np.ones((5, 2, 3)))
    for one in (solutions.split_utilities, lambda *two: solutions.is_pareto_optimal(*two, [1, 1, 1])):
        with pytest.raises(ValueError, match=r"one number of games, not of \[1, 2\]"):
            one(np.ones((2, 3)), np.ones((2, 2, 3)))
