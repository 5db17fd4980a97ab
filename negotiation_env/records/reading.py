"""Reading JSONL records back into `Games`, with every line checked.

A line that goes on as the lines before it say is recognised by comparing text: everything but its move is
known. Any other line (the first of a game, or one that another program has written) is parsed as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from negotiation_env.records.collecting import Collector
from negotiation_env.records.errors import RecordError
from negotiation_env.records.games import Games
from negotiation_env.records.lines import parse_line
from negotiation_env.records.read_game import ReadGame


def read_games(path: str | Path, size: int) -> Iterator[Games]:
    """The games of a JSONL file, which may hold several runs, in blocks of ``size``, the last one smaller.

    Raises:
        RecordError: with file, line and reason, for a line that is no record of this schema version or does not
            go on as its episode began, an episode without its end, or a file without records.
        OSError: the file cannot be opened.
    """
    block, number = Collector(), 0
    for number, game in _games(Path(path)):
        block.add(game)
        if len(block) == size:
            yield block.games()
            block = Collector()
    if not number:
        raise RecordError(f"{path}: no records; give a file that `negotiate generate` has written.")
    if len(block):
        yield block.games()


def _games(path: Path) -> Iterator[tuple[int, ReadGame]]:
    """Whole games in the order of the file, each with the number of its last line."""
    known: set[str] = set()
    game: ReadGame | None = None
    number, end = 1, 0
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            text = file.readline()
            while text:
                if not text.isspace():
                    line = parse_line(text)
                    if game is None or game.facts.uid != line.facts.uid:
                        if game is not None:
                            game.check_end()
                            yield end, game
                        _check_new(line.facts.uid, known)
                        game = ReadGame(line.facts)
                    game.add_line(line)
                    end = number
                text, taken = next(file, ""), 0
                number += 1
                if game is not None:
                    text, taken = game.read_on(text, file)
                    number += taken
                    end = number - 1 if taken else end
        if game is not None:
            game.check_end()
            yield end, game
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
