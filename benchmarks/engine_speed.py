"""The batched engine: decisions a CPU-second, the cost of records, and both against plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bare_numpy import bare_columns, bare_game
from measure import Figure, best, in_turns

from negotiation_env import Episodes, list_policies, rollout

PAIR = {"buyer_0": "boulware_firm", "seller_0": "linear"}
EXPONENTS = {"buyer_0": 2.0, "seller_0": 1.0}
TURNS = 20
STRINGS = {"uid", "message", "notes"}
"""Columns that are built only when read, and are not read here."""
MANY_EXPONENTS = [f"time_dependent:exponent={exponent}" for exponent in (0.2, 0.25, 0.5, 1, 2, 3, 4, 5)]
CHANCE = ("random", "noisy")
NEEDS_RHO = ("hold_rho", "concede_to_rho", "teacher")
MILLION = 1e6
MORE = 9
"""Repeats where a difference of two times is reported."""


def engine_figures(games: int) -> list[Figure]:
    """Two time-dependent players with and without records, and the whole pool."""
    play(PAIR, 1000, record=True)  # warm up
    kept, many = best(lambda: recorded(games))
    total = many.decisions.length
    return [
        Figure(f"engine with records, {games:,} games", total / kept / MILLION, "M decisions/CPU-s", 3.0),
        *_against_bare_game(many, games),
        _cost_of_records(many, games),
        _pool("engine with records, 8 exponents a seat", MANY_EXPONENTS, games, None),
        _pool("engine with records, every deterministic strategy in both seats", deterministic(), games, 1.0),
    ]


def play(players: dict[str, Any], games: int, record: bool) -> Episodes:
    """The games that are timed: default scenario, random first mover."""
    return rollout("price", players, games, seed=0, max_turns=TURNS, record=record)


def read_episodes(many: Episodes) -> Episodes:
    """Build every column of the episode table but the strings."""
    for name in set(many.episodes) - STRINGS:
        many.episodes[name]
    return many


def read_decisions(many: Episodes) -> Episodes:
    """Build every column of the decision table but the strings."""
    for name in set(many.decisions) - STRINGS:
        many.decisions[name]
    return many


def recorded(games: int) -> Episodes:
    """Games of `PAIR` with every column of both tables."""
    return read_decisions(read_episodes(play(PAIR, games, record=True)))


def deterministic() -> list[str]:
    """Every registered strategy that draws nothing at random; those that need a rho aim at the middle."""
    named = [name for name in list_policies("price", kind="scripted") if not any(word in name for word in CHANCE)]
    return [f"{name}:rho=0.5,assumed_width=500" if name in NEEDS_RHO else name for name in named]


def _against_bare_game(many: Episodes, games: int) -> list[Figure]:
    """``record=False`` against a NumPy loop that plays these games and knows nothing else."""
    seconds, _ = best(lambda: play(PAIR, games, record=False).episodes["price"])
    loop = bare_game(many, EXPONENTS, TURNS)
    alone, prices = best(loop)
    if not np.allclose(prices, many.episodes["price"], atol=0.011, equal_nan=True):
        raise AssertionError("the bare loop does not play the same games.")
    total = many.decisions.length
    return [
        Figure(
            "engine without records, time over that of a bare NumPy loop",
            seconds / alone,
            "x",
            10.0,
            at_most=True,
            reference=f"the same games, moves and prices: {total / alone / MILLION:.1f} M decisions/CPU-s",
        ),
        Figure("engine without records", total / seconds / MILLION, "M decisions/CPU-s"),
    ]


def _cost_of_records(many: Episodes, games: int) -> Figure:
    write: Callable[[], dict[str, np.ndarray]] = bare_columns(many)
    columns = write()
    if missing := set(many.decisions) - STRINGS - set(columns):
        raise AssertionError(f"the bare columns leave out {sorted(missing)}.")
    for name, values in columns.items():
        if not np.array_equal(values, many.decisions[name], equal_nan=True):
            raise AssertionError(f"the bare columns differ from the record's in {name}.")
    del columns
    kept, not_kept, alone = in_turns(
        [lambda: recorded(games), lambda: read_episodes(play(PAIR, games, record=False)), write], MORE
    )
    return Figure(
        "cost of records, time over that of writing the same columns",
        float(np.median(kept - not_kept) / np.median(alone)),
        "x",
        2.0,
        at_most=True,
        reference=f"plain NumPy from the moves of each turn: {1e3 * np.median(alone):.0f} CPU-ms",
    )


def _pool(what: str, players: list[str], games: int, target: float | None) -> Figure:
    seats = {"buyer_0": players, "seller_0": players}
    play(seats, 1000, record=True)
    seconds, many = best(lambda: read_decisions(read_episodes(play(seats, games, record=True))))
    speed = many.decisions.length / seconds / MILLION
    return Figure(f"{what} ({len(players)})", speed, "M decisions/CPU-s", target)
