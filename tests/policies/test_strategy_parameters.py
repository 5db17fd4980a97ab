"""Wrong parameters: one clear message each."""

import json
import pickle

import pytest
from negotiation_policies.registration import register

from negotiation_env.registry import list_policies, make_policy, policy_params

register()
WRONG = [
    ("linear", {"exponent": 0}, "above 0"),
    ("linear", {"exponent": "fast"}, "finite number"),
    ("linear", {"exponent": float("nan")}, "finite number"),
    ("linear", {"exponent": True}, "finite number"),
    ("linear", {"concession_cap": 1.1}, "from 0 to 1"),
    ("linear", {"curve": "wavy"}, "'polynomial'"),
    ("linear", {"curve": "exponential"}, "initial_concession"),
    ("linear", {"initial_concession": -0.1}, "from 0 to 1"),
    ("linear", {"clock": "t"}, "t/T"),
    ("linear", {"tolerance": 2}, "from 0 to 1"),
    ("linear", {"noise": -1}, "at least 0"),
    ("linear", {"opening_margin": -1}, "at least 0"),
    ("linear", {"opening_margin": "all"}, "finite number"),
    ("linear", {"margin_range": 0}, "above 0"),
    ("linear", {"acceptance": "always"}, "'next'"),
    ("linear", {"acceptance": "next|"}, "'next'"),
    ("linear", {"acceptance": 3}, "'next'"),
    ("linear", {"accept_after": 1.5}, "from 0 to 1"),
    ("linear", {"accept_shift": 2}, "from -1 to 1"),
    ("tit_for_tat", {"lag": 0}, "at least 1"),
    ("tit_for_tat", {"lag": 1.5}, "whole number"),
    ("tit_for_tat", {"imitate_retraction": 1}, "true or false"),
    ("random_absolute_tit_for_tat", {"max_random_step": -1}, "at least 0"),
    ("averaged_tit_for_tat", {"window": 0}, "at least 1"),
    ("split_difference", {"split": 1.1}, "from 0 to 1"),
    ("hardliner", {"final_share": 2}, "from 0 to 1"),
    ("price_fixed_strict", {"share": -1}, "from 0 to 1"),
    ("fair", {"fair_share": 2}, "from 0 to 1"),
    ("naive_concession", {"step": -5}, "at least 0"),
    ("naive_boulware", {"exponent": -3}, "above 0"),
    ("micro_fine", {"step": 0}, "above 0"),
    ("charging_boul", {"floor": 1.5}, "from 0 to 1"),
    ("charging_boul", {"boulware_index": 0}, "at least 1"),
    ("hold_rho", {"rho": 1.2}, "or -1"),
    ("hold_rho", {"rho": -0.5}, "or -1"),
    ("hold_rho", {"rho": "half"}, "or -1"),
    ("hold_rho", {"assumed_width": 0}, "above 0"),
    ("concede_to_rho", {"exponent": 0}, "above 0"),
    ("random_curve", {"firmest": 5}, "from 0 to 1"),
    ("random_curve", {"knots": -1}, "at least 0"),
    ("random_power", {"flattest": 0}, "above 0"),
    ("random_power", {"steepest": "abc"}, "finite number"),
    ("random_path", {"knots": -3}, "at least 0"),
    ("random_reaction", {"split": -1}, "at least 0"),
]


@pytest.mark.parametrize(("name", "params", "message"), WRONG)
def test_a_wrong_value_says_what_is_allowed(name, params, message):
    with pytest.raises(ValueError, match=next(iter(params))) as caught:
        make_policy(name, **params)
    assert message in str(caught.value)
    assert repr(next(iter(params.values()))).strip("'") in str(caught.value)


@pytest.mark.parametrize("name", list_policies("price", kind="scripted"))
def test_every_parameter_is_checked_and_named(name):
    policy = make_policy(name)
    if not type(policy).__module__.startswith("negotiation_policies"):
        pytest.skip("not one of this package's strategies")
    for parameter in policy_params(policy):
        with pytest.raises(ValueError, match=rf"^{parameter} is \{{'no': 'value'\}}"):
            make_policy(name, **{parameter: {"no": "value"}})


def test_an_unknown_parameter_names_the_right_ones():
    with pytest.raises(TypeError, match="exponent"):
        make_policy("linear", exponnent=2)


@pytest.mark.parametrize("name", list_policies("price", kind="scripted"))
def test_every_name_builds_with_json_parameters_and_travels(name):
    policy = make_policy(name)
    if not type(policy).__module__.startswith("negotiation_policies"):
        pytest.skip("not one of this package's strategies")
    params = policy_params(policy)
    assert make_policy(name, **json.loads(json.dumps(params))) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy
