"""Many games that have been read, as `Games`."""

from __future__ import annotations

import numpy as np

from negotiation_env.policy import OFFER
from negotiation_env.records.games import Games, label
from negotiation_env.records.lines import GameFacts
from negotiation_env.records.read_game import ReadGame

_DTYPES = {"first": np.int64, "max_turns": np.int32, "seed": np.uint64}
_TEXTS = (
    "strategy_0", "strategy_1", "params_0", "params_1", "scenario", "information", "episode_outcome", "product",
)  # fmt: skip


class Collector:
    """Takes games one by one and gives them back as columns.

    It keeps flat lists and not the games: many objects that stay would cost the garbage collector more than
    reading does.
    """

    def __init__(self) -> None:
        self._facts: list[GameFacts] = []
        self._results: list[tuple[float, ...]] = []
        self._kinds: list[int] = []
        self._offers: list[float] = []
        self._messages: dict[int, str] = {}
        self._notes: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def add(self, game: ReadGame) -> None:
        """Take a whole game."""
        start = len(self._kinds)
        self._facts.append(game.facts)
        self._results.append((*game.commanded, *game.rewards, len(game.kinds)))
        self._kinds += game.kinds
        self._offers += game.offers
        self._messages.update((start + place, text) for place, text in game.messages.items())
        self._notes.update((start + place, note) for place, note in game.notes.items())

    def games(self) -> Games:
        """What has been taken."""
        columns = dict(zip(GameFacts._fields, zip(*self._facts, strict=True), strict=True))
        ids = list(columns.pop("uid"))
        texts = {name: label(columns.pop(name)) for name in _TEXTS}
        numbers = {name: np.array(values, dtype=_DTYPES.get(name, np.float64)) for name, values in columns.items()}
        command_0, command_1, reward_0, reward_1, turns = np.array(self._results).T
        numbers |= {"rho_commanded_0": command_0, "rho_commanded_1": command_1}
        numbers |= {"reward_0": reward_0, "reward_1": reward_1, "turns": turns.astype(np.int32)}
        kind = np.array(self._kinds, dtype=np.int8)
        offer = np.full(len(kind), np.nan)
        offer[kind == OFFER] = self._offers
        return Games(ids, numbers, texts, kind, offer, self._messages, self._notes)
