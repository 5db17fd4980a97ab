"""Names and parameters of the multi-item strategies: what is wrong gets one clear message each."""

import json
import pickle

import pytest

from negotiation_env.registry import list_policies, make_policy, policy_params

ASKED_FOR = {
    "boulware", "conceder", "linear", "fixed_price", "hardliner", "tit_for_tat", "micro", "random", "trade_off",
    "greedy_concession",
}  # fmt: skip
WRONG = [
    ("boulware", {"exponent": 0}, "above 0"),
    ("boulware", {"start": 1.1}, "from 0 to 1"),
    ("boulware", {"end": 0.9}, "at most start"),
    ("boulware", {"clock": "t"}, "t/T"),
    ("boulware", {"ties": "luck"}, "'frequency'"),
    ("boulware", {"acceptance": "always"}, "'next'"),
    ("boulware", {"model_prior": -1}, "at least 0"),
    ("fixed_price", {"aspiration": "all"}, "finite number"),
    ("hardliner", {"final_aspiration": 2}, "from 0 to 1"),
    ("tit_for_tat", {"rate": -1}, "at least 0"),
    ("tit_for_tat", {"imitate_retraction": 1}, "true or false"),
    ("micro", {"repeat": "first"}, "'random'"),
    ("trade_off", {"band": 2}, "from 0 to 1"),
    ("trade_off", {"end": 0.8, "start": 0.5}, "at most start"),
    ("trade_off", {"choose_by": "taste"}, "'similarity'"),
    ("trade_off", {"model_stability": float("nan")}, "finite number"),
    ("greedy_concession", {"reserve": -0.1}, "from 0 to 1"),
    ("greedy_concession", {"items_per_turn": 0}, "at least 1"),
    ("random", {"accept_after": 1.5}, "from 0 to 1"),
]


def test_all_strategies_are_registered():
    assert set(list_policies("multi_item")) >= ASKED_FOR


@pytest.mark.parametrize(("name", "params", "message"), WRONG)
def test_a_wrong_value_says_what_is_allowed(name, params, message):
    with pytest.raises(ValueError, match=next(iter(params))) as caught:
        make_policy(name, domain="multi_item", **params)
    assert message in str(caught.value)
    assert repr(next(iter(params.values()))).strip("'") in str(caught.value)


@pytest.mark.parametrize("name", sorted(ASKED_FOR))
def test_every_name_builds_with_json_parameters_and_travels(name):
    policy = make_policy(name, domain="multi_item")
    again = make_policy(name, domain="multi_item", **json.loads(json.dumps(policy_params(policy))))
    assert again == policy
    assert pickle.loads(pickle.dumps(policy)) == policy


@pytest.mark.parametrize("name", sorted(ASKED_FOR))
def test_every_parameter_is_checked_and_named(name):
    for parameter in policy_params(make_policy(name, domain="multi_item")):
        with pytest.raises(ValueError, match=rf"^{parameter} is \{{'no': 'value'\}}"):
            make_policy(name, domain="multi_item", **{parameter: {"no": "value"}})


@pytest.mark.parametrize("name", ["linear", "trade_off"])
def test_an_aspiration_may_stay_where_it_starts(name):
    policy = make_policy(name, domain="multi_item", start=0.5, end=0.5)
    assert (policy.start, policy.end) == (0.5, 0.5)
