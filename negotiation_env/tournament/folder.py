"""The result folder while a tournament is played: what is finished is there in full, whatever happens."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from negotiation_env.documents import parse_json, read_text
from negotiation_env.engine import Batch
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import RecordError, explained
from negotiation_env.records.files import created, flush, locked, named, publish, refuse_links
from negotiation_env.records.manifests import difference
from negotiation_env.records.packing import pack, unpack
from negotiation_env.tournament.plan import Cell, Plan
from negotiation_env.tournament.playing import Failure, PlayedCell

SETTINGS, GAMES = "settings.json", "games"
TABLES = ("outcomes.parquet", "cells.parquet", "policies.parquet", "comparisons.parquet", "timings.parquet")
FILES = (*TABLES, "ranking.json", "meta_game.json", "failures.json")
"""What is made of the cells, beside the kept games; the last one is written last."""
TEMPORARY = ".tmp"
_POLICY = "policy "
_CELLS, _DONE, _LOCK = "cells", "cells.finished", "lock"


class ResultFolder:
    """The folder of one tournament.

    Attributes:
        path: where it is.
        plan: what is played into it.
        resumed: how many cells had been played before they were asked for.
    """

    def __init__(self, path: str | Path, plan: Plan) -> None:
        self.path: Path = named(path)
        self.plan = plan
        self.resumed = 0

    @contextmanager
    def opened(self, overwrite: bool) -> Iterator[None]:
        """Create the folder or go on with it, for this process alone.

        Raises:
            RecordError: it belongs to something else, or another process is using it.
        """
        blocking = [path for path in (self.path, *self.path.parents) if path.exists() and not path.is_dir()]
        if blocking:
            raise RecordError(f"{self.path} cannot be a folder: {blocking[0]} is a file; name another.")
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        refusal = f"another process is playing into {self.path}; wait for it, or give another folder."
        with locked(self.path / _LOCK, refusal):
            self._claim(overwrite)
            yield

    def _claim(self, overwrite: bool) -> None:
        known = self.path / SETTINGS
        ours = {SETTINGS, GAMES, _CELLS, _DONE, _LOCK, *FILES}
        refuse_links(self.path / name for name in sorted(ours))
        strange = [item.name for item in self.path.iterdir() if item.name.removesuffix(TEMPORARY) not in ours]
        if strange and not known.is_file():
            raise RecordError(f"{self.path} holds {sorted(strange)[0]!r} and no tournament; give another folder.")
        same = known.is_file() and known.read_text(encoding="utf-8") == self.plan.text
        if known.is_file() and not same and not overwrite:
            raise RecordError(
                f"{self.path} holds a tournament of other settings: {_differences(known, self.plan)}. Give its "
                "settings to go on with it, another folder to keep it, or --overwrite to replace it."
            )
        with explained(self.path):
            if not same or overwrite:
                self._clear(ours - {_LOCK})
                self.write(SETTINGS, self.plan.text.encode())
            shutil.rmtree(self.path / _DONE, ignore_errors=True)
            if not self.is_complete:
                (self.path / _CELLS).mkdir(exist_ok=True)

    def _clear(self, names: set[str]) -> None:
        for name in sorted(names, key=lambda name: name == SETTINGS):  # the settings last: without them all is strange
            for path in (self.path / name, self.path / f"{name}{TEMPORARY}"):
                if path.is_dir():
                    shutil.rmtree(path)
                path.unlink(missing_ok=True)

    @property
    def is_complete(self) -> bool:
        """Whether all results are there, and nothing is left to be played."""
        return is_complete(self.path)

    def load(self, cell: Cell) -> PlayedCell | None:
        """A cell that has been played, if it can be read."""
        try:
            content = self._cell(cell).read_bytes()
            return _unpacked(cell, content)
        except (FileNotFoundError, zipfile.BadZipFile, ValueError, KeyError, EOFError):
            return None  # a damaged cell is played again

    def save(self, played: PlayedCell) -> None:
        """Keep a cell."""
        content = _packed(played)
        with explained(self.path, "What has been played is kept; give the same command again."):
            self.write(f"{_CELLS}/{self._cell(played.cell).name}", content)

    def _cell(self, cell: Cell) -> Path:
        return self.path / _CELLS / f"{cell[0]:05d}-{cell[1]:05d}.npz"

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the folder, which is there in full or not at all."""
        path = self.path / name
        temporary = path.with_name(f"{path.name}{TEMPORARY}")
        with created(temporary) as file:
            file.write(content)
            flush(file)
        publish(temporary, path)

    def withdraw(self) -> None:
        """Before results are written: those of an earlier run, in which cells failed, are no results any more."""
        with explained(self.path):
            (self.path / FILES[-1]).unlink(missing_ok=True)

    def finish(self) -> None:
        """Drop the cells, of which all results are made."""
        with explained(self.path):
            (self.path / _CELLS).rename(self.path / _DONE)
            with suppress(OSError):
                shutil.rmtree(self.path / _DONE)


def is_complete(path: Path) -> bool:
    """Whether a folder holds all results of a tournament, with nothing left to be played."""
    return has_results(path) and not (path / _CELLS).exists()


def has_results(path: Path) -> bool:
    """Whether a folder holds all results of a tournament, be it with cells that failed."""
    return all((path / name).exists() for name in (SETTINGS, GAMES, *FILES))


def _packed(played: PlayedCell) -> bytes:
    parts = {
        "outcomes": pack(Batch(played.outcomes, {})),
        "failure": json.dumps(played.failure and asdict(played.failure)).encode(),
        **{f"kept_{place}": pack(batch) for place, batch in enumerate(played.kept)},
    }
    content = io.BytesIO()
    arrays = {name: np.frombuffer(part, dtype=np.uint8) for name, part in parts.items()}
    np.savez(content, seconds=np.array(played.seconds), **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _unpacked(cell: Cell, content: bytes) -> PlayedCell:
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        parts = {name: stored[name] for name in stored.files}
    seconds = tuple(parts.pop("seconds").tolist())
    texts = {name: part.tobytes() for name, part in parts.items()}
    failure = json.loads(texts["failure"])
    kept = tuple(unpack(texts[name]) for name in ("kept_0", "kept_1") if name in texts)
    return PlayedCell(cell, unpack(texts["outcomes"]).episodes, kept, seconds, failure and Failure(**failure))


def _differences(known: Path, plan: Plan) -> str:
    try:
        kept = _flat(parse_json(read_text(known)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"its {SETTINGS} cannot be read"
    asked = _flat(plan.settings)
    one_sided = {name for name in kept.keys() ^ asked.keys() if name.startswith(_POLICY)}  # the list tells these
    told = [{name: value for name, value in facts.items() if name not in one_sided} for facts in (kept, asked)]
    return difference(json.dumps(told[0]), json.dumps(told[1]))


def _flat(settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
    policies: list[dict[str, JsonValue]] = settings["policies"]  # type: ignore[assignment]
    each = {f"{_POLICY}{facts['policy']}": facts["params"] for facts in policies}
    names = ", ".join(str(facts["policy"]) for facts in policies)
    return {**settings, "run": settings["game"], "game": None, "policies": names, **each}
