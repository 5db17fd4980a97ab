"""Games that are shown while they are played, and kept one by one as they end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from negotiation_cli.seating import check_models, seen_seats
from negotiation_cli.settings import write_settings

if TYPE_CHECKING:
    from negotiation_cli.plan import Plan
    from negotiation_cli.reports import Tally
    from negotiation_env.episodes import Episodes
    from negotiation_env.records.journal import PlayedInto
    from negotiation_env.records.recorded import RecordedGame
    from negotiation_env.records.usage import Usage

ALL_FAILED = 1
"""The exit code if every game ended by a fault."""
SETTINGS_FILE = "settings.toml"


@dataclass
class Played:
    """The games so far.

    Attributes:
        tally: what came out of them.
        keeps_whole: whether all of them stay in memory.
        games: they, if all stay in memory.
        rows: for each its episode without moves, and what its language models have used.
        last_error: why the last game failed that did.
    """

    tally: Tally
    keeps_whole: bool
    games: list[RecordedGame] = field(default_factory=list)
    rows: list[tuple[Any, tuple[Usage, Usage]]] = field(default_factory=list)
    last_error: str = ""

    def add(self, episodes: Episodes) -> None:
        """Count further games."""
        from negotiation_env.records.faults import error_text
        from negotiation_env.records.recorded import played_game

        self.tally.add(episodes)
        for game in (played_game(episodes, index) for index in range(len(episodes))):
            if game.episode.ended_by == "fault":
                self.last_error = error_text(game.error)
            if self.keeps_whole:
                self.games.append(game)
            self.rows.append((replace(game.episode, moves=[]), game.usage))


def play_and_record(plan: Plan, folder: Path, overwrite: bool, as_json: bool) -> None:
    """Play a plan into a folder, show each move as it is made, and sum up."""
    from negotiation_cli.dialogue import LiveDialogue
    from negotiation_cli.output import screen
    from negotiation_cli.reports import tally_of, transcript_of
    from negotiation_env.records.journal import play_into

    domain = plan.run.domain.name
    with screen(stderr=True).status("Asking for the language models ..."):
        check_models(plan.run)
    dialogue = transcript_of(domain)
    at_once = min(plan.concurrency, plan.rounds, plan.run.games_at_once or plan.rounds)
    live = None if as_json else LiveDialogue(dialogue, screen(), plan.rounds, at_once > 1, seen_seats(plan.run))
    played = Played(tally_of(domain), keeps_whole=as_json)
    result = play_into(
        folder,
        plan.run,
        plan.rounds,
        workers=at_once,
        overwrite=overwrite,
        begun=lambda: write_settings(folder / SETTINGS_FILE, plan.settings),
        watch=live,
        observe=played.add,
    )
    if as_json:
        _write_json(plan, result, folder, played)
    else:
        _print(domain, result, folder, played)
    if not result.finished:
        typer.echo(f"error: no game was played to its end: {played.last_error}", err=True)
        raise typer.Exit(ALL_FAILED)


def _write_json(plan: Plan, result: PlayedInto, folder: Path, played: Played) -> None:
    from negotiation_cli.output import write_json

    write_json(
        {
            "run": plan.run.identity,
            "folder": str(folder),
            "resumed": result.resumed,
            "games": [game.as_json() for game in sorted(played.games, key=lambda game: game.number)],
            "summary": played.tally.as_json(),
        }
    )


def _print(domain: str, result: PlayedInto, folder: Path, played: Played) -> None:
    from negotiation_cli.output import screen
    from negotiation_cli.reports import transcript_of
    from negotiation_env.records.journal_folder import FAULTS

    terminal = screen()
    rows = sorted(played.rows, key=lambda row: int(row[0].details["episode"]))
    terminal.print()
    terminal.print(transcript_of(domain).summary_table([row[0] for row in rows], [row[1] for row in rows]))
    if len(rows) > 1:
        terminal.print(played.tally.as_table())
    if result.cut:
        terminal.print(f"Game {result.cut} was found half written; it was played again.")
    if result.resumed:
        terminal.print(f"{_games(result.resumed)} had been played before.")
    if result.faulted:
        terminal.print(
            f"{_games(result.faulted)} ended by a fault; the reasons are in {folder / FAULTS}, and the same command "
            "plays what failed again."
        )
    terminal.print(f"Kept in {folder}; 'negotiate show {folder}' prints it again, with --notes all replies.")


def _games(number: int) -> str:
    return f"{number:,} game{'' if number == 1 else 's'}"
