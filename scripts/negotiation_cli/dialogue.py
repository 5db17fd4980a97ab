"""A game as a dialogue: one line a move, and below it what was said.

It is printed in the same way while it is played, afterwards, and when it is read back from a record. Names and
messages may come from language models or from files of others, so every text is made plain before it is printed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from rich.padding import Padding
from rich.text import Text

from negotiation_cli.notes import note_lines
from negotiation_env.records.faults import error_text
from negotiation_env.records.recorded import RecordedGame, played_game
from negotiation_env.records.text import plain_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from negotiation_env.episodes import Episodes
    from negotiation_env.policy import JsonValue, Note
    from negotiation_env.records.usage import Usage

Game: TypeAlias = Any
"""The domain's own episode, which may still go on."""
Lines = Sequence[tuple[str, str]]
"""Labels, and what stands beside them."""
BOTH = (0, 1)
"""Both seats."""
_STYLES = ("blue", "red")
"""Of the moves of both seats."""
_INDENT = 6
_BREAKS = {"accept": "bold green", "fault": "bold yellow"}


@dataclass(frozen=True)
class Column:
    """A column of the moves; numbers are set to the right."""

    name: str
    width: int
    is_number: bool = True

    def set(self, cell: str) -> str:
        """A cell as wide as the column."""
        return cell.rjust(self.width) if self.is_number else cell.ljust(self.width)


class Transcript(Protocol):
    """What a domain says of its games."""

    def facts(self, game: Game, seen: Collection[int] = BOTH) -> Lines:
        """What is known before the first move: of the seats that are ``seen``, their private facts too."""

    def columns(self, game: Game) -> Sequence[Column]:
        """The columns of what is offered."""

    def cells(self, game: Game, place: int, seen: Collection[int] = BOTH) -> Sequence[str]:
        """What is offered with one move, by column; nothing of what only a seat that is not ``seen`` knows."""

    def outcome(self, game: Game) -> str:
        """One sentence that says how the game ended."""

    def summary_table(self, games: Sequence[Game], usages: Sequence[tuple[Usage, Usage]] = ()) -> Table:
        """One row a game, with what its language models have used if that is given."""


