"""One network learns both seats by playing itself: SuperSuit gives PPO each agent of each game as an environment.

python examples/self_play_supersuit.py

The observation holds the role, so what is saved plays either seat. Each agent observes and acts in every turn, and
what it submits when it is not to move is ignored.
"""

from __future__ import annotations

import argparse

import supersuit
from negotiation_policies.learned.sb3 import save_sb3
from stable_baselines3 import PPO
from stable_baselines3.common.utils import set_random_seed

from negotiation_env import price_v0, rollout


def main(arguments: list[str] | None = None) -> None:
    """Train, save, load, and print what the policy earns in both seats."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500_000, help="steps of both agents to learn from")
    parser.add_argument("--games", type=int, default=16, help="games that are played side by side")
    parser.add_argument("--folder", default="datasets/local/self_play_supersuit", help="where the agent is saved")
    parser.add_argument("--seed", type=int, default=0, help="of the network; SuperSuit draws the games by chance")
    options = parser.parse_args(arguments)

    game = price_v0.parallel_env()
    agents = supersuit.pettingzoo_env_to_vec_env_v1(game)
    env = supersuit.concat_vec_envs_v1(agents, options.games, num_cpus=0, base_class="stable_baselines3")
    set_random_seed(options.seed)  # SuperSuit's environments have no seed method, so PPO is not given one
    model = PPO("MlpPolicy", env, n_steps=128, batch_size=512, gamma=1.0, ent_coef=0.01, device="cpu")
    model.learn(options.steps)

    agent = f"sb3:path={save_sb3(model, game, options.folder, overwrite=True)}"
    for seats in ({"buyer_0": agent, "seller_0": agent}, *_with_others(agent)):
        found = rollout("price", seats, 1000, seed=1).episodes
        buyer, seller = found["payoff_buyer"].mean(), found["payoff_seller"].mean()
        print(f"{seats['buyer_0']} buys from {seats['seller_0']}: {buyer:.0f} and {seller:.0f} a game")


def _with_others(agent: str) -> list[dict[str, str]]:
    others = ("linear", "boulware")
    return [{"buyer_0": name, "seller_0": agent} for name in others] + [
        {"buyer_0": agent, "seller_0": name} for name in others
    ]


if __name__ == "__main__":
    main()
