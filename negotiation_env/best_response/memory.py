"""How much of a game an opponent looks back on, found out by probes: what a best response must keep track of.

An opponent's *memory* is the smallest m for which its move depends only on the game (limits, seed, turn), on the
responder's last m offers, and on its own last one. With 0 it is time-dependent: its offers depend on the turn alone
and its acceptance on the turn and the standing offer. ``None`` stands for more than `LONGEST`, or all of it.

Nothing is assumed: positions are reached by different ways of playing, everything that the opponent should not look at
is replaced, and each of its moves must stay as it was. Probes can refute a memory and never prove it; what is worked
out with it is therefore played out as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.best_response.games import Games, Positions, is_gain
from negotiation_env.policy import ACCEPT, OFFER, Float64, Int64
from negotiation_env.price import rules

LONGEST = 3
_GAMES = 24
"""How many of the games are probed."""
_ROLLS = (1, 3)
"""Which other ways of playing lend a history in place of the true one."""


@dataclass(frozen=True)
class Probed:
    """What probes have shown of an opponent.

    Attributes:
        memory: see the module; ``None`` for more than `LONGEST`.
        rational: whether it never offered or accepted a price past its own limit.
        positions: how many of its decisions were looked at.
    """

    memory: int | None
    rational: bool
    positions: int


@dataclass(frozen=True, eq=False)
class _Moment:
    """The opponent's decisions on one turn: positions, the offers they answer, kinds and prices."""

    turn: int
    positions: Positions
    rows: Int64
    offer: Float64 | None
    kind: NDArray[np.int8]
    price: Float64


def probe(games: Games) -> Probed:
    """Probe the opponent in some of the games."""
    chosen = np.unique(np.linspace(0, len(games) - 1, min(_GAMES, len(games))).astype(np.int64))
    plans = _plans(games, chosen)
    moments = _simulated(games, np.tile(chosen, len(plans) // len(chosen)), plans)
    total = sum(len(moment.rows) for moment in moments)
    rational = all(_is_rational(games, moment) for moment in moments)
    for memory in range(LONGEST + 1):
        if all(_keeps(games, moment, plans, len(chosen), memory) for moment in moments):
            return Probed(memory, rational, total)
    return Probed(None, rational, total)


def _plans(games: Games, chosen: Int64) -> Float64:
    """Ways of playing, as the responder's offers (ways * n, offers): the first n rows are one way in all n games."""
    offers, size = games.max_turns // 2 + 1, len(chosen)
    key = seeding.game_keys(0, np.arange(size))
    draws = [np.stack([seeding.unit(key, way, turn) for turn in range(offers)], axis=1) for way in range(5)]
    token = np.arange(offers) / np.maximum(games.reach[chosen], 1)[:, None]
    ways = [
        np.zeros((size, offers)),
        draws[0],
        np.sort(draws[1], axis=1),
        -np.sort(-draws[2], axis=1),
        0.1 * draws[3],
        0.1 * np.sort(draws[4], axis=1),
        np.minimum(token, 1.0),
        np.where(np.arange(offers) % 2, 0.3, 0.2) * draws[0][:, :1],
    ]
    reach = games.reach[chosen][:, None]
    return np.concatenate([games.price(chosen[:, None], np.rint(way * reach).astype(np.int64)) for way in ways])


def _simulated(games: Games, game: Int64, plans: Float64) -> list[_Moment]:
    """The opponent's decisions in games (N,) in which the responder makes its planned offers (N, offers)."""
    moments, alive = [], np.arange(len(game))
    positions = Positions(game, np.empty((len(game), 0)), np.empty((len(game), 0)))
    for turn in range(1 if games.first != games.seat else 2, games.max_turns + 1, 2):
        offer = None if turn == 1 else plans[alive, turn // 2 - 1]
        kind, price = games.ask(positions, turn, np.arange(len(alive)), offer)
        moments.append(_Moment(turn, positions, alive, offer, kind, price))
        going = np.flatnonzero(kind == OFFER)
        mine = positions.mine if offer is None else np.column_stack([positions.mine, offer])
        positions = Positions(positions.game, np.column_stack([positions.theirs, price]), mine).take(going)
        alive = alive[going]
        if not len(alive):
            break
    return moments


def _keeps(games: Games, moment: _Moment, plans: Float64, size: int, memory: int) -> bool:
    """Whether the decisions of a moment stay the same where only what is beyond a memory is replaced."""
    if memory == 0 and not _offers_alike(moment):
        return False
    positions, offer = moment.positions, moment.offer
    if offer is None:
        return True  # nothing came before
    older = max(positions.mine.shape[1] + 1 - max(memory, 1), 0)
    for roll in _ROLLS:
        mine, theirs = positions.mine.copy(), positions.theirs.copy()
        others = (moment.rows - roll * size) % len(plans)
        mine[:, :older] = plans[others, :older]
        if memory:
            theirs[:, :-1] = plans[others, : theirs[:, :-1].shape[1]]
        kind, price = games.ask(Positions(positions.game, theirs, mine), moment.turn, np.arange(len(offer)), offer)
        if not (np.array_equal(kind, moment.kind) and np.array_equal(price, moment.price, equal_nan=True)):
            return False
    return True


def _offers_alike(moment: _Moment) -> bool:
    """Whether the opponent offers the same in all positions of a game."""
    offering = moment.kind == OFFER
    game, price = moment.positions.game[offering], moment.price[offering]
    order = np.lexsort((price, game))
    same = np.diff(game[order]) == 0
    return bool((np.diff(price[order])[same] == 0.0).all())


def _is_rational(games: Games, moment: _Moment) -> bool:
    """Whether no deal of a moment, made or offered, is past the opponent's own limit (to half a tick)."""
    agreed = moment.price if moment.offer is None else np.where(moment.kind == ACCEPT, moment.offer, moment.price)
    limit = games.limits[1 - games.seat][moment.positions.game]
    gain = rules.payoff(-games.role, limit, agreed)
    return bool((np.isnan(gain) | ~rules.violates_limit(gain, games.config.tick) | is_gain(gain)).all())
