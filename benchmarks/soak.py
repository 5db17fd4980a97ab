"""Whether memory stays flat under load: very many games, and thousands of conversations at once.

python benchmarks/soak.py                                  # 100,000 games in each format, 6,000 conversations
python benchmarks/soak.py --games 1000000 --write          # also write the section of benchmarks/RESULTS.md

The exit code is 1 if the memory of one of them grows. It is what `ps` shows as RSS, read all the time; the growth is
the slope of a robust line (Theil and Sen) through the least of each window after the warm-up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from dataset_speed import negotiate
from measure import Figure, options_of, report
from scipy.stats import theilslopes

sys.path.append(str(Path(__file__).parents[1] / "tests" / "policies" / "llm"))  # the server of the tests
from fault_server import FaultServer
from server_faults import FAULTS, Fault

TITLES = {"games": "Soak: games", "conversations": "Soak: conversations"}
GAMES, CONVERSATIONS, AT_ONCE, TURNS = 100_000, 6_000, 2_000, 4
PAUSE, WARM_UP, WINDOWS, LIMIT = 0.1, 1 / 3, 20, 16.0
"""Seconds between two readings, the part of a soak that is left out, windows of the rest, megabytes without alarm."""
FAULTY, DELAY = 40, 15.0
"""One request of so many meets a fault; seconds before each answer, so that most wait for one at any time."""
MET = ("500", "reset", "broken json", "503 loading", "cut body", "null content")
READ = (
    f"Memory is the resident size, read ten times a second. What comes after the first third is cut into {WINDOWS} "
    "windows, and growth is the slope of a Theil-Sen line through the least of each, which what is dropped and taken "
    f"again does not move, times all of them: above {LIMIT:g} MB the run fails."
)
GAME_NOTES = [
    "`negotiate generate` with the recipe price-mixed, every strategy against every other, in one process of its own.",
    READ,
]
CONVERSATION_NOTES = [
    f"`basic` against `linear`, {TURNS} turns, {AT_ONCE:,} at once on threads through the official `openai` client; "
    f"the server, in a process of its own, answers after {DELAY:g} s, and one request of {FAULTY} meets one of these "
    f"faults: {', '.join(MET)}.",
    READ,
]


class Memory:
    """Reads the resident size of a process until the block is left."""

    def __init__(self, process: int) -> None:
        self._process, self._over = psutil.Process(process), threading.Event()
        self._read: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PAUSE):
            try:
                self._read.append((time.monotonic(), self._process.memory_info().rss / 1e6))
            except psutil.NoSuchProcess:
                return

    def figures(self, what: str) -> list[Figure]:
        """The level after the warm-up, the most at any time, and the growth."""
        times, sizes = np.array(self._read).T
        settled = times >= times[0] + WARM_UP * (times[-1] - times[0])
        ends = np.linspace(times[settled][0], times[-1], WINDOWS + 1)
        windows = np.searchsorted(ends, times[settled], side="right").clip(1, WINDOWS)
        floors = [sizes[settled][windows == number].min() for number in np.unique(windows)]
        growth = float(theilslopes(floors, np.unique(windows)).slope * WINDOWS)
        return [
            Figure(f"{what}: time", times[-1] - times[0], "s"),
            Figure(f"{what}: memory, median after the warm-up", float(np.median(sizes[settled])), "MB"),
            Figure(f"{what}: memory, the most", float(sizes.max()), "MB"),
            Figure(f"{what}: growth", growth, "MB", LIMIT, at_most=True, reference=f"{int(settled.sum()):,} readings"),
        ]


def generated(games: int, name: str, folder: Path) -> list[Figure]:
    """The memory of `negotiate generate`, writing to a file or to a folder."""
    words = [*negotiate("generate", games, folder / name), "--engine", "serial"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process, Memory(process.pid) as memory:
        if process.wait():
            raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    return memory.figures(f"{games:,} games to {'JSONL' if name.endswith('.jsonl') else 'Parquet'}")


def games(number: int) -> list[Figure]:
    """The memory of both formats, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        figures = generated(number, "games.jsonl", Path(folder))
        (Path(folder) / "games.jsonl").unlink()  # a million games take 15 GB
        return figures + generated(number, "tables", Path(folder))


def conversed(conversations: int) -> list[Figure]:
    """The memory of this process while it holds conversations with a server that goes wrong now and then."""
    from negotiation_policies.llm.backends import opening

    os.environ["OPENAI_API_KEY"] = "none"
    words = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        with Memory(os.getpid()) as memory:
            faulted = converse(conversations, server.stdout.readline().strip())
        told, _ = server.communicate("")
    opening.close_all()
    seen = json.loads(told)
    what = f"{conversations:,} conversations, {AT_ONCE:,} at once"
    asked = f"{seen['requests']:,} requests, {faulted:,} games ended by a fault"
    return [
        *memory.figures(what),
        Figure(f"{what}: requests at once", seen["highest"], "", 0.75 * AT_ONCE, reference=asked),
    ]


def converse(conversations: int, address: str) -> int:
    """Hold conversations, drop each when it ends, and return how many ended by a fault."""
    from negotiation_env import make_policy
    from negotiation_env.run import make_run
    from negotiation_env.threads import play_as_ended

    model = make_policy(
        "basic", model="openai/m", base_url=address, concurrency=AT_ONCE, deadline=300.0, reasks=1, retries=3
    )
    run = make_run("price", {"buyer_0": model, "seller_0": "linear"}, 0, chat=True, max_turns=TURNS, scenario="seed")
    faulted = ended = 0
    for game in play_as_ended(run, range(conversations), workers=AT_ONCE):
        ended += 1
        faulted += game[0].ended_by == "fault"
    if ended != conversations:
        raise RuntimeError(f"{ended:,} of {conversations:,} conversations have ended")
    return faulted


def serve() -> None:
    """Be the server until standard input ends, and then say what was asked for."""
    with FaultServer(answerer(), delay=DELAY, models=["m"]) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()
        print(json.dumps({"highest": server.highest, "requests": len(server.requests)}))


def answerer() -> Callable[[dict[str, object]], str | Fault]:
    """An answer that goes wrong once in `FAULTY` times, and otherwise offers what keeps the game going."""
    asked = [0]

    def answer(body: dict[str, object]) -> str | Fault:
        asked[0] += 1
        if asked[0] % FAULTY == 0:
            return FAULTS[MET[asked[0] // FAULTY % len(MET)]]
        return json.dumps({"message": "Let us go on.", "action": "offer", "price": "400"})

    return answer


def main() -> None:
    """Measure, print, and write if asked to; the exit code is 1 if memory grows."""
    parser = options_of(__doc__)
    parser.add_argument("--games", type=int, default=GAMES, help="games in each format; 0 for none")
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS, help="0 for none")
    parser.add_argument("--serve", action="store_true", help="be the model server")
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    figures: list[Figure] = []
    if options.games:
        found = games(options.games)
        report(TITLES["games"], found, GAME_NOTES, f"python benchmarks/soak.py --games {options.games}", options.write)
        figures += found
    if options.conversations:
        found = conversed(options.conversations)
        command = f"python benchmarks/soak.py --conversations {options.conversations}"
        report(TITLES["conversations"], found, CONVERSATION_NOTES, command, options.write)
        figures += found
    sys.exit(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    main()
