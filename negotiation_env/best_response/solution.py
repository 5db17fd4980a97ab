"""The best response in games that the same seat opens: probe, work out, play out, and say what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from negotiation_env.best_response.games import Games
from negotiation_env.best_response.memory import LONGEST, probe
from negotiation_env.best_response.responder import Responder, turn_tables
from negotiation_env.best_response.tree import grow
from negotiation_env.policy import Float64, Int64

Bool = NDArray[np.bool_]
_EVEN = 33
"""Prices that are tried, evenly from the responder's best price to its limit, where trying all would take too long."""
_TOKENS = 12
"""Beside these, its best price and the next ones: for an opponent that only moves if it sees a move."""
_ALL = 2049
"""Up to so many prices of a game, all of them are tried."""
_ROOM = 48
"""Positions of a game that are kept on a turn, if some prices are tried."""
_OFFERS_OF_ALL = 200_000
"""If all prices are tried: in so many positions that so many offers are tried on a turn."""
_AT_ONCE = 4_000_000
"""Offers that are tried at once, over all games."""
_AGREES = 1e-6
"""Currency units by which what was worked out and what was played out may differ."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The best response in B games; see `negotiation_env.best_response.result.BestResponse`.

    Attributes:
        ask: (B, T + 1) prices to offer, and ``level``, (B, T + 1) gains to accept, as in `Responder`.
        value: (B,) what it earned when it was played out.
        opponent: (B,) what the opponent earned then.
    """

    games: Games
    ask: Float64
    level: Float64
    value: Float64
    opponent: Float64
    upper: Float64
    exact: Bool
    memory: int | None
    method: str


def solve(games: Games, room: int | None) -> Solution:
    """Work out the best response in games that the same seat opens; ``room`` as in `best_response`."""
    probed = probe(games)
    tried, of_all = _tried(games)
    width = tried.shape[1]
    room = room or (max(_ROOM, _OFFERS_OF_ALL // width) if of_all else _ROOM)
    every, size = np.arange(len(games)), max(1, _AT_ONCE // (room * width))
    parts = [every[start : start + size] for start in range(0, len(games), size)]
    found = _joined([_best_of(games.some(rows), tried[rows], of_all, probed.memory, room) for rows in parts])
    end = np.maximum(games.gain(every, games.price(every, np.zeros(len(games), dtype=np.int64))), 0.0)
    bound = games.surplus if probed.rational else end
    exact = (found.exact & found.confirmed.all()) | (found.value >= bound - _AGREES)
    upper = np.where(exact, found.value, bound)
    memory = probed.memory if found.confirmed.all() else None
    method = _in_words(memory, exact, of_all, probed.rational, probed.positions)
    return Solution(games, found.ask, found.level, found.value, found.opponent, upper, exact, memory, method)


@dataclass(frozen=True, eq=False)
class _Found:
    """A response and what it earned: its tables, (B, T + 1), and its earnings and the opponent's, (B,)."""

    ask: Float64
    level: Float64
    value: Float64
    opponent: Float64
    exact: Bool
    confirmed: Bool


def _joined(parts: Sequence[_Found]) -> _Found:
    return _Found(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(_Found)))


def _best_of(games: Games, tried: Int64, of_all: bool, memory: int | None, room: int) -> _Found:
    """The response that a memory leads to, or a search without one, where that is better.

    It is searched without one if any game earns something else when it is played out: the opponent looks at more than
    the probes have shown, and nothing is exact.
    """
    found = _worked_out(games, tried, of_all, memory, room)
    if memory is None or found.confirmed.all():
        return found
    other = _worked_out(games, tried, of_all, None, room)
    ours = found.value >= other.value

    def better(one: Float64, two: Float64) -> Float64:
        return np.where(ours[:, None] if one.ndim > 1 else ours, one, two)

    return replace(
        found,
        ask=better(found.ask, other.ask),
        level=better(found.level, other.level),
        value=better(found.value, other.value),
        opponent=better(found.opponent, other.opponent),
    )


def _worked_out(games: Games, tried: Int64, of_all: bool, memory: int | None, room: int) -> _Found:
    """Grow the tree, and play out the best way through it."""
    tree = grow(games, tried, memory, room)
    ask, level = turn_tables(games, tree, memory)
    played = games.play(make_responder(games.seeds[games.seat], ask, level, {}))
    value, opponent = games.earned(played), games.earned(played, 1 - games.seat)
    confirmed = np.abs(value - tree.value) <= _AGREES
    found_all = of_all if memory != 0 else (of_all | tree.steady)
    return _Found(ask, level, value, opponent, confirmed & tree.alike & tree.complete & found_all, confirmed)


def make_responder(
    seat_seed: NDArray[np.uint64], ask: Float64, level: Float64, params: dict[str, str | int]
) -> Responder:
    """A responder for games (B,) in any order."""
    order = np.argsort(seat_seed)
    return Responder(seat_seed[order], ask[order], level[order], params)


def _tried(games: Games) -> tuple[Int64, bool]:
    """The prices (B, A) that are tried, in ascending steps, and whether these are all that there are."""
    most = int(games.steps.max(initial=1))
    if most < _ALL and (games.steps == most).all():
        return np.broadcast_to(np.arange(most + 1), (len(games), most + 1)), True
    even = np.rint(np.linspace(0.0, 1.0, _EVEN) * games.reach[:, None]).astype(np.int64)
    tokens = np.minimum(np.arange(_TOKENS + 1), games.reach[:, None])
    return np.sort(np.concatenate([even, tokens], axis=1), axis=1), False


def _in_words(memory: int | None, exact: Bool, of_all: bool, rational: bool, positions: int) -> str:
    """How the values were found and what they rest on."""
    looks = {0: "offers by the turn alone and accepts by the turn and the standing offer"}.get(
        -1 if memory is None else memory,
        f"looks back on more than {LONGEST} offers" if memory is None else f"looks back on {memory} offers and its own",
    )
    prices = "all prices of the game" if of_all else "every tick, by bisection between tried prices"
    bound = "the surplus, since it kept to its own limit" if rational else "the gain at the end of the public range"
    parts = [f"the opponent {looks} ({positions:,} of its decisions probed; the response was played out)"]
    if exact.any():
        parts.append(f"exact over {prices} in {int(exact.sum()):,} of {len(exact):,} games")
    if not exact.all():
        parts.append(f"elsewhere the best of the plans searched; upper bound: {bound}")
    return "; ".join(parts) + "."
