"""What it costs to evaluate how well numeric policies bring prices to commanded rhos.

python benchmarks/rho_speed.py              # about 20,000 games of each policy
python benchmarks/rho_speed.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os
from functools import partial
from multiprocessing import get_context

from measure import Figure, best, options_of, report

TITLE = "Evaluation of rho"
POLICIES = {"rho_mlp": {}, "teacher": {"assumed_width": 475.0}}
OPPONENTS = ("micro_fine", "exponential", "charging_boul")
EPISODES = 139
SECONDS = 20.0
NOTES = [
    f"`evaluate_rho` with all 12 commands against {', '.join(f'`{name}`' for name in OPPONENTS)}, in both seats, "
    f"moving first and second, {EPISODES} episodes each, 20 turns, scenario `varied`, limits private.",
    "CPU-seconds of one process with one thread of the matrix library, best of three runs in it. The plans' games, "
    "bootstrap intervals and the table are in them; several policies share the plans' games.",
]


def evaluate(names: list[str]) -> int:
    """Evaluate policies on the same episodes; tells how many games they have played."""
    from negotiation_janus.evaluation import evaluate_policies

    from negotiation_env import make_policy

    found = evaluate_policies(
        {name: lambda rho, name=name: make_policy(name, rho=rho, **POLICIES[name]) for name in names},
        OPPONENTS,
        num_episodes=EPISODES,
    )
    return sum(int(result.table["num_episodes"].sum()) for result in found.values())


def measure(names: list[str], queue: object) -> None:
    """Tell the seconds and the games."""
    queue.put(best(partial(evaluate, names)))  # type: ignore[attr-defined]


def measured(names: list[str]) -> tuple[float, int]:
    """The seconds and the games of an evaluation in a process of its own."""
    context = get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=measure, args=(names, queue))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"the evaluation of {', '.join(names)} failed; its error is above.")
    found: tuple[float, int] = queue.get()
    return found


def figures() -> list[Figure]:
    """Each policy alone, then all together."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # for the processes that measure: threads that wait count as work
    made = []
    for names in (*([name] for name in POLICIES), list(POLICIES)):
        seconds, games = measured(names)
        target = SECONDS if len(names) == 1 else None
        made.append(Figure(f"{' and '.join(names)}, {games:,} games", seconds, "CPU-s", target, True))
    return made


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    report(TITLE, figures(), NOTES, "python benchmarks/rho_speed.py", options.write)


if __name__ == "__main__":
    main()
