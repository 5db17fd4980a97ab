"""What cloning and offline reinforcement learning keep of the games they learn from, on games they have not seen.

python benchmarks/cloning.py              # some minutes on one core
python benchmarks/cloning.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from measure import Figure, options_of, report

TITLE = "Cloning and offline reinforcement learning"
EPISODES, UNSEEN, STEPS = 2_000, 2_000, 10_000
OPPONENTS = ["linear", "tit_for_tat", "boulware_firm", "micro_fine", "conceder"]
TRAINED, PLAYED = 0, 1
"""The seeds of the games that are learned from, and of those that are measured."""
NOTES = [
    f"The seller of {EPISODES:,} price games of 20 turns (scenario varied) against {', '.join(OPPONENTS)}; {STEPS:,} "
    "steps of 256 decisions with the standard settings of `negotiation_policies.learned.d3rlpy_training.train`.",
    f"Measured on {UNSEEN:,} games of another seed against the same opponents. Moves: on the strategy's own decision "
    "points, the same kind of move and, of offers, at most one of 101 grid steps apart. Outcomes: clone and strategy "
    "on the same games, the clone's minus the strategy's. Brackets are 95 % intervals.",
]


def trained(algo: str, seller: str | list[str], episodes: int, action_mode: str = "discrete") -> Any:
    from negotiation_policies.learned.d3rlpy_training import train

    from negotiation_env import make_policy, rollout
    from negotiation_env.minari_export import export_minari

    games = rollout("price", {"buyer_0": OPPONENTS, "seller_0": seller}, episodes, TRAINED)
    name = f"negotiation/{algo}-{action_mode}-v0"
    export_minari(games, name, "seller", action_mode=action_mode, rho=None, overwrite=True)
    return make_policy("d3rlpy", path=train(name, algo, Path(tempfile.mkdtemp()) / "policy", num_steps=STEPS))


def interval(values: Any) -> str:
    from negotiation_env.metrics import mean_interval

    low, high = mean_interval(np.asarray(values, dtype=np.float64))
    return f"[{low:.3f}, {high:.3f}]"


def same_moves(policy: Any, games: Any) -> Any:
    """Which moves (S,) of the seller the policy would have made itself, to one grid step."""
    rows = np.flatnonzero(games.decisions["seat"] == 1)
    view = games.views(rows).take(np.arange(len(rows)))
    encoder = policy.coding.encoder
    kind, price = games.decisions["kind"][rows], games.decisions["price"][rows]
    made = encoder.encode(kind, price, view)
    decided = policy.decide(view)
    found = encoder.encode(decided.kind, decided.price, view)
    return (decided.kind == kind) & ((kind != 0) | (np.abs(found - made) <= 1))


def cloned() -> list[Figure]:
    from negotiation_env import rollout

    clone = trained("discrete_bc", "boulware", EPISODES)
    truth, found = (
        rollout("price", {"buyer_0": OPPONENTS, "seller_0": seller}, UNSEEN, PLAYED) for seller in ("boulware", clone)
    )
    same = same_moves(clone, truth)
    deals = found.episodes["deal"].astype(float) - truth.episodes["deal"]
    both = found.episodes["deal"] & truth.episodes["deal"]
    rhos = (found.episodes["rho"] - truth.episodes["rho"])[both]
    means = [games.episodes["rho"][games.episodes["deal"]].mean() for games in (found, truth)]
    return [
        Figure("moves of `boulware` that its clone makes too", 100 * same.mean(), "%", 90.0, False, interval(same)),
        Figure("deal rate, distance", abs(deals.mean()), "", 0.05, True, interval(deals)),
        Figure("mean rho of deals, distance", abs(means[0] - means[1]), "", 0.05, True, f"same deals {interval(rhos)}"),
    ]


def figures() -> list[Figure]:
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINARI_DATASETS_PATH"] = folder
        return cloned()


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/cloning.py", options.write)


if __name__ == "__main__":
    main()
