"""The two Parquet files of a dataset, written row group by row group."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negotiation_env.records.files import created, discard, flush
from negotiation_env.records.games import Games, joined
from negotiation_env.records.splits import Split
from negotiation_env.records.tables import decision_table, episode_table
from negotiation_env.run import SCHEMA_VERSION

if TYPE_CHECKING:
    import pyarrow as pa

DECISIONS, EPISODES = "decision_steps.parquet", "episodes.parquet"
GROUP_GAMES = 8192
"""Games in a row group: fixed, so that the bytes do not depend on how the games were cut into shards."""


class ParquetPair:
    """A pair of files that grows by blocks of games: one row a decision, and one row an episode.

    Args:
        folder: where both are written.
        suffix: what is added to their names.
        split: how games are split into train, val and test.
        k_history: how many earlier offers each decision row repeats.
    """

    def __init__(self, folder: Path, suffix: str, split: Split, k_history: int) -> None:
        self.split = split
        self.k_history = k_history
        self._waiting: list[Games] = []
        self._files = [_TableFile(folder / f"{name}{suffix}", k_history) for name in (DECISIONS, EPISODES)]

    def write(self, games: Games) -> None:
        """Add games; a row group is written when it is full."""
        self._waiting.append(games)
        if sum(map(len, self._waiting)) < GROUP_GAMES:
            return
        known = joined(self._waiting)
        whole = len(known) // GROUP_GAMES * GROUP_GAMES
        for low in range(0, whole, GROUP_GAMES):
            self._write_group(known.part(low, low + GROUP_GAMES))
        self._waiting = [known.part(whole, len(known))]

    def close(self) -> None:
        """Write the rest and put everything on the disk."""
        rest = joined(self._waiting)
        if len(rest) or not self._files[0].groups:
            self._write_group(rest)
        for file in self._files:
            file.close()

    def abort(self) -> None:
        """Delete both files."""
        for file in self._files:
            file.abort()

    def _write_group(self, games: Games) -> None:
        split = self.split.of(games)
        decisions, episodes = self._files
        decisions.write(decision_table(games, split, self.k_history))
        episodes.write(episode_table(games, split))


class _TableFile:
    def __init__(self, path: Path, k_history: int) -> None:
        self.path = path
        self.groups = 0
        self._metadata = {"schema_version": str(SCHEMA_VERSION), "k_history": str(k_history)}
        self._writer: Any = None
        self._file = created(path)

    def write(self, table: pa.Table) -> None:
        """Add one row group."""
        if self._writer is None:
            self._writer = _parquet_writer(self._file, table.schema)
            self._writer.add_key_value_metadata(self._metadata)
        self._writer.write_table(table, row_group_size=max(len(table), 1))
        self.groups += 1

    def close(self) -> None:
        self._writer.close()
        flush(self._file)
        self._file.close()

    def abort(self) -> None:
        if self._writer is not None:
            with suppress(OSError):  # the end of a file that is deleted need not reach the disk
                self._writer.close()
            self._writer.is_open = False  # else it would try again when it is collected
        discard(self._file, self.path)


def _parquet_writer(file: object, schema: pa.Schema):  # type: ignore[no-untyped-def]  # noqa: ANN202
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [column.name for column in schema if pa.types.is_dictionary(column.type)]
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        store_schema=False,
        write_page_checksum=True,  # what a disk or a transfer has changed is refused when it is read
    )
