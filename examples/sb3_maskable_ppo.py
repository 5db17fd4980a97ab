"""MaskablePPO of sb3-contrib learns to split items, choosing among legal moves only, and then plays as a policy.

python examples/sb3_maskable_ppo.py
"""

from __future__ import annotations

import argparse

import gymnasium
from negotiation_policies.learned.sb3 import save_sb3
from negotiation_policies.learned.sb3_vector import SB3VectorEnv
from sb3_contrib import MaskablePPO
from stable_baselines3.common.vec_env import VecMonitor

from negotiation_env import rollout


def main(arguments: list[str] | None = None) -> None:
    """Train, save, load, and print what the policy earns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500_000, help="moves of the agent to learn from")
    parser.add_argument("--folder", default="datasets/local/sb3_maskable_ppo", help="where the agent is saved")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    # The masks are asked for with env_method("action_masks"), one row a game.
    games = gymnasium.make_vec(
        "negotiation/MultiItem-v0", 64, role="agent_0", opponent=["boulware", "linear"], autoreset_mode="same_step"
    )
    env = VecMonitor(SB3VectorEnv(games))
    model = MaskablePPO("MlpPolicy", env, n_steps=64, batch_size=512, gamma=1.0, device="cpu", seed=options.seed)
    model.learn(options.steps)

    folder = save_sb3(model, games, options.folder, overwrite=True)
    for opponent in ("boulware", "linear", "trade_off"):
        for agent in (f"sb3:path={folder}", "boulware"):
            found = rollout("multi_item", {"agent_0": agent, "agent_1": opponent}, 1000, seed=1).episodes
            print(f"{agent} against {opponent}: {found['reward_0'].mean():.3f} of its pool's worth")


if __name__ == "__main__":
    main()
