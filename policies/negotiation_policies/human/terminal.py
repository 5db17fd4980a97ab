"""The terminal at which a person is asked: what is shown there, and what is typed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from negotiation_policies.human.plain_text import plain_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

LONGEST = 2000
"""The most characters of a message that are shown."""
_ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


class Read(Protocol):
    """Shows a prompt and returns the line that is typed; the end of the input is an ``EOFError``."""

    def __call__(self, prompt: str, /) -> str:
        """Ask once."""


@dataclass(frozen=True)
class Terminal:
    """A console that shows, and a function that reads a line.

    Attributes:
        console: where everything but prompts is shown.
        read: shows a prompt and returns what is typed.
    """

    console: Console
    read: Read

    def show(self, *parts: RenderableType) -> None:
        """Show texts and tables; what looks like markup in a text is text."""
        for part in parts:
            self.console.print(part, markup=False, highlight=False, emoji=False)

    def words(self, text: str) -> str:
        """What somebody has said, as words that can be shown here (see `plain_text`), cut to `LONGEST`."""
        words = plain_text(text[: 2 * LONGEST])
        cut = words if len(words) <= LONGEST else f"{words[:LONGEST]} (...)"
        return cut.encode(self.console.encoding, "replace").decode(self.console.encoding)

    def ask(self, prompt: str) -> str:
        """What is typed, as plain words; empty if nothing is.

        Raises:
            RuntimeError: the input has ended, or there is none.
        """
        while True:
            try:
                return plain_text(self.read(prompt))
            except UnicodeDecodeError:
                self.show("That is no text in UTF-8; please type it again.")
            except (EOFError, OSError) as error:
                self.show("")
                raise RuntimeError(
                    "policy 'human' needs a person at a terminal, and the input has ended or there is none. Play in a "
                    "terminal and not in worker processes, or give that seat another policy."
                ) from error

    def confirm(self, question: str) -> bool:
        """Whether the answer to a question is yes; anything but yes and no is asked again."""
        while True:
            answer = _ANSWERS.get(self.ask(f"{question} [y/n] ").lower())
            if answer is not None:
                return answer


def this_terminal() -> Terminal:
    """The terminal of this process.

    Where the standard output is a file or a pipe it is left to the results, and standard error shows the game.
    """
    from rich.console import Console

    console = Console(stderr=not sys.stdout.isatty(), markup=False, emoji=False, highlight=False)
    return Terminal(console, partial(_read, console))


def _read(console: Console, prompt: str) -> str:
    if sys.stdin is None or sys.stdin.closed:
        raise EOFError("there is no standard input")
    with suppress(ImportError):  # line editing and a history, where Python has them
        import readline  # noqa: F401
    if console.stderr:
        console.print(prompt, end="", markup=False, highlight=False)
        prompt = ""
    return input(prompt)


def table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """An empty table; columns of numbers are set to the right."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return made
