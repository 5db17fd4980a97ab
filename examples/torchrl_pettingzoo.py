"""TorchRL collects games of the PettingZoo environment, and REINFORCE teaches one network both seats from them.

python examples/torchrl_pettingzoo.py

Both agents are one group, so tensors have shapes (steps, 2, ...), the buyer first. An agent that is not to move
can only pass: its mask leaves nothing else to choose, so such a step teaches nothing.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from negotiation_policies.learned.mlp import save_mlp
from pettingzoo.utils.wrappers import BaseParallelWrapper
from tensordict.nn import TensorDictModule
from torch import nn
from torchrl.collectors import Collector
from torchrl.envs import PettingZooWrapper
from torchrl.modules import MLP, MaskedCategorical, ProbabilisticActor

from negotiation_env import price_v0, rollout

GROUP = "agents"


class OnlyMasks(BaseParallelWrapper):
    """Keeps no info but the mask: TorchRL wants numbers, and the same ones in every step."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """Start a game."""
        observations, infos = self.env.reset(seed=seed, options=options)
        return observations, self._masks(infos)

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """Play one turn."""
        *found, infos = self.env.step(actions)
        return (*found, self._masks(infos))

    def _masks(self, infos: dict[str, Any]) -> dict[str, Any]:
        return {agent: {"action_mask": info["action_mask"]} for agent, info in infos.items()}


def returns_of(rewards: torch.Tensor, over: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What each agent earned in the game of each step (steps, 2), and which steps (steps,) are of games that ended."""
    earned, ended = rewards.clone(), over.clone()
    for step in reversed(range(len(over) - 1)):
        if not over[step]:
            earned[step], ended[step] = earned[step + 1], ended[step + 1]
    return earned, ended


def main(arguments: list[str] | None = None) -> None:
    """Collect, train, save, load, and print what the policy earns in both seats."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200_000, help="turns to learn from")
    parser.add_argument("--batch", type=int, default=2000, help="turns that are collected between two updates")
    parser.add_argument("--folder", default="datasets/local/torchrl_pettingzoo", help="where the agent is saved")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)

    game = price_v0.parallel_env()
    env = PettingZooWrapper(OnlyMasks(game), group_map={GROUP: game.possible_agents}, seed=options.seed)
    size, num_actions = game.observation_space("buyer_0").shape[0], int(game.action_space("buyer_0").n)
    actor = MLP(size, num_actions, num_cells=[64, 64], activation_class=nn.Tanh)
    critic = MLP(size, 1, num_cells=[64, 64], activation_class=nn.Tanh)
    policy = ProbabilisticActor(
        TensorDictModule(actor, in_keys=[(GROUP, "observation")], out_keys=[(GROUP, "logits")]),
        in_keys={"logits": (GROUP, "logits"), "mask": (GROUP, "action_mask")},
        out_keys=[(GROUP, "action")],
        distribution_class=MaskedCategorical,
    )
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=1e-3)

    collector = Collector(
        env,
        policy,
        frames_per_batch=options.batch,
        total_frames=options.steps,
        auto_register_policy_transforms=True,
    )
    for played in collector:
        earned, ended = returns_of(played["next", GROUP, "reward"].squeeze(-1), played["next", "done"].squeeze(-1))
        steps = played[GROUP][ended]
        chosen = MaskedCategorical(logits=actor(steps["observation"]), mask=steps["action_mask"])
        value = critic(steps["observation"]).squeeze(-1)
        surprise = earned[ended] - value
        choosing = steps["action_mask"].sum(-1) > 1
        actor_loss = -(chosen.log_prob(steps["action"]) * surprise.detach())[choosing].mean()
        loss = actor_loss + surprise.square().mean() - 0.01 * chosen.entropy()[choosing].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    collector.shutdown()

    agent = f"mlp:path={save_mlp(actor, game, options.folder, overwrite=True)}"
    for seats in ({"buyer_0": agent, "seller_0": "linear"}, {"buyer_0": "linear", "seller_0": agent}):
        found = rollout("price", seats, 1000, seed=1).episodes
        buyer, seller = found["payoff_buyer"].mean(), found["payoff_seller"].mean()
        print(f"{seats['buyer_0']} buys from {seats['seller_0']}: {buyer:.0f} and {seller:.0f} a game")


if __name__ == "__main__":
    main()
