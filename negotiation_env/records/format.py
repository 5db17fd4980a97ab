"""What a domain's records need beside what all domains share; `negotiation_env.records.price` is the model to follow.

A line of JSONL and a row of the tables are the same in every domain but for four places: what the state says
after the offers, the outcome before ``meta``, the start of ``meta``, and its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.records.errors import RecordError
from negotiation_env.records.games import Games, Labels
from negotiation_env.registry import load_target, unknown_name

if TYPE_CHECKING:
    import pyarrow as pa

    from negotiation_env.records.rows import Column, Rows

_FORMATS = {
    "price": "negotiation_env.records.price.format:PRICE",
    "multi_item": "negotiation_env.records.multi_item.format:MULTI_ITEM",
}
ACTIONS = ("OFFER", "ACCEPT", "WALK")
"""The types of an action, by the kind of move."""
Record: TypeAlias = Mapping[str, Any]
"""A parsed line, or an object in it."""
OwnFacts: TypeAlias = Any
"""The domain's own facts of a game, a `NamedTuple`."""
SeatFacts: TypeAlias = tuple[float | None, ...]
"""What all lines of one agent say alike, by `Format.seat_facts`."""


class OwnText(NamedTuple):
    """What the lines of one game say that those of other domains do not, as JSON text.

    Attributes:
        state: for each seat the last keys of ``state``.
        outcome: for each seat the keys before ``meta``, each with a comma behind it.
        meta: the first keys of ``meta``.
        end: its last keys, each with a comma before it.
    """

    state: tuple[str, str]
    outcome: tuple[str, str]
    meta: str
    end: str


class OwnPattern(NamedTuple):
    """Regular expressions of the four texts of the first line of a game, and of what is offered.

    Attributes:
        state: as in `OwnText`; its groups and those of the next two are given to `Reader.recognised`.
        outcome: as in `OwnText`.
        meta: as in `OwnText`.
        end: as in `OwnText`; its groups come last.
        state_end: the text of ``state`` in any line, without a group.
        offers: the text inside ``offer_history``.
        offer: one offer.
    """

    state: str
    outcome: str
    meta: str
    end: str
    state_end: str
    offers: str
    offer: str


class GameFacts(NamedTuple):
    """What every line of a game says alike: parameters as JSON, and the domain's own facts."""

    uid: str
    first: int
    max_turns: int
    seed: int
    strategy_0: str
    strategy_1: str
    params_0: str
    params_1: str
    scenario: str
    information: str
    episode_outcome: str
    own: OwnFacts


class Writer(Protocol):
    """Makes `Games` and their lines."""

    def facts(self, episodes: Episodes, keep: NDArray[np.bool_]) -> dict[str, Array]:
        """The domain's own columns of ``Games.facts``, of the games (E,) that are kept."""

    def labels(self, episodes: Episodes) -> dict[str, Labels]:
        """The domain's own columns of ``Games.labels``, of all games."""

    def own_texts(self, games: Games) -> Iterator[OwnText]:
        """The domain's own text of each game."""

    def offer_texts(self, games: Games) -> tuple[list[str], list[str]]:
        """JSON text of what each move (N,) offers, as the mover sees it, and as the other agent does."""


class Reader(Protocol):
    """Reads lines; every method raises ``ValueError`` with the reason for what is wrong."""

    pattern: OwnPattern

    def recognised(
        self, found: Sequence[str], seat: int, opponent_params: str
    ) -> tuple[OwnFacts, list[SeatFacts], OwnText]:
        """Facts and text of a game whose first line, of ``seat``, matches: the texts of the pattern's groups."""

    def moves(self, history: str, offered: str, own: OwnFacts) -> tuple[list[float], list[str], list[str]]:
        """All offers of a game whose last line has this ``offer_history`` and offers this, or ``null``.

        Returns the offers as `Games` has them, and for each move their texts as `Writer.offer_texts`.
        """

    def facts(self, record: Record, state: Record, meta: Record, seat: int) -> OwnFacts:
        """The domain's own facts, from a line of ``seat``."""

    def seat_facts(self, record: Record) -> SeatFacts:
        """What a line says of its own agent."""

    def expected_seat_facts(self, params: str) -> SeatFacts:
        """The same for an agent that has not moved yet, from its parameters as JSON."""

    def offers(self, shown: Sequence[object], own: OwnFacts, is_mine: bool) -> list[float]:
        """Offers as `Games` has them, from how an agent sees them; ``is_mine`` says whether it made the first."""

    def check_outcome(self, facts: GameFacts, agreed: float | None, seat: int) -> tuple[float, float]:
        """Check what the facts say of the outcome if ``seat`` has offered what was ``agreed`` on, ``None`` if nothing.

        Returns:
            The rewards of both seats but for discounting.
        """

    def discounts(self, own: OwnFacts) -> tuple[float, float] | None:
        """The discount factors of both seats, ``None`` if the record does not hold them."""


