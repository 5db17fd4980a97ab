"""What it costs to hand recorded games to other libraries: Minari export, loading for d3rlpy.

python benchmarks/offline.py              # 10,000 episodes
python benchmarks/offline.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from multiprocessing import get_context

from measure import Figure, options_of, report

EPISODES = 10_000
NAME = "negotiation/price/measured-v0"
TITLE = "Offline data for other libraries"
PLAYERS = {
    "buyer_0": ["boulware_firm", "linear", "tit_for_tat", "micro_fine"],
    "seller_0": ["linear", "boulware_hard", "tit_for_tat"],
}
NOTES = [
    f"{EPISODES:,} price games of 20 turns, the seller's seat; seconds are CPU-seconds and the memory the greatest "
    "resident size of a process of its own, Python, NumPy and the libraries included.",
    "Export: from the engine's games to an hdf5 dataset on the disk. Loading: from there to `MDPDataset`.",
]


def export(queue: object) -> None:
    """Play and export; tells the seconds, the megabytes and the steps."""
    from negotiation_env import rollout
    from negotiation_env.minari_export import export_minari

    played = rollout("price", PLAYERS, EPISODES, seed=0)
    start = time.process_time()
    result = export_minari(played, NAME, "seller")
    queue.put((time.process_time() - start, megabytes(), result.steps))  # type: ignore[attr-defined]


def load(queue: object) -> None:
    """Load for d3rlpy; tells the seconds, the megabytes and the episodes."""
    import minari

    from negotiation_env.offline import to_mdp_dataset

    import_module_of_d3rlpy()
    start = time.process_time()
    found = to_mdp_dataset(minari.load_dataset(NAME))
    queue.put((time.process_time() - start, megabytes(), len(found.episodes)))  # type: ignore[attr-defined]


def import_module_of_d3rlpy() -> None:
    """Importing it takes longer than much of what it does, and is no part of loading."""
    import d3rlpy.dataset  # noqa: F401


def megabytes() -> float:
    """The greatest resident size so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measured(action: object) -> tuple[float, float, int]:
    """What an action tells, done in a process of its own."""
    context = get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=action, args=(queue,))  # type: ignore[arg-type]
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{action} failed; its error is above.")
    found: tuple[float, float, int] = queue.get()
    return found


def figures() -> list[Figure]:
    """Export, then loading."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINARI_DATASETS_PATH"] = folder
        seconds, memory, steps = measured(export)
        loading, _, episodes = measured(load)
    if episodes > EPISODES or steps < episodes:
        raise RuntimeError(f"{steps} steps and {episodes} episodes are not those of {EPISODES} games")
    return [
        Figure(f"Minari export, {EPISODES:,} games", seconds, "CPU-s", 60.0, True, f"{steps:,} steps"),
        Figure("memory of the export", memory, "MB", 500.0, True),
        Figure("loading to an MDPDataset", loading, "CPU-s", 30.0, True, f"{episodes:,} episodes"),
    ]


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/offline.py", options.write)


if __name__ == "__main__":
    main()
