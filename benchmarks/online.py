"""What PPO learns to earn in the seller's seat, beside the best reply to its opponent.

python benchmarks/online.py              # a quarter of an hour on one core
python benchmarks/online.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import torch
from measure import Figure, options_of, report
from negotiation_policies.learned.sb3 import save_sb3
from negotiation_policies.learned.sb3_vector import SB3VectorEnv
from stable_baselines3 import PPO

from negotiation_env import PriceDecision, PriceView, list_policies, rollout
from negotiation_env.best_response import best_response

TITLE = "Online reinforcement learning"
OPPONENTS = {"boulware": 5.0, "linear": 1.0}
"""The buyers, and the exponents of their curves."""
LEFT_OUT = ("concede_to_rho", "hold_rho", "random_zopa", "teacher")
SCRIPTS = [name for name in list_policies("price", "scripted") if name not in LEFT_OUT]
GAMES, TARGET = 5000, 95.0
TRAINING_SEEDS, TEST_SEED = (3, 4), 20_001
NOTES = [
    f"Scenario `varied`, 20 turns, private information, {GAMES:,} games of a seed that was used for nothing else. PPO "
    "is trained with two seeds that the settings were not chosen with; its payoff in a game is the mean of the two "
    "agents', and intervals are 95 % bootstrap intervals over games.",
    "Best reply: the exact `best_response`, the most that any play earns in each game, chosen with hindsight. A seller "
    "who is told the buyer's curve, but not its limit, can work the limit out of an offer; what such a seller earns is "
    "in the table. The best response under private information lies between these two.",
    f"Best script: of the {len(SCRIPTS)} scripted policies of the price domain that need neither a rho nor the other "
    "limit, as they are registered, the one that earns most in these very games. None of them knows "
    "these buyers, so PPO can pass it.",
    'PPO: 512 games in one batch, actions of `action_mode="continuous"`, observations without a mask, one core.',
]


@dataclass(frozen=True)
class Reading:
    """Knows the buyer's curve, reads its limit off its last offers, and asks what it will accept on the next turn."""

    exponent: float

    def reset(self, size: int, seed: int | None = None) -> None:
        """Keeps nothing."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Ask the most until the end is near, then what was worked out; take the offer of the last turn but one."""
        turn, low, offer = view.turn, view.price_low, view.standing_offer
        held, next_held = (1 - np.clip((turn + step) / view.max_turns, 0.01, 1.0) ** self.exponent for step in (-1, 1))
        limit = np.where(offer + 500 * held >= low + 500, offer + 500 * held, low + (offer - low) / (1 - held))
        ask = np.maximum(limit - np.minimum(limit - low, 500) * next_held - 0.03, view.reservation_price)
        accepts = (turn == view.max_turns) & (offer >= view.reservation_price)
        price = np.where(turn >= view.max_turns - 2, ask, view.price_high)
        return PriceDecision(kind=np.where(accepts, 1, 0), price=np.clip(price, low, view.price_high))


def played(seller: object, buyer: str, seed: int) -> Mapping[str, np.ndarray]:
    """What came out of the GAMES games of a seed."""
    return rollout("price", {"buyer_0": buyer, "seller_0": seller}, GAMES, seed, record=False).episodes  # type: ignore[dict-item]


def payoffs(seller: object, buyer: str, seed: int) -> np.ndarray:
    """The seller's payoff (GAMES,)."""
    return np.asarray(played(seller, buyer, seed)["payoff_seller"])


def best_reply(buyer: str, seed: int) -> np.ndarray:
    """The most (GAMES,) that the seller can earn in each game."""
    found = best_response(buyer, role="seller", num_games=GAMES, seed=seed)
    if not found.exact.all():
        raise SystemExit(f"the best reply to {buyer} is not exact: the note on it is not true.")
    return found.value


def trained(buyer: str, steps: int, seed: int, folder: str) -> str:
    """The spec of an agent that has learned against a buyer."""
    game: dict[str, Any] = {"role": "seller", "opponent": buyer, "action_mode": "continuous"}
    env = SB3VectorEnv(gymnasium.make_vec("negotiation/Price-v0", 512, autoreset_mode="same_step", **game))
    model = PPO(
        "MlpPolicy",
        env,
        learning_rate=lambda left: 2e-3 * left,
        n_steps=20,
        batch_size=1024,
        n_epochs=8,
        gamma=1.0,
        policy_kwargs={"activation_fn": torch.nn.ReLU, "log_std_init": -1.5},
        seed=seed,
        device="cpu",
    )
    model.learn(steps)
    return f"sb3:path={save_sb3(model, env, folder)}"


def share(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, str]:
    """One mean over another in percent, and the unit with the half-width of its interval."""
    draws = np.random.default_rng(0).integers(0, GAMES, (2000, GAMES))
    low, high = np.quantile(ours[draws].mean(axis=1) / theirs[draws].mean(axis=1), (0.025, 0.975))
    return 100 * ours.mean() / theirs.mean(), f"± {50 * (high - low):.1f} %"


def figures(buyer: str, steps: int, seed: int) -> list[Figure]:
    """PPO over the best reply, and over the best script."""
    with tempfile.TemporaryDirectory() as folder:
        agents = [trained(buyer, steps, one, f"{folder}/{one}") for one in TRAINING_SEEDS]
        each = np.array([payoffs(agent, buyer, seed) for agent in agents])
    best, told = best_reply(buyer, seed), payoffs(Reading(OPPONENTS[buyer]), buyer, seed)
    scripts = {name: payoffs(name, buyer, seed) for name in SCRIPTS}
    name = max(scripts, key=lambda name: scripts[name].mean())
    ours, one_by_one = each.mean(axis=0), " and ".join(f"{payoff:.0f}" for payoff in each.mean(axis=1))
    means = f"PPO {one_by_one}, best reply {best.mean():.1f}, the seller who knows the curve {told.mean():.1f}"
    return [
        Figure(f"PPO against `{buyer}`, payoff over the best reply's", *share(ours, best), TARGET, reference=means),
        Figure(
            f"PPO against `{buyer}`, payoff over the best script's",
            *share(ours, scripts[name]),
            reference=f"`{name}` {scripts[name].mean():.0f}",
        ),
    ]


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument(
        "--steps", type=int, default=2_000_000, help="moves of the seller to learn from, for each buyer"
    )
    parser.add_argument("--seed", type=int, default=TEST_SEED, help="the games that are reported")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = [one for buyer in OPPONENTS for one in figures(buyer, options.steps, options.seed)]
    report(TITLE, found, NOTES, f"python benchmarks/online.py --steps {options.steps}", options.write)


if __name__ == "__main__":
    main()
