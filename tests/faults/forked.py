"""The `negotiate` command in processes of its own that can be harmed, forked so that each has imported everything."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIGHT = [
    "negotiation_cli.main",
    "negotiation_env.records.generate",
    "negotiation_env.records.prepare",
    "pyarrow.parquet",
]
"""What every command imports sooner or later."""
HEAVY = [
    *LIGHT, "negotiation_env.tournament.play", "negotiation_env.minari_export",
    "negotiation_policies.learned.d3rlpy_training", "negotiation_janus.training", "negotiation_janus.rho_mlp.training",
    "negotiation_policies.llm.free", "minari", "d3rlpy", "torch", "torch.utils.tensorboard", "polars",
    "statsmodels.api", "nashpy", "peft", "transformers", "openai",
]  # fmt: skip
"""What some of them need seconds to import."""
SHARD = 200
"""Games a shard, far fewer than otherwise, so that small datasets have several."""
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_DAY = 86_400.0
_context: Any = multiprocessing.get_context("forkserver")


def preload(modules: Sequence[str]) -> None:
    """Say what commands find imported; it is heard before the first of them starts."""
    _context.set_forkserver_preload(list(modules))


@dataclass(frozen=True)
class Harm:
    """What is done to a command from within its process.

    Attributes:
        kill_at: the file operation before which it is killed, counted from 1; 0 for never.
        largest_file: bytes that a file can have, 0 for no limit.
        clock_jumps: whether the time of day jumps by days, back and forth.
    """

    kill_at: int = 0
    largest_file: int = 0
    clock_jumps: bool = False


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code; negative for a signal.
        out: what it printed.
        err: what it said on standard error.
        operations: how many file operations it made: files opened for writing, renamed, removed, folders made.
        seconds: how long it ran.
    """

    code: int
    out: str
    err: str
    operations: int
    seconds: float

    @property
    def said(self) -> str:
        """Everything, in one line."""
        return " ".join(f"{self.out} {self.err}".split())


class Running:
    """A command that runs in a folder."""

    def __init__(
        self, words: Sequence[str], folder: Path, logs: Path, env: Mapping[str, str], harm: Harm | None = None
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs, self._operations = logs, _context.Value("i", 0)
        arguments = (list(words), str(folder), str(logs), dict(env), harm or Harm(), self._operations)
        self._process = _context.Process(target=_run, args=arguments)
        self._process.start()
        self._began = time.monotonic()

    def kill(self, after: float) -> None:
        """Kill it some seconds from its start, unless it has ended."""
        self._process.join(max(0.0, self._began + after - time.monotonic()))
        self._process.kill()

    def ended(self, within: float = 300.0) -> Ended:
        """Wait for its end."""
        self._process.join(within)
        seconds = time.monotonic() - self._began
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutError(f"still running after {within:g} s: {(self._logs / 'err').read_text()}")
        out, err = ((self._logs / name).read_text(errors="replace") for name in ("out", "err"))
        return Ended(self._process.exitcode, out, err, self._operations.value, seconds)


def run(words: Sequence[str], folder: Path, logs: Path, env: Mapping[str, str], harm: Harm | None = None) -> Ended:
    """Run a command to its end."""
    return Running(words, folder, logs, env, harm).ended()


def _run(words: list[str], folder: str, logs: str, env: dict[str, str], harm: Harm, operations: Any) -> None:
    gc.freeze()  # else the first collection copies every page of what was imported
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{logs}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ |= env
    os.chdir(folder)
    from negotiation_cli.main import main

    from negotiation_env.records import generate

    generate._LARGEST_SHARD = SHARD
    if harm.clock_jumps:
        _let_the_clock_jump()
    sys.addaudithook(_Watch(folder, operations, harm.kill_at))
    if harm.largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (harm.largest_file, harm.largest_file))
    main(words)


class _Watch:
    """Counts the file operations below a folder, and ends the process before one of them as a power cut would."""

    def __init__(self, folder: str, operations: Any, kill_at: int) -> None:
        self._folder, self._operations, self._kill_at = folder, operations, kill_at

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in _CHANGES and not (event == "open" and isinstance(args[2], int) and args[2] & _WRITES):
            return
        if not isinstance(args[0], str | bytes | os.PathLike):
            return
        if not str(Path(os.fsdecode(args[0])).absolute()).startswith(self._folder):
            return
        self._operations.value += 1
        if self._operations.value == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def _let_the_clock_jump() -> None:
    """Days back and forth between any two looks at the time of day; the monotonic clocks go on."""
    true, looks = time.time, [0]

    def jumping() -> float:
        looks[0] += 1
        return true() + (-1) ** looks[0] * looks[0] * _DAY

    time.time = jumping
    time.time_ns = lambda: int(jumping() * 1e9)
