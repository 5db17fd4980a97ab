"""The batched engine: plays B games in lockstep, each policy deciding in all of its games at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.domain import Array, Moves, Rows
from negotiation_env.policy import Int64, Note
from negotiation_env.registry import Player
from negotiation_env.run import Run
from negotiation_env.state import GameState
from negotiation_env.turns import mover

_NAMED = 3
"""The most games that an error names."""


@dataclass(eq=False)
class Batch:
    """What is kept of B games: raw columns from which `Episodes` derives its tables.

    Attributes:
        episodes: name -> (B,) array, one row a game.
        decisions: name -> (N,) array, rows of a game together and in turn order; empty if not recorded.
        messages: decision row -> public message.
        notes: decision row -> the policy's note.
    """

    episodes: dict[str, Array]
    decisions: dict[str, Array]
    messages: dict[int, str] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)

    @property
    def seats(self) -> Int64:
        """(N,) the seat that made each decision."""
        turns = self.episodes["turns"]
        starts = np.cumsum(turns) - turns
        return np.asarray((np.repeat(self.episodes["first"] - starts, turns) + np.arange(np.sum(turns))) & 1)


@dataclass(eq=False)
class _Move:
    turn: int
    slots: Int64
    kind: Array
    content: Array
    messages: Any
    notes: Any


def play_batch(
    run: Run,
    games: Int64,
    record: bool = True,
    watch: Callable[[Batch], None] | None = None,
    chosen: Int64 | None = None,
) -> Batch:
    """Play the given games (B,) of a run and return what is kept of them.

    ``watch``, which needs a record, is called after each turn with the games as they then stand. ``chosen`` (2, B) says
    which of each seat's players plays each game, in place of those that `sample_players` draws.
    """
    state, setup = _deal(run, games)
    chosen = sample_players(run, games) if chosen is None else chosen
    columns: dict[str, Array] = {"episode": games, **setup, "player_0": chosen[0], "player_1": chosen[1]}
    for player in dict.fromkeys(run.players[0] + run.players[1]):
        player.policy.reset(len(games), run.seed)
    state.keep(np.lexsort((chosen[1], chosen[0], state.first)))
    outcome: dict[str, Array] = {}
    log: list[_Move] = []
    for turn in range(1, run.config.max_turns + 1):
        for seat, player, rows in _groups(run, state, chosen, turn):
            move = _play_turn(run, games, state, seat, player, rows, turn)
            if record:
                log.append(move)
        if watch is not None:
            _store(state, np.arange(len(state)), outcome, len(games))  # what goes on is stored again when it ends
            so_far = {name: values.copy() for name, values in outcome.items()}
            watch(_record({**columns, **so_far}, log, run.domain.content))
        _collect(state, outcome, len(games))
        if not len(state):
            break
    columns.update(outcome)
    return _record(columns, log, run.domain.content) if record else Batch(columns, {})


def replay_batch(run: Run, games: Int64, turns: Int64, moves: Moves) -> Batch:
    """What is kept of games (B,) of a run that were played before, from their N moves, those of a game together.

    Args:
        run: what the games belong to.
        games: their numbers.
        turns: (B,) how many moves each of them has.
        moves: kinds (N,) and what is offered (N,), as the engine keeps them.

    Raises:
        ValueError: a game does not end with its last move.
    """
    state, setup = _deal(run, games)
    chosen, starts = sample_players(run, games), np.cumsum(turns) - turns
    outcome: dict[str, Array] = {}
    for turn in range(1, int(turns.max()) + 1):
        seats, places = mover(state.first, state.turn), starts[state.game] + turn - 1
        for seat in (0, 1):
            rows = np.flatnonzero(seats == seat)
            state.advance(rows, seat, moves[0][places[rows]], moves[1][places[rows]])
        _collect(state, outcome, len(games))
        if (turns[state.game] <= turn).any():
            break
    if len(state) or (outcome["turns"] != turns).any():
        raise ValueError(f"not every game of {games[0]} to {games[-1]} of run {run.run_id} ends with its last move.")
    columns = {"episode": games, **setup, "player_0": chosen[0], "player_1": chosen[1], **outcome}
    return Batch(columns, {"kind": moves[0], run.domain.content: moves[1]})


def _deal(run: Run, games: Int64) -> tuple[GameState, dict[str, Array]]:
    """New games, and their set-up columns for the episode table."""
    setup, first = run.domain.deal(run.config, run.seed, games, run.options_of(games))
    state = run.domain.new_state(run.config, len(games))
    state.deal(slice(0, len(games)), setup, first, seeding.seat_seeds(seeding.game_keys(run.seed, games)))
    return state, {"first": first, **run.domain.setup_columns(setup)}


def sample_players(run: Run, games: Int64) -> NDArray[np.int64]:
    """Which of each seat's players plays each game: int64 (2, B)."""
    keys = seeding.game_keys(run.seed, games)
    leads = np.zeros((2, len(games)), dtype=np.bool_)
    if run.leading:
        leads[0] = seeding.unit(keys, seeding.LEADING_SEAT) < 0.5
        leads[1] = ~leads[0]
    picks = []
    for seat, players in enumerate(run.players):
        start = np.where(leads[seat], 0, run.leading)
        stop = np.where(leads[seat], run.leading, len(players))
        picks.append(start + (seeding.unit(keys, seeding.SAMPLE_FIRST + seat) * (stop - start)).astype(np.int64))
    return np.stack(picks)


