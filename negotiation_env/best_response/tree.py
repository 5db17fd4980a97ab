"""Dynamic programming over the positions that a responder can bring about against a deterministic opponent.

On each of its turns the responder accepts, or makes an offer, which the opponent accepts or answers with its next
offer. Positions that are the same to the opponent (see `memory`) are one. Values are discounted gains:

    V(position) = max(worth of the standing offer, continuation)
    continuation = max(0, worth of the best price that is accepted, V(after a price that is refused))

(Bellman 1957; a best response to a fixed strategy is a one-player problem.) A price that is accepted is found between
two tried ones by bisection, to the last step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.best_response.games import Games, Positions
from negotiation_env.policy import ACCEPT, OFFER, Float64, Int64

Bool = NDArray[np.bool_]


@dataclass(eq=False)
class Layer:
    """The positions (N) in which the responder moves on one turn, and what it can do there.

    Attributes:
        turn: the responder's turn.
        positions: the positions.
        tried: (N, A) the prices that are tried, in steps.
        child: (N, A) int64, the position of the next layer that a refused one leads to; -1 if to none.
        closing: (N,) int64, the best price that is accepted, in steps; -1 if none is.
        steady: (N,) whether with each accepted price all worse ones are accepted, as far as was tried.
        value: (N,) what the position is worth.
        continuation: (N,) the same without the standing offer.
        choice: (N,) int64, the column of the offer to make in order to go on; -1 to close.
    """

    turn: int
    positions: Positions
    tried: Int64
    child: Int64
    closing: Int64
    steady: Bool
    value: Float64
    continuation: Float64
    choice: Int64


@dataclass(frozen=True, eq=False)
class Tree:
    """The layers of B games, in the order of their turns.

    Attributes:
        layers: one for each of the responder's turns that is reached.
        value: (B,) what the games are worth to the responder.
        complete: (B,) whether no position was left out for want of room.
        steady: (B,) whether acceptance was monotone in all of a game's positions.
        alike: (B,) whether positions that were merged had the same offer standing.
    """

    layers: list[Layer]
    value: Float64
    complete: Bool
    steady: Bool
    alike: Bool


def grow(games: Games, tried: Int64, memory: int | None, room: int) -> Tree:
    """Work out the games for the prices that are tried.

    Args:
        games: B games.
        tried: (B, A) the prices that are tried in each game, in ascending steps.
        memory: what the opponent looks back on.
        room: how many positions of a game are kept on a turn; of more, those with the best offers of the opponent.
    """
    complete, alike = np.ones((2, len(games)), dtype=np.bool_)
    layers: list[Layer] = []
    turn, positions = _start(games)
    while len(positions) and turn <= games.max_turns:
        layer, answers = _expanded(games, positions, tried[positions.game], turn)
        layers.append(layer)
        if turn + 2 > games.max_turns:
            break
        positions = _next(games, layer, answers, memory, room, complete, alike)
        turn += 2
    steady = np.ones(len(games), dtype=np.bool_)
    later: Layer | None = None
    for layer in reversed(layers):
        _look_back(games, layer, later)
        np.logical_and.at(steady, layer.positions.game, layer.steady)
        later = layer
    value = np.zeros(len(games))
    if layers:
        value[layers[0].positions.game] = layers[0].value
    return Tree(layers, value, complete, steady, alike)


def _start(games: Games) -> tuple[int, Positions]:
    """The responder's first turn, and the positions in which it comes."""
    every, nothing = np.arange(len(games)), np.empty((len(games), 0))
    positions = Positions(every, nothing, nothing)
    if games.first == games.seat:
        return 1, positions
    kind, price = games.ask(positions, 1, every, None)
    return 2, Positions(every, price[:, None], nothing).take(np.flatnonzero(kind == OFFER))


def _expanded(games: Games, positions: Positions, tried: Int64, turn: int) -> tuple[Layer, Float64]:
    """What comes of each price (N, A) tried in each position, and the opponent's answers (N, A) where it refuses."""
    size, width = tried.shape
    empty = np.zeros(size)
    child, closing = np.full(tried.shape, -1), np.full(size, -1)
    layer = Layer(turn, positions, tried, child, closing, empty == 0.0, empty, empty.copy(), np.full(size, -1))
    if turn == games.max_turns:  # an offer can no longer be answered
        return layer, np.full(tried.shape, np.nan)
    offer = games.price(positions.game[:, None], tried)
    kind, price = games.ask(positions, turn + 1, np.repeat(np.arange(size), width), offer.ravel())
    accepted, answers = (kind == ACCEPT).reshape(tried.shape), price.reshape(tried.shape)
    layer.steady = (np.diff(accepted.astype(np.int8), axis=1) >= 0).all(axis=1)
    layer.closing = _closing(games, layer, accepted)
    return layer, answers


