"""The same negotiation here and in NegMAS, which is installed into an environment of its own and not imported.

NegMAS is under the AGPL, so nothing of this project depends on it; the benchmark runs it as another program.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measure import Figure, best
from own_environment import ask, install

from negotiation_env import Episodes, rollout

VERSION = "0.16.0"
PRICES, ROUNDS = 101, 20
OURS = 'time_dependent:exponent={},clock="(step+1)/(n+1)",opening_margin=null,tolerance=0.0001'
PLAYERS = {"buyer_0": OURS.format(4.0), "seller_0": OURS.format(1.0)}


def negmas_figures(games: int, repeats: int = 100) -> list[Figure]:
    """Games a CPU-second of both, and whether they agree when the reserves differ from game to game."""
    same_game = np.zeros((repeats, 2))
    varied = np.round(np.random.default_rng(0).uniform(0.0, 0.6, size=(repeats, 2)), 2)
    with tempfile.TemporaryDirectory() as folder:
        python = install(Path(folder), f"negmas=={VERSION}")
        theirs, agreed = (play_negmas(python, reserves.tolist()) for reserves in (same_game, varied))
    seconds, many = best(lambda: play_here(games, 0.0, 0.0))
    speed, reference = games / seconds, repeats / theirs.seconds
    if {*prices_of(many)} != {*theirs.agreements}:
        raise AssertionError("the timed games do not end as in NegMAS.")
    here = prices_of(play_here(repeats, varied[:, 0], varied[:, 1]))
    equal = sum(a == b for a, b in zip(here, agreed.agreements, strict=True))
    return [
        Figure(
            f"games a CPU-second over NegMAS's: {PRICES} prices, {ROUNDS} rounds, Boulware against Linear",
            speed / reference,
            "x",
            1000.0,
            reference=f"NegMAS {VERSION}: {reference:,.0f} games/CPU-s; here {speed:,.0f}",
        ),
        Figure(
            "the same with other reserves: agreements equal to NegMAS's",
            equal,
            f"of {repeats}",
            float(repeats),
            reference=f"{repeats - agreed.agreements.count(None)} of the {repeats} end in a deal",
        ),
    ]


def play_here(games: int, buyer_reserve: float | np.ndarray, seller_reserve: float | np.ndarray) -> Episodes:
    """The games on this project's engine, without a record of the moves; reserves in shares of the range."""
    top = float(PRICES - 1)
    return rollout(
        "price",
        PLAYERS,
        games,
        seed=0,
        options={"buyer_max": (1.0 - buyer_reserve) * top, "seller_min": seller_reserve * top},
        first_mover="buyer",
        max_turns=2 * ROUNDS,
        price_range=(0.0, top),
        price_grid=PRICES,
        record=False,
    )


def prices_of(many: Episodes) -> list[int | None]:
    """The agreed price of each game, ``None`` without a deal."""
    return [None if np.isnan(price) else int(price) for price in many.episodes["price"].tolist()]


@dataclass(frozen=True)
class Played:
    """What NegMAS reports: CPU-seconds of all games and the agreements."""

    seconds: float
    agreements: list[int | None]


def play_negmas(python: Path, reserves: list[list[float]]) -> Played:
    """The same games in NegMAS, a pair of reserves a game."""
    return Played(**ask(python, "negmas_games.py", {"prices": PRICES, "rounds": ROUNDS, "reserves": reserves}))
