"""Files that are either there in full or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from negotiation_env.records.errors import RecordError, explained


def created(path: Path) -> IO[bytes]:
    """Open a new file for writing, in place of what has its name: a link there is replaced, and not followed."""
    path.unlink(missing_ok=True)
    return path.open("xb")


def refuse_links(paths: Iterable[Path]) -> None:
    """Raise `RecordError` if one of these files is a link: in a folder from elsewhere it can lead anywhere."""
    for path in paths:
        if path.is_symlink():
            raise RecordError(
                f"{path} is a link, and what belongs to a folder is only read and written inside it; put the file "
                "itself there."
            )


def flush(file: IO[bytes] | IO[str]) -> None:
    """Make sure that what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, and make sure that the name is on the disk."""
    temporary.replace(path)
    flush_names(path.parent)


def flush_names(folder: Path) -> None:
    """Make sure that the names of the files in a folder are on the disk."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def publish_together(files: Sequence[tuple[Path, Path]]) -> None:
    """Give finished files that belong together their names, each a pair of its temporary path and its path.

    The old files but the first go before a new one comes, so that an old one never stands beside a new one.

    Raises:
        RecordError: a file cannot be renamed.
    """
    for _, path in files[1:]:
        with explained(path):
            path.unlink(missing_ok=True)
    for temporary, path in files:
        with explained(path):
            publish(temporary, path)


def discard(file: IO[bytes], path: Path) -> None:
    """Close and delete a file that cannot be finished; what its buffer holds need not reach the disk."""
    with suppress(OSError):
        file.close()
    path.unlink(missing_ok=True)


def named(path: str | Path) -> Path:
    """The path, with a name at its end even if it is written as ``.`` or ``..``.

    Raises:
        RecordError: it is the root folder, which has no name.
    """
    found = Path(path)
    if found.name in ("", ".."):
        found = found.resolve()
    if not found.name:
        raise RecordError(f"{path} is the root folder; give a file or a folder inside it.")
    return found


@contextmanager
def locked(path: Path, refusal: str) -> Iterator[None]:
    """Hold a lock file, which one process can at a time, and delete it in the end.

    Raises:
        RecordError: with ``refusal``, if another process holds it.
    """
    if os.name != "posix":
        yield
        return
    with explained(path):
        lock = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666), "w")
    with lock:
        if not _taken(lock, path):
            raise RecordError(refusal)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def reserved(folder: Path, name: str, refusal: str) -> Iterator[None]:
    """Make a folder and hold a lock in it; a folder that was made here goes again if nothing comes into it.

    Args:
        folder: what one process at a time writes into.
        name: of the lock file.
        refusal: what is said if another process holds it.

    Raises:
        RecordError: with ``refusal``, or because the folder cannot be made.
    """
    is_new = not folder.exists()
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(folder / name, refusal):
            yield
    finally:
        if is_new:
            with suppress(OSError):  # there is something in it
                folder.rmdir()


def _taken(lock: IO[str], path: Path) -> bool:
    """Take the lock; ``False`` if another process holds it, or has just deleted the file that was opened."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
