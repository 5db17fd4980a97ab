"""The games that a best response is worked out for, and what the opponent does in any position of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding, turns
from negotiation_env.engine import play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.policy import Float64, Int64
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.scenarios import PriceSetup
from negotiation_env.price.view import PriceView
from negotiation_env.registry import AnyPolicy, make_player
from negotiation_env.run import Run
from negotiation_env.seeding import UInt64
from negotiation_env.turns import FLOAT_NOISE

_ROWS = 32_768
"""Positions that the opponent is asked about at once: as many as fit the processor's cache."""


@dataclass(frozen=True, eq=False)
class Positions:
    """N positions of games in which the same turn has come: the offers so far, of both sides.

    Attributes:
        game: (N,) int64, rows of `Games`.
        theirs: (N, a) the opponent's offers, currency units.
        mine: (N, b) the responder's offers.
    """

    game: Int64
    theirs: Float64
    mine: Float64

    def __len__(self) -> int:
        return len(self.game)

    def take(self, rows: Int64) -> Positions:
        """Some of the positions."""
        return Positions(self.game[rows], self.theirs[rows], self.mine[rows])

    def after(self, offer: Float64, answer: Float64) -> Positions:
        """The positions after an offer (N,) of the responder and the opponent's next one (N,)."""
        theirs, mine = np.column_stack([self.theirs, answer]), np.column_stack([self.mine, offer])
        return Positions(self.game, theirs, mine)

    @property
    def standing(self) -> Float64:
        """(N,) the opponent's last offer; NaN if it has made none."""
        return self.theirs[:, -1] if self.theirs.shape[1] else np.full(len(self), np.nan)


