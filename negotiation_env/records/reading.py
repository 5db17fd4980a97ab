"""Reading JSONL records back into `Games`, with every line checked."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from pathlib import Path

from negotiation_env.documents import parse_json
from negotiation_env.records.collecting import Collector
from negotiation_env.records.errors import RecordError
from negotiation_env.records.format import Format, find_format, format_of
from negotiation_env.records.games import Games
from negotiation_env.records.lines import parse_line
from negotiation_env.records.read_game import ReadGame
from negotiation_env.records.recognising import Recogniser

_READ, _LONGEST = 1 << 17, 1 << 26
"""Bytes that are read at once, and characters that are searched for the end of a game."""
_PARQUET = b"PAR1"
"""How every Parquet file begins."""


def read_games(path: str | Path, size: int, end: int | None = None) -> Iterator[Games]:
    """The games of a JSONL file, perhaps several runs of one domain, in blocks of ``size``, the last one smaller.

    Args:
        path: the file.
        size: games that are read at once.
        end: how many bytes of the file are read; all of them if not given.

    Raises:
        RecordError: with file, line and reason, for a line that is no record of this schema version or of another
            domain, or does not go on as its episode began, an episode without its end, or a file without records.
        OSError: the file cannot be opened.
    """
    reader = _Reader(Path(path), end)
    block = Collector(reader.form)
    for game in reader.games():
        block.add(game)
        if len(block) == size:
            yield block.games()
            block = Collector(reader.form)
    if not reader.known:
        raise RecordError(f"{path}: no records; give a file that `negotiate generate` has written.")
    if len(block):
        yield block.games()


class _Reader:
    """Reads whole games in the order of the file.

    Attributes:
        form: that of the domain of its first line.
        line: the number of the line that is being looked at.
        known: the trajectory ids so far.
    """

    def __init__(self, path: Path, end: int | None) -> None:
        self.path = path
        self.end = end
        self.form = form_of(path)
        self.line = 0
        self.known: set[str] = set()
        self._open: ReadGame | None = None

    def games(self) -> Iterator[ReadGame]:
        """All games, each checked; see `read_games` for what raises."""
        try:
            recogniser = Recogniser(self.form)
            for text in _pieces(_chunks(self.path, self.end), f'"{self.form.last_offer}":null,"offer_history":[]'):
                game = recogniser.recognise(text)
                if game is None:
                    yield from self._read_lines(text)
                    continue
                yield from self._close()
                self.line += len(game.kinds)
                self._begin(game)
            yield from self._close()
        except UnicodeDecodeError as error:
            line = _undecodable(self.path)
            raise RecordError(f"{self.path}, line {line}: not UTF-8 text ({error.reason}).") from error
        except ValueError as error:
            reason = str(error).removesuffix(".")
            raise RecordError(f"{self.path}, line {self.line}: {reason}.") from error

    def _read_lines(self, text: str) -> Iterator[ReadGame]:
        for written in text.removesuffix("\n").split("\n"):
            self.line += 1
            if not written or written.isspace():
                continue
            line = parse_line(written, self.form)
            game = self._open
            if game is None or game.facts.uid != line.facts.uid:
                yield from self._close()
                game = ReadGame.begun(self.form, line.facts)
                self._begin(game)
            game.add(line)

    def _begin(self, game: ReadGame) -> None:
        if game.facts.uid in self.known:
            raise ValueError(f"episode {game.facts.uid} is in the file twice")
        self.known.add(game.facts.uid)
        self._open = game

    def _close(self) -> Iterator[ReadGame]:
        """The game that has been open until now."""
        if self._open is not None:
            self._open.check_end()
            yield self._open
        self._open = None


def form_of(path: Path) -> Format:
    """The format of the first line; that of the price domain if it is of none, and reading it will say why.

    Raises:
        RecordError: the file is a Parquet table.
    """
    with path.open("rb") as file:
        first = next((line for line in iter(lambda: file.readline(_LONGEST), b"") if line.strip()), b"")
    if first.startswith(_PARQUET):
        raise RecordError(
            f"{path} is a Parquet table, and the games are read from the .jsonl file that it was made of; give that, "
            "as 'negotiate generate' or 'negotiate play' has written it."
        )
    try:
        return format_of(parse_json(first)) or find_format("price")
    except ValueError:
        return find_format("price")


def _chunks(path: Path, end: int | None) -> Iterator[str]:
    """The text of the first ``end`` bytes of the file."""
    decoder = getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while read := file.read(_READ if end is None else max(min(_READ, end - file.tell()), 0)):
            yield decoder.decode(read)
    yield decoder.decode(b"", True)


def _pieces(chunks: Iterable[str], first_turn: str) -> Iterator[str]:
    """The same text in pieces of whole lines; in our own writing each is one game.

    ``first_turn`` stands in the first line of every game and in no other; it is long, so that it is found fast.
    """
    text = ""
    for read in chunks:
        text += read
        begin, mark = 0, text.find(first_turn)
        while mark >= 0 and (following := text.find(first_turn, mark + 1)) >= 0:
            cut = text.rfind("\n", 0, following) + 1
            if cut > begin:
                yield text[begin:cut]
            begin, mark = max(cut, begin), following
        if mark < 0 or len(text) - begin > _LONGEST:
            cut = text.rfind("\n") + 1
            if cut > begin:
                yield text[begin:cut]
            begin = max(cut, begin)
            if len(text) - begin > _LONGEST:
                raise ValueError(f"a line of more than {_LONGEST:,} characters")
        text = text[begin:]
    if text:
        yield text


def _undecodable(path: Path) -> int:
    """The number of the first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    raise AssertionError("every line can be decoded")
