"""`negotiate show`: games of a record as dialogues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_env.records.recorded import RecordedGame

EPILOG = """
Examples:

  negotiate show negotiations/4a82f0e3c1b2

  negotiate show games.jsonl --game 3 --notes
"""
Record = Annotated[
    Path, typer.Argument(metavar="RECORD", help="A .jsonl file of games, or a folder that holds games.jsonl.")
]
Number = Annotated[
    str | None,
    typer.Option("--game", help="Only this one: its number, from 1, or its trajectory id.", show_default="all games"),
]
Notes = Annotated[bool, typer.Option("--notes", help="Show what language models replied, and what was made of it.")]


def show(record: Record, game: Number = None, notes: Notes = False, as_json: options.AsJson = False) -> None:
    """Print the games of a record: who said and did what, and how it ended.

    Games that ended because a player failed are told with the reason.
    """
    from negotiation_cli.output import screen, write_json
    from negotiation_cli.reports import transcript_of

    games = _wanted(record, game)
    if as_json:
        write_json({"games": [found.as_json() for found in games]})
        return
    terminal = screen()
    for found in games:
        title = f"Game {found.number + 1}, {found.episode.uid}"
        transcript_of(found.domain).print_recorded(terminal, found, title, notes)


def _wanted(record: Path, name: str | None) -> Iterator[RecordedGame]:
    """The games that were asked for; raises ``ValueError`` if there is none."""
    is_found, number = False, 0
    for game in _games(record):
        number += 1
        if name in (None, str(game.number + 1), game.episode.uid):
            is_found = True
            yield game
    if not is_found:
        known = f" {name} among its {number:,}; --game takes the number in the title of a game, or its trajectory id"
        raise ValueError(f"{record} holds no game{known if name is not None and number else ''}.")


def _games(record: Path) -> Iterator[RecordedGame]:
    """The finished games in the order of the file, then those that ended by a fault."""
    from negotiation_env.records.faults import read_faults
    from negotiation_env.records.journal_folder import FAULTS, GAMES

    games = record / GAMES if record.is_dir() else record
    faults = games.with_name(FAULTS)
    if not games.is_file() and not (record.is_dir() and faults.is_file()):
        raise ValueError(
            f"{games} is not a file; give a .jsonl file of games, or the folder of 'negotiate play --output_dir'."
        )
    if games.is_file() and (games.stat().st_size or not faults.is_file()):
        yield from _finished(games)
    if games.name == GAMES and faults.is_file():
        yield from read_faults(faults)


def _finished(path: Path) -> Iterator[RecordedGame]:
    """The whole games of a file; half a game at its end is left out, and told on standard error."""
    from negotiation_env.records.index import find_places, torn_from
    from negotiation_env.records.reading import form_of, read_games
    from negotiation_env.records.recorded import recorded_games

    torn = torn_from(path, find_places(path), form_of(path))
    if torn is not None:
        typer.echo(f"{path} ends in the middle of a game, which is left out.", err=True)
    for games in read_games(path, 1, torn) if torn != 0 else ():
        yield from recorded_games(games)
