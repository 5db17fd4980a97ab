"""The strategies in the batched engine: legal, reproducible and independent of the batch."""

import pytest

from negotiation_env import rollout, testing
from negotiation_env.registry import list_policies, make_policy

NAMES = [
    name
    for name in list_policies("price", kind="scripted")
    if type(make_policy(name)).__module__.startswith("negotiation_policies.")
]
SCRIPTED = [name for name in NAMES if hasattr(make_policy(name), "__dataclass_fields__")]


@pytest.mark.parametrize("name", SCRIPTED)
def test_strategies_keep_the_contract(name):
    testing.check_policy(name, num_games=16, scenario="private", information="known")


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_two_controllers_settle_where_they_are_told(rho):
    for name in ("hold_rho", "concede_to_rho"):
        spec = f"{name}:rho={rho}"
        episodes = rollout(
            "price", {"buyer_0": spec, "seller_0": spec}, num_episodes=50, seed=1, scenario="seed", information="known"
        ).episodes
        assert episodes["deal"].all()
        assert episodes["rho"] == pytest.approx(rho, abs=1e-4)


def test_soft_strategies_always_find_the_deal_that_is_there():
    episodes = rollout(
        "price", {"buyer_0": "linear", "seller_0": ["boulware_firm", "conceder"]}, num_episodes=200, seed=2
    ).episodes
    assert episodes["deal"].all()
