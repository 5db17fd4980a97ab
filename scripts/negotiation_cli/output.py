"""How results reach the screen: JSON, tables, progress bars."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import typer
from negotiation_policies.human.terminal import table as table

if TYPE_CHECKING:
    from rich.console import Console

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON need not escape, but a terminal obeys or UTF-8 cannot hold."""
_FILE_WIDTH = 160
"""Characters a line where there is no terminal, so that paths stay whole."""


def write_json(value: object) -> None:
    """Print one JSON document; what is not a finite number is null, and no character is a command to a terminal."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    typer.echo(_UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _plain(value: Any) -> Any:  # noqa: ANN401  # any JSON-able value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return _plain(value.tolist()) if hasattr(value, "tolist") else str(value)


def screen(stderr: bool = False) -> Console:
    """The terminal, or the file that stands in for it; text is printed as it is, without markup."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _FILE_WIDTH
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def number(value: float | None, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"


@contextmanager
def progress_bar(what: str, total: int | None, quiet: bool = False) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on standard error, and the function that moves it; neither if quiet or not on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen(stderr=True), transient=True) as progress:
        yield partial(progress.advance, progress.add_task(what, total=total))


def report(result: Mapping[str, object], as_json: bool) -> None:
    """Print named results: as JSON, or as a table with one line each."""
    if as_json:
        write_json(result)
        return
    made = table("", "")
    made.show_header = False
    for name, value in result.items():
        shown = [str(item) for item in value] if isinstance(value, list) else [_text(value)]
        for place, text in enumerate(shown):
            made.add_row("" if place else name.replace("_", " "), text)
    screen().print(made)


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
