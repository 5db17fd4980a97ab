"""The two Arrow tables of games: one row a decision, and one row an episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.records.format import ACTIONS, find_format
from negotiation_env.records.games import Games, Labels, label
from negotiation_env.records.rows import Column, Lists, Rows
from negotiation_env.records.text import well_formed

if TYPE_CHECKING:
    import pyarrow as pa


def decision_table(games: Games, split: Labels, k_history: int) -> pa.Table:
    """One row a decision, with what its agent knew, did and earned.

    ``history_1`` is the last offer before the decision (the opponent's), ``history_2`` the one before it
    (one's own), and so on in turns, up to ``history_<k_history>``; null where there was none.
    """
    rows, form = Rows(games), find_format(games.domain)
    labels = {name: column.sorted() for name, column in games.labels.items()}
    left = rows.turns[rows.game] - rows.turn
    return _arrow(
        {
            "trajectory_id": Labels(rows.game, tuple(games.ids)),
            "split": rows.of_game(split),
            "turn": rows.turn,
            "max_turns": rows.fact("max_turns"),
            "role": Labels(rows.seat, form.sides).sorted(),
            "strategy": rows.by_seat(labels["strategy_0"], labels["strategy_1"]),
            "opponent": rows.by_seat(labels["strategy_1"], labels["strategy_0"]),
            **{name: rows.of_game(labels[name]) for name in ("scenario", "information", "episode_outcome")},
            **form.tables.decisions(rows, k_history),
            "action_type": Labels(games.kind.astype(np.int32), ACTIONS).sorted(),
            "reward": np.where(left < 2, rows.own("reward_0", "reward_1"), 0.0),
            "is_terminal": left < 2,
            **form.tables.results(rows),
            "message": _sparse(games.messages, len(games.kind)),
            "notes": _sparse(games.notes, len(games.kind)),
        }
    )


def episode_table(games: Games, split: Labels) -> pa.Table:
    """One row an episode, with the private facts of both sides and the outcome."""
    facts, labels = games.facts, {name: column.sorted() for name, column in games.labels.items()}
    form = find_format(games.domain)
    sides = list(enumerate(form.sides))
    return _arrow(
        {
            "trajectory_id": label(games.ids),
            "split": split,
            "seed": facts["seed"],
            "scenario": labels["scenario"],
            "information": labels["information"],
            "max_turns": facts["max_turns"],
            "first_mover": Labels(facts["first"].astype(np.int32), form.sides).sorted(),
            **{side: labels[f"strategy_{seat}"] for seat, side in sides},
            **{f"{side}_params": labels[f"params_{seat}"] for seat, side in sides},
            **form.tables.episodes(games),
            **{f"reward_{side}": facts[f"reward_{seat}"] for seat, side in sides},
            "turns": facts["turns"],
            "episode_outcome": labels["episode_outcome"],
            **{name: labels[name] for name in form.labels},
        }
    )


def _sparse(items: Mapping[int, str], size: int) -> Labels:
    """A column of texts that is empty but for some rows."""
    known = label(["", *map(well_formed, items.values())])
    codes = np.zeros(size, dtype=np.int32)
    codes[list(items)] = known.codes[1:]
    return Labels(codes, known.names).sorted()


def _arrow(columns: Mapping[str, Column]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: _arrow_column(values) for name, values in columns.items()})


def _arrow_column(values: Column) -> pa.Array:
    """NaN and the empty text become null."""
    import pyarrow as pa

    if isinstance(values, Labels):
        missing = np.array([name == "" for name in values.names])[values.codes] if "" in values.names else None
        indices = pa.array(values.codes, mask=missing)
        return pa.DictionaryArray.from_arrays(indices, pa.array(values.names, pa.string()))
    if isinstance(values, Lists):
        return _arrow_lists(values)
    return pa.array(values, from_pandas=values.dtype.kind == "f")


def _arrow_lists(column: Lists) -> pa.Array:
    import pyarrow as pa

    there = np.ones(len(column.values), dtype=np.bool_) if column.there is None else column.there
    lengths = np.where(there, column.lengths, 0)
    flat = column.values[np.arange(column.values.shape[1]) < lengths[:, None]]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat), mask=pa.array(~there))
