"""The rules of the price game: pure functions, the same for one game (floats) and for B games (arrays).

Seats are numbered 0 (buyer) and 1 (seller); a seat's role is its sign, -1 or +1, so that
``role * (price - limit)`` is what the seat gains.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from negotiation_env.turns import FLOAT_NOISE

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Price = TypeVar("Price", float, Float64)

BUYER, SELLER = 0, 1
ROLES = (-1, 1)
AGENTS = ("buyer_0", "seller_0")
SIDES = ("buyer", "seller")

NO_DEAL_RHO = -1.0
_SPLITTER = 2.0**27 + 1.0
_TICK_DIGITS = 9
"""Decimals of a price whose tick is no decimal fraction of 1: 3 * 1.1 is 3.3 and not 3.3000000000000003."""
_DECIMALS = {1.0: 0, 0.1: 1, 0.01: 2, 0.001: 3, 0.0001: 4}


def payoff(role: int, limit: Price, price: Price) -> Price:
    """Currency gained by a seat (B,): buyer ``limit - price``, seller ``price - limit``."""
    return role * (price - limit)


def settlement_rho(price: Price, buyer_max: Price, seller_min: Price) -> Float64:
    """The seller's share of the surplus (B,); NaN where there is no surplus to share.

    ``rho = (price - seller_min) / (buyer_max - seller_min)``: 0 is the buyer's best deal, 1 the seller's.
    """
    width = buyer_max - seller_min
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(width > 0.0, np.divide(price - seller_min, width), np.nan)


def surplus_shares(deal: bool, rho: float) -> dict[str, float]:
    """Each agent's share of the surplus: rho for the seller, 1 - rho for the buyer; 0 for both without a deal."""
    return {"buyer_0": 1.0 - rho if deal else 0.0, "seller_0": rho if deal else 0.0}


def violates_limit(gain: Any, tick: float) -> Any:  # noqa: ANN401  # a float gives a bool, (B,) gives (B,)
    """Whether a deal is individually irrational: more than half a tick beyond the own limit."""
    return gain < -(0.5 * tick + FLOAT_NOISE)


def _ticks_per_unit(tick: float) -> float | None:
    """1 / tick where that is whole: dividing by it gives the float nearest to the decimal price."""
    inverse = round(1.0 / tick)
    return float(inverse) if inverse >= 1 and abs(inverse * tick - 1.0) < 1e-12 else None


def on_tick(price: Float64, tick: float) -> Float64:
    """The nearest multiple of the tick (B,), exact halves to even.

    As decimal rounding does (Python's ``round(price, 2)``), it decides by the price itself and not by the rounded
    product ``price / tick``: 570.945 lies a little above the half as a float, and becomes 570.95.
    """
    inverse = _ticks_per_unit(tick)
    if inverse is None:
        return np.asarray(np.round(np.rint(price / tick) * tick, _TICK_DIGITS))
    scaled = np.asarray(price * inverse)
    nearest = np.asarray(np.rint(scaled))
    gap = scaled - nearest
    halves = np.abs(gap) == 0.5
    if halves.any():
        gap = gap[halves]
        away = _product_error(price[halves], inverse, scaled[halves]) * gap > 0.0
        nearest[halves] += np.where(away, 2.0 * gap, 0.0)
    return np.asarray(nearest / inverse)


def _product_error(price: Float64, factor: float, product: Float64) -> Float64:
    """``price * factor - product`` without rounding (Dekker 1971), for small whole factors."""
    high = price * _SPLITTER
    high = high - (high - price)
    return (high * factor - product) + (price - high) * factor


def scalar_on_tick(price: float, tick: float) -> float:
    """`on_tick` for one price."""
    digits = _DECIMALS.get(tick)
    return round(price, digits) if digits is not None else float(on_tick(np.array([price]), tick)[0])


def quantise(
    price: Float64,
    role: int | Int64,
    limit: Float64,
    low: Float64,
    high: Float64,
    tick: float,
    points: int | None,
) -> Float64:
    """An offered price (B,) as the game knows it: on the tick, or on the game's own grid of ``points``; NaN stays."""
    price = on_tick(price, tick)
    return price if points is None else on_grid(price, role, limit, low, high, points, tick)


def on_grid(
    price: Float64, role: int | Int64, limit: Float64, low: Float64, high: Float64, points: int, tick: float
) -> Float64:
    """A price (B,) as a game with a grid of ``points`` knows it, see `grid_index`; NaN stays."""
    index = grid_index(np.where(np.isnan(price), low, price), role, limit, low, high, points, tick)
    return np.where(np.isnan(price), np.nan, grid_price(index, low, high, points, tick))


def grid_price(index: Int64, low: Float64, high: Float64, points: int, tick: float) -> Float64:
    """The price (B,) of a point of the even grid over [low, high], on the tick."""
    return on_tick(low + index * (high - low) / (points - 1), tick)


def grid_index(
    price: Float64, role: int | Int64, limit: Float64, low: Float64, high: Float64, points: int, tick: float
) -> Int64:
    """The grid point (B,) of a price: rounded to the mover's own advantage, and never past its own limit.

    A price within half a tick of a grid point is that point.
    """
    step = (high - low) / (points - 1)
    slack = np.minimum(0.5 * tick / step, 0.5) + FLOAT_NOISE
    position = (price - low) / step
    index = np.where(np.asarray(role) > 0, np.ceil(position - slack), np.floor(position + slack))
    index = np.clip(index, 0, points - 1).astype(np.int64)
    landed = grid_price(index, low, high, points, tick)
    crosses = (role * (landed - limit) < -FLOAT_NOISE) & (role * (price - limit) >= -FLOAT_NOISE)
    return np.clip(np.where(crosses, index + role, index), 0, points - 1)
