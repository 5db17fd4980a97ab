"""Many games that have been read, as `Games`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.policy import OFFER
from negotiation_env.records.format import Format, GameFacts
from negotiation_env.records.games import Games, label
from negotiation_env.records.jsonl import TEXTS
from negotiation_env.records.read_game import ReadGame

_DTYPES: dict[str, type[np.generic]] = {"first": np.int64, "max_turns": np.int32, "seed": np.uint64}


class Collector:
    """Takes games one by one and gives them back as columns.

    It keeps flat lists and not the games: many objects that stay would cost the garbage collector more than
    reading does.
    """

    def __init__(self, form: Format) -> None:
        self.form = form
        self._facts: list[GameFacts] = []
        self._results: list[tuple[float | None, ...]] = []
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
        self._results.append((len(game.kinds), *game.rewards, *game.own[0], *game.own[1]))
        self._kinds += game.kinds
        self._offers += game.offers
        self._messages.update((start + place, text) for place, text in game.messages.items())
        self._notes.update((start + place, note) for place, note in game.notes.items())

    def games(self) -> Games:
        """What has been taken."""
        form, columns = self.form, _columns(self._facts)
        columns |= _columns(columns.pop("own"))
        ids = list(columns.pop("uid"))
        texts = {name: label(columns.pop(name)) for name in (*TEXTS, *form.labels)}
        dtypes = {**_DTYPES, **form.dtypes}
        numbers = {name: _array(values, dtypes.get(name, np.float64)) for name, values in columns.items()}
        results = [f"{name}_{seat}" for seat in (0, 1) for name in form.seat_facts]
        numbers |= zip(("turns", "reward_0", "reward_1", *results), _array(self._results, np.float64).T, strict=True)
        numbers["turns"] = numbers["turns"].astype(np.int32)
        kind = np.array(self._kinds, dtype=np.int8)
        offer = np.full(len(kind), form.nothing)
        offer[kind == OFFER] = self._offers
        return Games(form.domain, ids, numbers, texts, kind, offer, self._messages, self._notes)


def _columns(rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """Rows of named tuples, as columns by name."""
    return dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))


def _array(values: Sequence[Any], dtype: type[np.generic]) -> Array:
    """A column (E,) of numbers, NaN for ``None``, or (E, I) of tuples of numbers, which end with 0 if they differ."""
    if isinstance(values[0], tuple):
        width = max(map(len, values))
        return np.array([(*row, *[0] * (width - len(row))) for row in values], dtype=dtype)
    return np.array(values, dtype=dtype)
