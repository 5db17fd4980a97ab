"""What PPO learns to earn in the seller's seat, beside the best reply to its opponent.

python benchmarks/online.py              # a few minutes on one core
python benchmarks/online.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

import gymnasium
import numpy as np
import torch
from measure import Figure, options_of, report
from negotiation_policies.learned.sb3 import save_sb3
from negotiation_policies.learned.sb3_vector import SB3VectorEnv
from stable_baselines3 import PPO

from negotiation_env import PriceDecision, PriceView, rollout

TITLE = "Online reinforcement learning"
OPPONENTS = ("boulware", "linear")
GAMES, NUM_PRICES = 5000, 101
TRAINING_SEED, TEST_SEED = 1, 20_001
NOTES = [
    f"Scenario `varied`, 20 turns, private information, {GAMES:,} games of a seed that was used for nothing else; the "
    "mean payoff of PPO over that of the best reply, with the half-width of a 95 % bootstrap interval over games.",
    f"Best reply: in each game the best of asking one of {NUM_PRICES} grid prices in every turn, and of accepting the "
    "buyer's last offer, chosen with hindsight. These buyers accept by their clock alone and only ever rise, so no "
    "other play on this grid earns more; a seller who is not told the buyer's limit may not reach it.",
    "PPO: 256 games in one batch, observations without the mask, one core; one run a buyer.",
]


@dataclass(frozen=True)
class Asking:
    """Asks one price in every turn; with ``accepts_last``, takes the buyer's last offer if it is worth it."""

    price: float
    accepts_last: bool = False

    def reset(self, size: int, seed: int | None = None) -> None:
        """Keeps nothing."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Ask, or accept in the seat's last turn."""
        last = view.turn >= view.max_turns - 1
        with np.errstate(invalid="ignore"):
            accepts = self.accepts_last & last & (view.standing_offer >= view.reservation_price)
        return PriceDecision(kind=np.where(accepts, 1, 0), price=np.full(len(view.turn), self.price))


def payoffs(seller: object, buyer: str, seed: int) -> np.ndarray:
    """The seller's payoff (GAMES,)."""
    found = rollout("price", {"buyer_0": buyer, "seller_0": seller}, GAMES, seed, record=False)  # type: ignore[dict-item]
    return np.asarray(found.episodes["payoff_seller"])


def best_reply(buyer: str, seed: int) -> np.ndarray:
    """The most (GAMES,) that the seller can earn in each game."""
    grid = np.linspace(200.0, 1500.0, NUM_PRICES)
    best = payoffs(Asking(1500.0, accepts_last=True), buyer, seed)
    for price in grid:
        best = np.maximum(best, payoffs(Asking(float(price)), buyer, seed))
    return np.maximum(best, 0.0)


def trained(buyer: str, steps: int, folder: str) -> str:
    """The spec of an agent that has learned against a buyer."""
    games = gymnasium.make_vec(
        "negotiation/Price-v0", 256, role="seller", opponent=buyer, num_prices=NUM_PRICES, autoreset_mode="same_step"
    )
    env = SB3VectorEnv(games)
    settings = {"n_steps": 20, "batch_size": 1024, "n_epochs": 6, "gamma": 1.0, "gae_lambda": 1.0}
    model = PPO("MlpPolicy", env, learning_rate=lambda left: 1e-3 * left, seed=TRAINING_SEED, device="cpu", **settings)
    model.learn(steps)
    return f"sb3:path={save_sb3(model, env, folder)}"


def figure(buyer: str, steps: int, seed: int) -> Figure:
    """PPO over the best reply."""
    with tempfile.TemporaryDirectory() as folder:
        ours = payoffs(trained(buyer, steps, f"{folder}/agent"), buyer, seed)
    best, firm = best_reply(buyer, seed), payoffs("boulware_firm", buyer, seed)
    draws = np.random.default_rng(0).integers(0, GAMES, (2000, GAMES))
    low, high = np.quantile(ours[draws].mean(axis=1) / best[draws].mean(axis=1), (0.025, 0.975))
    share = 100 * ours.mean() / best.mean()
    return Figure(
        f"PPO against `{buyer}`, payoff over the best reply's",
        share,
        f"± {50 * (high - low):.1f} %",
        95.0,
        reference=f"payoffs: PPO {ours.mean():.0f}, best reply {best.mean():.0f}, `boulware_firm` {firm.mean():.0f}",
    )


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--steps", type=int, default=600_000, help="moves of the seller to learn from, for each buyer")
    parser.add_argument("--seed", type=int, default=TEST_SEED, help="the games that are reported")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = [figure(buyer, options.steps, options.seed) for buyer in OPPONENTS]
    report(TITLE, found, NOTES, f"python benchmarks/online.py --steps {options.steps}", options.write)


if __name__ == "__main__":
    main()
