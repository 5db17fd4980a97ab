"""The engines process and ray beside each other, and how far they would go with more cores.

python benchmarks/ray_engine.py              # some minutes; needs two free cores and the extra ray
python benchmarks/ray_engine.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from engine_speed import deterministic
from measure import Figure, options_of, report

from negotiation_env.engine import play_batch
from negotiation_env.engines import play_ranges, share_out, started
from negotiation_env.records.generate import generate
from negotiation_env.run import Run, make_run

TITLE = "From one core to many"
BATCH = 16_384
BATCHES, FIRST = 24, 4
"""How many are played, and how many of them come before the clock starts, so that start-up is not measured."""
BILLION = 1e9
CORES = (2, 64, 1024)
NOTES = [
    f"All deterministic strategies in both seats, {BATCHES} batches of {BATCH:,} games; wall-clock time from result "
    f"{FIRST} to the last one, so without start-up; medians of rounds in which all are measured one after the other.",
    "Summaries: each worker plays a batch and sends two numbers. Records: it sends all moves. Dataset: they are also "
    "written, as Parquet, by the process that asks for them.",
    "Projected: 10^9 games on so many cores like these, the longer of two times: that of the workers, each as fast as "
    "here, and that of the process that asks for them, from its CPU-seconds a game here. Not measured: networks, and "
    "what a larger cluster does to Ray itself.",
]


@dataclass(frozen=True)
class Speed:
    """How long games took beyond start-up: wall-clock and CPU-seconds of this process, each a game."""

    seconds: float
    own: float

    def billion_hours(self, cores: int, measured_on: int) -> float:
        """Hours of 10^9 games on so many cores: as long as the workers take, or this process."""
        return BILLION * max(self.seconds * measured_on / cores, self.own) / 3600.0


def run() -> Run:
    """What is played."""
    pool = deterministic()
    return make_run("price", {"buyer_0": pool, "seller_0": pool}, 0)


BOUNDS = [(BATCH * number, BATCH * (number + 1)) for number in range(BATCHES)]


def summary(played: Run, bounds: tuple[int, int]) -> list[float]:
    """Play a batch and say how it went."""
    batch = play_batch(played, np.arange(*bounds), record=False)
    return [float(np.isfinite(batch.episodes["price"]).mean()), float(batch.episodes["turns"].mean())]


def summaries(engine: str, workers: int, done: Callable[[], None]) -> None:
    """Games of which only summaries come back."""
    for _ in share_out(engine, partial(summary, run()), BOUNDS, workers):
        done()


def records(engine: str, workers: int, done: Callable[[], None]) -> None:
    """Games that come back whole."""
    for _ in play_ranges(engine, run(), BOUNDS, workers):
        done()


def dataset(engine: str, workers: int, done: Callable[[], None]) -> None:
    """Games that are written."""
    with TemporaryDirectory() as folder:
        path, number = Path(folder) / "tables", BATCH * BATCHES
        how: dict[str, Any] = {"engine": engine, "workers": workers, "shard_size": BATCH}
        generate(run(), number, path, progress=lambda _: done(), **how)


def speeds(actions: Sequence[Callable[[Callable[[], None]], None]], rounds: int) -> list[Speed]:
    """Of each action, beyond start-up."""
    found = np.empty((len(actions), rounds, 2))
    for turn in range(rounds):
        for row, action in enumerate(actions):
            times: list[tuple[float, float]] = []
            action(lambda times=times: times.append((time.perf_counter(), time.process_time())))
            found[row, turn] = np.subtract(times[-1], times[FIRST - 1]) / ((BATCHES - FIRST) * BATCH)
    return [Speed(*medians) for medians in np.median(found, axis=1).tolist()]


def figures(rounds: int) -> list[Figure]:
    """Measure everything."""
    cases = [("process", 1), ("process", 2), ("ray", 2)]
    kinds = {"summaries": summaries, "records": records, "a dataset": dataset}
    found = []
    start = time.perf_counter()
    with started("ray", 2):
        ray_starts = time.perf_counter() - start
        for name, kind in kinds.items():
            one, two, spread = speeds([partial(kind, *case) for case in cases], rounds)
            found += compared(name, one, two, spread)
            found += [projected(name, spread, cores) for cores in CORES]
    start = time.perf_counter()
    next(iter(share_out("process", abs, [1, 2], 2)))
    processes_start = time.perf_counter() - start
    return [
        *found,
        Figure("start of Ray on this machine", ray_starts, "s", reference=f"processes: {processes_start:.1f} s"),
    ]


def compared(name: str, one: Speed, two: Speed, spread: Speed) -> list[Figure]:
    """The engines' ratios; they have targets where the workers do all the work."""
    is_work = name == "summaries"
    said = f"{1 / one.seconds:,.0f} and {1 / two.seconds:,.0f} games a second"
    return [
        Figure(
            f"{name}: two processes, as fast as one",
            one.seconds / two.seconds,
            "x",
            1.7 if is_work else None,
            reference=said,
        ),
        Figure(
            f"{name}: Ray, time over that of processes",
            spread.seconds / two.seconds,
            "x",
            1.3,
            at_most=True,
            reference=f"processes: {1 / two.seconds:,.0f} games a second",
        ),
    ]


def projected(name: str, spread: Speed, cores: int) -> Figure:
    """How long 10^9 games would take."""
    limit = "the process that asks" if spread.own > spread.seconds * 2 / cores else "the workers"
    return Figure(
        f"{name}: 10^9 games on {cores:,} cores, projected",
        spread.billion_hours(cores, 2),
        "hours",
        reference=f"limited by {limit}",
    )


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    options = parser.parse_args()
    report(
        TITLE,
        figures(options.rounds),
        NOTES,
        f"python benchmarks/ray_engine.py --rounds {options.rounds}",
        options.write,
    )


if __name__ == "__main__":
    main()