def _groups(run: Run, state: GameState, chosen: Int64, turn: int) -> Iterator[tuple[int, Player, Rows]]:
    """The rows in which each player moves now; games are sorted by who moves first."""
    second_block = int(np.searchsorted(state.first, 1))
    for first, block in ((0, (0, second_block)), (1, (second_block, len(state)))):
        seat = mover(first, turn)
        players = run.players[seat]
        if block[0] == block[1]:
            continue
        if len(players) == 1:
            yield seat, players[0], slice(*block)
            continue
        assigned = chosen[seat][state.game[slice(*block)]]
        order = np.argsort(assigned, kind="stable")
        ends = np.searchsorted(assigned[order], np.arange(len(players) + 1))
        for index, player in enumerate(players):
            rows = block[0] + order[ends[index] : ends[index + 1]]
            if len(rows):
                contiguous = rows[-1] - rows[0] + 1 == len(rows)
                yield seat, player, slice(int(rows[0]), int(rows[-1]) + 1) if contiguous else rows


def _play_turn(run: Run, games: Int64, state: GameState, seat: int, player: Player, rows: Rows, turn: int) -> _Move:
    view, slots = state.view(rows, seat), np.array(state.game[rows])
    try:
        decision = player.policy.decide(view)
        kind, content = run.domain.resolve(run.config, view, decision, player.name)
    except Exception as error:
        error.add_note(_place(run, games[slots], turn))
        raise
    messages = decision.message if run.config.chat else None
    if messages is not None:
        state.say(rows, seat, messages)
    state.advance(rows, seat, kind, content)
    return _Move(turn, slots, kind, content, messages, decision.notes)


def _place(run: Run, games: Int64, turn: int) -> str:
    """Where an error has come up: the turn, and the games (n,) in the order of the view's rows."""
    named = ", ".join(f"{run.run_id}-{number}" for number in games[:_NAMED].tolist())
    more = f" and {len(games) - _NAMED:,} more, one a row" if len(games) > _NAMED else ""
    return f"This was on turn {turn} of {'game' if len(games) == 1 else 'the games'} {named}{more}."


def _collect(state: GameState, outcome: dict[str, Array], size: int) -> None:
    """Store the facts of the games that have just ended, and drop those games."""
    done = np.flatnonzero(state.ended)
    if not len(done):
        return
    _store(state, done, outcome, size)
    state.keep(np.flatnonzero(state.ended == 0))


def _store(state: GameState, rows: Int64, outcome: dict[str, Array], size: int) -> None:
    """Store the facts of the games in the given rows (n,) of the state, at their slots of the batch."""
    slots = state.game[rows]
    for name, values in state.outcome(rows).items():
        if name not in outcome:
            outcome[name] = np.empty((size, *values.shape[1:]), dtype=values.dtype)
        outcome[name][slots] = values


def _record(columns: dict[str, Array], log: list[_Move], content_name: str) -> Batch:
    """Put the logged moves, which are in turn order, into one table in game order."""
    turns = columns["turns"]
    starts = np.cumsum(turns) - turns
    total = int(turns.sum())
    kind = np.empty(total, dtype=np.int8)
    content = np.empty((total, *log[0].content.shape[1:]), dtype=log[0].content.dtype)
    batch = Batch(columns, {"kind": kind, content_name: content})
    for move in log:
        places = starts[move.slots] + (move.turn - 1)
        kind[places] = move.kind
        content[places] = move.content
        for kept, given in ((batch.messages, move.messages), (batch.notes, move.notes)):
            if given is not None:
                kept.update((place, item) for place, item in zip(places.tolist(), given, strict=True) if item)
    return batch
