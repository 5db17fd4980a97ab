"""`prepare`: JSONL records to the two Parquet tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from negotiation_env.records.errors import RecordError, explained, require
from negotiation_env.records.files import named, publish_together, reserved
from negotiation_env.records.outputs import TEMPORARY, check_k_history, refuse_existing
from negotiation_env.records.parquet import DECISIONS, EPISODES, GROUP_GAMES, ParquetPair
from negotiation_env.records.reading import read_games
from negotiation_env.records.splits import Split

_LOCK = "prepare.lock"


@dataclass(frozen=True)
class PrepareResult:
    """What `prepare` has written.

    Attributes:
        files: the two tables.
        episodes: how many episodes they hold.
        decisions: how many decisions they hold.
    """

    files: tuple[Path, Path]
    episodes: int
    decisions: int


def prepare(
    jsonl_path: str | Path,
    output_dir: str | Path,
    *,
    k_history: int = 5,
    split: Split | None = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> PrepareResult:
    """Read JSONL records, which may hold several runs, and write them as two Parquet tables.

    The tables are the ones that `negotiation_env.records.generate.generate` writes directly.

    Args:
        jsonl_path: the records.
        output_dir: the folder for ``decision_steps.parquet`` and ``episodes.parquet``; created if missing.
        k_history: how many earlier offers each decision row repeats.
        split: how the episodes are split; by episode, .8/.1/.1, if not given.
        overwrite: replace existing tables.
        progress: called with the number of episodes read since the last call.

    Raises:
        RecordError: a malformed line (file, line number, reason), existing tables, or a file that cannot be read
            or written. Nothing half-written is left behind.
    """
    require("pyarrow")
    check_k_history(k_history)
    source, folder = Path(jsonl_path), named(output_dir)
    if not source.is_file():
        raise RecordError(f"{source} is not a file; give the JSONL file that `negotiate generate` has written.")
    if folder.exists() and not folder.is_dir():
        raise RecordError(f"{folder} is a file; give a folder for the tables.")
    with reserved(folder, _LOCK, f"another process is preparing {folder}; wait for it, or give another folder."):
        refuse_existing((folder / DECISIONS, folder / EPISODES), overwrite, "--overwrite replaces it")
        return _write(source, folder, split or Split(), k_history, progress)


def _write(
    source: Path, folder: Path, split: Split, k_history: int, progress: Callable[[int], None] | None
) -> PrepareResult:
    files = (folder / DECISIONS, folder / EPISODES)
    with explained(folder):
        pair = ParquetPair(folder, TEMPORARY, split, k_history)
    try:
        episodes, decisions = _fill(pair, source, folder, progress)
        publish_together([(path.with_name(path.name + TEMPORARY), path) for path in reversed(files)])
    except BaseException:
        pair.abort()
        raise
    return PrepareResult(files, episodes, decisions)


def _fill(pair: ParquetPair, source: Path, folder: Path, progress: Callable[[int], None] | None) -> tuple[int, int]:
    episodes = decisions = 0
    for games in read_games(source, GROUP_GAMES):
        episodes += len(games)
        decisions += len(games.kind)
        with explained(folder):
            pair.write(games)
        if progress is not None:
            progress(len(games))
    with explained(folder):
        pair.close()
    return episodes, decisions