class Tables(Protocol):
    """The domain's own columns of the two tables."""

    def decisions(self, rows: Rows, k_history: int) -> dict[str, Column]:
        """What was seen and offered: columns (N,)."""

    def results(self, rows: Rows) -> dict[str, Column]:
        """What stands behind the reward: columns (N,)."""

    def episodes(self, games: Games) -> dict[str, Column]:
        """Private facts and outcome: columns (E,)."""

    def facts(self, episodes: pa.Table) -> dict[str, Array]:
        """The domain's own columns of ``Games.facts``, from rows of the table of episodes."""

    def offers(self, decisions: pa.Table, facts: Mapping[str, Array]) -> Array:
        """What each move offers, as `Games` has it, from rows of the table of decisions and their games' facts."""

    def check(self, games: Games, agreed: Array) -> None:
        """Raise ``ValueError`` unless offers are possible, and games (E,) end with what was ``agreed``, if anything."""


class Teller(Protocol):
    """Tells games one by one, as the objects that `negotiation_env.play` returns."""

    @property
    def episode_type(self) -> Any:  # noqa: ANN401  # a dataclass
        """The domain's own episode."""

    def own_fields(self, games: Games, index: int) -> dict[str, Any]:
        """Those fields of a game's episode that other domains do not have, ``deal``, ``payoffs`` and ``details``."""

    def shown(self, games: Games, index: int, offer: Any) -> Any:  # noqa: ANN401
        """An offer of a game as its episode shows it."""

    def is_sound(self, episode: Any) -> bool:  # noqa: ANN401
        """Whether a game ended in a deal that is no worse for either agent than none."""

    def log(self, episode: Any) -> dict[str, object]:  # noqa: ANN401
        """The domain's own columns of a spreadsheet, by name."""


@dataclass(frozen=True)
class Format:
    """The records of one domain.

    Attributes:
        domain: its name.
        sides: the roles of both seats.
        pools: the keys of a recipe that name the players of each seat.
        last_offer: the key of ``state`` that holds the last offer.
        content: the key of ``action`` that holds what is offered.
        nothing: what stands for no offer in `Games`; its type is that of offers.
        labels: the names of own facts that are texts.
        seat_facts: the names of what all lines of one agent say alike.
        dtypes: of own facts that are numbers; float64 if not named.
    """

    domain: str
    sides: tuple[str, str]
    pools: tuple[str, str]
    last_offer: str
    content: str
    nothing: float | int
    labels: tuple[str, ...]
    seat_facts: tuple[str, ...]
    dtypes: Mapping[str, type[np.generic]]
    writer: Writer
    reader: Reader
    tables: Tables
    teller: Teller

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """For each kind of move, the text of a line from the value of ``type`` to what is offered."""
        return tuple(f'{action}","{self.content}":' for action in ACTIONS)


@cache
def find_format(domain: str) -> Format:
    """The format of a domain.

    Raises:
        RecordError: the domain has none.
    """
    if domain not in _FORMATS:
        raise RecordError(unknown_name("domain of records", domain, _FORMATS))
    found: Format = load_target(_FORMATS[domain])
    return found


def format_of(record: object) -> Format | None:
    """The format of a parsed line, by what its action holds; ``None`` if it is of none."""
    action = record.get("action") if isinstance(record, dict) else None
    if not isinstance(action, dict):
        return None
    return next((form for form in map(find_format, _FORMATS) if form.content in action), None)
