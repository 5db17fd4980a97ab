"""Where the games of a JSONL file stand, and whether its last game is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, NamedTuple

from negotiation_env.records.format import Format
from negotiation_env.records.lines import parse_line
from negotiation_env.records.read_game import ReadGame
from negotiation_env.run import SCHEMA_VERSION

_HEAD = f'{{"schema_version":{SCHEMA_VERSION},"trajectory_id":"'.encode()
_UID = re.compile(re.escape(_HEAD) + rb'([^"\\]*)"')
_COPY_BYTES = 1 << 20


class Place(NamedTuple):
    """The lines of one game.

    Attributes:
        uid: the trajectory id; empty for lines that are no record.
        start: where the first line begins, in bytes.
        end: where the last one ends.
        line: the number of the first line.
    """

    uid: str
    start: int
    end: int
    line: int


def find_places(path: Path) -> list[Place]:
    """The games of a file, in its order: consecutive lines with one trajectory id; blank lines are passed over."""
    places: list[Place] = []
    end = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            start, end = end, end + len(line)
            if line.isspace() and line.endswith(b"\n"):
                continue
            found = _UID.match(line)
            uid = found[1].decode(errors="replace") if found else ""
            if places and places[-1].uid == uid:
                places[-1] = places[-1]._replace(end=end)
            else:
                places.append(Place(uid, start, end, number))
    return places


def torn_from(path: Path, places: list[Place], form: Format) -> int | None:
    """Where the last game begins if its end is missing, as after a kill while it was written; else ``None``.

    Lines that are wrong in another way are left to `negotiation_env.records.reading`, which says what is wrong.
    """
    if not places:
        return None
    text = _read(path, places[-1])
    if not places[-1].uid and not text.endswith(b"\n") and _is_begun(text):
        before = torn_from(path, places[:-1], form)
        return places[-1].start if before is None else before
    return places[-1].start if places[-1].uid and _is_torn(text, form) else None


def copy_places(source: Path, places: Iterable[Place], target: IO[bytes]) -> None:
    """Copy games in the given order."""
    with source.open("rb") as file:
        for place in places:
            file.seek(place.start)
            for start in range(place.start, place.end, _COPY_BYTES):
                target.write(file.read(min(_COPY_BYTES, place.end - start)))


def _read(path: Path, place: Place) -> bytes:
    with path.open("rb") as file:
        file.seek(place.start)
        return file.read(place.end - place.start)


def _is_begun(text: bytes) -> bool:
    """Whether a line that has no end is the beginning of one of ours, or what a disk without power leaves."""
    return _HEAD.startswith(text[: len(_HEAD)]) or not text.strip(b"\0")


def _is_torn(text: bytes, form: Format) -> bool:
    """Whether lines are the beginning of a game."""
    whole, _, rest = text.rpartition(b"\n")
    game: ReadGame | None = None
    try:
        for written in whole.decode().split("\n") if whole else []:
            line = parse_line(written, form)
            game = game or ReadGame.begun(form, line.facts)
            game.add(line)
    except ValueError:
        return False
    return game is None or bool(rest) or not game.is_over
