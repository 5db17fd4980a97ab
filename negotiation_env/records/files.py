"""Files that are either there in full or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO


def flush(file: IO[bytes]) -> None:
    """Make sure that what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, and make sure that the name is on the disk."""
    temporary.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def discard(file: IO[bytes], path: Path) -> None:
    """Close and delete a file that cannot be finished; what its buffer holds need not reach the disk."""
    with suppress(OSError):
        file.close()
    path.unlink(missing_ok=True)
