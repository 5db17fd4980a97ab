"""Models of Stable-Baselines3 as policies: saved, loaded, refused, and playing as the model itself would."""

import copy
import json

import gymnasium as gym
import numpy as np
import pytest
from negotiation_policies.learned.sb3 import save_sb3

from negotiation_env import make_policy, price_v0, rollout
from negotiation_env.testing import check_policy

sb3 = pytest.importorskip("stable_baselines3")
contrib = pytest.importorskip("sb3_contrib")
torch = pytest.importorskip("torch")
PRICE, ITEMS = "negotiation/Price-v0", "negotiation/MultiItem-v0"
SMALL = {"policy_kwargs": {"net_arch": [16]}, "device": "cpu", "seed": 0}
ROLLED = {"n_steps": 64}
DISCRETE = {
    "PPO": (sb3.PPO, {**ROLLED, "batch_size": 32}),
    "A2C": (sb3.A2C, {}),
    "DQN": (sb3.DQN, {"learning_starts": 20}),
    "MaskablePPO": (contrib.MaskablePPO, {**ROLLED, "batch_size": 32}),
    "QRDQN": (contrib.QRDQN, {"learning_starts": 20}),
    "TRPO": (contrib.TRPO, {**ROLLED, "batch_size": 32}),
}
CONTINUOUS = {
    "PPO": DISCRETE["PPO"],
    "SAC": (sb3.SAC, {"learning_starts": 20}),
    "TD3": (sb3.TD3, {"learning_starts": 20}),
    "DDPG": (sb3.DDPG, {"learning_starts": 20}),
    "TQC": (contrib.TQC, {"learning_starts": 20}),
}


def trained(kind, env, steps=64, policy="MlpPolicy", **more):
    algorithm, arguments = kind
    model = algorithm(policy, env, **copy.deepcopy({**SMALL, **arguments, **more}))
    return model.learn(steps)


def seller(**settings):
    return gym.make(PRICE, role="seller", opponent="linear", num_prices=31, max_turns=10, **settings)


@pytest.fixture(scope="module")
def ppo(tmp_path_factory):
    """A model, its environment and its folder."""
    env = seller()
    model = trained(DISCRETE["PPO"], env)
    return model, env, save_sb3(model, env, tmp_path_factory.mktemp("ppo") / "agent")


def same_games(policy, model, masks):
    """Play the model through the environment, and its policy on the engine: the same games."""
    env = policy.coding.game.name
    wanted = rollout(env, {"buyer_0": "linear", "seller_0": policy}, 25, seed=3, **dict(policy.coding.settings))
    kwargs = {**policy.coding.encoding, "obs_mode": policy.obs_mode}
    faced = gym.make(PRICE, role="seller", opponent="linear", **policy.coding.settings, **kwargs)
    for game in range(25):
        observation, _ = faced.reset(seed=3 if game == 0 else None)
        over = False
        while not over:
            more = {"action_masks": faced.unwrapped.action_masks()} if masks else {}
            action, _ = model.predict(observation, deterministic=True, **more)
            observation, reward, over, _, _ = faced.step(action)
        assert reward == pytest.approx(wanted.episodes["reward_1"][game], abs=1e-5)


@pytest.mark.parametrize("name", DISCRETE)
def test_every_algorithm_with_whole_numbers_is_saved_and_plays(name, tmp_path):
    env = seller()
    model = trained(DISCRETE[name], env)
    policy = make_policy("sb3", path=str(save_sb3(model, env, tmp_path / "agent")))
    games = rollout("price", {"buyer_0": "linear", "seller_0": policy}, 40, seed=1, max_turns=10)
    assert policy.params["algorithm"] == name
    assert (games.decisions["kind"] >= 0).all()
    if name == "MaskablePPO":
        same_games(policy, model, masks=True)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_every_algorithm_with_a_box_plays_the_games_of_its_model(name, tmp_path):
    env = seller(action_mode="continuous")
    model = trained(CONTINUOUS[name], env)
    policy = make_policy("sb3", path=str(save_sb3(model, env, tmp_path / "agent")))
    seen = np.stack([env.observation_space.sample() for _ in range(20)])
    wanted, _ = model.predict(seen, deterministic=True)
    np.testing.assert_allclose(policy.act(seen, None, None), wanted, atol=1e-5)


def test_masked_observations_come_with_their_masks(tmp_path):
    env = seller(obs_mode="masked")
    model = trained(DISCRETE["MaskablePPO"], env, policy="MultiInputPolicy")
    policy = make_policy("sb3", path=str(save_sb3(model, env, tmp_path / "agent")))
    same_games(policy, model, masks=True)


def test_items_are_split(tmp_path):
    env = gym.make(ITEMS, role="agent_1")
    model = trained(DISCRETE["PPO"], env)
    folder = save_sb3(model, env, tmp_path / "agent")
    policy = make_policy("sb3", "multi_item", path=str(folder))
    games = rollout("multi_item", {"agent_0": "boulware", "agent_1": policy}, 30, seed=0)
    assert len(games.episodes["deal"]) == 30
    with pytest.raises(ValueError, match="has learned multi_item games, not price"):
        make_policy("sb3", path=str(folder))


def test_it_keeps_the_contract_of_policies_in_both_seats(tmp_path):
    env = price_v0.parallel_env(num_prices=31)
    stand_in = gym.make(PRICE, role="seller", num_prices=31)  # the same spaces
    folder = save_sb3(trained(DISCRETE["PPO"], stand_in), env, tmp_path / "agent")
    check_policy(f"sb3:path={folder}")
    seats = {"buyer_0": f"sb3:path={folder}", "seller_0": f"sb3:path={folder}"}
    one, two = (rollout("price", seats, 40, seed=0, **how) for how in ({}, {"engine": "process", "workers": 2}))
    np.testing.assert_array_equal(one.episodes["reward_0"], two.episodes["reward_0"])


