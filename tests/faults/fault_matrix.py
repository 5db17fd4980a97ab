"""Every command under every fault, as a table.

python tests/faults/fault_matrix.py                            # a few tries of each, minutes
python tests/faults/fault_matrix.py --tries 20 --write         # more of them, and write docs/hardening.md
python tests/faults/fault_matrix.py --command play --fault kill --write   # and leave the rest of the table as it is
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "policies" / "llm"))  # the model server

from fault_kinds import FAULTS, Fault, offering, tried
from fault_server import FaultServer
from faulted_commands import COMMANDS, Command, make_inputs
from forked import HEAVY, preload
from stage import Stage

PAGE = Path(__file__).parents[2] / "docs" / "hardening.md"
Counts = dict[tuple[str, str], tuple[int, int]]
SLOW = {"train-janus": 4, "train-bc": 2}
"""Commands that take long, and the part of the tries that they get: one of so many."""


def measured(commands: list[Command], faults: list[Fault], tries: int, folder: Path) -> Iterator[Counts]:
    """For each command how often its faults were tried and survived; what did not hold is printed."""
    inputs = make_inputs(folder / "inputs")
    for number, command in enumerate(commands):
        with FaultServer(offering, models=["llama3"]) as server:
            stage = Stage(command, inputs, folder / str(number), server)
            clean = stage.begin()
            print(f"{command.name}: {clean.operations} file operations, {clean.seconds:.1f} s", flush=True)
            fitting = [fault for fault in faults if command.asks_model or not fault.needs_model]
            yield {(command.name, fault.name): _counted(stage, fault, tries) for fault in fitting}


def _counted(stage: Stage, fault: Fault, tries: int) -> tuple[int, int]:
    done = survived = 0
    began = time.monotonic()
    for what, problems in tried(stage, fault, max(tries // SLOW.get(stage.command.name, 1), 1)):
        done, survived = done + 1, survived + (not problems)
        for problem in problems:
            print(f"  {stage.command.name}, {fault.name} {what}: {problem}", flush=True)
    print(f"  {fault.name}: {survived} of {done}, {time.monotonic() - began:.0f} s", flush=True)
    return done, survived


def table(counts: Counts) -> str:
    """The table in Markdown: in each cell how many tries survived, of how many."""
    lines = [f"| command | {' | '.join(fault.name for fault in FAULTS)} |", "|---" * (len(FAULTS) + 1) + "|"]
    for command in COMMANDS:
        cells = [counts.get((command.name, fault.name)) for fault in FAULTS]
        shown = ["" if cell is None else f"{cell[1]} of {cell[0]}" for cell in cells]
        lines.append(f"| {command.name} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def read_counts(text: str) -> Counts:
    """What a table holds."""
    counts = {}
    for command in COMMANDS:
        row = re.search(rf"^\| {re.escape(command.name)} \|(.*)\|$", text, flags=re.MULTILINE)
        for fault, cell in zip(FAULTS, row[1].split("|") if row else (), strict=False):
            if found := re.fullmatch(r" (\d+) of (\d+) ", cell):
                counts[command.name, fault.name] = int(found[2]), int(found[1])
    return counts


def write_table(page: Path, counts: Counts) -> None:
    """Put what was counted into the table of a page; its other rows and all else stay as they are.

    Raises:
        ValueError: the page has no such table.
    """
    text = page.read_text(encoding="utf-8")
    made = table(read_counts(text) | counts).strip()
    written, number = re.subn(r"^\| command \|[^\n]*(\n\|[^\n]*)*", lambda _: made, text, flags=re.MULTILINE)
    if number != 1:
        raise ValueError(f"{page} has {number} tables whose first column is 'command'; there must be one.")
    page.write_text(written, encoding="utf-8")


def main() -> None:
    """Try, print, and write if asked to; the exit code is 1 if a try was not survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=3, help="tries of each command and fault")
    parser.add_argument("--command", default="", help="only commands whose name begins so")
    parser.add_argument("--fault", default="", help="only faults whose name begins so")
    parser.add_argument("--write", action="store_true", help=f"write the table of {PAGE.name}")
    options = parser.parse_args()
    commands = [command for command in COMMANDS if command.name.startswith(options.command)]
    faults = [fault for fault in FAULTS if fault.name.startswith(options.fault)]
    preload(HEAVY)
    counts: Counts = {}
    with tempfile.TemporaryDirectory() as folder:
        for some in measured(commands, faults, options.tries, Path(folder)):
            counts |= some
            if options.write:
                write_table(PAGE, some)
    print(table(counts))
    sys.exit(any(survived < done for done, survived in counts.values()))


if __name__ == "__main__":
    main()
