"""Reading JSONL records back into `Games`, with every line checked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from negotiation_env.records.collecting import Collector
from negotiation_env.records.errors import RecordError
from negotiation_env.records.games import Games
from negotiation_env.records.lines import parse_line
from negotiation_env.records.read_game import ReadGame
from negotiation_env.records.recognising import recognise

_PIECE = 1 << 20
_NEXT_GAME = ',"turn":1,'


def read_games(path: str | Path, size: int) -> Iterator[Games]:
    """The games of a JSONL file, which may hold several runs, in blocks of ``size``, the last one smaller.

    Raises:
        RecordError: with file, line and reason, for a line that is no record of this schema version or does not
            go on as its episode began, an episode without its end, or a file without records.
        OSError: the file cannot be opened.
    """
    reader, block = _Reader(Path(path)), Collector()
    for game in reader.games():
        block.add(game)
        if len(block) == size:
            yield block.games()
            block = Collector()
    if not reader.known:
        raise RecordError(f"{path}: no records; give a file that `negotiate generate` has written.")
    if len(block):
        yield block.games()


class _Reader:
    """Reads whole games in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: set[str] = set()
        self.line = 0
        self.open_game: ReadGame | None = None

    def games(self) -> Iterator[ReadGame]:
        try:
            for text in _pieces(self.path):
                game = recognise(text)
                if game is None:
                    yield from self._read_lines(text)
                else:
                    yield from self._close()
                    self._begin(game)
                    self.line += len(game.kinds)
                    yield from self._close()
            yield from self._close()
        except UnicodeDecodeError as error:
            raise RecordError(f"{self.path}, line {_undecodable(self.path)}: not UTF-8 text ({error.reason}).") from error
        except ValueError as error:
            raise RecordError(f"{self.path}, line {self.line}: {error}.") from error

    def _read_lines(self, text: str) -> Iterator[ReadGame]:
        for written in text.splitlines():  # JSON holds no other line ends unescaped
            ...

    def _begin(self, game: ReadGame) -> None:
        if game.facts.uid in self.known:
            raise ValueError(f"episode {game.facts.uid} is in the file twice")
        self.known.add(game.facts.uid)
        self.open_game = game

    def _close(self) -> Iterator[ReadGame]:
        """The game that has been open until now, checked."""
        if self.open_game is not None:
            self.open_game.check_end()
            yield self.open_game
            self.open_game = None


def _pieces(path: Path) -> Iterator[str]:
    """The text of the file in pieces: as a rule one game, always whole lines."""
    with path.open(encoding="utf-8", newline="\n") as file:
        text = ""
        while read := file.read(_PIECE):
            ...