def test_weights_and_facts_are_what_was_trained(ppo):
    model, _, folder = ppo
    policy = make_policy("sb3", path=str(folder))
    for name, tensor in model.policy.state_dict().items():
        assert torch.equal(policy.network.state_dict()[name], tensor.double())
    facts = json.loads((folder / "policy.json").read_text())
    assert facts["kind"] == "sb3"
    assert facts["algorithm"] == "PPO"
    assert facts["policy_kwargs"] == {"net_arch": [16]}
    assert str(folder) not in json.dumps(policy.params)


def test_a_command_is_given_where_it_was_learned(tmp_path):
    env = seller(append_rho=True)
    folder = save_sb3(trained(DISCRETE["PPO"], env), env, tmp_path / "agent")
    assert make_policy("sb3", path=str(folder), rho=0.3).params["rho"] == 0.3
    with pytest.raises(ValueError, match="give rho="):
        make_policy("sb3", path=str(folder))


def test_a_checkpoint_is_not_overwritten_unless_asked_to(ppo):
    model, env, folder = ppo
    with pytest.raises(ValueError, match="overwrite=True"):
        save_sb3(model, env, folder)
    assert save_sb3(model, env, folder, overwrite=True) == folder


def test_what_cannot_be_rebuilt_is_not_saved(ppo, tmp_path):
    model, env, _ = ppo
    with pytest.raises(ValueError, match="has learned actions in Discrete"):
        save_sb3(model, gym.make(PRICE, role="seller", max_turns=10), tmp_path / "no")
    with pytest.raises(ValueError, match="has learned observations in"):
        save_sb3(model, gym.make(PRICE, role="seller", num_prices=31), tmp_path / "no")
    with pytest.raises(TypeError, match="not an environment of this package"):
        save_sb3(model, gym.make("CartPole-v1"), tmp_path / "no")

    class Own(sb3.common.policies.ActorCriticPolicy):
        pass

    class Squash(torch.nn.Tanh):
        pass

    with pytest.raises(ValueError, match="a checkpoint cannot rebuild"):
        save_sb3(sb3.PPO(Own, env, device="cpu"), env, tmp_path / "no")
    with pytest.raises(ValueError, match=r"those of torch\.nn only"):
        save_sb3(trained(DISCRETE["PPO"], env, 1, policy_kwargs={"activation_fn": Squash}), env, tmp_path / "no")
    scaled = sb3.common.vec_env.VecNormalize(sb3.common.vec_env.DummyVecEnv([seller]))
    with pytest.raises(ValueError, match="norm_obs=False"):
        save_sb3(trained(DISCRETE["PPO"], scaled), env, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_an_activation_is_kept(ppo, tmp_path):
    _, env, _ = ppo
    kwargs = {"net_arch": {"pi": [8], "vf": [4]}, "activation_fn": torch.nn.ReLU}
    model = trained(DISCRETE["PPO"], env, policy_kwargs=kwargs)
    policy = make_policy("sb3", path=str(save_sb3(model, env, tmp_path / "agent")))
    assert any(isinstance(module, torch.nn.ReLU) for module in policy.network.modules())


def test_a_file_with_pickles_is_read_only_if_it_is_trusted(ppo, tmp_path):
    model, _, folder = ppo
    model.save(tmp_path / "agent")
    path = str(tmp_path / "agent.zip")
    settings = {"num_prices": 31, "max_turns": 10}
    told = {"trust_pickle": True, "algorithm": "PPO", "role": "seller"}
    for given, said in (
        ({}, "trust_pickle=true"),
        ({"trust_pickle": True}, "give algorithm=, one of"),
        ({"trust_pickle": True, "algorithm": "POP"}, "unknown algorithm 'POP'. Did you mean 'PPO'"),
        (told, "has learned observations in"),
    ):
        with pytest.raises(ValueError, match=said):
            make_policy("sb3", path=path, **given)
    spec = f"sb3:path={path},trust_pickle=true,algorithm=PPO,role=seller,settings={json.dumps(settings)}"
    seats = ({"buyer_0": "linear", "seller_0": player} for player in (spec, f"sb3:path={folder}"))
    one, two = (rollout("price", seat, 40, seed=0, max_turns=10) for seat in seats)
    np.testing.assert_array_equal(one.decisions["price"], two.decisions["price"])


def test_what_is_no_checkpoint_says_so(ppo, tmp_path):
    _, _, folder = ppo
    whole = json.loads((folder / "policy.json").read_text())

    def refused(said, **change):
        broken = tmp_path / f"broken_{len(list(tmp_path.iterdir()))}"
        broken.mkdir()
        (broken / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
        (broken / "policy.json").write_text(json.dumps({k: v for k, v in {**whole, **change}.items() if v != "gone"}))
        with pytest.raises(ValueError, match=said):
            make_policy("sb3", path=str(broken))

    refused("does not say its algorithm", algorithm="gone")
    refused("unknown algorithm 'PPQ'", algorithm="PPQ")
    refused("an activation that this version lacks", policy="OtherPolicy")
    refused("weights do not fit", policy_kwargs={"net_arch": [17]})
    refused("version 0, and this package shows", coding={**whole["coding"], "layout_version": 0})
    refused("policy 'd3rlpy', not for 'sb3'", kind="d3rlpy")
    with pytest.raises(ValueError, match="there is no nowhere"):
        make_policy("sb3", path="nowhere")
    with pytest.raises(ValueError, match="holds no trained network"):
        make_policy("sb3", path=str(tmp_path))
    with pytest.raises(ValueError, match="leave out role"):
        make_policy("sb3", path=str(folder), role="seller")
