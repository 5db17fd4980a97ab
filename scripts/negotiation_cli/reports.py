"""How each domain's games are shown: which module prints a game, and which sums up many."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_cli.dialogue import Dialogue
    from negotiation_env.episodes import Episodes
    from negotiation_env.records.usage import Usage


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


ENDINGS = {"walk": "one side walked away", "deadline": "the deadline passed", "fault": "a player failed"}
"""How games end without a deal, in words."""
_USAGE = ("retries", "fallbacks", "illegal", "tokens")


def tally_of(domain: str) -> Tally:
    """An empty tally for the games of a domain."""
    tally: Tally = import_module(f"negotiation_cli.{domain}_tally").Tally()
    return tally


def transcript_of(domain: str) -> Dialogue:
    """What prints the games of a domain."""
    from negotiation_cli.dialogue import Dialogue

    return Dialogue(import_module(f"negotiation_cli.{domain}_transcript"))


def usage_columns(usages: Sequence[tuple[Usage, Usage]]) -> tuple[str, ...]:
    """The columns of what language models have used; none if nothing is given."""
    return _USAGE if usages else ()


def usage_cells(usages: Sequence[tuple[Usage, Usage]], place: int) -> list[str]:
    """What both seats of one game have used together; of tokens those read, and those written."""
    if not usages:
        return []
    one, two = usages[place]
    both = one + two
    counts = (both.retries, both.fallbacks, both.illegal_replies)
    return [*(f"{count:,}" for count in counts), f"{both.prompt_tokens:,} + {both.completion_tokens:,}"]