class Games:
    """B games of a run that the same seat opens, seen from the seat that responds.

    Prices are counted in steps from the responder's end of the public range: 0 is its best price, ``steps`` its worst.

    Attributes:
        run: the run, with the opponent in its seat.
        seat: the seat that responds.
        number: (B,) int64, the games' numbers in the run.
        first: the seat that moves first.
        steps: (B,) int64, how many prices there are but one.
        reach: (B,) int64, the last price that is not past the responder's own limit.
    """

    def __init__(self, run: Run, seat: int, number: Int64, first: int) -> None:
        """Deal the games (B,); ``first`` is the seat that moves first in all of them."""
        self.run: Run = run
        self.seat: int = seat
        self.number: Int64 = number
        self.first: int = first
        config, setup = run.config, run.domain.deal(run.config, run.seed, number, run.options_of(number))[0]
        assert isinstance(config, PriceConfig)
        assert isinstance(setup, PriceSetup)
        self.config: PriceConfig = config
        self.setup: PriceSetup = setup
        self.seeds: UInt64 = seeding.seat_seeds(seeding.game_keys(run.seed, number))
        self.limits: Float64 = np.stack([setup.buyer_max, setup.seller_min])
        self.role: int = rules.ROLES[seat]
        self.discount: float = config.discounts[seat]
        tick, points = config.resolution
        ticks = np.rint((setup.high - setup.low) / tick).astype(np.int64)
        self.steps: Int64 = ticks if points is None else np.full(len(self), points - 1)
        best = setup.high if self.role > 0 else setup.low
        room = self.role * (best - self.limits[seat]) / (setup.high - setup.low) * self.steps
        self.reach: Int64 = np.clip(np.floor(room + 1e-6), 0, self.steps).astype(np.int64)
        self._player = run.players[1 - seat][0]
        self._player.policy.reset(len(self), run.seed)

    def __len__(self) -> int:
        return len(self.number)

    def some(self, rows: Int64) -> Games:
        """Some of the games (n,); the opponent is asked about these from then on, and no longer about others."""
        return self if len(rows) == len(self) else Games(self.run, self.seat, self.number[rows], self.first)

    @property
    def max_turns(self) -> int:
        """The deadline."""
        return self.config.max_turns

    @cached_property
    def surplus(self) -> Float64:
        """(B,) what there is to gain in all, at least 0, currency units."""
        return np.asarray(np.maximum(self.limits[0] - self.limits[1], 0.0))

    def price(self, game: Int64, step: Int64) -> Float64:
        """The price (...) so many steps from the responder's end of the range, in the given games."""
        low, high, steps = self.setup.low[game], self.setup.high[game], self.steps[game]
        index = steps - step if self.role > 0 else step
        return rules.on_tick(low + index * (high - low) / steps, self.config.tick)

    def gain(self, game: Int64, price: Float64) -> Float64:
        """What a price gains the responder (...), currency units; NaN stays."""
        return np.asarray(rules.payoff(self.role, self.limits[self.seat][game], price))

    def worth(self, game: Int64, price: Float64, offer_turn: int) -> Float64:
        """The responder's discounted gain (...) of a deal at a price offered on a turn, currency units."""
        return np.asarray(turns.reward(self.gain(game, price), np.ones(1), self.discount, offer_turn))

    def ask(
        self, positions: Positions, turn: int, index: Int64, offer: Float64 | None
    ) -> tuple[NDArray[np.int8], Float64]:
        """What the opponent does on a turn: kinds (N,) and its offers (N,), NaN where it makes none.

        Args:
            positions: before the responder's last offer.
            turn: the opponent's turn.
            index: (N,) the position that each row is about.
            offer: (N,) the responder's last offer; ``None`` on turn 1.
        """
        kind, price = np.empty(len(index), dtype=np.int8), np.empty(len(index))
        for part in _parts(len(index)):
            view = self._view(positions.take(index[part]), turn, None if offer is None else offer[part])
            decision = self._player.policy.decide(view)
            kind[part], price[part] = self.run.domain.resolve(self.config, view, decision, self._player.name)
        return kind, price

    def play(self, policy: AnyPolicy) -> Episodes:
        """Play these very games with a policy in the responding seat."""
        players = (make_player(policy, "price"),)
        seats = (players, self.run.players[1]) if self.seat == 0 else (self.run.players[0], players)
        run = replace(self.run, players=seats)
        return Episodes(run, play_batch(run, self.number, record=False))

    def earned(self, episodes: Episodes, seat: int | None = None) -> Float64:
        """A seat's discounted payoffs (B,) in these games, currency units; by default the responding one's."""
        reward = episodes.episodes[f"reward_{self.seat if seat is None else seat}"]
        return np.asarray(reward * (self.setup.high - self.setup.low))

    def _view(self, positions: Positions, turn: int, offer: Float64 | None) -> PriceView:
        seat, game, size = 1 - self.seat, positions.game, len(positions)
        mine = positions.mine if offer is None else np.column_stack([positions.mine, offer])
        known = self.config.information == "known"
        facts = {
            "role": np.full(size, rules.ROLES[seat]),
            "turn": np.full(size, turn),
            "max_turns": np.full(size, self.max_turns),
            "messages": None,
            "reservation_price": self.limits[seat][game],
            "price_low": self.setup.low[game],
            "price_high": self.setup.high[game],
            "standing_offer": np.full(size, np.nan) if offer is None else offer,
            "opponent_reservation_price": self.limits[self.seat][game] if known else np.full(size, np.nan),
            "discount": self.config.discounts[seat],
            "tick": self.config.tick,
            "price_points": self.config.price_grid,
            "game": game,
            "game_seed": self.seeds[seat][game],
        }
        late = {
            "own_offers": lambda: _padded(positions.theirs, self.max_turns),
            "opponent_offers": lambda: _padded(mine, self.max_turns),
        }
        return PriceView.late(facts, late)


def _parts(size: int) -> Iterator[slice]:
    for start in range(0, size, _ROWS):
        yield slice(start, min(start + _ROWS, size))


def _padded(offers: Float64, width: int) -> Float64:
    """Offers (N, width) with NaN after the last, laid out as the engine does: turn by turn."""
    table = np.full((width, len(offers)), np.nan)
    table[: offers.shape[1]] = offers.T
    return table.T


def is_gain(gain: Float64) -> NDArray[np.bool_]:
    """Whether gains (...) are not below 0, but for floating-point noise; False for NaN."""
    return np.asarray(gain >= -FLOAT_NOISE)
