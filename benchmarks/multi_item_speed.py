"""The multi-item domain: random play in the engine beside OpenSpiel's ``bargaining``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measure import Figure, best
from own_environment import ask, install

from negotiation_env import Episodes, rollout

OPEN_SPIEL = "2.0.2"
PLAYERS = {"agent_0": "random", "agent_1": "random"}
MILLION = 1e6


def multi_item_figures(games: int, with_open_spiel: bool) -> list[Figure]:
    """Moves a CPU-second with records kept, and those of OpenSpiel in the same run."""
    play(1000)  # warm up
    seconds, many = best(lambda: play(games))
    speed = many.decisions.length / seconds
    what = f"engine, multi-item, random players on `bargaining`, {games:,} games"
    if not with_open_spiel:
        return [Figure(what, speed / MILLION, "M steps/CPU-s", 1.0)]
    with tempfile.TemporaryDirectory() as folder:
        theirs = ask(install(Path(folder), f"open_spiel=={OPEN_SPIEL}"), "open_spiel_games.py", {"games": 2000})
    known = f"OpenSpiel {OPEN_SPIEL}: {theirs['listed']:,.0f}, instance drawn directly {theirs['direct']:,.0f}"
    return [Figure(what, speed / MILLION, "M steps/CPU-s", 1.0, reference=known, ratio=speed / theirs["direct"])]


def play(games: int) -> Episodes:
    """The games that are timed."""
    return rollout("multi_item", PLAYERS, games, seed=0, scenario="bargaining", max_turns=10)
