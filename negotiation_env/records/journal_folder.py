"""The folder of `negotiation_env.records.journal.play_into`: what of a run has been played so far, whole games only.

``games.jsonl`` and ``faults.jsonl`` grow by whole games; ``run.json`` says what run they belong to. A kill can leave
half a game at the end of a file, which is cut off when the folder is opened again. Everything else is written under
another name, flushed to the disk and renamed.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from negotiation_env.documents import parse_json, read_text
from negotiation_env.episodes import Episodes
from negotiation_env.records.csv_log import GAMES_CSV, TURNS_CSV, write_csv
from negotiation_env.records.errors import RecordError, explained
from negotiation_env.records.faults import fault_line, fault_lines, read_faults
from negotiation_env.records.files import (
    created,
    flush,
    flush_names,
    locked,
    named,
    publish,
    publish_together,
    refuse_links,
)
from negotiation_env.records.finished import finished_games
from negotiation_env.records.format import find_format
from negotiation_env.records.games import Games
from negotiation_env.records.index import Place, copy_places, find_places, torn_from
from negotiation_env.records.jsonl import lines
from negotiation_env.records.manifests import difference
from negotiation_env.records.outputs import TEMPORARY
from negotiation_env.records.reading import read_games
from negotiation_env.records.recorded import number_of, recorded_games
from negotiation_env.records.replay import played_back
from negotiation_env.run import Run

GAMES, FAULTS = "games.jsonl", "faults.jsonl"
RUN, _LOCK = "run.json", "journal.lock"
_FILES = (GAMES, FAULTS, GAMES_CSV, TURNS_CSV, RUN)
_BLOCK = 256
"""Games that are read back at once."""


class JournalFolder:
    """The folder of one run.

    Attributes:
        path: where it is.
        run: whose games it holds.
        known: the numbers of the finished games that were there when it was opened.
        finished: how many finished games are there now.
        faulted: how many games that ended by a fault are there now.
        cut: the trajectory id of a game that was found half written and cut off, or ``"unknown"`` if that was not whole
            either; empty if there was none.
    """

    def __init__(self, path: str | Path, run: Run) -> None:
        self.path: Path = named(path)
        self.run = run
        self.known: frozenset[int] = frozenset()
        self.finished: int = 0
        self.faulted: int = 0
        self.cut: str = ""
        self._sizes: dict[str, int] = {}

    @contextmanager
    def opened(self, overwrite: bool = False) -> Iterator[None]:
        """Create or continue the folder, for this process alone.

        Raises:
            RecordError: it holds something else, or another process is using it.
        """
        is_new = not self.path.exists()
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        refusal = f"another process is playing into {self.path}; wait for it, or give another folder."
        try:
            with locked(self.path / _LOCK, refusal):
                with explained(self.path):
                    self._claim(overwrite)
                    self._mend()
                try:
                    yield
                finally:
                    if not any((self.path / name).exists() for name in (GAMES, FAULTS)):
                        (self.path / RUN).unlink(missing_ok=True)
        finally:
            if is_new and self.path.exists() and not any(self.path.iterdir()):
                self.path.rmdir()

    def games(self) -> Iterator[Episodes]:
        """The finished games, some at a time, as they were played.

        Raises:
            RecordError: a line is malformed, or is not what this run plays.
        """
        for games in self._finished():
            yield played_back(self.run, games)

    def begin(self, numbers: Sequence[int]) -> None:
        """Prepare for playing games: what was told of their faults is dropped, and the CSV files are out of date."""
        again = set(numbers)
        with explained(self.path):
            if (self.path / FAULTS).exists():
                self._drop_faults(again)
            for name in (GAMES_CSV, TURNS_CSV) if again else ():
                (self.path / name).unlink(missing_ok=True)
        self._sizes = {name: self._size(name) for name in (GAMES, FAULTS)}

    def add(self, episodes: Episodes) -> None:
        """Keep games that have ended: when this returns they are on the disk.

        Raises:
            RecordError: they cannot be written, or the folder is not any more as this has left it.
        """
        faults = fault_lines(episodes)
        with explained(self.path, "Once that is mended, give the same command again."):
            self._check_untouched()
            self._append(GAMES, lines(finished_games(episodes)))
            self._append(FAULTS, faults)
        self.finished += len(episodes) - len(faults)
        self.faulted += len(faults)

    def end(self) -> tuple[Path, ...]:
        """Put all games in the order of their numbers, write the CSV files, and say what files there are."""
        with explained(self.path):
            self._check_untouched()
            self._sort()
            if self.finished:
                temporary = [self.path / f"{name}{TEMPORARY}" for name in (GAMES_CSV, TURNS_CSV)]
                write_csv((game for games in self._finished() for game in recorded_games(games)), *temporary)
                publish_together([(path, path.with_suffix("")) for path in reversed(temporary)])
        return tuple(path for path in map(self.path.joinpath, _FILES) if path.exists())

    def _sort(self) -> None:
        for path in (self.path / name for name in (GAMES, FAULTS) if self._size(name)):
            places = find_places(path)
            ordered = sorted(places, key=lambda place: number_of(place.uid))
            if ordered != places:
                with self._published(path.name) as file:
                    copy_places(path, ordered, file)

    def _drop_faults(self, again: Container[int]) -> None:
        """Keep only the faults of the games that are not played again."""
        self.faulted = 0
        with self._published(FAULTS) as file:
            for game in read_faults(self.path / FAULTS):
                if game.number not in again:
                    file.write(fault_line(game).encode())
                    self.faulted += 1
        if not self.faulted:
            (self.path / FAULTS).unlink()

    def _claim(self, overwrite: bool) -> None:
        """Make the folder that of the run, if it may be; a run without a game, as a kill leaves it, makes way."""
        refuse_links(self.path / name for name in _FILES)
        asked = {"run_id": self.run.run_id, "run": self.run.identity}
        kept = self._told()
        there = [self.path / name for name in _FILES if self._size(name)]
        in_the_way = [path for path in there if path.name != RUN or "run_id" not in kept]
        same, is_done = kept.get("run_id") == self.run.run_id, (self.path / GAMES_CSV).exists()
        if in_the_way and not same and not overwrite:
            differs = difference(json.dumps(kept), json.dumps(asked, default=str)) if "run_id" in kept else ""
            alone = f"{in_the_way[0].name}, but not what run it is of"
            what = f"the games of another run: {differs}" if differs else alone
            raise RecordError(f"{self.path} holds {what}. Give another folder; --overwrite replaces what is there.")
        if overwrite and (is_done or not same):
            for path in there:
                path.unlink()
            same = False
        if not same:
            with self._published(RUN) as file:
                file.write(f"{json.dumps(asked, indent=2, sort_keys=True, default=str)}\n".encode())

    def _told(self) -> dict[str, object]:
        """What ``run.json`` says; nothing if it is none of ours."""
        try:
            told = parse_json(read_text(self.path / RUN))
        except (FileNotFoundError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def _mend(self) -> None:
        """Cut off what a kill has left half written, and look at what is there."""
        for name in _FILES:
            (self.path / f"{name}{TEMPORARY}").unlink(missing_ok=True)
        games = self.path / GAMES
        places = find_places(games) if games.exists() else []
        torn = torn_from(games, places, find_format(self.run.domain.name))
        if torn is not None:
            self._check_own([place for place in places if place.uid])
            self.cut = next(place.uid for place in places if place.start == torn) or "unknown"
            with games.open("r+b") as file:
                file.truncate(torn)
                flush(file)
            places = [place for place in places if place.end <= torn]
        self._check_own(places)
        self.known = frozenset(number_of(place.uid) for place in places)
        self.finished = len(self.known)

    def _check_own(self, places: Sequence[Place]) -> None:
        """Raise `RecordError` unless these are games of the run as it writes them, each once."""
        known: set[int] = set()
        for place in places:
            where, number = f"{self.path / GAMES}, line {place.line}", number_of(place.uid)
            if number < 0:
                raise RecordError(
                    f"{where}: not as it was written here; another program may have changed the file. Put the file "
                    "back as it was, or move it away to play its games again."
                )
            if place.uid != f"{self.run.run_id}-{number}":
                raise RecordError(f"{where}: game {place.uid} is not of run {self.run.run_id}; move it away.")
            if number in known:
                raise RecordError(
                    f"{where}: more of game {place.uid}, which stands further up; put the file back as it was, or "
                    "move it away to play its games again."
                )
            known.add(number)

    def _check_untouched(self) -> None:
        """Raise `RecordError` unless the folder is as this process has left it."""
        sizes = {name: self._size(name) for name in self._sizes}
        if sizes == self._sizes and (self.path / RUN).exists():
            return
        if not sizes[GAMES]:
            self.finished = 0
        raise RecordError(
            f"{self.path} was deleted, or changed by another program, while games were played into it; give the same "
            "command again to play what is missing."
        )

    def _size(self, name: str) -> int:
        """Bytes of a file; 0 if there is none."""
        path = self.path / name
        return path.stat().st_size if path.exists() else 0

    def _finished(self) -> Iterator[Games]:
        return read_games(self.path / GAMES, _BLOCK) if self.finished else iter(())

    def _append(self, name: str, texts: Iterable[str]) -> None:
        added, path = "".join(texts).encode(), self.path / name
        if not added:
            return
        is_new = not path.exists()
        with path.open("ab") as file:
            file.write(added)
            flush(file)
        self._sizes[name] += len(added)
        if is_new:
            flush_names(self.path)

    @contextmanager
    def _published(self, name: str) -> Iterator[IO[bytes]]:
        """A file to be written, which gets its name when it is whole."""
        temporary = self.path / f"{name}{TEMPORARY}"
        with created(temporary) as file:
            yield file
            flush(file)
        publish(temporary, self.path / name)