class Dialogue:
    """Prints the games of one domain; a ``tag`` before each line tells games apart that are printed mixed up."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    def summary_table(self, games: Sequence[Game], usages: Sequence[tuple[Usage, Usage]] = ()) -> Table:
        """One row a game, with what its language models have used if that is given."""
        return self._transcript.summary_table(games, usages)

    def print_game(self, screen: Console, game: Game, title: str) -> None:
        """Print one game: the players and what they privately know, the moves, the outcome."""
        self._print(screen, game, title, (), None)

    def print_recorded(self, screen: Console, game: RecordedGame, title: str, with_notes: bool = False) -> None:
        """Print a game of a record, perhaps with the notes of its policies, and why it failed if it did."""
        self._print(screen, game.episode, title, game.notes if with_notes else (), game.error)

    def _print(self, screen: Console, game: Game, title: str, notes: Sequence[Note | None], error: JsonValue) -> None:
        self.print_opening(screen, game, title)
        for place in range(len(game.moves)):
            self.print_move(screen, game, place, notes[place] if notes else None)
        self.print_outcome(screen, game, error)

    def print_opening(
        self, screen: Console, game: Game, title: str, tag: str = "", seen: Collection[int] = BOTH
    ) -> None:
        """Print what is known before the first move, and the names of the columns."""
        _line(screen, f"{tag}{title}", "bold")
        self.print_facts(screen, game, tag, seen)
        columns = self._columns(game)
        _line(screen, tag + "  ".join(column.set(column.name) for column in columns), "bold")

    def print_facts(self, screen: Console, game: Game, tag: str = "", seen: Collection[int] = BOTH) -> None:
        """Print the players, their private facts if they are ``seen``, and the rules."""
        facts = [*self._transcript.facts(game, seen), ("rules", _rules(game))]
        width = max(len(label) for label, _ in facts)
        for label, text in facts:
            _line(screen, f"{tag}  {label:{width}}  {text}")

    def print_move(
        self,
        screen: Console,
        game: Game,
        place: int,
        note: Note | None = None,
        tag: str = "",
        seen: Collection[int] = BOTH,
    ) -> None:
        """Print one move, what was said with it, and its note if that is given."""
        turn, agent, kind, _, message = game.moves[place]
        mark = f" {'*' if screen.options.ascii_only else '✓'}" if kind == "accept" else ""
        cells = [str(turn), _side(agent), f"{kind}{mark}", *self._transcript.cells(game, place, seen)]
        style = _BREAKS.get(kind) or _STYLES[list(game.players).index(agent)]
        row = "  ".join(column.set(cell) for column, cell in zip(self._columns(game), cells, strict=True))
        _line(screen, f"{tag}{row.rstrip()}", style)
        if message:
            _block(screen, message, tag)
        for label, text in note_lines(note) if note else ():
            _block(screen, f"{label}: {text}", tag, "dim")

    def print_outcome(self, screen: Console, game: Game, error: JsonValue = None, tag: str = "") -> None:
        """Print how the game ended, and why if a player failed."""
        _line(screen, f"{tag}{self._transcript.outcome(game)}", "bold")
        if game.ended_by == "fault":
            _line(screen, f"{tag}  {_side(game.moves[-1][1])}: {error_text(error)}")
        if not tag:
            screen.print()

    def _columns(self, game: Game) -> list[Column]:
        who = max(len(_side(agent)) for agent in game.players)
        first = (Column("turn", 4), Column("who", who, False), Column("move", 8, False))
        return [*first, *self._transcript.columns(game)]


class LiveDialogue:
    """Prints games move by move while they are played: a `negotiation_env.threads.Watch`.

    Args:
        dialogue: of the games' domain.
        screen: where to print.
        num_games: how many games are played.
        mixed: whether several are played at once, so that each line needs the number of its game.
        seen: the seats whose private facts are shown before the end of a game; those of the others are shown then.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        screen: Console,
        num_games: int,
        mixed: bool = False,
        seen: Collection[int] = BOTH,
    ) -> None:
        self._seen = seen
        self._dialogue = dialogue
        self._screen = screen
        self._num_games = num_games
        self._mixed = mixed

    def __call__(self, episodes: Episodes) -> None:
        """Print the last move of a game as it stands."""
        told = played_game(episodes, 0)
        game, number = told.episode, told.number + 1
        tag = f"{number:{len(str(self._num_games))}} | " if self._mixed else ""
        if len(game.moves) == 1:
            title = f"Game {number} of {self._num_games}, seed {episodes.run.seed}"
            self._dialogue.print_opening(self._screen, game, title, tag, self._seen)
        self._dialogue.print_move(self._screen, game, len(game.moves) - 1, tag=tag, seen=self._seen)
        if game.ended_by:
            if len(self._seen) < len(BOTH):
                self._dialogue.print_facts(self._screen, game, tag)
            self._dialogue.print_outcome(self._screen, game, told.error, tag)


def _side(agent: str) -> str:
    """``buyer`` from ``buyer_0``; agents that are only told apart by their number keep it."""
    side, _, _ = agent.rpartition("_")
    return agent if side == "agent" else side


def _rules(game: Game) -> str:
    details = game.details
    return f"scenario {details['scenario']}, {details['max_turns']} turns at most, {game.first_mover} opens"


def _line(screen: Console, text: str, style: str = "") -> None:
    screen.print(_text(screen, text, style))


def _block(screen: Console, text: str, tag: str, style: str = "") -> None:
    """Several lines below a move."""
    if not tag:
        screen.print(Padding(_text(screen, text, style), (0, 0, 0, _INDENT), expand=False))
        return
    for line in plain_text(text).split("\n"):
        _line(screen, f"{tag}{' ' * _INDENT}{line}", style)


def _text(screen: Console, text: str, style: str) -> Text:
    """Text that is no command to a terminal, and that the screen's encoding can hold."""
    known = plain_text(text).encode(screen.encoding, "replace").decode(screen.encoding)
    return Text(known, style=style)
