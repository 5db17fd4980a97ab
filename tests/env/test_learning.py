"""Standard learners learn to bargain: PPO in the seller's seat against a linear buyer."""

import gymnasium
import numpy as np
import pytest
from pettingzoo.utils.wrappers import BaseParallelWrapper

from negotiation_env import bind, price_v0, rollout

sb3 = pytest.importorskip("stable_baselines3")
STEPS = 100_000
SETTINGS = {"n_steps": 256, "batch_size": 256, "n_epochs": 10, "gamma": 1.0, "learning_rate": 1e-3}


class SellerOnly(BaseParallelWrapper):
    """The parallel environment with a linear buyer inside, so that the seller is its only agent."""

    def __init__(self, env):
        super().__init__(env)
        self.possible_agents = ["seller_0"]
        self.observation_spaces = {"seller_0": env.observation_space("seller_0")}
        self.action_spaces = {"seller_0": env.action_space("seller_0")}
        self.metadata = {**env.metadata, "is_parallelizable": True}
        self.buyer = bind("linear", env)

    @property
    def agents(self):
        return [agent for agent in self.env.agents if agent == "seller_0"]

    def reset(self, seed=None, options=None):
        observations, infos = self.env.reset(seed=seed, options=options)
        self.seen = observations["buyer_0"]
        return {"seller_0": observations["seller_0"]}, {"seller_0": infos["seller_0"]}

    def step(self, actions):
        step = self.env.step({"buyer_0": self.buyer(self.seen), "seller_0": actions["seller_0"]})
        self.seen = step[0]["buyer_0"]
        return tuple({"seller_0": part["seller_0"]} for part in step)


def seat(**settings):
    return gymnasium.make("negotiation/Price-v0", role="seller", opponent="linear", **settings)


def return_of_boulware_firm():
    episodes = rollout("price", {"buyer_0": "linear", "seller_0": "boulware_firm"}, 5000, seed=1).episodes
    return episodes["reward_1"].mean()


def return_of_model(model, games=500):
    env, returns = seat(), []
    observation, _ = env.reset(seed=1)
    for _ in range(games):
        over, total = False, 0.0
        while not over:
            observation, reward, over, _, _ = env.step(int(model.predict(observation, deterministic=True)[0]))
            total += reward
        returns.append(total)
        observation, _ = env.reset()
    return float(np.mean(returns))


@pytest.mark.slow
def test_ppo_learns_through_gymnasium():
    from stable_baselines3.common.env_util import make_vec_env

    model = sb3.PPO("MlpPolicy", make_vec_env(seat, 8, seed=0), seed=0, device="cpu", **SETTINGS)
    model.learn(STEPS)
    assert return_of_model(model) >= return_of_boulware_firm()


@pytest.mark.slow
def test_ppo_learns_through_supersuit():
    from stable_baselines3.common.utils import set_random_seed

    supersuit = pytest.importorskip("supersuit")
    env = supersuit.pettingzoo_env_to_vec_env_v1(SellerOnly(price_v0.parallel_env()))
    env = supersuit.concat_vec_envs_v1(env, 8, num_cpus=0, base_class="stable_baselines3")
    set_random_seed(0)  # SuperSuit's environments have no seed method
    model = sb3.PPO("MlpPolicy", env, device="cpu", **SETTINGS)
    model.learn(STEPS)
    assert return_of_model(model) >= return_of_boulware_firm()


def test_ppo_takes_steps_in_self_play_through_supersuit():
    supersuit = pytest.importorskip("supersuit")
    env = supersuit.pettingzoo_env_to_vec_env_v1(price_v0.parallel_env())
    env = supersuit.concat_vec_envs_v1(env, 2, num_cpus=0, base_class="stable_baselines3")
    model = sb3.PPO("MlpPolicy", env, device="cpu", n_steps=64, batch_size=64)
    before = model.policy.action_net.weight.detach().numpy().copy()
    model.learn(256)
    assert not np.array_equal(before, model.policy.action_net.weight.detach().numpy())
