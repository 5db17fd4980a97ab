"""What a measurement is, how it is taken and how it is shown."""

from __future__ import annotations

import argparse
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.table import Table

T = TypeVar("T")
REPEATS = 3
RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        what: what was measured.
        value: the number.
        unit: its unit.
        target: what it should reach, or ``None`` where it is shown for comparison.
        at_most: whether ``target`` is an upper bound rather than a lower one.
        reference: what it was measured against in the same run, with that one's own figure.
        ratio: the figure over the reference; above 1 is better, except where ``unit`` is ``x``.
    """

    what: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False
    reference: str = ""
    ratio: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; ``None`` without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def cells(self) -> list[str]:
        """The figure as the cells of a table row."""
        sign = "at most" if self.at_most else "at least"
        return [
            self.what,
            f"{rounded(self.value)} {self.unit}",
            "" if self.target is None else f"{sign} {rounded(self.target)}",
            {None: "", True: "yes", False: "no"}[self.met],
            self.reference,
            "" if self.ratio is None else f"{rounded(self.ratio)}x",
        ]


HEADINGS = ["what", "measured", "target", "met", "reference, same run", "ratio"]


def best(action: Callable[[], T], repeats: int = REPEATS) -> tuple[float, T]:
    """The least CPU-seconds of this process that ``action`` took, and its last result."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        result = action()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def in_turns(actions: Sequence[Callable[[], object]], repeats: int) -> np.ndarray:
    """CPU-seconds (actions, repeats), the actions taken in turns so that all meet the same state of the memory."""
    seconds = np.empty((len(actions), repeats))
    for repeat in range(repeats):
        for row, action in enumerate(actions):
            start = time.process_time()
            action()
            seconds[row, repeat] = time.process_time() - start
    return seconds


def rounded(value: float) -> str:
    """Three significant digits, with thousands separators."""
    if value == 0:
        return "0"
    digits = max(0, 2 - (len(str(int(abs(value)))) - 1)) if abs(value) >= 1 else 3
    whole = round(value, digits) if digits else round(value, -max(0, len(str(int(abs(value)))) - 3))
    return f"{whole:,.{digits}f}"


def machine() -> str:
    """Processor, cores and the versions that matter."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "gymnasium", "pettingzoo", "polars"))
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def measured_with(command: str) -> str:
    """The sentence that begins each section: when, how and on what it was measured."""
    return f"Measured on {date.today()} with `{command}` on {machine()}."


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def options_of(doc: str | None) -> argparse.ArgumentParser:
    """The options of every benchmark: ``--write``."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write the section of {RESULTS.name}")
    return parser


def report(title: str, figures: list[Figure], notes: list[str], command: str, write: bool) -> None:
    """Print the figures, and put them into `RESULTS` if asked to."""
    show(figures, title)
    if write:
        write_section(title, render(figures, notes, command))


def show(figures: list[Figure], title: str) -> None:
    """Print the figures as a table."""
    table = Table(title=title, caption=machine(), show_lines=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in {"measured", "target", "ratio"} else "left")
    for figure in figures:
        style = "red" if figure.met is False else None
        table.add_row(*figure.cells(), style=style)
    Console(width=150).print(table)


def render(figures: list[Figure], notes: list[str], command: str) -> str:
    """The figures as Markdown, without a heading."""
    lines = [measured_with(command), ""]
    lines += [f"- {note}" for note in notes]
    lines += ["", "| " + " | ".join(HEADINGS) + " |", "|" + "|".join("---" for _ in HEADINGS) + "|"]
    lines += ["| " + " | ".join(figure.cells()) + " |" for figure in figures]
    return "\n".join(lines) + "\n"


def write_section(title: str, text: str) -> None:
    """Put a section into `RESULTS`, in place of the one of the same title; other sections stay as they are."""
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = {part.partition("\n")[0]: part for part in re.split(r"^# ", page, flags=re.MULTILINE) if part.strip()}
    sections[title] = f"{title}\n\n{text.strip()}\n"
    RESULTS.write_text("\n".join(f"# {part.strip()}\n" for part in sections.values()), encoding="utf-8")
    print(f"Written to {RESULTS}")
