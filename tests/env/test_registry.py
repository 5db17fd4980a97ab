"""The registry: kinds of policies, and what records keep of what a policy was built with."""

import copy
import re

import pytest

from negotiation_env import (
    PriceDecision,
    bind,
    list_policies,
    make_policy,
    multi_item_v0,
    price_v0,
    register_policy,
    registry,
    rollout,
)  # fmt: skip
from negotiation_env.registry import KINDS, find_policy, make_player
from negotiation_env.specs import format_spec, parse_spec


class Asking:
    """A policy that was told a host, and says itself what records keep."""

    def __init__(self, model="smollm2", base_url=""):
        self.model, self.base_url = model, base_url

    @property
    def params(self):
        return {"model": self.model}

    def reset(self, size, seed=None):
        """Keeps nothing."""

    def decide(self, view):
        return PriceDecision(kind=view.turn * 0 + 2, price=view.price_low)


class Plain:
    """A policy that says nothing about its parameters."""

    def __init__(self, step=1):
        self.step = step

    reset, decide = Asking.reset, Asking.decide


@pytest.fixture(autouse=True)
def _registrations(monkeypatch):
    list_policies()  # whatever is installed
    monkeypatch.setattr(registry, "_registry", copy.deepcopy(registry._registry))
    here, elsewhere = {"here:Asking": Asking, "here:Plain": Plain}, registry.load_target
    monkeypatch.setattr(registry, "load_target", lambda target: here.get(target) or elsewhere(target))


def test_policies_are_listed_by_kind():
    everything = list_policies("price")
    register_policy("asking", "here:Asking", kind="llm")
    register_policy("plain", "here:Plain")
    assert find_policy("asking").kind == "llm"
    assert find_policy("plain").kind == "scripted"
    assert list_policies("price") == sorted([*everything, "asking", "plain"])
    by_kind = {kind: set(list_policies("price", kind=kind)) for kind in KINDS}
    assert "asking" in by_kind["llm"]
    assert "plain" in by_kind["scripted"]
    assert sum(map(len, by_kind.values())) == len(everything) + 2
    assert "asking" not in list_policies("multi_item")


def test_an_unknown_kind_is_refused_with_the_known_ones():
    for wrong in (lambda: list_policies(kind="humen"), lambda: register_policy("x", "here:Asking", kind="humen")):
        with pytest.raises(ValueError, match=r"unknown kind of policy 'humen'\. Did you mean 'human'\? Known: human,"):
            wrong()
    assert "x" not in list_policies()


def test_the_policies_of_an_unknown_domain_are_not_an_empty_list():
    with pytest.raises(ValueError, match=r"unknown domain 'multiitem'\. Did you mean 'multi_item'"):
        list_policies("multiitem")


def test_a_name_has_one_kind():
    register_policy("asking", "here:Asking", kind="llm")
    register_policy("asking", "here:Asking", kind="llm")
    with pytest.raises(ValueError, match="already registered"):
        register_policy("asking", "here:Asking")


@pytest.mark.parametrize("name", ["d3rlpy", "mlp", "sb3"])
def test_a_parameter_that_is_missing_is_named(name):
    with pytest.raises(TypeError, match=rf"policy '{name}' needs path; name it as {name}:path=\.\.\."):
        make_policy(name)


def test_records_hold_only_what_a_policy_says_of_itself():
    register_policy("asking", "here:Asking", kind="llm")
    spec = "asking:model=llama3,base_url=http://secret.example/v1"
    player = make_player(spec, "price")
    assert player.policy.base_url == "http://secret.example/v1"
    assert player.params == {"model": "llama3"}
    assert player.spec == "asking:model=llama3"
    games = rollout("price", {"buyer_0": spec, "seller_0": "linear"}, 2, seed=0)
    assert "secret" not in str(games.run.identity) + str(games.episodes)


def test_records_hold_what_was_given_to_a_policy_that_says_nothing():
    register_policy("plain", "here:Plain")
    assert make_player("plain:step=3", "price").params == {"step": 3}
    assert make_player("plain", "price").params == {}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (".7", 0.7),
        ("-.5", -0.5),
        ("+.25", 0.25),
        ("0.3", 0.3),
        ("-1", -1),
        ("'.7'", ".7"),
        (".7.1", ".7.1"),
        (".", "."),
    ],
)
def test_numbers_in_specs_may_begin_with_a_point(written, value):
    name, params = parse_spec(f"teacher:rho={written}")
    assert (name, params) == ("teacher", {"rho": value})
    assert parse_spec(format_spec(name, params)) == (name, params)


@pytest.mark.parametrize(
    ("name", "domain", "message"),
    [
        (
            "boulware",
            "multi_item",
            """'boulware' was made for domain 'price'.* make_policy("boulware", domain="multi_""",
        ),
        ("linear", "multi_item", """make it with make_policy("linear", domain="multi_item")"""),
        (
            "fair_slow",
            "multi_item",
            "'fair_slow' plays price, not multi_item; .*'negotiate list policies --domain multi_",
        ),
        (
            "trade_off",
            "price",
            """'trade_off' plays multi_item, not price; .* make_policy("trade_off", domain="multi_""",
        ),
    ],
)
def test_a_policy_of_another_domain_is_refused_before_it_plays(name, domain, message):
    env = price_v0.parallel_env() if domain == "price" else multi_item_v0.parallel_env()
    policy = make_policy(name, "multi_item" if domain == "price" else "price")
    pattern = re.escape(message).replace(r"\.\*", ".*")
    with pytest.raises(ValueError, match=pattern):
        bind(policy, env)
    with pytest.raises(ValueError, match=pattern):
        rollout(domain, dict.fromkeys(env.possible_agents, policy), 1, seed=0)


def test_a_policy_of_the_users_own_is_bound_to_any_domain():
    for env in (price_v0.parallel_env(), multi_item_v0.parallel_env()):
        assert callable(bind(Plain(), env))


@pytest.mark.parametrize(
    ("name", "domain", "message"),
    [
        ("trade_off", "price", r"""play domain 'multi_item', with make_policy\("trade_off", domain="multi_item"\)"""),
        ("linear", "multiitem", r"unknown domain 'multiitem'\. Did you mean 'multi_item'\? Known: multi_item, price"),
        ("lineer", "price", r"unknown price policy 'lineer'\. Did you mean 'linear'\?"),
    ],
)
def test_a_name_that_a_domain_lacks_is_explained(name, domain, message):
    with pytest.raises(ValueError, match=message):
        make_policy(name, domain=domain)
