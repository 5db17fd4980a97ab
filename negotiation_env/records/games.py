"""`Games`: finished games as columns, what passes between the engine, JSONL and Parquet."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.episodes import ENDED_BY, FAULTED, Episodes
from negotiation_env.policy import Int64, JsonValue
from negotiation_env.records.errors import RecordError
from negotiation_env.registry import Player

SIDES = ("buyer", "seller")


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
    """E price games that came to an end without a fault, and their N moves in turn order.

    Attributes:
        ids: the trajectory id of each game.
        facts: by name, (E,) columns: first (seat), turns, max_turns, seed, buyer_max, seller_min, price_low,
            price_high, price (NaN without a deal), rho (-1 without a deal, NaN with an empty surplus), and for each
            seat rho_commanded_0, rho_commanded_1 (NaN unless commanded), reward_0, reward_1.
        labels: by name, columns of texts: strategy_0, strategy_1, params_0, params_1 (JSON), scenario,
            information, episode_outcome, product (empty unless the scenario names products).
        kind: int8 (N,), 0 offer, 1 accept, 2 walk.
        offer: float64 (N,), NaN where ``kind`` is not 0.
        messages: row -> what was said with the move.
        notes: row -> the policy's note, as JSON text.
    """

    ids: list[str]
    facts: Mapping[str, Array]
    labels: Mapping[str, Labels]
    kind: NDArray[np.int8]
    offer: NDArray[np.float64]
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
        [uid for part in parts for uid in part.ids],
        {name: np.concatenate([part.facts[name] for part in parts]) for name in parts[0].facts},
        {name: _joined_labels([part.labels[name] for part in parts]) for name in parts[0].labels},
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.offer for part in parts]),
        {row + start: text for part, start in zip(parts, offsets, strict=False) for row, text in part.messages.items()},
        {row + start: note for part, start in zip(parts, offsets, strict=False) for row, note in part.notes.items()},
    )


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


def finished_games(episodes: Episodes) -> Games:
    """The games of an `Episodes` that did not end by a fault, for export.

    Raises:
        RecordError: the domain has no file format yet, or the games were played without a record.
    """
    run, batch = episodes.run, episodes.batch
    if run.domain.name != "price":
        raise RecordError(f"games of domain {run.domain.name!r} cannot be written to files; only 'price' can.")
    if not batch.decisions:
        raise RecordError("these games were played with record=False; play them again with record=True.")
    keep = batch.episodes["ended"] != FAULTED
    rows = np.repeat(keep, batch.episodes["turns"])
    place = np.cumsum(rows) - 1
    return Games(
        [f"{run.run_id}-{number}" for number in batch.episodes["episode"][keep].tolist()],
        _facts(episodes, keep),
        {name: column.take(np.flatnonzero(keep)) for name, column in _labels(episodes).items()},
        batch.decisions["kind"][rows],
        batch.decisions["price"][rows],
        {int(place[row]): text for row, text in sorted(batch.messages.items()) if rows[row]},
        {int(place[row]): json_text(note) for row, note in sorted(batch.notes.items()) if rows[row]},
    )


def _facts(episodes: Episodes, keep: NDArray[np.bool_]) -> dict[str, Array]:
    table, raw, run = episodes.episodes, episodes.batch.episodes, episodes.run
    facts = {name: raw[name][keep] for name in ("first", "buyer_max", "seller_min", "price_low", "price_high", "price")}
    facts["turns"] = raw["turns"][keep].astype(np.int32)
    facts["rho"] = table["rho"][keep]
    facts["max_turns"] = np.full(len(facts["turns"]), run.config.max_turns, dtype=np.int32)
    facts["seed"] = np.full(len(facts["turns"]), run.seed, dtype=np.uint64)
    for seat, players in enumerate(run.players):
        commands = np.array([commanded_rho(player.params) for player in players])
        facts[f"rho_commanded_{seat}"] = commands[raw[f"player_{seat}"][keep]]
        facts[f"reward_{seat}"] = table[f"reward_{seat}"][keep] + 0.0  # -0.0 becomes 0.0
    return facts


def _labels(episodes: Episodes) -> dict[str, Labels]:
    raw, run, size = episodes.batch.episodes, episodes.run, len(episodes)
    same = np.zeros(size, dtype=np.int32)
    labels = {
        "scenario": Labels(same, (run.config.scenario,)),
        "information": Labels(same, (run.config.information,)),
        "episode_outcome": Labels(raw["ended"].astype(np.int32), tuple(ENDED_BY.tolist())),
        "product": label([str(title) for title in raw["product"]]) if "product" in raw else Labels(same, ("",)),
    }
    for seat, players in enumerate(run.players):
        codes = raw[f"player_{seat}"].astype(np.int32)
        labels[f"strategy_{seat}"] = Labels(codes, tuple(player.name for player in players))
        labels[f"params_{seat}"] = Labels(codes, tuple(_params_text(player) for player in players))
    return labels


def _params_text(player: Player) -> str:
    return json_text(dict(sorted(player.params.items())))


def commanded_rho(params: Mapping[str, JsonValue]) -> float:
    """The rho that a player with these parameters is commanded to reach; NaN if none."""
    rho = params.get("rho")
    return float(rho) if isinstance(rho, int | float) and not isinstance(rho, bool) else math.nan


def zopa_width(buyer_max: float, seller_min: float) -> float:
    """Width of the surplus in currency units, negative if it is empty, without floating-point dust."""
    return round(buyer_max - seller_min, 9) + 0.0


def zopa_widths(buyer_max: Array, seller_min: Array) -> Array:
    """`zopa_width` of each pair of limits (E,)."""
    return np.array([zopa_width(*limits) for limits in zip(buyer_max.tolist(), seller_min.tolist(), strict=True)])


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=str)


def json_text(value: object) -> str:
    """Compact JSON in which what is not finite is null and what JSON does not know is its text."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_finite(value))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
