"""Plain networks as policies."""

import json

import gymnasium as gym
import numpy as np
import pytest
from negotiation_policies.learned.mlp import save_mlp

from negotiation_env import make_policy, multi_item_v0, price_v0, rollout
from negotiation_env.testing import check_policy

torch = pytest.importorskip("torch")
nn = torch.nn
SETTINGS = {"num_prices": 31, "max_turns": 10}


def network(env, hidden=16, activation=nn.Tanh, actions=None):
    torch.manual_seed(0)
    size = env.observation_space("buyer_0" if "buyer_0" in env.possible_agents else "agent_0").shape[0]
    return nn.Sequential(nn.Linear(size, hidden), activation(), nn.Linear(hidden, actions or 34))


@pytest.fixture
def saved(tmp_path):
    env = price_v0.parallel_env(**SETTINGS)
    return save_mlp(network(env), env, tmp_path / "agent")


@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_it_computes_what_torch_computes(activation, tmp_path):
    env = price_v0.parallel_env(action_mode="continuous")
    ours = network(env, activation=activation, actions=2)
    policy = make_policy("mlp", path=str(save_mlp(ours, env, tmp_path / "agent")))
    seen = np.stack([env.observation_space("buyer_0").sample() for _ in range(50)])
    wanted = ours.double()(torch.from_numpy(seen).double()).detach().numpy()
    np.testing.assert_allclose(policy.act(seen, None, None), np.clip(wanted, -1.0, 1.0), atol=1e-12)


def test_it_plays_either_seat_and_the_same_in_any_batch(saved):
    check_policy(f"mlp:path={saved}", max_turns=10)
    seats = {"buyer_0": f"mlp:path={saved}", "seller_0": f"mlp:path={saved}"}
    one, two = (rollout("price", seats, 40, seed=0, max_turns=10, **how) for how in ({}, {"batch_size": 3}))
    np.testing.assert_array_equal(one.decisions["price"], two.decisions["price"])
    assert str(saved) not in json.dumps(make_policy("mlp", path=str(saved)).params)


def test_it_splits_items(tmp_path):
    env = multi_item_v0.parallel_env()
    folder = save_mlp(network(env, actions=int(env.action_space("agent_0").n)), env, tmp_path / "agent")
    players = {"agent_0": f"mlp:path={folder}", "agent_1": "boulware"}
    assert len(rollout("multi_item", players, 20, seed=0)) == 20
    with pytest.raises(ValueError, match="has learned multi_item games, not price"):
        make_policy("mlp", path=str(folder))


def test_a_command_is_given_where_it_was_learned(tmp_path):
    env = gym.make("negotiation/Price-v0", append_rho=True, **SETTINGS)
    size = env.observation_space.shape[0]
    folder = save_mlp(nn.Sequential(nn.Linear(size, 34)), env, tmp_path / "agent")
    assert make_policy("mlp", path=str(folder), rho=-1).params["rho"] == -1.0
    with pytest.raises(ValueError, match="give rho="):
        make_policy("mlp", path=str(folder))


def test_what_does_not_fit_is_not_saved(tmp_path):
    env = price_v0.parallel_env(**SETTINGS)
    for wrong, said in (
        (nn.Sequential(nn.Linear(18, 34), nn.Dropout()), "layer 1 is a Dropout"),
        (nn.Sequential(nn.Linear(19, 34)), "does not take the 18 numbers"),
        (nn.Sequential(nn.Linear(18, 34, bias=False)), "with a bias"),
        (nn.Sequential(nn.Linear(18, 33)), "ends in 33 numbers, and the actions of these games need 34"),
    ):
        with pytest.raises(ValueError, match=said):
            save_mlp(wrong, env, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_what_is_no_checkpoint_says_so(saved):
    facts = json.loads((saved / "policy.json").read_text())
    for change, said in (
        ({"layers": ["Linear", "Softmax", "Linear"]}, "a checkpoint keeps Linear, ReLU, Tanh"),
        ({"layers": ["Linear", "Linear"]}, "cannot be played: layer 1"),
        ({"coding": {**facts["coding"], "layout_version": 0}}, "cannot be played: .*version 0"),
        ({"kind": "sb3"}, "policy 'sb3', not for 'mlp'"),
    ):
        (saved / "policy.json").write_text(json.dumps({**facts, **change}))
        with pytest.raises(ValueError, match=said):
            make_policy("mlp", path=str(saved))
