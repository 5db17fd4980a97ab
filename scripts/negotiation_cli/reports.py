"""How each domain's games are shown: which module prints a game, and which sums up many."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from negotiation_env.episodes import Episodes


class Tally(Protocol):
    """What came out of many games, gathered batch by batch."""

    episodes: int
    faults: int

    def add(self, episodes: Episodes) -> None:
        """Count further games."""

    def as_json(self) -> dict[str, object]:
        """The figures by name."""

    def as_table(self) -> Table:
        """The same for reading."""


class Transcript(Protocol):
    """How single games are printed."""

    def print_game(self, screen: Console, game: Any, title: str) -> None:  # noqa: ANN401  # the domain's own episode
        """Print one game: the players and what they privately know, the moves, the outcome."""

    def summary_table(self, games: Sequence[Any]) -> Table:
        """One row a game."""


def tally_of(domain: str) -> Tally:
    """An empty tally for the games of a domain."""
    tally: Tally = import_module(f"negotiation_cli.{domain}_tally").Tally()
    return tally


def transcript_of(domain: str) -> Transcript:
    """The module that prints the games of a domain."""
    return import_module(f"negotiation_cli.{domain}_transcript")
