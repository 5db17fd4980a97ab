"""Mutation testing: which small faults, put into the code on purpose, does no test find?

python benchmarks/mutants.py                               # a sample of each group
python benchmarks/mutants.py --groups rules,parser         # of two of them
python benchmarks/mutants.py --sample 0                    # every mutant, which takes hours
python benchmarks/mutants.py --show rules                  # the survivors of the last run, as diffs

mutmut makes the mutants and runs the tests that reach each; which files and tests is in setup.cfg. It takes the path
of a file for its import name, so the packages are laid beside each other in ``build/mutants``, and nothing else is.
What was killed there stays so until its function changes; remove the folder to begin anew.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
STAGE = ROOT / "build" / "mutants"
STAGED = ("negotiation_env", "policies/negotiation_policies", "tests", "setup.cfg", "pyproject.toml")
GROUPS = {
    "parser": "negotiation_policies.llm.",
    "strategies": "negotiation_policies.",
    "solutions": "negotiation_env.solutions.",
    "rules": "negotiation_env.",
}
"""Groups and how the names of their mutants start; the first that fits is a mutant's."""
SURELY_KILLED = "negotiation_env.price.rules.x_payoff__mutmut_*"
"""Mutants of what a deal is worth: where one of them survives, the set-up is broken."""
KILLED = ("killed", "timeout", "segfault")
SEED = 0


def stage() -> None:
    """Lay the packages and the tests beside each other."""
    STAGE.mkdir(parents=True, exist_ok=True)
    for name in STAGED:
        source, target = ROOT / name, STAGE / Path(name).name
        if source.is_file():
            shutil.copy2(source, target)
        else:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def mutmut(*arguments: str) -> str:
    """What a command of mutmut prints."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    done = subprocess.run(command, cwd=STAGE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}\nmutmut {arguments[0]} failed; see above.")
    return done.stdout


def states() -> dict[str, str]:
    """What has become of each mutant, by its name."""
    lines = (line.strip().rsplit(": ", 1) for line in mutmut("results", "--all", "true").splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2}


def group_of(name: str) -> str:
    """The group that a mutant belongs to."""
    return next(group for group, start in GROUPS.items() if name.startswith(start))


def prepared(workers: str) -> dict[str, str]:
    """Make the mutants, see that the set-up finds a fault that it must find, and tell what has become of each."""
    mutmut("run", "--max-children", workers, SURELY_KILLED)
    found = states()
    surely = [state for name, state in found.items() if name.startswith(SURELY_KILLED[:-1])]
    if not surely or not set(surely) <= set(KILLED):
        raise SystemExit(f"The mutants {SURELY_KILLED} are {surely}; all must be killed. The set-up is broken.")
    return found


def drawn(names: list[str], sample: int) -> list[str]:
    """A sample without replacement, the same for the same names; all of them where it is 0."""
    return random.Random(SEED).sample(names, sample) if 0 < sample < len(names) else names


def row(group: str, names: list[str], tried: list[str], found: dict[str, str]) -> tuple[str, ...]:
    """A group's figures: a mutant that makes the tests hang is killed, one that no test reaches survives."""
    killed = sum(found[name] in KILLED for name in tried)
    unreached = sum(found[name] == "no tests" for name in tried)
    low, high = binomtest(killed, len(tried)).proportion_ci(method="wilson")
    share = f"{killed / len(tried):.1%}"
    interval = "all" if len(tried) == len(names) else f"{low:.1%} to {high:.1%}"
    counts = (len(names), len(tried), killed, len(tried) - killed, unreached)
    return (group, *(f"{count:,}" for count in counts), share, interval)


def run(groups: list[str], sample: int, workers: str) -> None:
    """Try mutants of some groups and print what has become of them."""
    stage()
    found = prepared(workers)
    mutants = {group: sorted(name for name in found if group_of(name) == group) for group in groups}
    tried = {group: drawn(names, sample) for group, names in mutants.items()}
    if waiting := [name for names in tried.values() for name in names if found[name] not in KILLED]:
        mutmut("run", "--max-children", workers, *waiting)
        found = states()
    table = Table("group", "mutants", "tried", "killed", "survived", "of them unreached", "killed", "95 % interval")
    for group in groups:
        table.add_row(*row(group, mutants[group], tried[group], found))
    Console().print(table)
    lost = [name for names in tried.values() for name in names if found[name] not in KILLED]
    (STAGE / "survivors.txt").write_text("\n".join(lost) + "\n", encoding="utf-8")


def show(groups: list[str]) -> None:
    """Print the survivors of the last run as diffs."""
    for name in (STAGE / "survivors.txt").read_text(encoding="utf-8").split():
        if group_of(name) in groups:
            print(mutmut("show", name))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", default=",".join(GROUPS), help=f"some of {', '.join(GROUPS)}")
    parser.add_argument("--sample", type=int, default=150, help="mutants of each group; 0 for all")
    parser.add_argument("--workers", default="1", help="processes that run tests")
    parser.add_argument("--show", metavar="GROUPS", help="print the survivors of the last run in these groups")
    options = parser.parse_args()
    groups = (options.show or options.groups).split(",")
    if unknown := sorted(set(groups) - set(GROUPS)):
        parser.error(f"there is no group {unknown[0]!r}; the groups are {', '.join(GROUPS)}.")
    show(groups) if options.show else run(groups, options.sample, options.workers)


if __name__ == "__main__":
    main()
