"""Acceptance rules, each alone and combined."""

import numpy as np
import pytest
from negotiation_policies.acceptance import (
    After,
    AllOf,
    AnyOf,
    BestOfWindow,
    ByAspiration,
    Constant,
    Next,
    combi,
)
from negotiation_policies.orientation import situation as price_situation
from price_table import BUYER, NAN, SELLER, decide_one, make_view

from negotiation_env.registry import make_policy


def situation(standing, aspiration=200.0, next_offer=100.0, turn=10, opponent=None):
    """One seller's situation at limit 400 with an opening gain of 500."""
    history = tuple(400.0 + value for value in (opponent or (standing,)))
    view = make_view([{"role": SELLER, "limit": 400.0, "turn": turn, "opponent": history}])
    return price_situation(view, np.array([aspiration]), np.array([next_offer]), np.array([500.0]))


@pytest.mark.parametrize(
    ("rule", "standing", "accepts"),
    [
        (ByAspiration(), 200.0, True),
        (ByAspiration(), 199.99, False),
        (Next(), 100.0, True),
        (Next(), 99.99, False),
        (Next(scale=1.25), 80.0, True),
        (Next(scale=1.25), 79.99, False),
        (Next(shift=0.1), 50.0, True),  # 0.1 of the opening of 500
        (Next(shift=0.1), 49.99, False),
        (Next(shift=1.0), -1.0, False),  # never past the own limit
        (Constant(0.5), 250.0, True),
        (Constant(0.5), 249.99, False),
        (After(0.5), 0.0, True),
        (After(0.51), 0.0, False),
        (After(0.5), -0.01, False),
        (AnyOf((ByAspiration(), Next())), 150.0, True),
        (AllOf((ByAspiration(), Next())), 150.0, False),
        (Next(), NAN, False),
        (After(0.0), NAN, False),
    ],
)
def test_rules(rule, standing, accepts):
    assert rule.accepts(situation(standing)).tolist() == [accepts]


@pytest.mark.parametrize(
    ("history", "turn", "accepts"),
    [
        # turn 16 of 20: the window goes back to turn 12, so it holds the offers of turns 13 and 15
        ((90.0, 10.0, 20.0), 16, True),
        ((90.0, 30.0, 20.0), 16, False),
        ((90.0, 20.0, 20.0), 16, True),
        # turn 10: the window goes back to turn 0
        ((90.0, 10.0, 20.0), 10, False),
        # turn 20: only the standing offer is left
        ((90.0, 30.0, 20.0), 20, True),
        ((90.0, 30.0, -1.0), 20, False),
    ],
)
def test_best_of_window(history, turn, accepts):
    given = situation(history[-1], turn=turn, opponent=history)
    assert BestOfWindow().accepts(given).tolist() == [accepts]


def test_combi_is_next_or_late_and_best_of_window():
    rule = combi(after=0.8)
    assert rule.accepts(situation(100.0, turn=2)).tolist() == [True]
    assert rule.accepts(situation(20.0, turn=15, opponent=(90.0, 10.0, 20.0))).tolist() == [False]
    assert rule.accepts(situation(20.0, turn=16, opponent=(90.0, 10.0, 20.0))).tolist() == [True]


@pytest.mark.parametrize(
    ("acceptance", "standing", "kind"),
    [
        ("aspiration", 524.99, "offer"),  # turn 15: the aspiration is 525
        ("aspiration", 525.0, "accept"),
        ("const", 649.0, "offer"),
        ("const", 650.0, "accept"),
        ("time", 400.0, "offer"),
        ("const|aspiration", 525.0, "accept"),
    ],
)
def test_strategies_choose_their_rule_by_name(acceptance, standing, kind):
    policy = make_policy(f"linear:acceptance={acceptance}")
    assert decide_one(policy, turn=15, opponent=(standing,))[0] == kind
    mirrored = decide_one(policy, role=BUYER, limit=1300.0, turn=15, opponent=(1700.0 - standing,))
    assert mirrored[0] == kind


def test_rule_parameters_come_from_the_strategy():
    assert (
        decide_one(make_policy("linear:acceptance=time,accept_after=0.75"), turn=15, opponent=(400.0,))[0] == "accept"
    )
    assert decide_one(make_policy("linear:acceptance=next,accept_shift=0.1"), turn=15, opponent=(475.0,))[0] == "accept"
    assert decide_one(make_policy("linear:acceptance=const,accept_share=0.2"), turn=1, opponent=(500.0,))[0] == "accept"
