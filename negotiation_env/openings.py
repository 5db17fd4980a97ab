"""Who moves first: by the settings, by chance, or by the options of a reset."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.config import GameConfig
from negotiation_env.policy import Int64
from negotiation_env.registry import unknown_name

Seed = int | NDArray[np.uint64]
"""A run's seed, or one a row."""


def first_movers(config: GameConfig, seed: Seed, games: Int64, options: Mapping[str, object] | None) -> Int64:
    """The seat (B,) that moves first in each of the given games.

    Raises:
        ValueError: the option ``first_mover`` is no side and not ``"random"``.
    """
    if config.first_mover == "random":
        keys = seeding.game_keys(seed, games)
        drawn = (seeding.unit(keys, seeding.FIRST_MOVER) >= 0.5).astype(np.int64)
    else:
        drawn = np.full(len(games), config.sides.index(config.first_mover), dtype=np.int64)
    wanted = (options or {}).get("first_mover")
    return drawn if wanted is None else _chosen(wanted, drawn, config.sides)


def _chosen(value: object, drawn: Int64, sides: tuple[str, str]) -> Int64:
    names = np.broadcast_to(np.asarray(value, dtype=object), drawn.shape)
    allowed = ("random", *sides)
    for name in set(names.tolist()):
        if name not in allowed:
            raise ValueError(unknown_name("first_mover", name, allowed))
    chosen = [drawn[row] if name == "random" else sides.index(name) for row, name in enumerate(names.tolist())]
    return np.array(chosen, dtype=np.int64)
