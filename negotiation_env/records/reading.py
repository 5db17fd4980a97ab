"""Reading JSONL records back into `Games`, with every line checked.

A line that goes on as the lines before it say is recognised by comparing text: everything but its move is
known. Any other line (the first of a game, or one that another program has written) is parsed as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from negotiation_env.records.errors import RecordError
from negotiation_env.records.games import Games
from negotiation_env.records.lines import parse_line
from negotiation_env.records.read_game import ReadGame, columns


def read_games(path: str | Path, size: int, progress: Callable[[int], None] | None = None) -> Iterator[Games]:
    """The games of a JSONL file, which may hold several runs, in blocks of ``size``.

    Args:
        path: the file.
        size: games in a block; the last block is smaller.
        progress: called with the number of games read since the last call.

    Raises:
        RecordError: with file, line and reason, for a line that is no record of this schema version or does not
            go on as its episode began, an episode without its end, or a file without records.
        OSError: the file cannot be opened.
    """
    source = Path(path)
    games = _games(source)
    empty = True
    while block := list(islice(games, size)):
        empty = False
        yield columns(block)
        if progress is not None:
            progress(len(block))
    if empty:
        raise RecordError(f"{path}: no records; give a file that `negotiate generate` has written.")


def _games(path: Path) -> Iterator[ReadGame]:
    """Whole games in the order of the file."""
    known: set[str] = set()
    game: ReadGame | None = None
    number = 1
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            text = file.readline()
            while text:
                if not text.isspace():
                    line = parse_line(text)
                    if game is None or game.facts.uid != line.facts.uid:
                        if game is not None:
                            yield game.finished()
                        game = ReadGame(line.facts)
                        _check_new(game.facts.uid, known)
                    game.add_line(line)
                text, taken = game.read_on(file) if game is not None else (file.readline(), 0)
                number += taken + 1
            number -= 1
            if game is not None:
                yield game.finished()
    except UnicodeDecodeError as error:
        raise RecordError(f"{path}, line {_undecodable(path)}: not UTF-8 text ({error.reason}).") from error
    except ValueError as error:
        raise RecordError(f"{path}, line {number}: {error}.") from error


def _check_new(uid: str, known: set[str]) -> None:
    if uid in known:
        raise ValueError(f"episode {uid} is in the file twice")
    known.add(uid)


def _undecodable(path: Path) -> int:
    """The number of the first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    raise AssertionError("every line can be decoded")
