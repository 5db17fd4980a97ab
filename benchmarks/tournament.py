"""What a tournament of all deterministic price strategies costs, and what a second process saves.

python benchmarks/tournament.py              # about 1,000 pairs, 2,000 games each
python benchmarks/tournament.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Figure, options_of, report

TITLE = "Tournaments"
DRAWS = 1000
SECONDS, RATIO, REPEATS = 90.0, 1.7, 5
SETTINGS = {"num_episodes": 2 * DRAWS, "information": "known"}
NOTES = [
    f"`play_tournament('all', ...)`: every ordered pair of the deterministic price strategies, {DRAWS:,} draws of "
    "private limits, each played with either side moving first; limits are told, so that all strategies can play.",
    "CPU-seconds are those of all processes together, with intervals, tests, ranking, meta-game and files, on one "
    "thread of the matrix library a process; a machine of two idle cores needs about half of them with `--engine "
    "process`, but for what is made of the cells in the end, which one process does.",
    "Playing is measured without that end: the cells alone, by the clock, the least of five rounds with one process "
    "and with two in turns; the ratio depends on what else the machine does.",
]


def cpu_seconds() -> float:
    """Of this process and the children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def whole(engine: str, workers: int, folder: Path) -> tuple[float, float, int]:
    """CPU-seconds, seconds by the clock and pairs of a tournament with everything."""
    from negotiation_env.tournament import play_tournament

    used, began = cpu_seconds(), time.perf_counter()
    found = play_tournament("all", folder, engine=engine, workers=workers, **SETTINGS)
    return cpu_seconds() - used, time.perf_counter() - began, len(found.settings.policies) ** 2


def playing(engine: str, workers: int) -> float:
    """Seconds by the clock in which the cells are played, after the workers have started."""
    from negotiation_env.tournament.plan import make_plan
    from negotiation_env.tournament.playing import play_cells

    plan = make_plan("all", SETTINGS["num_episodes"], "price", 0, 10, {"information": "known"})
    cells = play_cells(plan, [*plan.cells[:4], *plan.cells], engine, workers)
    for _ in range(4):
        next(cells)
    began = time.perf_counter()
    for _ in cells:
        pass
    return time.perf_counter() - began


def figures() -> list[Figure]:
    """Everything in one process and in two, and playing alone."""
    made = []
    with TemporaryDirectory() as folder:
        for engine, workers in (("serial", 1), ("process", 2)):
            used, seconds, pairs = whole(engine, workers, Path(folder, engine))
            what = f"{pairs:,} pairs, {pairs * 2 * DRAWS:,} games, engine {engine}, {workers} process(es)"
            made += [Figure(f"{what}: CPU", used, "CPU-s"), Figure(f"{what}: clock", seconds, "s", SECONDS, True)]
    rounds = [(playing("serial", 1), playing("process", 2)) for _ in range(REPEATS)]
    one, two = (min(seconds) for seconds in zip(*rounds, strict=True))
    made.append(
        Figure("playing with 2 processes against 1", one / two, "x", RATIO, reference=f"{one:.1f} s, {two:.1f} s")
    )
    return made


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    report(TITLE, figures(), NOTES, "python benchmarks/tournament.py", options.write)


if __name__ == "__main__":
    main()
