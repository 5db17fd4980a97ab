"""Which errors are messages to the user, and not defects that deserve their traceback."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

_MARK = "negotiation_advice"


def is_advice(error: BaseException) -> bool:
    """Whether one of our own checks has raised an error.

    These end in a ``raise`` statement of one of our packages; what Python or NumPy raises inside our code does
    not. An error from another process has no traceback and carries the answer of `judged`.
    """
    marked: bool | None = getattr(error, _MARK, None)
    if marked is not None:
        return marked
    return error.__traceback__ is not None and _ends_in_raise(error.__traceback__)


@contextmanager
def judged() -> Iterator[None]:
    """Mark an error of the block, or of the function that is decorated, so that another process can judge it."""
    try:
        yield
    except Exception as error:
        setattr(error, _MARK, is_advice(error))
        raise


def _ends_in_raise(traceback: TracebackType) -> bool:
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    frame = traceback.tb_frame
    statement = linecache.getline(frame.f_code.co_filename, traceback.tb_lineno).strip()
    return str(frame.f_globals.get("__name__", "")).startswith("negotiation_") and statement.startswith("raise ")
