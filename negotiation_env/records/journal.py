"""`play_into`: play a run into a folder, where each game is kept when it ends.

It is for games that take long or cost money, such as those of language models; for millions of fast ones there is
`negotiation_env.records.generate`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from negotiation_env.episodes import Episodes
from negotiation_env.records.errors import Interrupted
from negotiation_env.records.journal_folder import JournalFolder
from negotiation_env.run import Run
from negotiation_env.threads import Watch, play_as_ended


@dataclass(frozen=True)
class PlayedInto:
    """What a folder holds after `play_into`.

    Attributes:
        files: what is in it.
        finished: how many games came to an end.
        faulted: how many games ended by a fault.
        resumed: how many finished games were there before.
        cut: the trajectory id of the game that was found half written, cut off and played again, or ``"unknown"`` if
            that was not whole either; empty if there was none.
    """

    files: tuple[Path, ...]
    finished: int
    faulted: int
    resumed: int
    cut: str


def play_into(
    folder: str | Path,
    run: Run,
    num_episodes: int,
    *,
    workers: int = 8,
    overwrite: bool = False,
    begun: Callable[[], None] | None = None,
    watch: Watch | None = None,
    observe: Callable[[Episodes], None] | None = None,
) -> PlayedInto:
    """Play games 0 to ``num_episodes`` of a run side by side, and keep each in a folder when it ends.

    ``games.jsonl`` holds the finished games and grows by whole games, each of which is on the disk before it is
    reported; ``faults.jsonl`` tells the games that ended by a fault of a policy or its backend, with the reason. If
    this is stopped at any moment, the same call goes on: a game that was half written is cut off and played again,
    and so are those that ended by a fault. In the end the games stand in the order of their numbers, so that the
    same games give the same bytes whatever the order in which they ended, and ``games.csv`` and ``turns.csv`` tell
    the finished ones to a spreadsheet.

    Args:
        folder: where the games are kept; it may already hold games of this run.
        run: what to play.
        num_episodes: how many games; further ones of an earlier call stay.
        workers: how many games are played at once, by threads.
        overwrite: replace the games of another run, or of this one if it has been played to its end.
        begun: called once the folder is that of the run and before any game, to put something beside the games.
        watch: called after each move with the game as it stands, see `negotiation_env.threads.play_as_ended`.
        observe: called with all games, some at a time: first those that were there, then each one when it has been
            kept, those that ended by a fault too.

    Raises:
        RecordError: the folder belongs to something else or to another process, or cannot be read or written.
        Interrupted: Ctrl-C; the games that have ended are kept.
        ValueError: a bad argument, or an illegal decision of a policy; what has ended is kept then, too.
    """
    if isinstance(num_episodes, bool) or not isinstance(num_episodes, int) or num_episodes < 1:
        raise ValueError(f"num_episodes is {num_episodes!r}; it must be a whole number, at least 1.")
    journal = JournalFolder(folder, run)
    with journal.opened(overwrite):
        todo = [number for number in range(num_episodes) if number not in journal.known]
        ending = play_as_ended(run, todo, workers, watch=watch, keep=journal.add)
        for episodes in journal.games():
            _tell(observe, episodes)
        journal.begin(todo)
        if begun is not None:
            begun()
        try:
            with closing(ending):
                for episodes in ending:
                    _tell(observe, episodes)
        except BaseException as error:
            kept = f"{journal.finished:,} games are kept in {journal.path}; the same command goes on from there"
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted(f"interrupted: {kept}.") from error
            error.add_note(f"{kept[0].upper()}{kept[1:]}.")
            raise
        files = journal.end()
    return PlayedInto(files, journal.finished, journal.faulted, len(journal.known), journal.cut)


def _tell(observe: Callable[[Episodes], None] | None, episodes: Episodes) -> None:
    if observe is not None:
        observe(episodes)
