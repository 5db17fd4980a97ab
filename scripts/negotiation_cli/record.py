"""Games that are shown while they are played, and kept one by one as they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from negotiation_cli.seating import check_models
from negotiation_cli.settings import write_settings

if TYPE_CHECKING:
    from negotiation_cli.plan import Plan
    from negotiation_cli.reports import Tally
    from negotiation_env.episodes import Episodes
    from negotiation_env.records.journal import PlayedInto
    from negotiation_env.records.recorded import RecordedGame

SETTINGS_FILE = "settings.toml"


@dataclass
class Played:
    """The games so far, without the words that were said in them."""

    tally: Tally
    games: list[RecordedGame] = field(default_factory=list)

    def add(self, episodes: Episodes) -> None:
        """Count further games."""
        from negotiation_env.records.recorded import played_game

        self.tally.add(episodes)
        self.games += [played_game(episodes, index) for index in range(len(episodes))]

    @property
    def in_order(self) -> Sequence[RecordedGame]:
        """The games by their numbers."""
        return sorted(self.games, key=lambda game: game.number)


def play_and_record(plan: Plan, folder: Path, overwrite: bool, as_json: bool) -> None:
    """Play a plan into a folder, show each move as it is made, and sum up."""
    from negotiation_cli.dialogue import LiveDialogue
    from negotiation_cli.output import screen
    from negotiation_cli.reports import tally_of, transcript_of
    from negotiation_env.records.errors import Interrupted
    from negotiation_env.records.journal import play_into

    domain = plan.run.domain.name
    with screen(stderr=True).status("Asking for the language models ..."):
        check_models(plan.run)
    dialogue = transcript_of(domain)
    at_once = min(plan.concurrency, plan.rounds)
    live = None if as_json else LiveDialogue(dialogue, screen(), plan.rounds, mixed=at_once > 1)
    played = Played(tally_of(domain))
    try:
        result = play_into(
            folder, plan.run, plan.rounds, workers=plan.concurrency, overwrite=overwrite, watch=live, observe=played.add
        )
    except Interrupted:
        write_settings(folder / SETTINGS_FILE, plan.settings)
        raise
    write_settings(folder / SETTINGS_FILE, plan.settings)
    if as_json:
        _write_json(plan, result, folder, played)
    else:
        _print(result, folder, played)


def _write_json(plan: Plan, result: PlayedInto, folder: Path, played: Played) -> None:
    from negotiation_cli.output import write_json

    write_json(
        {
            "run": plan.run.identity,
            "folder": str(folder),
            "resumed": result.resumed,
            "games": [game.as_json() for game in played.in_order],
            "summary": played.tally.as_json(),
        }
    )


def _print(result: PlayedInto, folder: Path, played: Played) -> None:
    from negotiation_cli.output import screen
    from negotiation_cli.reports import transcript_of
    from negotiation_env.records.journal_folder import FAULTS

    terminal, games = screen(), played.in_order
    episodes, usages = [game.episode for game in games], [game.usage for game in games]
    terminal.print()
    terminal.print(transcript_of(games[0].domain).summary_table(episodes, usages))
    if len(games) > 1:
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
