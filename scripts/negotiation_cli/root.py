"""What all commands share: one spelling rule for options, and one place that turns errors into advice."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperGroup

WRONG_CALL, INTERRUPTED = 2, 130
_UsageError: Any = typer.BadParameter.__mro__[1]  # its module has moved between releases of Typer
_ADVICE = (ValueError, TypeError, OSError, ImportError)


def spelling(name: str) -> str:
    """One spelling for an option written with hyphens or underscores."""
    return name.replace("-", "_")


class Root(TyperGroup):
    """The `negotiate` command: exit code 2 and one line of advice for a wrong call, never a traceback."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401  # Typer's own types
        """A command by its name, written with hyphens or underscores."""
        return super().get_command(ctx, cmd_name) or super().get_command(ctx, cmd_name.replace("_", "-"))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command; Ctrl-C ends it with one line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            typer.echo("\n" + (str(error) or "interrupted: nothing was written."), err=True)
            raise typer.Exit(INTERRUPTED) from error

    def main(self, args: Sequence[str] | None = None, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]  # noqa: ANN401
        """Parse and run; the only place where errors become advice."""
        try:
            result = super().main(args, standalone_mode=False, **extra)
        except _UsageError as error:
            message = error.format_message().rstrip()
            where = f" See '{error.ctx.command_path} --help'." if error.ctx else ""
            _stop(f"{message}{'' if message.endswith(('.', '?')) else '.'}{where}")
        except _ADVICE as error:
            if not is_advice(error):
                raise
            _stop(_message(error))
        if standalone_mode:
            sys.exit(result if isinstance(result, int) else 0)
        return result


def _stop(message: str) -> None:
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    sys.exit(WRONG_CALL)


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def is_advice(error: Exception) -> bool:
    """Whether an error is a message to the user, and not a defect that deserves its traceback.

    Our own checks end in a ``raise`` statement of one of our packages; what Python or NumPy raises inside our
    code does not. Errors of the operating system are messages anyway.
    """
    if isinstance(error, OSError):
        return True
    remote = error.__cause__
    if type(remote).__name__ == "_RemoteTraceback":  # raised in a worker process
        frames = [line for line in str(remote).splitlines() if line.startswith("  ")]
        place, statement = [line.strip() for line in frames if not line.strip().startswith("^")][-2:]
        return "negotiation_" in place and statement.startswith("raise ")
    return error.__traceback__ is not None and _ends_in_raise(error.__traceback__)


def _ends_in_raise(traceback: TracebackType) -> bool:
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    frame = traceback.tb_frame
    statement = linecache.getline(frame.f_code.co_filename, traceback.tb_lineno).strip()
    return str(frame.f_globals.get("__name__", "")).startswith("negotiation_") and statement.startswith("raise ")
