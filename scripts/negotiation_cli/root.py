"""What all commands share: one spelling rule for options, and one place that turns errors into advice."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

WRONG_CALL, INTERRUPTED = 2, 130
_UsageError: Any = typer.BadParameter.__mro__[1]  # its module has moved between releases of Typer
_EXTRAS: dict[str, str] = {
    **dict.fromkeys(("torch", "transformers", "peft", "safetensors", "gguf", "accelerate", "huggingface_hub"), "janus"),
    **dict.fromkeys(("scipy", "statsmodels", "nashpy"), "tournament"),
    **dict.fromkeys(("polars", "pyarrow"), "datasets"),
    "tensorboard": "janus",
    "matplotlib": "plot",
}
"""The extra that brings a package, for imports that nothing else explains."""
_ADVICE = (ValueError, TypeError, RuntimeError, OSError, ImportError)


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
            typer.echo("\n" + (str(error) or "interrupted."), err=True)
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
            from negotiation_env.advice import is_advice

            brings = _EXTRAS.get(str(getattr(error, "name", "")).partition(".")[0])
            if isinstance(error, ModuleNotFoundError) and brings is not None:
                _stop(f'this needs {error.name}; install it with: pip install "negotiation-env[{brings}]"')
            if not isinstance(error, OSError) and not is_advice(error):
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
    return " ".join([str(error), *getattr(error, "__notes__", ())])
