"""The flat observation of the price game: float32, every entry in [-1, 1], lossless to a tick.

With ``H = (max_turns + 1) // 2``, the most offers that one agent can make, and prices normalised over the
game's own public range, ``(price - low) / (high - low)`` (so 0 to 1, and -1 stands for "none"):

| index | meaning | range |
|---|---|---|
| 0 | own role: -1 buyer, +1 seller | -1 or 1 |
| 1 | turns played / max_turns | 0 to 1 |
| 2 | who moves: 1 own move, -1 the opponent's, 0 the game is over | -1, 0, 1 |
| 3 | own limit | 0 to 1 |
| 4 | the opponent's limit (``information="known"``), else -1 | -1 to 1 |
| 5 | the offer that can be accepted now, else -1 | -1 to 1 |
| 6 | price_low / the highest price_high of the scenario | 0 to 1 |
| 7 | price_high / the highest price_high of the scenario | 0 to 1 |
| 8 to 8+H-1 | own k-th offer, -1 after the last | -1 to 1 |
| 8+H to 8+2H-1 | the opponent's k-th offer, -1 after the last | -1 to 1 |
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.domain import Float32, Moves, Rows
from negotiation_env.faces.layout import ELAPSED, MOVER, NONE, ROLE
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.game import PriceGame
from negotiation_env.price.rules import Float64, on_tick
from negotiation_env.price.state import PriceState
from negotiation_env.price.view import PriceView

LIMIT, OPPONENT_LIMIT, STANDING, LOW, HIGH, OFFERS = range(MOVER + 1, MOVER + 7)
_FLOAT32_STEPS = 2**23


@dataclass(frozen=True)
class PriceLayout:
    """How a game with the given settings is written as numbers, and read back."""

    config: PriceConfig

    def __post_init__(self) -> None:
        steps = self.scale / self.config.tick
        if steps > _FLOAT32_STEPS:
            raise ValueError(
                f"tick {self.config.tick} is too fine for prices up to {self.scale}: float32 observations hold "
                f"{_FLOAT32_STEPS:,} steps, this needs {steps:,.0f}. Use a coarser tick or a narrower price_range."
            )

    @cached_property
    def scale(self) -> float:
        """The highest ``price_high`` that the scenario can draw, currency units."""
        if self.config.catalogue is None:
            return self.config.price_range[1]
        from negotiation_env.price.catalogue import public_high, read_catalogue

        return float(public_high(read_catalogue(self.config.catalogue).list_price, self.config.tick).max())

    @cached_property
    def horizon(self) -> int:
        """The most offers that one agent can make."""
        return (self.config.max_turns + 1) // 2

    @cached_property
    def size(self) -> int:
        """The length of an observation."""
        return OFFERS + 2 * self.horizon

    @cached_property
    def space(self) -> spaces.Box:
        """The Box of one observation."""
        return spaces.Box(-1.0, 1.0, (self.size,), np.float32)

    def encode_opening(self, state: PriceState, rows: Rows, seat: int) -> Float32:
        """What a seat observes in games (n,) in which nobody has moved yet: float32 (n, size)."""
        low, high = state.low[rows], state.high[rows]
        observation = np.full((len(low), self.size), NONE, dtype=np.float32)
        observation[:, ROLE] = rules.ROLES[seat]
        observation[:, ELAPSED] = 0.0
        observation[:, MOVER] = np.where(state.first[rows] == seat, 1.0, -1.0)
        observation[:, LIMIT] = (state.limit(seat)[rows] - low) / (high - low)
        if self.config.information == "known":
            observation[:, OPPONENT_LIMIT] = (state.limit(1 - seat)[rows] - low) / (high - low)
        observation[:, LOW], observation[:, HIGH] = low / self.scale, high / self.scale
        return observation

    def write_offers(
        self, observations: Float32, state: PriceState, rows: Rows, moves: Moves, by: int, seat: int
    ) -> None:
        """Write the offers among the ``moves`` just played by seat ``by`` into what ``seat`` observes."""
        kind, price = moves
        low = state.low[rows]
        share = (price - low) / (state.high[rows] - low)
        place = state.counts[by][rows] + (OFFERS - 1 + (0 if by == seat else self.horizon))
        place += np.arange(len(state))[rows] * self.size
        offering = np.flatnonzero(kind == turns.OFFER)
        observations.reshape(-1)[place.take(offering)] = share.take(offering)

    def write_standing(self, observations: Float32, state: PriceState, seat: int) -> None:
        """Write the offers that ``seat`` can accept now into what it observes in all games."""
        share = (state.standing - state.low) / (state.high - state.low)
        observations[:, STANDING] = np.where(state.standing_seat == 1 - seat, share, NONE)

    def write_game(self, row: Float32, game: PriceGame, seat: int) -> None:
        """Write what a seat observes in one game (size,), but for the turn, from scratch."""
        low, width = game.low, game.high - game.low
        known = self.config.information == "known"
        row[:] = NONE
        row[ROLE] = rules.ROLES[seat]
        row[LIMIT] = (game.limit(seat) - low) / width
        row[OPPONENT_LIMIT] = (game.limit(1 - seat) - low) / width if known else NONE
        row[LOW], row[HIGH] = low / self.scale, game.high / self.scale
        for owner, start in ((seat, OFFERS), (1 - seat, OFFERS + self.horizon)):
            for place, price in enumerate(game.offers[owner]):
                row[start + place] = (price - low) / width

    def write_offer(self, rows: Float32, game: PriceGame, seat: int) -> None:
        """Write the offer that ``seat`` has just made into what both seats observe, (2, size)."""
        place = OFFERS + len(game.offers[seat]) - 1
        share = (game.standing - game.low) / (game.high - game.low)
        rows[seat, place] = share
        rows[1 - seat, place + self.horizon] = share

    def write_turn(self, row: Float32, game: PriceGame, seat: int) -> None:
        """Write the offer that ``seat`` can accept now into what it observes (size,)."""
        theirs = game.standing_seat == 1 - seat
        row[STANDING] = (game.standing - game.low) / (game.high - game.low) if theirs else NONE

    def encode(self, view: PriceView) -> Float32:
        """What agents that must move observe: float32 (n, size), of views (n rows)."""
        low, width = view.price_low, view.price_high - view.price_low
        observation = np.full((len(view), self.size), NONE, dtype=np.float32)
        observation[:, ROLE] = view.role
        observation[:, ELAPSED], observation[:, MOVER] = (view.turn - 1) / view.max_turns, 1.0
        observation[:, LIMIT] = _share(view.reservation_price, low, width)
        if self.config.information == "known":
            observation[:, OPPONENT_LIMIT] = _share(view.opponent_reservation_price, low, width)
        observation[:, STANDING] = _share(view.standing_offer, low, width)
        observation[:, LOW], observation[:, HIGH] = low / self.scale, view.price_high / self.scale
        for number, offers in enumerate((view.own_offers, view.opponent_offers)):
            start = OFFERS + number * self.horizon
            observation[:, start : start + self.horizon] = _share(offers[:, : self.horizon].T, low, width).T
        return observation

    def decode(self, observation: Float32, game_seed: NDArray[np.uint64]) -> PriceView:
        """The view (n rows) that observations (n, size) were made of; messages are not in it.

        Prices come back on the tick, the turn as a whole number; ``game`` numbers the rows.
        """
        numbers = np.asarray(observation, dtype=np.float64)
        size, tick = len(numbers), self.config.tick
        low, high = (on_tick(numbers[:, place] * self.scale, tick) for place in (LOW, HIGH))

        def price(share: Float64) -> Float64:
            wide = (share * _column(high - low, share)).T + low
            return np.where(share < -0.5, np.nan, on_tick(wide, tick).T)

        offers = np.full((2, size, self.config.max_turns), np.nan)
        offers[0, :, : self.horizon] = price(numbers[:, OFFERS : OFFERS + self.horizon])
        offers[1, :, : self.horizon] = price(numbers[:, OFFERS + self.horizon : OFFERS + 2 * self.horizon])
        return PriceView(
            role=np.rint(numbers[:, ROLE]).astype(np.int64),
            turn=np.rint(numbers[:, ELAPSED] * self.config.max_turns).astype(np.int64) + 1,
            max_turns=np.full(size, self.config.max_turns),
            game=np.arange(size),
            game_seed=game_seed,
            reservation_price=price(numbers[:, LIMIT]),
            price_low=low,
            price_high=high,
            standing_offer=price(numbers[:, STANDING]),
            own_offers=offers[0],
            opponent_offers=offers[1],
            opponent_reservation_price=price(numbers[:, OPPONENT_LIMIT]),
            discount=np.array(self.config.discounts)[(numbers[:, ROLE] > 0).astype(np.int64)],
            tick=tick,
            price_points=self.config.price_grid,
        )


def _share(price: Float64, low: Float64, width: Float64) -> Float64:
    """Prices (..., n) normalised over the range of their game; NaN becomes `NONE`."""
    return np.where(np.isnan(price), NONE, (price - low) / width)


def _column(width: Float64, like: Float64) -> Float64:
    return width if like.ndim == 1 else width[:, None]
