"""The same negotiation here and in NegMAS, which is installed into an environment of its own and not imported.

NegMAS is under the AGPL, so nothing of this project depends on it; the benchmark runs it as another program.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import venv
from pathlib import Path

import numpy as np
from measure import Figure, best

from negotiation_env import Episodes, rollout

VERSION = "0.16.0"
PRICES, ROUNDS = 101, 20
OURS = 'time_dependent:exponent={},clock="(step+1)/(n+1)",opening_margin=null,tolerance=0.0001'
PLAYERS = {"buyer_0": OURS.format(4.0), "seller_0": OURS.format(1.0)}


def negmas_figures(games: int, reserves: int = 100) -> list[Figure]:
    """Games a CPU-second of both, and whether every agreement is the same."""
    pairs = np.round(np.random.default_rng(0).uniform(0.0, 0.6, size=(reserves, 2)), 2)
    theirs = play_negmas(pairs.tolist())
    rows = np.tile(pairs, (-(-games // reserves), 1))
    ours, many = best(lambda: play_here(rows))
    agreed = [None if np.isnan(price) else int(price) for price in many.episodes["price"][:reserves]]
    same = sum(a == b for a, b in zip(agreed, theirs["agreements"], strict=True))
    speed, reference = len(rows) / ours, reserves / theirs["seconds"]
    return [
        Figure(
            f"{PRICES} prices, {ROUNDS} rounds, Boulware against Linear",
            speed / reference,
            "x games/CPU-s",
            1000.0,
            reference=f"NegMAS {VERSION}: {reference:,.0f} games/CPU-s; here {speed:,.0f}",
            ratio=speed / reference,
        ),
        Figure(
            "agreements equal to NegMAS's, of as many pairs of reserves",
            same,
            f"of {reserves}",
            float(reserves),
            reference=f"{sum(price is not None for price in theirs['agreements'])} of them end in a deal",
        ),
    ]


def play_here(reserves: np.ndarray) -> Episodes:
    """The games of (n, 2) reserves on this project's engine, without a record of the moves."""
    top = float(PRICES - 1)
    return rollout(
        "price",
        PLAYERS,
        len(reserves),
        seed=0,
        options={"buyer_max": (1.0 - reserves[:, 0]) * top, "seller_min": reserves[:, 1] * top},
        first_mover="buyer",
        max_turns=2 * ROUNDS,
        price_range=(0.0, top),
        price_grid=PRICES,
        record=False,
    )


def play_negmas(reserves: list[list[float]]) -> dict[str, object]:
    """The same games in NegMAS, in a throwaway virtual environment."""
    task = json.dumps({"prices": PRICES, "rounds": ROUNDS, "reserves": reserves})
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"negmas=={VERSION}"], check=True)
        script = Path(__file__).with_name("negmas_games.py")
        done = subprocess.run([python, script], input=task, capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer
