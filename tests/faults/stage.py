"""A command that is about to be harmed, and what must hold afterwards: nothing lost, nothing torn, and a way on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fault_server import FaultServer
from faulted_commands import OUT, Command, contents
from forked import Ended, Harm, Running

REFUSED = 2
ADVICE = ("--resume_from", "--resume", "--overwrite")
_RESUMES = re.compile(r"resumed|had been played|goes on from|found half written")


@dataclass
class Stage:
    """A command, its model server, and what it comes to if nothing goes wrong.

    Attributes:
        command: what is harmed.
        inputs: what it reads.
        place: where its folders are.
        server: answers it.
        expected: the results.
        older: the results of the other call.
        clean: how the call ended when nothing was wrong.
        asked: how many requests it made then.
        problems: what did not hold in the present try.
    """

    command: Command
    inputs: Path
    place: Path
    server: FaultServer
    expected: dict[str, object] = field(default_factory=dict)
    older: dict[str, object] = field(default_factory=dict)
    clean: Ended | None = None
    asked: int = 0
    problems: list[str] = field(default_factory=list)

    def begin(self) -> Ended:
        """Find out what the command comes to; nothing may be wrong here."""
        for name, more in (("older", self.command.other), ("expected", ())):
            folder, before = self.folder(name), len(self.server.requests)
            self.clean = self.run(folder, *more)
            self.asked = len(self.server.requests) - before
            if self.clean.code:
                raise RuntimeError(f"{self.command.name}: {self.clean.said}")
            setattr(self, name, contents(self.command, folder))
        if not self.expected or self.expected.keys() != self.older.keys():
            raise RuntimeError(f"{self.command.name} has made {sorted(self.expected)} and {sorted(self.older)}")
        return self.clean

    def folder(self, name: str) -> Path:
        """A new folder."""
        folder = self.place / name
        folder.mkdir(parents=True)
        return folder

    def start(self, folder: Path, *more: str, harm: Harm | None = None, logs: str = "logs") -> Running:
        """Begin the call in a folder."""
        words = self.command.call(self.inputs, self.server.base_url, *more)
        return Running(words, folder, self.place / logs, self.command.env(self.inputs), harm)

    def run(self, folder: Path, *more: str, harm: Harm | None = None) -> Ended:
        """Make the call in a folder, to its end."""
        return self.start(folder, *more, harm=harm).ended()

    def put_older(self, folder: Path) -> None:
        """Let the results of the other call be there already."""
        shutil.copytree(self.place / "older" / OUT, folder / OUT)

    def check(self, holds: bool, problem: str) -> None:
        """Note a problem unless something holds."""
        if not holds:
            self.problems.append(problem)

    def check_told(self, ended: Ended, codes: Sequence[int], what: str) -> None:
        """A command ends with a code, and with a line of advice where that is not 0; never with a traceback."""
        self.check(ended.code in codes, f"{what} ended with {ended.code}: {ended.said[-600:]}")
        self.check("Traceback" not in ended.err, f"{what} ended with a traceback: {ended.said[-600:]}")
        lines = [line for line in ended.err.splitlines() if line.startswith("error: ")]
        self.check(ended.code != REFUSED or len(lines) == 1, f"{what} gave no single line of advice: {ended.err}")

    def check_whole(self, folder: Path) -> None:
        """Every file that has its name is whole, and old and new ones do not stand side by side."""
        olds = news = 0
        for name, found in contents(self.command, folder).items():
            old, new = (found == side.get(name) for side in (self.older, self.expected))
            olds, news = olds + (old and not new), news + (new and not old)
            self.check(old or new or self._grows(name, folder), f"{name} is torn")
        self.check(not (self.command.together and olds and news), "old and new files stand side by side")

    def _grows(self, name: str, folder: Path) -> bool:
        """Whether a file is a journal that holds whole games only, but for its end."""
        if not self.command.words.startswith("play ") or name != "games.jsonl":
            return False
        lines = (folder / OUT / name).read_bytes().split(b"\n")[:-1]
        known = [(self.place / side / OUT / name).read_bytes().split(b"\n") for side in ("older", "expected")]
        return self.command.asks_model or set(lines) <= {*known[0], *known[1]}

    def check_goes_on(self, folder: Path, *more: str, harm: Harm | None = None) -> None:
        """The next call, or the one that its advice names, says what it resumes and comes to the results."""
        self.server.always(None)
        self.server.script([])
        there = contents(self.command, folder)
        kept = bool(self.command.kept) and there not in (self.expected, self.older) and any(self._kept(folder))
        kept = kept and not (self.command.begins_anew and "--overwrite" in more)
        ended = self.run(folder, *more, harm=harm)
        self.check_told(ended, (0, REFUSED), "the next call")
        option = next((option for option in ADVICE if option in ended.err), "")
        if ended.code == REFUSED:
            self.check(bool(option), f"the next call does not say what to do: {ended.err}")
            added = self.command.resuming if option in self.command.resuming else (option,)
            ended = self.run(folder, *more, *added, harm=harm)
            self.check_told(ended, (0,), f"the call that was advised, with {added},")
            kept = kept and option != "--overwrite"
        says = bool(_RESUMES.search(ended.said))
        self.check(says or not kept, f"it does not say what it resumes: {ended.said}")
        self.check(contents(self.command, folder) == self.expected, "the next call comes to other results")
        self.check(not list(folder.rglob("*.tmp")) and not list(folder.rglob("*.unfinished")), "something is left over")

    def _kept(self, folder: Path) -> Iterator[Path]:
        return (path for path in (folder / OUT).glob(self.command.kept) if path.stat().st_size)
