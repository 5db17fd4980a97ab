"""`Games`: finished games as columns, what passes between the engine, JSONL and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Int64


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of texts: ``names[codes[i]]`` in row i, codes int32 (E,)."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def take(self, rows: slice | Int64) -> Labels:
        """The same column for some rows."""
        return Labels(self.codes[rows], self.names)

    def sorted(self) -> Labels:
        """The same column with names that are all used, unique and in order: one form for one content."""
        names = sorted({self.names[code] for code in np.flatnonzero(np.bincount(self.codes)).tolist()})
        place = {name: code for code, name in enumerate(names)}
        recode = np.array([place.get(name, 0) for name in self.names] or [0], dtype=np.int32)
        return Labels(recode[self.codes], tuple(names))

    def tolist(self) -> list[str]:
        """One text a row."""
        return [self.names[code] for code in self.codes.tolist()]


def label(texts: Sequence[str]) -> Labels:
    """A `Labels` column from one text a row."""
    codes: dict[str, int] = {}
    column = [codes.setdefault(text, len(codes)) for text in texts]
    return Labels(np.array(column, dtype=np.int32), tuple(codes))


@dataclass(frozen=True, eq=False)
class Games:
    """E games of one domain that came to an end without a fault, and their N moves in turn order.

    Attributes:
        domain: the name of the domain.
        ids: the trajectory id of each game.
        facts: by name, columns (E,) or (E, I): first (seat), turns, max_turns, seed, for each seat reward_0 and
            reward_1, and the domain's own, see ``facts`` of its format. Where games differ in I, rows end with 0.
        labels: by name, columns of texts: strategy_0, strategy_1, params_0, params_1 (JSON), scenario,
            information, episode_outcome, and the domain's own.
        kind: int8 (N,), 0 offer, 1 accept, 2 walk.
        offer: (N,) what is offered, as the engine knows it.
        messages: row -> what was said with the move.
        notes: row -> the policy's note, as JSON text.
    """

    domain: str
    ids: list[str]
    facts: Mapping[str, Array]
    labels: Mapping[str, Labels]
    kind: NDArray[np.int8]
    offer: Array
    messages: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def starts(self) -> Int64:
        """(E,) the row of the first move of each game."""
        turns = self.facts["turns"]
        return np.asarray(np.cumsum(turns) - turns)

    def part(self, low: int, high: int) -> Games:
        """Games ``low`` to ``high``."""
        ends = np.append(self.starts, len(self.kind))
        first, last = int(ends[low]), int(ends[min(high, len(self))])
        return Games(
            self.domain,
            self.ids[low:high],
            {name: values[low:high] for name, values in self.facts.items()},
            {name: column.take(slice(low, high)) for name, column in self.labels.items()},
            self.kind[first:last],
            self.offer[first:last],
            _shifted(self.messages, first, last),
            _shifted(self.notes, first, last),
        )


def _shifted(items: Mapping[int, str], first: int, last: int) -> dict[int, str]:
    return {row - first: item for row, item in items.items() if first <= row < last}


def joined(parts: Sequence[Games]) -> Games:
    """One `Games` from consecutive parts."""
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(len(part.kind) for part in parts)]).tolist()
    return Games(
        parts[0].domain,
        [uid for part in parts for uid in part.ids],
        {name: _stacked([part.facts[name] for part in parts]) for name in parts[0].facts},
        {name: _joined_labels([part.labels[name] for part in parts]) for name in parts[0].labels},
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.offer for part in parts]),
        {row + start: text for part, start in zip(parts, offsets, strict=False) for row, text in part.messages.items()},
        {row + start: note for part, start in zip(parts, offsets, strict=False) for row, note in part.notes.items()},
    )


def _stacked(columns: Sequence[Array]) -> Array:
    """Columns (E,), or (E, I) that are made as wide as the widest, below each other."""
    if columns[0].ndim == 2:
        width = max(column.shape[1] for column in columns)
        columns = [np.pad(column, ((0, 0), (0, width - column.shape[1]))) for column in columns]
    return np.concatenate(columns)


def _joined_labels(columns: Sequence[Labels]) -> Labels:
    offsets = np.cumsum([0, *(len(column.names) for column in columns)])
    codes = [column.codes + offset for column, offset in zip(columns, offsets, strict=False)]
    names = tuple(name for column in columns for name in column.names)
    return Labels(np.concatenate(codes).astype(np.int32), names)


def blocks(parts: Iterable[Games], size: int) -> Iterator[Games]:
    """The same games in blocks of exactly ``size``, the last one smaller, however the parts were cut."""
    waiting: list[Games] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) < size:
            continue
        games = joined(waiting)
        whole = len(games) // size * size
        for low in range(0, whole, size):
            yield games.part(low, low + size)
        waiting = [games.part(whole, len(games))]
    if sum(map(len, waiting)):
        yield joined(waiting)
