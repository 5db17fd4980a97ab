"""Files of games: ``count value count value ...``, two lines a game, as the Deal or No Deal data are written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from negotiation_env.multi_item.setup import MultiItemSetup, Shape, check_setup
from negotiation_env.splits import MAX_SPLITS, check_quantities

Line = tuple[int, list[int], list[float]]


@dataclass(frozen=True, eq=False)
class Instances:
    """The games of a file, the largest pool among them, and the SHA-256 of its content."""

    setup: MultiItemSetup
    shape: Shape
    digest: str


def read_instances(path: str) -> Instances:
    """Read and check a file of games; empty lines are skipped.

    Raises:
        ValueError: with file, line and reason.
    """
    stat = Path(path).stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _read(path: str, _modified: int, _size: int) -> Instances:
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}).") from None
    lines = [_parsed(path, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise ValueError(f"{path}: no games; give two lines for each.")
    if len(lines) % 2:
        raise ValueError(f"{path}, line {lines[-1][0]}: the second line of this game is missing; a game has two.")
    games = [_game(path, one, two, len(lines[0][1])) for one, two in zip(lines[::2], lines[1::2], strict=True)]
    setup = MultiItemSetup.of(
        np.concatenate([game.quantities for game in games]), np.concatenate([game.values for game in games])
    )
    shape = Shape(len(lines[0][1]), int(setup.splits.max()), int(setup.quantities.max()))
    return Instances(setup, shape, hashlib.sha256(content).hexdigest())


def _parsed(path: str, number: int, line: str) -> Line:
    """The counts and values of one line."""
    words = line.split()
    if len(words) % 2:
        raise ValueError(f"{path}, line {number}: {len(words)} numbers; write a count and a value for each item type.")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise ValueError(f"{path}, line {number}: {line.strip()!r} are not numbers.") from None
    try:
        check_quantities([numbers[::2]])
    except ValueError as error:
        raise ValueError(f"{path}, line {number}: {error}") from None
    return number, [int(count) for count in numbers[::2]], numbers[1::2]


def _game(path: str, one: Line, two: Line, types: int) -> MultiItemSetup:
    """The game of two lines, as a setup of one."""
    if one[1] != two[1]:
        raise ValueError(
            f"{path}, line {two[0]}: counts {two[1]} differ from {one[1]} in line {one[0]}; both agents see one pool."
        )
    if len(one[1]) != types:
        raise ValueError(f"{path}, line {one[0]}: {len(one[1])} item types; the games before have {types}.")
    try:
        return check_setup([one[1]], [[one[2], two[2]]], Shape(types, MAX_SPLITS, max(one[1])))
    except ValueError as error:
        raise ValueError(f"{path}, lines {one[0]} and {two[0]}: {error}") from None
