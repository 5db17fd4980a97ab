"""What had happened in a game before a decision, read back from the record; the same for every domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.policy import KIND_NAMES, OFFER, Int64, Message

Move = tuple[int, str, str, Any, str | None]
"""(turn, agent, kind "offer" | "accept" | "walk" | "fault", what is offered or None, message)."""


def moves_of(episodes: Episodes, index: int, shown: Callable[[int], Any]) -> list[Move]:
    """The moves of one game; ``shown`` gives what is offered in a row of the decision table."""
    if not episodes.decisions:
        return []
    start, length = int(episodes.starts[index]), int(episodes.episodes["turns"][index])
    table, agents, moves = episodes.decisions, episodes.run.domain.agents, []
    for row in range(start, start + length):
        kind = int(table["kind"][row])
        offered = shown(row) if kind == OFFER else None
        agent = agents[int(table["seat"][row])]
        moves.append((row - start + 1, agent, KIND_NAMES[kind], offered, episodes.batch.messages.get(row)))
    return moves


def offers_before(episodes: Episodes, game: Int64, turn: Int64, parity: int, nothing: float) -> Array:
    """Offers (n, T) made before ``turn`` by the mover (parity 0) or by the other agent (parity 1)."""
    column, max_turns = episodes.decisions[episodes.run.domain.content], episodes.run.config.max_turns
    first_turn = np.where((turn & 1) == (1 - parity), 1, 2)
    turns = first_turn[:, None] + 2 * np.arange(max_turns)
    made = turns < turn[:, None]
    places = np.where(made, episodes.starts[game][:, None] + turns - 1, 0)
    return np.where(made, column[places], nothing)


def standing_before(episodes: Episodes, rows: Int64, turn: Int64, nothing: float) -> Array:
    """The offer (n,) that could be accepted at the given rows of the decision table."""
    column = episodes.decisions[episodes.run.domain.content]
    return np.where(turn > 1, column[np.maximum(rows - 1, 0)], nothing)


def messages_before(episodes: Episodes, game: Int64, turn: Int64) -> list[list[Message]] | None:
    """The public messages before each decision; ``None`` without chat."""
    if not episodes.run.config.chat:
        return None
    heard, table, agents = [], episodes.decisions, episodes.run.domain.agents
    for start, now in zip(episodes.starts[game].tolist(), turn.tolist(), strict=True):
        said = ((row, episodes.batch.messages.get(row)) for row in range(start, start + now - 1))
        heard.append([(row - start + 1, agents[table["seat"][row]], text) for row, text in said if text])
    return heard


def plain(value: Any) -> Any:  # noqa: ANN401  # an entry of a column
    """A NumPy scalar or array as plain Python data."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
