"""What a domain gives to the engine; `negotiation_env.price.domain` is the model to follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Int64, JsonValue
from negotiation_env.registry import DOMAINS, load_target, unknown_name

if TYPE_CHECKING:
    from negotiation_env.episodes import Episodes

Array = NDArray[Any]
Columns = Mapping[str, Array]
Rows = slice | Int64


class Config(Protocol):
    """The settings of a domain's games, shared by environments and `rollout`."""

    @property
    def max_turns(self) -> int:
        """The deadline in single turns."""

    @property
    def scenario(self) -> str:
        """The name of the scenario."""

    @property
    def information(self) -> str:
        """``"private"`` or ``"known"``."""

    @property
    def chat(self) -> bool:
        """Whether moves may carry public messages."""

    def as_json(self) -> dict[str, JsonValue]:
        """A JSON-able dict that rebuilds the settings."""


class State(Protocol):
    """B games in lockstep; arrays as in `negotiation_env.price.state.PriceState`."""

    first: Int64
    game: Int64
    ended: NDArray[np.int8]

    def __len__(self) -> int:
        """How many games there are."""

    def view(self, rows: Rows, seat: int) -> Any:  # noqa: ANN401  # the domain's own view
        """What a seat sees in the given rows."""

    def resolve(self, view: Any, decision: Any, player: str) -> tuple[Array, Array]:  # noqa: ANN401
        """Check a decision on a view; returns kinds (n,) and what is offered (n, ...), as the engine knows it."""

    def advance(self, rows: Rows, seat: int, kind: Array, content: Array) -> NDArray[np.int8]:
        """Play a checked move; returns how each game ended, or 0."""

    def say(self, rows: Rows, seat: int, messages: Sequence[str | None]) -> None:
        """Add public messages to the games' chats, before the move is played."""

    def outcome(self, rows: Rows) -> dict[str, Array]:
        """The raw facts of games that have ended: ``ended`` (how), ``turns`` and the domain's own."""

    def keep(self, rows: Int64) -> None:
        """Drop all games but the given rows, in that order."""


class Domain(Protocol):
    """One kind of game between two agents."""

    name: str
    agents: tuple[str, str]
    sides: tuple[str, str]
    content: str
    """The name of the decision column that holds what is offered."""

    def build_config(self, settings: Mapping[str, object]) -> Config:
        """Checked settings from keyword arguments."""

    def fingerprint(self, config: Config) -> dict[str, JsonValue]:
        """Everything in the settings that determines the games, JSON-able and free of paths."""

    def check_options(self, options: Mapping[str, object]) -> None:
        """Raise ``ValueError`` for an option that the domain does not have."""

    def start(
        self, config: Config, seed: int, games: Int64, options: Mapping[str, object] | None
    ) -> tuple[State, dict[str, Array]]:
        """New games, and their set-up columns for the episode table."""

    def result_columns(self, config: Config, facts: Columns) -> dict[str, Array]:
        """The domain's result columns of the episode table, from set-up and outcome columns.

        Among them ``deal`` (bool), ``rho``, and ``reward_0`` and ``reward_1``, the seats' rewards.
        """

    def views(self, episodes: Episodes, rows: Int64) -> Any:  # noqa: ANN401  # the domain's own view
        """The views in which the given rows of the decision table were decided."""

    def episode(self, episodes: Episodes, index: int) -> Any:  # noqa: ANN401  # the domain's own episode
        """One episode as an object with named fields."""


def find_domain(name: str) -> Domain:
    """The domain of a name; an unknown one raises ``ValueError`` with the known ones."""
    if name not in DOMAINS:
        raise ValueError(unknown_name("domain", name, DOMAINS))
    domain: Domain = load_target(DOMAINS[name])
    return domain
