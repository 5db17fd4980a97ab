"""PPO of Stable-Baselines3 learns to sell, on single games or on a batch of them, and then plays as a policy.

python examples/sb3_ppo.py                          # 256 games in one NumPy batch
python examples/sb3_ppo.py --single --steps 50000   # eight single games
"""

from __future__ import annotations

import argparse

import gymnasium
from negotiation_policies.learned.sb3 import save_sb3
from negotiation_policies.learned.sb3_vector import SB3VectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecMonitor
from torch import nn

from negotiation_env import rollout

GAME = {"role": "seller", "opponent": "linear", "action_mode": "continuous"}
POLICY = {"activation_fn": nn.ReLU, "log_std_init": -1.5}
"""A wider start would end most games early by accepting or walking; a narrower one hardly ever tries to accept."""


def main(arguments: list[str] | None = None) -> None:
    """Train, save, load, and print what the policy earns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300_000, help="moves of the seller to learn from")
    parser.add_argument("--single", action="store_true", help="train on single games")
    parser.add_argument("--folder", default="datasets/local/sb3_ppo", help="where the agent is saved")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    if options.single:
        env, steps = make_vec_env(lambda: gymnasium.make("negotiation/Price-v0", **GAME), 8), 256
    else:
        games = gymnasium.make_vec("negotiation/Price-v0", 256, autoreset_mode="same_step", **GAME)
        env, steps = VecMonitor(SB3VectorEnv(games)), 20
    settings = {"n_steps": steps, "batch_size": 512, "n_epochs": 8, "gamma": 1.0, "policy_kwargs": POLICY}
    model = PPO("MlpPolicy", env, lambda left: 2e-3 * left, device="cpu", seed=options.seed, **settings)
    model.learn(options.steps)

    folder = save_sb3(model, gymnasium.make("negotiation/Price-v0", **GAME), options.folder, overwrite=True)
    for buyer in ("linear", "boulware", "tit_for_tat"):
        for seller in (f"sb3:path={folder}", "linear"):
            found = rollout("price", {"buyer_0": buyer, "seller_0": seller}, 1000, seed=1).episodes
            print(f"{seller} against {buyer}: {found['payoff_seller'].mean():.0f} a game")


if __name__ == "__main__":
    main()
