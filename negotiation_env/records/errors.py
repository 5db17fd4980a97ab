"""What can go wrong with files of records."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class RecordError(ValueError):
    """A file of records cannot be read or written; the message says why and what to do."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while games were being recorded; the message says how to go on."""


@contextmanager
def explained(path: Path, advice: str = "") -> Iterator[None]:
    """Turn an ``OSError`` of the block, which writes ``path``, into a `RecordError` with advice."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno in _NO_SPACE else (error.strerror or str(error))
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(path) else ""
        raise RecordError(f"cannot write {path}: {reason}{where}.{advice and ' '}{advice}") from error


def require(package: str, extra: str = "datasets") -> None:
    """Raise ``ImportError`` with what to install if a package of an extra is missing."""
    try:
        import_module(package)
    except ModuleNotFoundError as error:
        raise ImportError(f'this needs {package}; install it with: pip install "negotiation-env[{extra}]"') from error
