"""`Episodes` as Polars frames, column by column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.records.errors import require
from negotiation_env.records.text import well_formed

if TYPE_CHECKING:
    import polars as pl


def episode_frame(episodes: Episodes) -> pl.DataFrame:
    """The episode table, one row a game; NaN becomes null, and what is kept where nothing is (-1)."""
    require("polars")
    import polars as pl

    return pl.DataFrame([_series(name, values) for name, values in episodes.episodes.items()])


def decision_frame(episodes: Episodes) -> pl.DataFrame:
    """The decision table, one row a move, with the game's ``uid``; NaN and what is kept where nothing is become null.

    Notes are JSON text. Games that were played with ``record=False`` have no moves, and the frame is empty.
    """
    require("polars")
    import polars as pl

    table = episodes.decisions
    if not len(table):
        return pl.DataFrame()
    uid = _series("uid", episodes.episodes["uid"]).gather(table["episode"])
    texts = {
        "message": {row: well_formed(text) for row, text in episodes.batch.messages.items()},
        "notes": {row: json.dumps(note, default=str) for row, note in episodes.batch.notes.items()},
    }
    sparse = {name: _sparse(items, episodes.decisions.length) for name, items in texts.items()}
    names = (*(name for name in table if name not in ("uid", "notes")), "notes")
    return pl.DataFrame([uid, *(_series(name, sparse[name] if name in sparse else table[name]) for name in names)])


def _sparse(items: Mapping[int, str], size: int) -> Array:
    """A column (size,) that is empty but for some rows."""
    column = np.full(size, None, dtype=object)
    column[list(items)] = list(items.values())
    return column


def _series(name: str, values: Array) -> pl.Series:
    import polars as pl

    if values.dtype == object:
        return pl.Series(name, values.tolist(), dtype=pl.String)
    if values.ndim == 2:
        return _list_series(name, values)
    return pl.Series(name, values, nan_to_null=values.dtype.kind == "f")


def _list_series(name: str, values: Array) -> pl.Series:
    """Lists of equal length; those of nothing but -1 or NaN are null."""
    import polars as pl

    lists = pl.Series(name, np.ascontiguousarray(values)).arr.to_list()
    nothing = np.isnan(values) if values.dtype.kind == "f" else values < 0
    there = pl.Series(~nothing.all(axis=1))
    return pl.select(pl.when(there).then(lists).alias(name)).to_series()
