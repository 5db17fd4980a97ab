"""What a domain gives to the engine; `negotiation_env.price.domain` is the model to follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Int64, JsonValue
from negotiation_env.registry import DOMAINS, load_target, unknown_name

if TYPE_CHECKING:
    from negotiation_env.episodes import Episodes
    from negotiation_env.game import Game
    from negotiation_env.state import GameState

Array = NDArray[Any]
Columns = Mapping[str, Array]
Rows = slice | Int64
Float32 = NDArray[np.float32]
Moves = tuple[NDArray[np.integer], Array]
"""Kinds (n,) of `negotiation_env.turns`, and what is offered (n,) where the kind says so."""


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
    def discounts(self) -> tuple[float, float]:
        """The per-turn factors of both seats."""

    @property
    def chat(self) -> bool:
        """Whether moves may carry public messages."""

    def as_json(self) -> dict[str, JsonValue]:
        """A JSON-able dict that rebuilds the settings."""


class Layout(Protocol):
    """How games are observed: flat float32 vectors in [-1, 1] that begin with role, elapsed time and mover."""

    @property
    def size(self) -> int:
        """The length of an observation."""

    @property
    def space(self) -> Any:  # noqa: ANN401  # a Gymnasium Box
        """The Box of one observation."""

    def encode_opening(self, state: Any, rows: Rows, seat: int) -> Float32:  # noqa: ANN401
        """What a seat observes in games (n,) in which nobody has moved yet, float32 (n, size)."""

    def write_offers(self, observations: Float32, state: Any, rows: Rows, moves: Moves, by: int, seat: int) -> None:  # noqa: ANN401
        """Write the offers among the ``moves`` just played by seat ``by`` into what ``seat`` observes."""

    def write_standing(self, observations: Float32, state: Any, seat: int) -> None:  # noqa: ANN401
        """Write the offers that ``seat`` can accept now into what it observes in all games."""

    def write_game(self, row: Float32, game: Any, seat: int) -> None:  # noqa: ANN401
        """Write what a seat observes in one game (size,), but for the turn, from scratch."""

    def write_offer(self, rows: Float32, game: Any, seat: int) -> None:  # noqa: ANN401
        """Write the offer that ``seat`` has just made into what both seats observe, (2, size)."""

    def write_turn(self, row: Float32, game: Any, seat: int) -> None:  # noqa: ANN401
        """Write the offer that ``seat`` can accept now into what it observes (size,)."""

    def encode(self, view: Any) -> Float32:  # noqa: ANN401  # the domain's own view
        """What agents that must move observe, float32 (n, size), of views (n rows)."""

    def decode(self, observation: Float32, game_seed: NDArray[np.uint64]) -> Any:  # noqa: ANN401
        """The view (n rows) that observations (n, size) were made of; messages are not in it."""


class Encoding(Protocol):
    """How typed moves, (kind, what is offered), are written as numbers."""

    @property
    def space(self) -> Any:  # noqa: ANN401  # a Gymnasium space
        """The action space of one agent."""

    def decode_one(self, action: object, game: Any) -> tuple[int, Any]:  # noqa: ANN401
        """The move of one action of the mover; raises ``ValueError`` for what is outside the space."""

    def decode(self, actions: object, state: Any, seat: int) -> Moves:  # noqa: ANN401
        """The moves of a seat in all games; raises ``ValueError`` for what is outside the space."""

    def encode(self, kind: Array, offer: Array, view: Any) -> Array:  # noqa: ANN401
        """The actions (n, ...) of typed moves (n,) on a view."""

    def read(self, actions: object, view: Any) -> Moves:  # noqa: ANN401
        """The moves of actions (n, ...) on a view; raises ``ValueError`` for what is outside the space."""

    def legal(self, view: Any) -> NDArray[np.int8] | None:  # noqa: ANN401
        """Which actions are legal on a view (n, number of actions); ``None`` where the space is no `Discrete`."""

    def told(self, view: Any) -> Any:  # noqa: ANN401  # the domain's own view
        """The view of a policy whose moves are written in this encoding: it knows which offers can be written."""

    def mask(self, game: Any, seat: int) -> NDArray[np.int8] | None:  # noqa: ANN401
        """Which actions are legal for a seat now; ``None`` where the space is no `Discrete`."""

    def masks(self, state: Any, status: Int64) -> NDArray[np.int8] | None:  # noqa: ANN401
        """Which actions are legal (B, n), with nothing to accept (status 0), something (1), or not to move (2)."""


class Domain(Protocol):
    """One kind of game between two agents."""

    name: str
    agents: tuple[str, str]
    sides: tuple[str, str]
    content: str
    """The name of the decision column that holds what is offered."""
    option_ranks: Mapping[str, int]
    """What the options of a reset may fix, and the dimensions of its value for one game."""
    encoding_settings: tuple[str, ...]
    """The arguments of an environment that choose its `Encoding`."""
    game_type: type[Game]
    state_type: type[GameState]
    default_role: str
    default_opponent: str

    def build_config(self, settings: Mapping[str, object]) -> Config:
        """Checked settings from keyword arguments."""

    def fingerprint(self, config: Any) -> dict[str, JsonValue]:  # noqa: ANN401
        """Everything in the settings that determines the games, JSON-able and free of paths."""

    def deal(
        self,
        config: Any,  # noqa: ANN401  # the domain's own config
        seed: int | NDArray[np.uint64],
        games: Int64,
        options: Mapping[str, object] | None,
    ) -> tuple[Any, Int64]:
        """The setups of games (B,), a dataclass of arrays (B, ...), and the seat (B,) that moves first in each."""

    def setup_columns(self, setup: Any) -> dict[str, Array]:  # noqa: ANN401
        """The columns of the episode table that a setup gives."""

    def setup_of(self, columns: Columns) -> Any:  # noqa: ANN401
        """The setups of games, from columns such as `setup_columns` gives."""

    def new_state(self, config: Any, size: int) -> GameState:  # noqa: ANN401
        """B games to be dealt."""

    def new_game(self, config: Any, setup: Any, row: int, first: int) -> Game:  # noqa: ANN401
        """One game, from a row of a setup."""

    def layout(self, config: Any) -> Layout:  # noqa: ANN401
        """How games are observed."""

    def encoding(self, config: Any, **settings: Any) -> Encoding:  # noqa: ANN401
        """How moves are written as numbers."""

    def resolve(self, config: Any, view: Any, decision: Any, player: str) -> Moves:  # noqa: ANN401
        """Check a decision on a view; returns kinds (n,) and what is offered (n,), as the engine knows it."""

    def render(self, game: Any, render_mode: str) -> str | NDArray[np.uint8]:  # noqa: ANN401
        """The game so far as text or as a picture."""

    def result_columns(self, config: Any, facts: Columns) -> Mapping[str, Array | Callable[[], Array]]:  # noqa: ANN401
        """The domain's result columns of the episode table, from set-up and outcome columns.

        Among them ``deal`` (bool), and ``reward_0`` and ``reward_1``, the seats' rewards. A function gives a column
        that is computed when it is first read.
        """

    def decision_columns(self, episodes: Episodes) -> Mapping[str, Callable[[], Array]]:
        """The domain's own columns of the decision table."""

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
