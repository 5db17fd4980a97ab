"""Train, validation and test: whole episodes, or whole pairs of strategies, by a hash of their name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negotiation_env.records.games import Games, Labels
from negotiation_env.registry import unknown_name

NAMES = ("train", "val", "test")
UNITS = ("episode", "pair")


@dataclass(frozen=True)
class Split:
    """How games are split.

    The place of a game depends on its own name only, not on the other games: the first 8 hex digits of the
    SHA-256 of its trajectory id (or of ``buyer|seller``, the names of the strategies), divided by 2**32, is a
    number in [0, 1), and the fractions are laid end to end along it. So games that are added later leave the
    others where they were, and a pair that is held out is held out of every dataset.

    Attributes:
        by: ``"episode"``, or ``"pair"`` to hold out whole pairs of strategies.
        fractions: of train, val and test; they sum to 1.
    """

    by: str = "episode"
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)

    def __post_init__(self) -> None:
        if self.by not in UNITS:
            raise ValueError(unknown_name("split", self.by, UNITS))
        whole = len(self.fractions) == 3 and abs(sum(self.fractions) - 1.0) <= 1e-9  # not for NaN
        if not whole or min(self.fractions) < 0.0:
            raise ValueError(f"split fractions are {self.fractions}; give three that are at least 0 and sum to 1.")

    def of(self, games: Games) -> Labels:
        """The split of each game."""
        if self.by == "episode":
            return Labels(self._places(games.ids), NAMES).sorted()
        buyers, sellers = games.labels["strategy_0"].tolist(), games.labels["strategy_1"].tolist()
        pairs = [f"{buyer}|{seller}" for buyer, seller in zip(buyers, sellers, strict=True)]
        known = sorted(set(pairs))
        places = dict(zip(known, self._places(known).tolist(), strict=True))
        return Labels(np.array([places[pair] for pair in pairs], dtype=np.int32), NAMES).sorted()

    def _places(self, names: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        heads = b"".join(hashlib.sha256(name.encode()).digest()[:4] for name in names)
        position = np.frombuffer(heads, dtype=">u4") / 2.0**32
        bounds = np.cumsum(self.fractions[:2])
        return np.searchsorted(bounds, position, side="right").astype(np.int32)
