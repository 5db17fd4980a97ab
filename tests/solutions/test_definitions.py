"""Everything against the definitions of DESIGN, word for word, on whole numbers and fractions.

The brute force is slow, and there is nothing in it to get wrong.
"""

from fractions import Fraction
from itertools import product
from math import dist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation_env import solutions


def points(quantities, values):
    """The distinct utility pairs of all splits."""
    keeps = product(*(range(quantity + 1) for quantity in quantities))
    return {utilities(quantities, values, keep) for keep in keeps}


def utilities(quantities, values, keep):
    own = sum(value * kept for value, kept in zip(values[0], keep, strict=True))
    rest = sum(value * (q - kept) for value, q, kept in zip(values[1], quantities, keep, strict=True))
    return (own, rest)


def dominates(a, b):
    return a[0] >= b[0] and a[1] >= b[1] and a != b


def solved(quantities, values, disagreement=(0, 0)):
    """Name of the set -> sorted list of utility pairs."""
    splits = points(quantities, values)
    frontier = [point for point in splits if not any(dominates(other, point) for other in splits)]
    best = [max(point[agent] for point in frontier) for agent in (0, 1)]
    counted = [agent for agent in (0, 1) if best[agent] > disagreement[agent]]

    def gain(point, agent):
        return point[agent] - disagreement[agent]

    def least_share(point):
        shares = [Fraction(gain(point, agent), best[agent] - disagreement[agent]) for agent in counted]
        return min(shares, default=0)

    def sorted_gains(point):
        return sorted(gain(point, agent) for agent in counted)

    rational = [point for point in frontier if gain(point, 0) >= 0 and gain(point, 1) >= 0]
    return {
        "pareto": ordered(frontier),
        "nash": arg_max(rational, lambda point: gain(point, 0) * gain(point, 1)) if rational else ordered(frontier),
        "kalai_smorodinsky": arg_max(frontier, least_share),
        "egalitarian": arg_max(frontier, lambda point: min(sorted_gains(point), default=0)),
        "leximin": arg_max(frontier, sorted_gains),
        "utilitarian": arg_max(frontier, sum),
    }


def arg_max(candidates, key):
    top = max(key(point) for point in candidates)
    return ordered(point for point in candidates if key(point) == top)


def ordered(pairs):
    return sorted(pairs, reverse=True)


def metrics(quantities, values, keep, disagreement):
    """The columns of one outcome; ``keep`` is ``None`` without a deal."""
    splits, sets = points(quantities, values), solved(quantities, values, disagreement)
    worth = [sum(q * value for q, value in zip(quantities, own, strict=True)) for own in values]
    outcome = tuple(disagreement) if keep is None else utilities(quantities, values, keep)

    def scaled(point):
        return (point[0] / worth[0], point[1] / worth[1])

    def distance(point, members):
        return min(dist(scaled(point), scaled(member)) for member in members)

    gains = [max(u - d, 0) for u, d in zip(outcome, disagreement, strict=True)]
    most = max(map(sum, splits))
    columns = {
        "pareto_optimal": not any(dominates(split, outcome) for split in splits),
        "envy_free": keep is not None and all(2 * u >= w for u, w in zip(outcome, worth, strict=True)),
        "welfare": sum(outcome),
        "max_welfare": most,
        "efficiency": min(max(sum(outcome) / most, 0), 1),
        "nash_product": gains[0] * gains[1],
        "opposition": min(dist(scaled(split), (1, 1)) for split in splits),
    }
    for name, members in sets.items():
        farthest = max(distance(place, members) for place in [*splits, tuple(disagreement)])
        columns[f"{name}_distance"] = distance(outcome, members)
        columns[f"{name}_optimality"] = 1 - distance(outcome, members) / farthest if farthest else 1
    return columns


@st.composite
def games(draw, types=4):
    """Small whole numbers, for many ties; one side may want little, and disagreement may be anywhere."""
    quantities = draw(st.lists(st.integers(0, 3), min_size=1, max_size=types).filter(any))
    worth = st.lists(st.integers(0, 4), min_size=len(quantities), max_size=len(quantities))
    worth = worth.filter(lambda own: any(q * value for q, value in zip(quantities, own, strict=True)))
    values = [draw(worth), draw(worth)]
    most = [sum(q * value for q, value in zip(quantities, own, strict=True)) for own in values]
    outside = [draw(st.one_of(st.just(0), st.integers(-2, top + 1), st.just(top))) for top in most]
    return quantities, values, outside


@given(games())
@settings(max_examples=2000, deadline=None)
def test_point_sets(game):
    solution = solutions.solve(*game)
    for name, expected in solved(*game).items():
        assert [tuple(point) for point in getattr(solution, name).tolist()] == expected, name


@given(games(), st.sampled_from([0.1, 0.7, 1 / 3, 1e-3, 12345.678]))
@settings(max_examples=500, deadline=None)
def test_point_sets_in_another_unit(game, unit):
    """The same ties, now between floats with rounding errors."""
    quantities, values, disagreement = game
    solution = solutions.solve(quantities, np.multiply(values, unit), np.multiply(disagreement, unit))
    for name, expected in solved(*game).items():
        found = getattr(solution, name)
        assert found.shape == (len(expected), 2), name
        np.testing.assert_allclose(found / unit, expected, atol=1e-9)


@given(games(types=3), st.data())
@settings(max_examples=500, deadline=None)
def test_metrics_of_outcomes(game, data):
    quantities, values, disagreement = game
    keep = data.draw(st.none() | st.tuples(*(st.integers(0, quantity) for quantity in quantities)))
    kept = [[-1] * len(quantities) if keep is None else keep]
    columns = solutions.outcome_metrics(quantities, values, kept, [keep is not None], disagreement)
    expected = metrics(quantities, values, keep, disagreement)
    assert {name: column[0] for name, column in columns.items()} == pytest.approx(expected, abs=1e-9)
    solution = solutions.solve(quantities, values, disagreement)
    assert solution.max_welfare == expected["max_welfare"]
    assert solution.opposition == pytest.approx(expected["opposition"])
