"""The vector environment as Stable-Baselines3 sees it: the games of single environments, slot by slot."""

import gymnasium as gym
import numpy as np
import pytest
from negotiation_policies.learned.coding import Coding

from negotiation_env import rollout

sb3 = pytest.importorskip("stable_baselines3")
contrib = pytest.importorskip("sb3_contrib")
from negotiation_policies.learned.sb3_vector import SB3VectorEnv  # noqa: E402
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported  # noqa: E402
from stable_baselines3.common.env_checker import check_env  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402
from stable_baselines3.common.vec_env import DummyVecEnv, VecCheckNan, VecMonitor  # noqa: E402

PRICE, ITEMS = "negotiation/Price-v0", "negotiation/MultiItem-v0"
SLOTS = 5
CASES = {
    "flat": (PRICE, {"role": "seller", "opponent": "linear", "max_turns": 7}),
    "masked": (PRICE, {"role": "buyer", "opponent": ["linear", "boulware_noisy"], "obs_mode": "masked"}),
    "rho": (PRICE, {"role": "seller", "append_rho": True, "obs_mode": "masked"}),
    "continuous": (PRICE, {"role": "seller", "action_mode": "continuous"}),
    "items": (ITEMS, {"opponent": "boulware"}),
}


def batch(name, slots=SLOTS):
    env_id, settings = CASES[name]
    return SB3VectorEnv(gym.make_vec(env_id, slots, autoreset_mode="same_step", **settings))


def single(name, slots=SLOTS):
    env_id, settings = CASES[name]
    return DummyVecEnv([lambda: gym.make(env_id, **settings)] * slots)


def equal(one, two):
    if isinstance(two, dict):
        assert one.keys() == two.keys()
        for name in two:
            equal(one[name], two[name])
    else:
        np.testing.assert_array_equal(one, two)
        assert np.asarray(one).dtype == np.asarray(two).dtype


@pytest.mark.parametrize("name", CASES)
def test_the_same_seeds_and_actions_give_the_same_games(name):
    ours, theirs = batch(name), single(name)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    for env in (ours, theirs):
        env.seed(11)
    ours.action_space.seed(0)
    equal(ours.reset(), theirs.reset())
    ended = 0
    for _ in range(120):
        actions = np.array([ours.action_space.sample() for _ in range(SLOTS)])
        (seen, rewards, over, infos), wanted = ours.step(actions), theirs.step(actions)
        equal(seen, wanted[0])
        np.testing.assert_allclose(rewards, wanted[1], atol=1e-6)
        equal(over, wanted[2])
        for slot in range(SLOTS):
            assert ("illegal_move" in infos[slot]) == ("illegal_move" in wanted[3][slot])
            assert ("terminal_observation" in infos[slot]) == over[slot]
        for slot in np.flatnonzero(over):
            ended += 1
            equal(infos[slot]["terminal_observation"], wanted[3][slot]["terminal_observation"])
            assert infos[slot]["TimeLimit.truncated"] == wanted[3][slot]["TimeLimit.truncated"]
            assert infos[slot]["outcome"]["deal"] == wanted[3][slot]["outcome"]["deal"]
    assert ended > 2 * SLOTS


@pytest.mark.parametrize("name", CASES)
def test_stable_baselines_checks_pass(name):
    env_id, settings = CASES[name]
    check_env(gym.make(env_id, **settings).unwrapped)
    env = VecCheckNan(VecMonitor(batch(name)), raise_exception=True)
    policy = "MultiInputPolicy" if settings.get("obs_mode") == "masked" else "MlpPolicy"
    model = sb3.PPO(policy, env, n_steps=16, batch_size=40, device="cpu", seed=0).learn(80)
    returns, lengths = evaluate_policy(model, env, 20, return_episode_rewards=True)
    assert len(returns) == 20
    assert min(lengths) >= 1


def test_masks_are_those_of_each_slot():
    env = batch("flat")
    env.seed(0)
    env.reset()
    assert is_masking_supported(env)
    masks = get_action_masks(env)
    np.testing.assert_array_equal(masks, env.games.unwrapped.action_masks())
    assert len(env.env_method("action_masks", indices=[1, 3])) == 2
    model = contrib.MaskablePPO("MlpPolicy", VecMonitor(env), n_steps=16, batch_size=40, device="cpu", seed=0)
    model.learn(160)
    env.seed(0)
    seen = env.reset()
    for _ in range(40):
        actions, _ = model.predict(seen, action_masks=get_action_masks(env))
        seen, _, _, infos = env.step(actions)
        assert not any("illegal_move" in info for info in infos)


def test_options_fix_the_games():
    env = batch("flat")
    env.seed(0)
    env.set_options([{"seller_min": 300.0 + slot, "buyer_max": 900.0} for slot in range(SLOTS)])
    env.reset()
    np.testing.assert_allclose(env.games.unwrapped.games.seller_min, 300.0 + np.arange(SLOTS))
    env.set_options([{"seller_min": 300.0}, *({} for _ in range(SLOTS - 1))])
    with pytest.raises(ValueError, match="the same names"):
        env.reset()


def test_attributes_are_those_of_the_batch():
    env = batch("flat")
    assert env.get_attr("seat") == [1] * SLOTS
    assert env.get_attr("render_mode", [0, 2]) == [None, None]
    assert not env.has_attr("nothing")
    assert Coding.of_env(env) == Coding.of_env(env.games)
    with pytest.raises(AttributeError, match="make another environment"):
        env.set_attr("seat", 0)
    with pytest.raises(TypeError, match="one row a slot"):
        env.env_method("close")
    with pytest.raises(RuntimeError, match="without actions"):
        env.step_wait()


def test_other_environments_are_refused():
    with pytest.raises(ValueError, match="autoreset_mode='same_step'"):
        SB3VectorEnv(gym.make_vec(PRICE, 2))
    with pytest.raises(TypeError, match="of this package, not CartPole"):
        SB3VectorEnv(gym.make_vec("CartPole-v1", 2))


def test_a_model_learns_on_it():
    """Against a buyer that takes any price within its limit at once, asking for more earns more."""
    env = SB3VectorEnv(
        gym.make_vec(PRICE, 64, role="seller", opponent="conceder", max_turns=4, autoreset_mode="same_step")
    )
    env.seed(0)
    model = sb3.PPO("MlpPolicy", VecMonitor(env), n_steps=16, batch_size=256, device="cpu", seed=0, gamma=1.0)
    before, _ = evaluate_policy(model, VecMonitor(env), 200)
    model.learn(15_000)
    after, _ = evaluate_policy(model, VecMonitor(env), 200)
    assert after > before + 0.05
    assert rollout("price", {"buyer_0": "conceder", "seller_0": "linear"}, 10, seed=0).episodes["deal"].any()
