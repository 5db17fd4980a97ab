"""Concession curves and solution points beside those of NegMAS, computed by it in the same run.

python benchmarks/beside_negmas.py             # a minute, most of it the installation of NegMAS
python benchmarks/beside_negmas.py --write     # also write the section of benchmarks/RESULTS.md

NegMAS is under the AGPL, so nothing of this project depends on it; it runs in an environment of its own.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measure import Figure, options_of, report
from negmas_speed import VERSION
from own_environment import ask, install

from negotiation_env import PriceDecision, PriceView, make_policy, play, solutions

TITLE = "Beside NegMAS: curves and solution points"
ROUNDS, GAMES = 20, 1000
SLACK = {"polynomial": 1e-4, "exponential": 1.05e-4}
"""What NegMAS lets an offer fall short of its aspiration; a few exponential points need a little more."""
SAME = ("pareto", "nash", "egalitarian", "utilitarian")
NOTES = [
    f"NegMAS {VERSION}, installed for the run. Curves: a time-dependent negotiator against one that refuses all, "
    f"{ROUNDS} rounds, buyer and seller, 101 and 1,001 prices, reserved values 0, .15 and .3, exponents from .25 to 4 "
    "(polynomial) and three exponential ones; each offer is compared.",
    f"Points: {GAMES} random games of 2 to 4 item types with 1 to 4 pieces and whole values from 0 to 9; equal "
    "means the same set, with all ties.",
    "NegMAS calls the egalitarian point `kalai`. Its `ks` takes the frontier's point nearest to the line of equal "
    "normalised gains, which is another definition: shown for comparison.",
]


class Refusing:
    """Offers its own extreme and accepts nothing."""

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing is kept."""

    def decide(self, view: PriceView) -> PriceDecision:
        """The end of the range that it likes best."""
        price = np.where(view.role > 0, view.price_high, view.price_low)
        return PriceDecision(kind=np.zeros(len(view), dtype=np.int8), price=price)


def curves() -> list[dict[str, Any]]:
    """What is asked of both."""
    shapes = [("polynomial", exponent) for exponent in (0.25, 0.5, 1.0, 2.0, 4.0)]
    shapes += [("exponential", exponent) for exponent in (0.125, 0.725, 4.0)]
    return [
        {"curve": curve, "exponent": exponent, "prices": prices, "rounds": ROUNDS, "reserve": reserve, "side": side}
        for (curve, exponent), prices, reserve, side in itertools.product(
            shapes, (101, 1001), (0.0, 0.15, 0.3), ("buyer", "seller")
        )
    ]


def offers(task: dict[str, Any]) -> list[int]:
    """The prices that this project's strategy offers."""
    top, reserve, side = float(task["prices"] - 1), task["reserve"], task["side"]
    is_exponential = task["curve"] == "exponential"
    mine = make_policy(
        "time_dependent",
        exponent=1.0 / task["exponent"] if is_exponential else task["exponent"],
        curve="exponential_utility" if is_exponential else "polynomial",
        clock="(step+1)/(n+1)",
        opening_margin=None,
        tolerance=SLACK[task["curve"]],
    )
    players = {"buyer_0": Refusing(), "seller_0": Refusing(), f"{side}_0": mine}
    game = play(
        "price",
        players,
        seed=0,
        options={
            "buyer_max": (1.0 - reserve) * top if side == "buyer" else top,
            "seller_min": reserve * top if side == "seller" else 0.0,
        },
        first_mover=side,
        max_turns=2 * task["rounds"],
        price_range=(0.0, top),
        price_grid=task["prices"],
    )
    return [int(price) for _, agent, _, price, _ in game.moves if agent == f"{side}_0" and price is not None]


def random_games() -> list[dict[str, list[Any]]]:
    """Pools and values; each side values something."""
    generator, games = np.random.default_rng(0), []
    for _ in range(GAMES):
        types = generator.integers(2, 5)
        quantities, values = generator.integers(1, 5, types), generator.integers(0, 10, (2, types))
        values[:, 0] = np.maximum(values[:, 0], 1)
        games.append({"quantities": quantities.tolist(), "values": values.tolist()})
    return games


def figures() -> list[Figure]:
    """Ask NegMAS, ask ourselves, compare."""
    tasks, games = curves(), random_games()
    with tempfile.TemporaryDirectory() as folder:
        python = install(Path(folder), f"negmas=={VERSION}")
        theirs = ask(python, "negmas_answers.py", {"curves": tasks, "games": games})
    return [*compared_curves(tasks, theirs["curves"]), *compared_points(games, theirs["games"], theirs["seconds"])]


def compared_curves(tasks: list[dict[str, Any]], theirs: list[list[int]]) -> list[Figure]:
    """How many offers are equal."""
    found = []
    for curve in SLACK:
        pairs = [
            pair
            for task, asked in zip(tasks, theirs, strict=True)
            if task["curve"] == curve
            for pair in zip(offers(task)[: len(asked)], asked, strict=True)
        ]
        equal = sum(ours == asked for ours, asked in pairs)
        most = max(abs(ours - asked) for ours, asked in pairs)
        found.append(
            Figure(
                f"{curve} curves: offers equal to NegMAS's",
                equal,
                f"of {len(pairs):,}",
                float(len(pairs)),
                reference=f"the others differ by {most} grid step{'s' * (most > 1)} at most" if most else "",
            )
        )
    return found


def compared_points(games: list[dict[str, Any]], theirs: list[dict[str, Any]], seconds: float) -> list[Figure]:
    """How many games have the same points, and what finding them costs."""
    start = time.process_time()
    ours = [solutions.solve(**game) for game in games]
    spent = time.process_time() - start
    found = []
    for name in (*SAME, "kalai_smorodinsky"):
        equal = sum(as_set(getattr(a, name).tolist()) == as_set(b[name]) for a, b in zip(ours, theirs, strict=True))
        target = float(len(games)) if name in SAME else None
        found.append(Figure(f"{name}: games with the same set of points", equal, f"of {len(games):,}", target))
    what = "all sets of a game, one game at a time"
    said = f"NegMAS: {seconds / len(games) * 1000:.1f} CPU-ms"
    return [*found, Figure(what, spent / len(games) * 1000, "CPU-ms", reference=said, ratio=seconds / spent)]


def as_set(points: list[list[float]]) -> set[tuple[float, ...]]:
    """Points, whatever their order, to a billionth."""
    return {tuple(round(value, 9) for value in point) for point in points}


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/beside_negmas.py", options.write)


if __name__ == "__main__":
    main()
