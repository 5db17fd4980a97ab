"""One run of a llama.cpp server: its child process, from the start to the end, and what it logs."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from negotiation_policies.llm.backends.llama_process import ANNOUNCEMENT
from negotiation_policies.llm.backends.protocol import BackendError

_LOG_LINES, _LINES_SHOWN = 20, 3
_POLL = 0.02
_LOG_READ_WITHIN = 2.0
_PATIENCE = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep: those that spin take minutes for a reply beside one busy process."""
_SECRETS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
_LOG_PREFIX = re.compile(r"^[\d.]+ [A-Z] (?:(?:srv|cmn)\s+)?")
"""Time, level and component, as llama.cpp writes them before each line."""


@dataclass(frozen=True)
class ServerSettings:
    """How a server runs.

    Attributes:
        slots: how many requests are computed at once; further ones wait their turn.
        context: tokens of prompt and reply together, a slot; llama.cpp caps it at what the model was trained for.
        threads: that compute.
        start_within: seconds for loading the model.
    """

    slots: int
    context: int
    threads: int
    start_within: float


class LlamaServer:
    """A server process that has been started.

    It has a session of its own, so that Ctrl-C in the terminal reaches only the program, which then decides. It is
    killed when the program ends in order, and leaves by itself when the program ends otherwise, at the latest when it
    has loaded its model.

    Args:
        file: the GGUF file.
        name: the model in messages.
        settings: how it runs.
    """

    def __init__(self, file: Path, name: str, settings: ServerSettings) -> None:
        self._file, self._name, self._settings = file, name, settings
        self._address: str | None = None
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._process = self._started()
        atexit.register(self.stop)
        self._reader = threading.Thread(target=self._read, name="negotiation-llama-log", daemon=True)
        self._reader.start()

    def _started(self) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(
                _command(self._file, self._name, self._settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                env=_environment(),
            )
        except OSError as error:
            said = f"{self._name}: the local model server cannot be started ({error.strerror or error})."
            raise BackendError(f"{said} Is there enough memory?", "setup") from error

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def address(self) -> str:
        """Where it listens, once the model is loaded; `BackendError` with the reason if it cannot be."""
        deadline = time.monotonic() + self._settings.start_within
        while self._address is None:
            if self.has_ended():
                self._reader.join(_LOG_READ_WITHIN)
                raise BackendError(
                    f"{self._name}: llama.cpp cannot load {self._file.name} ({self._reason()}). It must be a whole "
                    "GGUF file of a language model, and fit into memory.",
                    "model",
                )
            if time.monotonic() > deadline:
                self.stop()
                raise BackendError(
                    f"{self._name}: {self._file.name} was not loaded within {self._settings.start_within:g} s. Take a "
                    "smaller model, or a larger start_within.",
                    "timeout",
                )
            await asyncio.sleep(_POLL)
        return self._address

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    async def ends_within(self, seconds: float) -> bool:
        """Whether the process is gone, or goes in this time; its connections break a moment earlier."""
        deadline = time.monotonic() + seconds
        while not self.has_ended() and time.monotonic() < deadline:
            await asyncio.sleep(_POLL)
        return self.has_ended()

    def last_words(self) -> str:
        """How the process has ended, and the last lines of its log."""
        code = self._process.returncode
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return "; ".join([how, *list(self._log)[-_LINES_SHOWN:]])

    def stop(self) -> None:
        """End the process; it has nothing to save."""
        atexit.unregister(self.stop)
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _reason(self) -> str:
        """Why the model could not be loaded: llama.cpp's first error, or Python's last line."""
        lines = list(self._log) or [self.last_words()]
        return lines[-1 if lines[0].startswith("Traceback") else 0]

    def _read(self) -> None:
        """Keep the last lines of the log; they name the file without its folder."""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if line.startswith(ANNOUNCEMENT):
                    self._address = line.removeprefix(ANNOUNCEMENT).strip()
                elif line.strip():
                    self._log.append(_LOG_PREFIX.sub("", line.strip()).replace(str(self._file), self._file.name))


def _environment() -> dict[str, str]:
    """That of the server, which needs none of the program's keys."""
    return {**_PATIENCE, **{name: text for name, text in os.environ.items() if not name.endswith(_SECRETS)}}


def _command(file: Path, name: str, settings: ServerSettings) -> list[str]:
    numbers = {"slots": settings.slots, "context": settings.context, "threads": settings.threads}
    options = [text for option, value in numbers.items() for text in (f"--{option}", str(value))]
    # -P: the working directory is no place to import from.
    module = f"{__package__}.llama_process"
    return [sys.executable, "-P", "-m", module, "--model", str(file), "--name", name, *options]