def _closing(games: Games, layer: Layer, accepted: Bool) -> Int64:
    """The best price (N,) that is accepted, in steps: between the best one tried and the one before, by bisection."""
    some = accepted.any(axis=1)
    at, rows = accepted.argmax(axis=1), np.arange(len(accepted))
    high = layer.tried[rows, at]
    low = np.where(at > 0, layer.tried[rows, np.maximum(at - 1, 0)], high - 1)
    while True:
        open_rows = np.flatnonzero(some & (high - low > 1))
        if not len(open_rows):
            return np.where(some, high, -1)
        middle = (low + high)[open_rows] // 2
        offer = games.price(layer.positions.game[open_rows], middle)
        yes = games.ask(layer.positions, layer.turn + 1, open_rows, offer)[0] == ACCEPT
        high[open_rows], low[open_rows] = np.where(yes, middle, high[open_rows]), np.where(yes, low[open_rows], middle)


def _next(
    games: Games, layer: Layer, answers: Float64, memory: int | None, room: int, complete: Bool, alike: Bool
) -> Positions:
    """The positions of the responder's next turn; sets ``layer.child``, and what had to be left out in ``complete``."""
    parent, column = np.nonzero(~np.isnan(answers))
    game, answer = layer.positions.game[parent], answers[parent, column]
    offer = games.price(game, layer.tried[parent, column])
    first, which = _distinct(_keys(layer.positions, parent, game, offer, answer, memory), len(parent))
    alike[game[answer != answer[first][which]]] = False
    kept = _best_of_each(game[first], games.gain(game[first], answer[first]), games.gain(game, offer)[first], room)
    complete[game[first][~kept]] = False
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    layer.child[parent, column] = place[which]
    chosen = first[kept]
    return layer.positions.take(parent[chosen]).after(offer[chosen], answer[chosen])


def _keys(
    positions: Positions, parent: Int64, game: Int64, offer: Float64, answer: Float64, memory: int | None
) -> list[NDArray[np.generic]] | None:
    """Columns (n,) that tell positions apart; ``None`` where each is one of its own."""
    if memory is None:
        return None
    if memory == 0:
        return [game]
    back = positions.mine[parent][:, -(memory - 2) :] if memory > 2 else np.empty((len(parent), 0))
    return [game, answer, *([offer] if memory > 1 else []), *back.T]


def _distinct(keys: list[NDArray[np.generic]] | None, size: int) -> tuple[Int64, Int64]:
    """The first row of each different one, and which of these each row (size,) is."""
    if keys is None or not size:
        return np.arange(size), np.arange(size)
    order = np.lexsort(keys)
    new = np.ones(size, dtype=np.bool_)
    new[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in keys])
    which = np.empty(size, dtype=np.int64)
    which[order] = np.cumsum(new) - 1
    return order[new], which


def _best_of_each(game: Int64, answer: Float64, offer: Float64, room: int) -> Bool:
    """Which (n,) of the positions of each game to keep: those of the best answers, then of the best own offers."""
    order = np.lexsort((-offer, -answer, game))
    new = np.ones(len(game), dtype=np.bool_)
    new[1:] = game[order][1:] != game[order][:-1]
    starts = np.flatnonzero(new)
    rank = np.arange(len(game)) - starts[np.cumsum(new) - 1] if len(game) else np.arange(0)
    kept = np.empty(len(game), dtype=np.bool_)
    kept[order] = rank < room
    return kept


def _look_back(games: Games, layer: Layer, later: Layer | None) -> None:
    """Set the value, the continuation and the choice of a layer from those of the next one."""
    game = layer.positions.game
    closes = layer.closing >= 0
    close = np.where(closes, games.worth(game, games.price(game, np.maximum(layer.closing, 0)), layer.turn), -np.inf)
    wait = np.full(layer.tried.shape, -np.inf)
    if later is not None:
        wait = np.where(layer.child >= 0, later.value[layer.child], -np.inf)
    choice = wait.argmax(axis=1)
    going = wait[np.arange(len(game)), choice]
    layer.choice = np.where(going > close, choice, -1)
    layer.continuation = np.maximum(np.maximum(close, going), 0.0)
    standing = games.worth(game, layer.positions.standing, layer.turn - 1)
    layer.value = np.fmax(layer.continuation, standing)
