"""Many games that have been read, as `Games`."""

from __future__ import annotations

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.policy import OFFER
from negotiation_env.records.games import Games, label
from negotiation_env.records.read_game import ReadGame

_NUMBERS = {
    "first": np.int64, "max_turns": np.int32, "seed": np.uint64, "buyer_max": np.float64, "seller_min": np.float64,
    "price_low": np.float64, "price_high": np.float64, "price": np.float64, "rho": np.float64,
    "rho_commanded_0": np.float64, "rho_commanded_1": np.float64, "reward_0": np.float64, "reward_1": np.float64,
    "turns": np.int32,
}  # fmt: skip
_TEXTS = (
    "strategy_0", "strategy_1", "params_0", "params_1", "scenario", "information", "episode_outcome", "product",
)  # fmt: skip


class Collector:
    """Takes games one by one and gives them back as columns.

    It keeps flat lists and not the games: many objects that stay would cost the garbage collector more than
    reading does.
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._numbers: list[tuple[float | None, ...]] = []
        self._texts: list[tuple[str, ...]] = []
        self._kinds: list[int] = []
        self._offers: list[float] = []
        self._messages: dict[int, str] = {}
        self._notes: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, game: ReadGame) -> None:
        """Take a whole game."""
        f, start = game.facts, len(self._kinds)
        self._ids.append(f.uid)
        limits = (f.buyer_max, f.seller_min, f.price_low, f.price_high)
        counts = (f.first, f.max_turns, f.seed)
        self._numbers.append((*counts, *limits, f.price, f.rho, *game.commanded, *game.rewards, len(game.kinds)))
        self._texts.append((*f.strategies, *f.params, f.scenario, f.information, f.episode_outcome, f.product))
        self._kinds += game.kinds
        self._offers += game.offers
        self._messages.update((start + place, text) for place, text in game.messages.items())
        self._notes.update((start + place, note) for place, note in game.notes.items())

    def games(self) -> Games:
        """What has been taken."""
        numbers: dict[str, Array] = {
            name: np.array(values, dtype=dtype)
            for (name, dtype), values in zip(_NUMBERS.items(), zip(*self._numbers, strict=True), strict=True)
        }
        texts = dict(zip(_TEXTS, map(label, zip(*self._texts, strict=True)), strict=True))
        kind = np.array(self._kinds, dtype=np.int8)
        offer = np.full(len(kind), np.nan)
        offer[kind == OFFER] = self._offers
        return Games(self._ids, numbers, texts, kind, offer, self._messages, self._notes)
