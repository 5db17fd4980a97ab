"""Where `generate` writes to: a JSONL file, or a folder with two Parquet files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import RecordError, require
from negotiation_env.records.files import created, discard, flush, named
from negotiation_env.records.format import format_of
from negotiation_env.records.games import Games
from negotiation_env.records.jsonl import lines
from negotiation_env.records.parquet import DECISIONS, EPISODES, ParquetPair
from negotiation_env.records.splits import Split
from negotiation_env.run import SCHEMA_VERSION, Run

TEMPORARY = ".tmp"
_COPY_BYTES = 1 << 20


class Writer(Protocol):
    """Writes games under a temporary name."""

    def write(self, games: Games) -> None:
        """Add games."""

    def close(self) -> None:
        """Finish, and put everything on the disk."""

    def abort(self) -> None:
        """Delete what was written."""


class Output(Protocol):
    """What `generate` makes."""

    @property
    def path(self) -> Path:
        """The file or folder."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The finished files; each is written in another folder first, as its name and `TEMPORARY`."""

    @property
    def faults(self) -> Path:
        """The file that tells the games which ended by a fault, if there are any."""

    @property
    def append(self) -> bool:
        """Whether what is there is kept."""

    @property
    def settings(self) -> dict[str, JsonValue]:
        """What determines the output besides the games."""

    def check(self, run: Run, overwrite: bool) -> None:
        """Raise `RecordError` if something is in the way."""

    def start(self, folder: Path) -> Writer:
        """Begin writing into a folder."""


def find_output(path: str | Path, append: bool, split: Split, k_history: int) -> Output:
    """The output of a path: ``*.jsonl`` is a JSONL file; no suffix, or a ``/`` at the end, is a folder.

    Raises:
        RecordError: another suffix, or ``append`` with a folder.
    """
    found, is_folder = named(path), str(path).endswith("/") or Path(path).is_dir()
    if found.suffix == ".jsonl" and not is_folder:
        return JsonlOutput(found, append)
    if found.suffix and not is_folder:
        raise RecordError(
            f"{path} ends in {found.suffix!r}; give a name ending in .jsonl, or a folder for Parquet files."
        )
    if append:
        raise RecordError(f"cannot append to the Parquet folder {path}; append to a .jsonl file and prepare that.")
    require("pyarrow")
    return ParquetOutput(found, split, check_k_history(k_history))


def check_k_history(k_history: int) -> int:
    """Return a number of earlier offers that the tables can repeat."""
    if isinstance(k_history, bool) or not isinstance(k_history, int) or not 0 <= k_history <= 1000:
        raise ValueError(f"k_history is {k_history!r}; it must be a whole number from 0 to 1000.")
    return k_history


def refuse_existing(files: tuple[Path, ...], overwrite: bool, hint: str) -> None:
    """Raise `RecordError` if a file is there already and may not be replaced."""
    existing = [path for path in files if path.exists()]
    if existing and not overwrite:
        raise RecordError(f"{existing[0]} exists already; {hint}.")


@dataclass(frozen=True)
class JsonlOutput:
    """One JSONL file, perhaps behind the runs that it holds already."""

    path: Path
    append: bool

    @property
    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self.path,)

    @property
    def faults(self) -> Path:
        """``games.faults.jsonl`` beside ``games.jsonl``."""
        return self.path.with_suffix(".faults.jsonl")

    @property
    def settings(self) -> dict[str, JsonValue]:
        """The format, and whether what is there is kept."""
        return {"format": "jsonl", "append": self.append}

    def check(self, run: Run, overwrite: bool) -> None:
        """Refuse an existing file, or to append to one that holds this run or is no record at all."""
        if not self.append:
            hint = "--overwrite replaces it, --append adds another run to it, with another --seed"
            refuse_existing((*self.files, self.faults), overwrite, hint)
        elif self.path.exists():
            _check_appendable(self.path, run)

    def start(self, folder: Path) -> Writer:
        """Begin with a copy of the existing file if it is appended to."""
        return _JsonlWriter(folder / f"{self.path.name}{TEMPORARY}", self.path if self.append else None)


@dataclass(frozen=True)
class ParquetOutput:
    """A folder with the decision table and the episode table."""

    path: Path
    split: Split
    k_history: int
    append: ClassVar[bool] = False

    @property
    def files(self) -> tuple[Path, ...]:
        """Both tables."""
        return (self.path / EPISODES, self.path / DECISIONS)

    @property
    def faults(self) -> Path:
        """``faults.jsonl`` in the folder."""
        return self.path / "faults.jsonl"

    @property
    def settings(self) -> dict[str, JsonValue]:
        """The format, the columns and the split."""
        split: dict[str, JsonValue] = {"by": self.split.by, "fractions": list(self.split.fractions)}
        return {"format": "parquet", "k_history": self.k_history, "split": split}

    def check(self, run: Run, overwrite: bool) -> None:
        """Refuse existing tables, or a path that is a file."""
        if self.path.exists() and not self.path.is_dir():
            raise RecordError(f"{self.path} is a file; give a folder, or a name that ends in .jsonl.")
        refuse_existing((*self.files, self.faults), overwrite, "--overwrite replaces it")

    def start(self, folder: Path) -> Writer:
        """Begin two new files."""
        return ParquetPair(folder, TEMPORARY, self.split, self.k_history)


class _JsonlWriter:
    def __init__(self, path: Path, behind: Path | None) -> None:
        self.path = path
        self._file = created(path)
        if behind is not None and behind.exists():
            for chunk in _chunks(behind):
                self._file.write(chunk)

    def write(self, games: Games) -> None:
        for text in lines(games):
            self._file.write(text.encode())

    def close(self) -> None:
        flush(self._file)
        self._file.close()

    def abort(self) -> None:
        discard(self._file, self.path)


def _check_appendable(path: Path, run: Run) -> None:
    with path.open("rb") as file:
        first = file.readline()
    if first:
        _check_first(path, first, run.domain.name)
    run_id = run.run_id
    mark, end = f'"{run_id}-'.encode(), b"\n"
    for chunk in _chunks(path):
        if mark in end + chunk:
            raise RecordError(f"{path} already holds run {run_id}; change its seed or settings, or write another file.")
        end = chunk[-len(mark) :]
    if not end.endswith(b"\n"):
        raise RecordError(f"{path} does not end with a whole line; repair it before appending to it.")


def _check_first(path: Path, line: bytes, domain: str) -> None:
    try:
        record = json.loads(line)
        version = record.get("schema_version")
    except (ValueError, AttributeError):
        record = version = None
    if version != SCHEMA_VERSION:
        raise RecordError(f"{path}, line 1: no record of schema version {SCHEMA_VERSION}; append to another file.")
    found = format_of(record)
    if found is not None and found.domain != domain:
        raise RecordError(f"{path} holds {found.domain!r} games; append {domain!r} games to another file.")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_COPY_BYTES):
            yield chunk
