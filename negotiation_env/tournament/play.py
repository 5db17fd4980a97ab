"""`play_tournament`: play all cells into a folder, and make the results of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from negotiation_env.engines import check_engine, check_players, check_workers
from negotiation_env.records.errors import Interrupted, explained, require
from negotiation_env.registry import AnyPolicy
from negotiation_env.tournament.folder import ResultFolder
from negotiation_env.tournament.plan import make_plan
from negotiation_env.tournament.playing import play_cells
from negotiation_env.tournament.results import Results, load_results
from negotiation_env.tournament.writing import write_results

NUM_EPISODES, KEEP_EPISODES = 1000, 10
EXTRAS = {"polars": "datasets", "pyarrow": "datasets", "statsmodels": "tournament", "nashpy": "tournament"}
"""The packages that results need -> the extra that installs them."""


def play_tournament(
    policies: str | Sequence[str | AnyPolicy],
    folder: str | Path,
    num_episodes: int = NUM_EPISODES,
    *,
    domain: str = "price",
    seed: int | None = 0,
    engine: str | None = None,
    workers: int | None = None,
    keep_episodes: int = KEEP_EPISODES,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    **settings: Any,  # noqa: ANN401  # the games' settings
) -> Results:
    """Play every ordered pair of policies, with each side moving first, on the same games.

    Equal settings give equal result files for any engine and number of workers, but for the measured times. If this is
    stopped at any moment, the same call goes on: finished cells are not played again; those that failed, or in which
    a game ended by a fault, are. A policy that raises an error loses the cell, see ``failures.json``.

    Args:
        policies: policies or specs, or one string of specs with commas; ``"all"`` stands for every deterministic
            strategy of the domain.
        folder: where the results are kept, see `negotiation_env.tournament`.
        num_episodes: games of each ordered pair, an even number: half of them are begun by either side.
        domain: ``"price"`` or ``"multi_item"``.
        seed: same seed, same games; ``None`` draws one.
        engine: ``"serial"``; one with worker processes, such as ``"process"``, plays cells side by side; by default
            threads in the cells of players that wait for a server or a person, else serial.
        workers: how many worker processes or threads.
        keep_episodes: how many games of each ordered pair are kept move by move, an even number.
        overwrite: replace a tournament of other settings, or play this one anew.
        progress: called with the number of cells played since the last call.
        **settings: of the games: scenario, information, max_turns and others of the domain.

    Raises:
        ValueError: wrong policies (all mistakes are told), settings under which no deal is possible, a folder of
            other settings (`negotiation_env.records.errors.RecordError`), or every cell has failed.
        TypeError: an unknown setting, or a player that cannot be sent to a worker.
        ImportError: a package of the extra ``tournament`` is missing.
        Interrupted: Ctrl-C; the cells that were played are kept.
    """
    for package, extra in EXTRAS.items():
        require(package, extra)
    plan = make_plan(policies, num_episodes, domain, seed, keep_episodes, settings)
    return play_plan(ResultFolder(folder, plan), engine, workers, overwrite, progress)


def play_plan(
    folder: ResultFolder,
    engine: str | None = None,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Results:
    """Play what a folder's plan says and is not yet there; see `play_tournament`."""
    check_workers(workers)
    if engine is not None:
        check_engine(engine)
        check_players(folder.plan.everyone, engine)
    with folder.opened(overwrite):
        if folder.is_complete:
            folder.resumed = len(folder.plan.cells)
            _tell(progress, folder.resumed)
        else:
            _play(folder, engine, workers, progress)
        return load_results(folder.path)


def _play(
    folder: ResultFolder, engine: str | None, workers: int | None, progress: Callable[[int], None] | None
) -> None:
    plan = folder.plan
    loaded = {cell: folder.load(cell) for cell in plan.cells}
    there = {cell: known for cell, known in loaded.items() if known is not None and known.is_finished}
    folder.resumed = len(there)
    _tell(progress, folder.resumed)
    todo = [cell for cell in plan.cells if cell not in there]
    try:
        with closing(play_cells(plan, todo, engine, workers)) as playing:
            for played in playing:
                folder.save(played)
                there[played.cell] = played
                _tell(progress, 1)
        whole = [there[cell] for cell in plan.cells]
        with explained(folder.path, "What has been played is kept; give the same command again."):
            write_results(folder, whole)
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"interrupted: {len(there):,} of {len(plan.cells):,} cells are kept in {folder.path}; the same "
            "command goes on from there."
        ) from error
    if all(played.is_finished for played in whole):
        folder.finish()


def _tell(progress: Callable[[int], None] | None, number: int) -> None:
    if progress is not None and number:
        progress(number)
