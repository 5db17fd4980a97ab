"""The shard folder of a recording: what has been played so far, so that an interrupted run can go on.

Beside ``games.jsonl`` stands ``games.jsonl.shards/`` while the file is being made. It holds the games that have
been played (whatever format they will get), the output under a temporary name, and the run they belong
to. Every file in it is complete: it is written under another name, flushed to the disk and renamed.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from negotiation_env.episodes import Episodes
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import RecordError, explained
from negotiation_env.records.files import created, flush, locked, publish, refuse_links
from negotiation_env.records.manifests import difference
from negotiation_env.records.packing import pack, unpack
from negotiation_env.run import Run

_MANIFEST, _ASSEMBLED, _LOCK = "run.json", "assembled.json", "lock"
_OURS = re.compile(r"run\.json|assembled\.json|lock|games-\d+-\d+\.npz|.*\.tmp")


@dataclass(frozen=True)
class Assembled:
    """What is noted of an output that is whole and only needs its name.

    Attributes:
        manifest: whose output it is.
        counts: what stands in it.
        before: by the name of each file, the size and time of change of the file that it takes the place of (and
            that it repeats, if it is appended to); ``None`` if there was none.
    """

    manifest: str
    counts: dict[str, int]
    before: dict[str, list[int] | None]


class ShardFolder:
    """The shards of one recording: a run, its number of games and shard size, and what is made of them.

    Attributes:
        path: the folder, beside the output.
        manifest: what the shards belong to; shards of anything else are not mixed with them.
    """

    def __init__(self, output: Path, run: Run, settings: Mapping[str, JsonValue]) -> None:
        self.path: Path = output.with_name(output.name + ".shards")
        self.run = run
        self._way_out = "delete that folder" if settings.get("append") else "--overwrite"
        content = {**settings, "run_id": run.run_id, "run": run.identity}
        self.manifest: str = json.dumps(content, sort_keys=True, default=str)

    def assembled(self) -> Assembled | None:
        """What was noted of the finished output if only its renaming was left undone, else ``None``."""
        marker = self.path / _ASSEMBLED
        return Assembled(**json.loads(marker.read_text())) if marker.is_file() else None

    @contextmanager
    def opened(self, overwrite: bool) -> Iterator[None]:
        """Create or continue the folder, for this process alone.

        Raises:
            RecordError: it belongs to something else, or another process is using it.
        """
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        refusal = f"another process is recording into {self.path}; wait for it, or give another output."
        try:
            with locked(self.path / _LOCK, refusal):
                self._claim(overwrite)
                try:
                    yield
                finally:
                    if not self._kept():
                        self._clear()
        finally:
            with suppress(OSError):  # there is still something in it
                self.path.rmdir()

    def _claim(self, overwrite: bool) -> None:
        refuse_links(self.path.iterdir())
        known, assembled = self.path / _MANIFEST, self.assembled()
        manifest = known.read_text() if known.is_file() else assembled and assembled.manifest
        same = manifest == self.manifest
        strange = [item.name for item in self.path.iterdir() if not _OURS.fullmatch(item.name)]
        if strange:
            raise RecordError(f"{self.path} holds {strange[0]!r}, which no recording put there; move it away.")
        if self._kept() and not same and not overwrite:
            differs = difference(str(manifest), self.manifest)
            raise RecordError(
                f"{self.path} holds an unfinished recording of something else: {differs}. "
                f"Give the arguments it was made with to finish it; to discard it, {self._way_out}."
            )
        if not same:
            with explained(self.path):
                self._clear()
                self._write(_MANIFEST, lambda file: file.write(self.manifest.encode()))

    def _kept(self) -> bool:
        return any(self.path.glob("games-*.npz")) or (self.path / _ASSEMBLED).is_file()

    def load(self, low: int, high: int) -> Episodes | None:
        """Games ``low`` to ``high`` if they have been played and can be read, else ``None``."""
        try:
            content = self._shard(low, high).read_bytes()
            return Episodes(self.run, unpack(content))
        except (FileNotFoundError, zipfile.BadZipFile, ValueError, KeyError, EOFError):
            return None  # a damaged shard is played again

    def save(self, low: int, high: int, episodes: Episodes) -> None:
        """Keep games ``low`` to ``high``."""
        packed = pack(episodes.batch)
        self._write(self._shard(low, high).name, lambda file: file.write(packed))

    def mark_assembled(self, counts: dict[str, int], before: dict[str, list[int] | None]) -> None:
        """Note that the temporary output is whole and only needs its name; see `Assembled`."""
        marker = json.dumps(asdict(Assembled(self.manifest, counts, before)))
        self._write(_ASSEMBLED, lambda file: file.write(marker.encode()))

    def remove(self) -> None:
        """Delete what is in the folder, the mark that the output is whole last."""
        self._clear(keep=_ASSEMBLED)
        self._clear()

    def _clear(self, keep: str = "") -> None:
        for item in self.path.iterdir():
            if item.name not in (keep, _LOCK):
                item.unlink()

    def _shard(self, low: int, high: int) -> Path:
        return self.path / f"games-{low:012d}-{high:012d}.npz"

    def _write(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        temporary = self.path / f"{name}.tmp"
        with created(temporary) as file:
            write(file)
            flush(file)
        publish(temporary, self.path / name)
