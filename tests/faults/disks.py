"""Disks that are full or cannot be written to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LARGE = "256m"
_PAGE = 4096


class Disk:
    """A folder on a file system of its own where that can be made, which takes root; else a folder of permissions.

    Attributes:
        folder: where it is.
        is_own: whether it is a file system of its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.is_own = os.geteuid() == 0 and self._mount("tmpfs", "-t", "tmpfs", "-o", f"size={_LARGE}")

    def shrink(self, room: int) -> None:
        """Leave so many bytes beside what is there."""
        used = sum(path.stat().st_blocks * 512 for path in self.folder.rglob("*"))
        self._remount(f"size={max(used + room, _PAGE)}")

    def grow(self) -> None:
        """Make room."""
        self._remount(f"size={_LARGE}")

    def forbid(self) -> None:
        """Let nobody write."""
        if self.is_own:
            self._remount("ro")
        for path in () if self.is_own else [self.folder, *self.folder.rglob("*/")]:
            path.chmod(0o555)

    def allow(self) -> None:
        """Let everybody write."""
        if self.is_own:
            self._remount("rw")
        for path in () if self.is_own else [self.folder, *self.folder.rglob("*/")]:
            path.chmod(0o755)

    def close(self) -> None:
        """Give it back."""
        if self.is_own:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def _mount(self, source: str, *options: str) -> bool:
        done = subprocess.run(["mount", *options, source, str(self.folder)], capture_output=True, check=False)
        return done.returncode == 0

    def _remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], capture_output=True, check=True)


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """A new disk, given back in the end."""
    made = Disk(folder)
    try:
        yield made
    finally:
        made.close()
