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
MIXED, MIXED_EPISODES, MIXED_UNSEEN = "price-mixed", 10_000, 5_000
NOTES = [
    f"The seller of {EPISODES:,} price games of 20 turns (scenario varied) against {', '.join(OPPONENTS)}; {STEPS:,} "
    "steps of 256 decisions with the standard settings of `negotiation_policies.learned.d3rlpy_training.train`.",
    f"Measured on {UNSEEN:,} games of another seed against the same opponents. Moves: on the strategy's own decision "
    "points, the same kind of move and, of offers, at most one of 101 grid steps apart. Outcomes: clone and strategy "
    "on the same games, the clone's minus the strategy's. Brackets are 95 % intervals.",
    f"Offline: the seller of {MIXED_EPISODES:,} games of the recipe {MIXED}, whose strategies play each other; as many "
    f"steps. Payoffs are means over {MIXED_UNSEEN:,} unseen games against the same strategies, differences over the "
    "same games. Each is trained with two seeds; the intervals are over games, the seeds together.",
]


def exported(buyers: list[str], seller: str | list[str], episodes: int, action_mode: str) -> str:
    """The name of a dataset of a seller's games."""
    from negotiation_env import rollout
    from negotiation_env.minari_export import export_minari

    games = rollout("price", {"buyer_0": buyers, "seller_0": seller}, episodes, TRAINED, scenario="varied")
    name = f"negotiation/{len(buyers)}-{action_mode}-v0"
    export_minari(games, name, "seller", action_mode=action_mode, rho=None, overwrite=True)
    return name


def trained(dataset: str, algo: str, seed: int = 0) -> Any:
    from negotiation_policies.learned.d3rlpy_training import train

    from negotiation_env import make_policy

    folder = Path(tempfile.mkdtemp()) / "policy"
    return make_policy("d3rlpy", path=train(dataset, algo, folder, num_steps=STEPS, seed=seed))


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

    clone = trained(exported(OPPONENTS, "boulware", EPISODES, "discrete"), "discrete_bc")
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


def mixed() -> list[Figure]:
    """What offline reinforcement learning earns beside cloning."""
    from negotiation_env import rollout
    from negotiation_env.records.recipes import load_recipe

    pool = list(load_recipe(MIXED).players["seller_0"])

    def payoffs(seller: Any) -> Any:
        games = rollout("price", {"buyer_0": pool, "seller_0": seller}, MIXED_UNSEEN, PLAYED, scenario="varied")
        return games.episodes["payoff_seller"]

    datasets = {mode: exported(pool, pool, MIXED_EPISODES, mode) for mode in ("continuous", "discrete")}
    algos = {"bc": "continuous", "discrete_bc": "discrete", "iql": "continuous"}
    earned = {
        algo: np.mean([payoffs(trained(datasets[mode], algo, seed)) for seed in (0, 1)], axis=0)
        for algo, mode in algos.items()
    }
    means = {algo: values.mean() for algo, values in earned.items()}
    best = max("bc", "discrete_bc", key=lambda algo: means[algo])
    return [
        Figure("the strategies of the pool themselves, payoff", float(payoffs(pool).mean()), ""),
        *(
            Figure(f"`{algo}`, payoff", float(mean), "", reference=interval(earned[algo]))
            for algo, mean in means.items()
        ),
        *(
            Figure(
                f"`{algo}` minus `{clone}`", float(means[algo] - means[clone]), "", 0.0, False,
                interval(earned[algo] - earned[clone]),
            )
            for algo, clone in dict.fromkeys([("iql", "bc"), ("iql", best)])
        ),
    ]  # fmt: skip


def figures() -> list[Figure]:
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINARI_DATASETS_PATH"] = folder
        return [*cloned(), *mixed()]


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/cloning.py", options.write)


if __name__ == "__main__":
    main()
