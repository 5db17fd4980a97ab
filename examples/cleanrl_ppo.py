"""PPO in one file, in the manner of CleanRL, on the NumPy `VectorEnv`, with masks of the legal moves.

python examples/cleanrl_ppo.py
"""

from __future__ import annotations

import argparse
import itertools

import gymnasium
import numpy as np
import torch
from negotiation_policies.learned.mlp import save_mlp
from torch import nn
from torch.distributions import Categorical

from negotiation_env import rollout


def layers(*sizes: int, gain: float) -> nn.Sequential:
    """Linear layers with Tanh between them; the last one starts with weights of size ``gain``."""
    found: list[nn.Module] = []
    for place, (before, after) in enumerate(itertools.pairwise(sizes)):
        is_last = place == len(sizes) - 2
        linear = nn.Linear(before, after)
        nn.init.orthogonal_(linear.weight, gain if is_last else 2**0.5)
        nn.init.zeros_(linear.bias)
        found += [linear] if is_last else [linear, nn.Tanh()]
    return nn.Sequential(*found)


def choice(actor: nn.Module, observations: torch.Tensor, masks: torch.Tensor) -> Categorical:
    """The distribution over legal actions."""
    return Categorical(logits=actor(observations).masked_fill(~masks, -1e9))


def main(arguments: list[str] | None = None) -> None:
    """Train, save, load, and print what the policy earns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500_000, help="moves of the seller to learn from")
    parser.add_argument("--num-envs", type=int, default=128)
    parser.add_argument("--num-steps", type=int, default=32, help="moves in each game between two updates")
    parser.add_argument("--minibatches", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--gae-lambda", type=float, default=0.95)
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--entropy", type=float, default=0.005)
    parser.add_argument("--folder", default="datasets/local/cleanrl_ppo", help="where the agent is saved")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    torch.manual_seed(args.seed)

    env = gymnasium.make_vec(
        "negotiation/Price-v0", args.num_envs, role="seller", opponent="linear", autoreset_mode="same_step"
    )
    games = env.unwrapped
    size, num_actions = env.single_observation_space.shape[0], int(env.single_action_space.n)
    actor, critic = layers(size, 64, 64, num_actions, gain=0.01), layers(size, 64, 64, 1, gain=1.0)
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=args.learning_rate, eps=1e-5)

    shape = (args.num_steps, args.num_envs)
    seen, masks = torch.zeros(*shape, size), torch.zeros(*shape, num_actions, dtype=torch.bool)
    actions, old = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape)
    rewards, over, values = torch.zeros(shape), torch.zeros(shape), torch.zeros(shape)
    next_seen = torch.from_numpy(env.reset(seed=args.seed)[0])
    updates = max(1, args.steps // (args.num_steps * args.num_envs))
    for update in range(updates):
        optimizer.param_groups[0]["lr"] = args.learning_rate * (1.0 - update / updates)

        for step in range(args.num_steps):
            seen[step], masks[step] = next_seen, torch.from_numpy(games.action_masks()).bool()
            with torch.no_grad():
                chosen = choice(actor, seen[step], masks[step])
                actions[step] = chosen.sample()
                old[step], values[step] = chosen.log_prob(actions[step]), critic(seen[step]).squeeze(1)
            found, reward, ended, _, _ = env.step(actions[step].numpy())  # a slot that ends goes on with a new game
            next_seen = torch.from_numpy(found)
            rewards[step], over[step] = torch.from_numpy(reward), torch.from_numpy(ended)

        with torch.no_grad():  # generalised advantage estimation, with a discount of 1
            advantages, ahead, following = torch.zeros(shape), torch.zeros(args.num_envs), critic(next_seen).squeeze(1)
            for step in reversed(range(args.num_steps)):
                surprise = rewards[step] + following * (1.0 - over[step]) - values[step]
                ahead = surprise + args.gae_lambda * (1.0 - over[step]) * ahead
                advantages[step], following = ahead, values[step]
            returns = advantages + values

        flat = [part.flatten(0, 1) for part in (seen, masks, actions, old, advantages, returns)]
        for _ in range(args.epochs):
            for rows in torch.randperm(len(flat[0])).chunk(args.minibatches):
                observation, mask, action, before, advantage, goal = (part[rows] for part in flat)
                chosen = choice(actor, observation, mask)
                ratio = (chosen.log_prob(action) - before).exp()
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                clipped = ratio.clamp(1.0 - args.clip, 1.0 + args.clip)
                actor_loss = -torch.min(ratio * advantage, clipped * advantage).mean()
                critic_loss = 0.5 * (critic(observation).squeeze(1) - goal).square().mean()
                loss = actor_loss + critic_loss - args.entropy * chosen.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_([*actor.parameters(), *critic.parameters()], 0.5)
                optimizer.step()

        earned = rewards.sum() / over.sum().clamp(min=1.0)
        if update % max(1, updates // 10) == 0:
            print(f"{(update + 1) * len(flat[0]):,} moves: reward {earned:.3f} a game")

    folder = save_mlp(actor, env, args.folder, overwrite=True)
    for buyer in ("linear", "boulware", "tit_for_tat"):
        for seller in (f"mlp:path={folder}", "linear"):
            payoff = np.mean(
                rollout("price", {"buyer_0": buyer, "seller_0": seller}, 1000, seed=1).episodes["payoff_seller"]
            )
            print(f"{seller} against {buyer}: {payoff:.0f} a game")


if __name__ == "__main__":
    main()
