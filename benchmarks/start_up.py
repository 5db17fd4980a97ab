"""What it costs to begin: importing the package, and the help of the command line.

python benchmarks/start_up.py            # a minute
python benchmarks/start_up.py --write    # also write its section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from measure import Figure, options_of, report

CLI = "from negotiation_cli.main import main; main()"
CASES: list[tuple[str, list[str], float | None]] = [
    ("python -c pass", ["-c", "pass"], None),
    ("import numpy", ["-c", "import numpy"], None),
    ("import gymnasium", ["-c", "import gymnasium"], None),
    ("import negotiation_env", ["-c", "import negotiation_env"], 0.7),
    ("negotiate --help", ["-c", CLI, "--help"], 0.5),
    ("negotiate play --help", ["-c", CLI, "play", "--help"], 0.5),
    ("negotiate list policies", ["-c", CLI, "list", "policies"], None),
    (
        "first game: import, make, play",
        ["-c", "import negotiation_env as n; n.play('price', {'buyer_0': 'linear', 'seller_0': 'linear'}, seed=0)"],
        None,
    ),
]
NOTES = [
    "A process of its own each time, the files in the cache of the system: user and system time of the process, best "
    "of ten, and in brackets the best wall-clock time, which other work on the machine makes longer.",
    "`tests/packaging/test_start_up.py` checks which modules are loaded, and no time.",
]


def cost(arguments: Sequence[str]) -> tuple[float, float]:
    """CPU-seconds and seconds of one run of Python with these arguments."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, env={**os.environ, "COLUMNS": "120"})
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def figures(repeats: int) -> list[Figure]:
    """All cases, measured in turns."""
    costs = [[cost(arguments) for _, arguments, _ in CASES] for _ in range(repeats)]
    found = []
    for place, (what, _, target) in enumerate(CASES):
        cpu, wall = (min(row[place][part] for row in costs) for part in (0, 1))
        found.append(Figure(f"{what} ({wall:.2f} s wall)", cpu, "s", target, at_most=True))
    return found


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--repeats", type=int, default=10, help="runs of each, of which the best counts")
    options = parser.parse_args()
    report("Start-up", figures(options.repeats), NOTES, "python benchmarks/start_up.py", options.write)


if __name__ == "__main__":
    main()
