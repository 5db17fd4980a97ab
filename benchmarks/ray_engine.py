"""The engines process and ray beside each other, and how far they would go with more cores.

python benchmarks/ray_engine.py              # about five minutes; needs two free cores and the extra ray
python benchmarks/ray_engine.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from engine_speed import deterministic
from measure import Figure, options_of, report

from negotiation_env.engine import play_batch
from negotiation_env.engines import play_ranges, share_out, started
from negotiation_env.records.generate import generate
from negotiation_env.run import Run, make_run

TITLE = "From one core to many"
BATCH = 32_768
FEW, MANY = 4, 24
"""Batches; what lies between is measured, so that start-up is not."""
ROUNDS = 3
BILLION = 1e9
CORES = (2, 64, 1024)
NOTES = [
    f"All deterministic strategies in both seats, in batches of {BATCH:,} games; wall-clock time, two workers unless "
    f"it says one. Beyond start-up: the time of {MANY} batches less that of {FEW}, median of {ROUNDS} rounds in which "
    "all are measured one after the other.",
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


def bounds_of(batches: int) -> list[tuple[int, int]]:
    """The ranges of so many batches of games."""
    return [(BATCH * number, BATCH * (number + 1)) for number in range(batches)]


def summary(played: Run, bounds: tuple[int, int]) -> list[float]:
    """Play a batch and say how it went."""
    batch = play_batch(played, np.arange(*bounds), record=False)
    results = played.domain.result_columns(played.config, batch.episodes)
    columns = {name: column() if callable(column) else column for name, column in results.items()}
    return [float(np.mean(columns["deal"])), float(np.mean(batch.episodes["turns"]))]


def summaries(engine: str, workers: int, batches: int) -> None:
    """Games of which only summaries come back."""
    assert len(list(share_out(engine, partial(summary, run()), bounds_of(batches), workers))) == batches


def records(engine: str, workers: int, batches: int) -> None:
    """Games that come back whole."""
    assert sum(map(len, play_ranges(engine, run(), bounds_of(batches), workers))) == batches * BATCH


def dataset(engine: str, workers: int, batches: int) -> None:
    """Games that are written."""
    with TemporaryDirectory() as folder:
        generate(run(), batches * BATCH, Path(folder) / "tables", engine=engine, workers=workers, shard_size=BATCH)


def speeds(actions: Sequence[Callable[[int], None]]) -> list[Speed]:
    """Of each action, beyond start-up."""
    found = np.empty((len(actions), ROUNDS, 2))
    for turn in range(ROUNDS):
        for row, action in enumerate(actions):
            few, many = timed(action, FEW), timed(action, MANY)
            found[row, turn] = (many - few) / ((MANY - FEW) * BATCH)
    return [Speed(*times) for times in np.median(found, axis=1).tolist()]


def timed(action: Callable[[int], None], batches: int) -> np.ndarray:
    """Wall-clock and CPU-seconds of this process."""
    start = np.array([time.perf_counter(), time.process_time()])
    action(batches)
    return np.array([time.perf_counter(), time.process_time()]) - start


def figures() -> list[Figure]:
    """Measure everything."""
    cases = [("process", 1), ("process", 2), ("ray", 2)]
    kinds = {"summaries": summaries, "records": records, "a dataset": dataset}
    found = []
    start = time.perf_counter()
    with started("ray", 2):
        ray_starts = time.perf_counter() - start
        for name, kind in kinds.items():
            one, two, spread = speeds([partial(kind, *case) for case in cases])
            found += compared(name, one, two, spread)
            found += [projected(name, spread, cores) for cores in CORES]
    processes_start = float(timed(partial(summaries, "process", 2), 1)[0])
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
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/ray_engine.py", options.write)


if __name__ == "__main__":
    main()
