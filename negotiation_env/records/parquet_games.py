"""`Games` from the two Parquet tables: the way back of `negotiation_env.records.tables`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.records.errors import RecordError, require
from negotiation_env.records.format import ACTIONS, Format, find_format
from negotiation_env.records.games import Games, Labels, label
from negotiation_env.records.lines import OUTCOMES
from negotiation_env.records.parquet import DECISIONS, EPISODES
from negotiation_env.run import SCHEMA_VERSION

if TYPE_CHECKING:
    import pyarrow as pa

_OFFERED = {"action_price": "price", "action_keep": "multi_item"}
"""The column of what is offered, by which the domain is known."""
_ADVICE = "make them anew with 'negotiate prepare'"


def read_parquet_games(folder: str | Path, size: int) -> Iterator[Games]:
    """The games of the two tables in a folder, in blocks of ``size``, the last one smaller.

    Args:
        folder: where ``decision_steps.parquet`` and ``episodes.parquet`` are, of one and the same dataset.
        size: games that are read at once.

    Raises:
        RecordError: a table is missing, is none of this package or of another schema version, or the two do not
            belong together.
        ImportError: pyarrow is missing.
    """
    require("pyarrow")
    import pyarrow as pa

    decisions, episodes = (_Table(Path(folder) / name) for name in (DECISIONS, EPISODES))
    offered = [name for name in _OFFERED if name in decisions.names]
    if len(offered) != 1:
        raise RecordError(f"{folder}: {DECISIONS} has neither {' nor '.join(_OFFERED)} among its columns; {_ADVICE}.")
    form = find_format(_OFFERED[offered[0]])
    try:
        while len(block := episodes.take(size)):
            rows = decisions.take(int(np.sum(np.maximum(_whole(block, "turns", np.int32), 0))))
            yield _games(form, block, rows, Path(folder))
    except RecordError:
        raise
    except KeyError as error:
        raise RecordError(f"{folder}: a table lacks a column ({error.args[0]}); {_ADVICE}.") from error
    except (ValueError, TypeError, IndexError, OverflowError, pa.ArrowException) as error:
        raise RecordError(f"{folder}: the tables hold what no game can ({error}); {_ADVICE}.") from error
    if len(decisions.take(1)):
        raise RecordError(f"{folder}: {DECISIONS} goes on after the last episode of {EPISODES}; {_ADVICE}.")


class _Table:
    """A Parquet file that is read from its beginning on."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.path = path
        with self._explained():
            file = pq.ParquetFile(path, page_checksum_verification=True)
            self._rest = file.schema_arrow.empty_table().replace_schema_metadata(None)
        version = (file.metadata.metadata or {}).get(b"schema_version", b"none").decode(errors="replace")
        if version != str(SCHEMA_VERSION):
            raise RecordError(f"{path} is of schema version {version}, and {SCHEMA_VERSION} is read here; {_ADVICE}.")
        self.names = file.schema_arrow.names
        self._batches = file.iter_batches(batch_size=1 << 16)

    def take(self, size: int) -> pa.Table:
        """The next ``size`` rows, fewer at the end."""
        import pyarrow as pa

        parts, known = [self._rest], len(self._rest)
        with self._explained():
            while known < size and (batch := next(self._batches, None)) is not None:
                parts.append(pa.Table.from_batches([batch]).replace_schema_metadata(None))
                known += len(batch)
            table = pa.concat_tables(parts)
        self._rest = table.slice(size)
        return table.slice(0, size)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what PyArrow raises at a file that is damaged or none of its own into a `RecordError`."""
        import pyarrow as pa

        try:
            yield
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = str(error).removesuffix(".")
            raise RecordError(
                f"{self.path} cannot be read as a Parquet table: {reason}. Give the folder of both."
            ) from error


def _games(form: Format, episodes: pa.Table, decisions: pa.Table, folder: Path) -> Games:
    ids, turns = _texts(episodes, "trajectory_id"), _whole(episodes, "turns", np.int32)
    if None in ids:
        raise ValueError("trajectory_id is missing in some rows")
    if _texts(decisions, "trajectory_id") != np.repeat(np.array(ids, dtype=object), turns).tolist():
        raise RecordError(f"{folder}: the rows of {DECISIONS} are not those of the episodes in {EPISODES}; {_ADVICE}.")
    texts = {"scenario": "scenario", "information": "information", "episode_outcome": "episode_outcome"}
    for seat, side in enumerate(form.sides):
        texts |= {f"strategy_{seat}": side, f"params_{seat}": f"{side}_params"}
    texts |= {name: name for name in form.labels}
    facts = {
        "first": np.array([form.sides.index(side) for side in _texts(episodes, "first_mover")]),
        "max_turns": _whole(episodes, "max_turns", np.int32),
        "seed": _whole(episodes, "seed", np.uint64),
        "turns": turns,
        **{f"reward_{seat}": numbers(episodes, f"reward_{side}") for seat, side in enumerate(form.sides)},
        **form.tables.facts(episodes),
    }
    kind = np.array([ACTIONS.index(action) for action in _texts(decisions, "action_type")], dtype=np.int8)
    offers = form.tables.offers(decisions, {name: np.repeat(values, turns, axis=0) for name, values in facts.items()})
    games = Games(
        form.domain,
        ids,
        facts,
        {name: _labels(episodes, column) for name, column in texts.items()},
        kind,
        offers,
        _sparse(decisions, "message"),
        _sparse(decisions, "notes"),
    )
    _check(form, games, decisions["turn"].to_numpy())
    return games


def _check(form: Format, games: Games, turn: Array) -> None:
    """Raise ``ValueError`` unless the moves go on as moves do, and lead to the outcomes of their games."""
    facts, kind, starts = games.facts, games.kind, games.starts
    turns, ends = facts["turns"], games.starts + facts["turns"] - 1
    if (turns < 1).any() or not np.array_equal(turn, np.arange(len(kind)) - np.repeat(starts, turns) + 1):
        raise ValueError("turns are not counted from 1")
    outcome = np.array([OUTCOMES[action] for action in ACTIONS], dtype=object)[kind[ends]]
    if np.delete(kind, ends).any() or (outcome != games.labels["episode_outcome"].tolist()).any():
        raise ValueError("an episode ends otherwise than its outcome says")
    if (turns > facts["max_turns"]).any() or (
        turns[kind[ends] == OFFER] < facts["max_turns"][kind[ends] == OFFER]
    ).any():
        raise ValueError("an episode goes on past its deadline, or not as far")
    is_offer = games.offer == games.offer if form.nothing != form.nothing else games.offer != form.nothing
    if not np.array_equal(is_offer, kind == OFFER):
        raise ValueError("an offer is missing, or stands where there is none")
    form.tables.check(games, np.where(kind[ends] == ACCEPT, games.offer[np.maximum(ends - 1, 0)], form.nothing))


def _texts(table: pa.Table, name: str) -> list[str]:
    """A column of texts (R,); what is null stays ``None``, which only those take that look for it."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        raise ValueError(f"{name} holds {kind}, not text")
    texts: list[str] = table[name].to_pylist()
    return texts


def _whole(table: pa.Table, name: str, dtype: type[np.integer[Any]]) -> Array:
    """A column of whole numbers (R,), each of which is there and fits."""
    import pyarrow as pa

    if table[name].null_count:
        raise ValueError(f"{name} is missing in some rows")
    return np.asarray(table[name].cast(pa.from_numpy_dtype(dtype)).to_numpy())


def numbers(table: pa.Table, name: str) -> Array:
    """A column of numbers as float64 (R,), NaN for null."""
    import pyarrow as pa

    return np.asarray(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def lists(table: pa.Table, name: str, missing: float = 0.0, width: int = 0) -> Array:
    """A column of lists as float64 (R, I), I at least ``width``, filled up with 0; a null becomes ``missing``."""
    rows: list[list[Any] | None] = table[name].to_pylist()
    width = max((len(row) for row in rows if row is not None), default=width)
    found = np.array([[missing] * width if row is None else [*row, *[0] * (width - len(row))] for row in rows], float)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} holds what is no number")
    return found


def _labels(table: pa.Table, name: str) -> Labels:
    return label([text or "" for text in _texts(table, name)])


def _sparse(table: pa.Table, name: str) -> dict[int, str]:
    return {row: text for row, text in enumerate(_texts(table, name)) if text}
