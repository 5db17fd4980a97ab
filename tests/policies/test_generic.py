"""The random opponents against their definitions, worked out for one game at a time from the game's own draws."""

import math

import numpy as np
import pytest
from price_table import BUYER, NAN, SELLER, decide_one, make_view

from negotiation_env import make_policy, seeding

SEEDS = range(40)
SEATS = [(SELLER, 400.0, 1000.0), (BUYER, 900.0, 700.0)]
"""Role, limit, and the most that an opening can gain: 1,000, or what lies between the limit and the range's end."""


def draw(seed, stream):
    return float(seeding.unit(np.array([seed], dtype=np.uint64), stream)[0])


def sometimes(seed, stream, most, never=0.4):
    return max(draw(seed, stream) - never, 0.0) / (1.0 - never) * most


def opening(seed, most):
    return (0.2 + 0.8 * draw(seed, 0)) * most


def covered_by_curve(seed, time):
    bends = [0.0, *sorted(draw(seed, 5 + knot) for knot in range(3)), 1.0]
    lengths = [-math.log(1.0 - draw(seed, 8 + piece)) for piece in range(4)]
    return float(np.interp(time, bends, np.cumsum([0.0, *lengths]) / sum(lengths)))


def covered_by_power(seed, time):
    return time ** math.exp(math.log(0.2) + math.log(40.0 / 0.2) * draw(seed, 5))


def check_offers(name, levels, seats=SEATS, **rows):
    """The offers of a policy gain what ``levels(seed, most)`` says."""
    for role, limit, most in seats:
        view = make_view([{"role": role, "limit": limit, "seed": seed, **rows} for seed in SEEDS])
        expected = [limit + role * levels(seed, most) for seed in SEEDS]
        found = make_policy(name).decide(view)
        assert not found.kind.any()
        np.testing.assert_allclose(found.price, expected, atol=1e-9)


@pytest.mark.parametrize(("name", "covered"), [("random_curve", covered_by_curve), ("random_power", covered_by_power)])
@pytest.mark.parametrize("turn", [1, 7, 12, 20])
def test_concession_from_a_random_opening_to_a_random_end(name, covered, turn):
    def level(seed, most):
        end = max(2.0 * draw(seed, 1) - 1.0, 0.0) * 0.6
        return opening(seed, most) * (1.0 - (1.0 - end) * covered(seed, turn / 20))

    check_offers(name, level, turn=turn)
    for role, limit, most in SEATS:
        row = {"role": role, "limit": limit, "seed": 3, "turn": turn}
        asked = limit + role * level(3, most)
        assert decide_one(make_policy(name), **row, opponent=(asked,))[0] == "accept"
        assert decide_one(make_policy(name), **row, opponent=(asked - role * 0.01,))[0] == "offer"


def test_a_curve_without_knots_is_a_straight_line():
    def level(seed, most):
        return opening(seed, most) * (1.0 - (1.0 - max(2.0 * draw(seed, 1) - 1.0, 0.0)) * 0.35)

    check_offers("random_curve:knots=0,firmest=1", level, turn=7)


@pytest.mark.parametrize("turn", [1, 6, 13, 20])
def test_a_path_goes_straight_from_level_to_level(turn):
    def level(seed, most):
        levels = [sometimes(seed, 5 + knot, 1.0, never=0.3) for knot in range(4)]
        return most * float(np.interp(3 * turn / 20, range(4), levels))

    check_offers("random_path", level, turn=turn)
    for seed in SEEDS:
        row = {"limit": 400.0, "seed": seed, "turn": turn, "own": (1390.0, 450.0, 800.0)}
        least = 0.0 if draw(seed, 1) < 0.4 else min(50.0, level(seed, 1000.0))
        assert decide_one(make_policy("random_path"), **row, opponent=(400.0 + least,))[0] == "accept"
        assert decide_one(make_policy("random_path"), **row, opponent=(399.99 + least,))[0] == "offer"


def test_a_reaction_opens_at_random_whatever_was_offered():
    check_offers("random_reaction", opening, turn=1)
    check_offers("random_reaction", opening, seats=SEATS[:1], turn=2, opponent=(300.0,))


@pytest.mark.parametrize("heard", [(300.0, 340.0), (300.0, 290.0), (300.0,)])
def test_a_reaction_mixes_the_opponents_step_a_step_of_its_own_and_the_gap(heard):
    def level(seed, most):
        step = max(heard[-1] - heard[-2], 0.0) if len(heard) > 1 else 0.0
        moved = (
            sometimes(seed, 2, 1.5) * step + sometimes(seed, 3, 60.0) + sometimes(seed, 4, 0.4) * (1000.0 - heard[-1])
        )
        return 600.0 - moved

    check_offers("random_reaction", level, seats=SEATS[:1], turn=5, own=(1100.0, 1000.0), opponent=heard)

    view = make_view(
        [
            {
                "role": BUYER, "limit": 1300.0, "seed": seed, "turn": 5,
                "own": (600.0, 700.0), "opponent": tuple(1700.0 - price for price in heard),
            }
            for seed in SEEDS
        ]
    )  # fmt: skip
    found = make_policy("random_reaction").decide(view).price
    np.testing.assert_allclose(found, [1300.0 - level(seed, None) for seed in SEEDS], atol=1e-9)


def test_a_reaction_without_an_answer_moves_by_its_own_step_alone():
    def level(seed, most):
        return 600.0 - sometimes(seed, 3, 60.0) / 2

    check_offers(
        "random_reaction:margin_range=2600", level, seats=SEATS[:1], turn=3, own=(1000.0,), opponent=(), standing=NAN
    )
