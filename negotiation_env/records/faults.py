"""Games that ended by a fault of a policy or its backend: one line of JSON each, apart from the finished games."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from negotiation_env.episodes import FAULTED, Episodes
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import RecordError
from negotiation_env.records.fields import get, one_of, parsed
from negotiation_env.records.files import flush
from negotiation_env.records.recorded import RecordedGame, played_game, rebuilt
from negotiation_env.records.text import json_text
from negotiation_env.registry import DOMAINS
from negotiation_env.run import SCHEMA_VERSION


def fault_line(game: RecordedGame) -> str:
    """The line of a game whose last move is the fault; its moves before are in ``game``, and all notes beside it."""
    turn, agent, *_ = game.episode.moves[-1]
    line: Mapping[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "trajectory_id": game.episode.uid,
        "turn": turn,
        "agent": agent,
        "error": game.error,
        "domain": game.domain,
        "game": asdict(game.episode),
        "notes": game.notes,
    }
    return f"{json_text(line)}\n"


def fault_lines(episodes: Episodes) -> list[str]:
    """The lines of the games of an `Episodes` that ended by a fault."""
    faulted = np.flatnonzero(episodes.batch.episodes["ended"] == FAULTED)
    return [fault_line(played_game(episodes, index)) for index in faulted.tolist()]


def error_text(error: JsonValue) -> str:
    """What went wrong, in words: the message of an error, with what it is about."""
    if isinstance(error, Mapping) and isinstance(error.get("message"), str):
        about = error.get("fault")
        return f"{about}: {error['message']}" if isinstance(about, str) and about else str(error["message"])
    return "no reason was given" if error in (None, "", {}) else error if isinstance(error, str) else json_text(error)


def read_faults(path: Path) -> Iterator[RecordedGame]:
    """The games of a file of faults; a last line without its end, as a kill leaves it, is passed over.

    Raises:
        RecordError: with file, line and reason, for a line that tells no game.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            if line.isspace():
                continue
            try:
                yield _game(parsed(line.decode()))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise RecordError(f"{path}, line {number}: no fault of a game ({error}).") from error


class FaultFile:
    """A file of faults under a temporary name; there is none as long as there is no fault.

    Args:
        path: the file; what is there is deleted.
        run_id: whose faults are written.
        behind: a file whose faults of other runs come first.
    """

    def __init__(self, path: Path, run_id: str, behind: Path | None) -> None:
        self.path = path
        self._run_id = run_id
        self._behind = behind
        self.abort()

    def write(self, texts: Sequence[str]) -> None:
        """Add lines; when this returns they are on the disk."""
        if not texts:
            return
        before = () if self.path.exists() else self._lines_before()
        with self.path.open("ab") as file:
            file.writelines(text.encode() for text in (*before, *texts))
            flush(file)

    def abort(self) -> None:
        """Delete what was written."""
        self.path.unlink(missing_ok=True)

    def _lines_before(self) -> Iterator[str]:
        if self._behind is not None and self._behind.exists():
            for game in read_faults(self._behind):
                if not game.episode.uid.startswith(f"{self._run_id}-"):
                    yield fault_line(game)


def _game(record: Mapping[str, JsonValue]) -> RecordedGame:
    if record.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"schema_version is {record.get('schema_version')!r}; only {SCHEMA_VERSION} can be read")
    game = get(record, "game", dict)
    if game.get("uid") != record.get("trajectory_id"):
        raise ValueError(f"trajectory_id is {record.get('trajectory_id')!r}, but the game is {game.get('uid')!r}")
    return rebuilt(one_of(record, "domain", tuple(DOMAINS)), game, get(record, "notes", list))
