"""Where an opponent's offers lead to if they follow a power of time, as many classic strategies do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceView

_LOG_POWERS = np.log(0.05), np.log(60.0)
_HALVINGS = 30
_FARTHEST = 1.5
_SMALL = 1e-6


@dataclass(frozen=True, eq=False)
class Curve:
    """``o(x) = a + b x^e`` through three offers, x the share of the turns that are over; (n,), 0 where there is none.

    Attributes:
        end: o(1), units of the offers, from -1.5 to 1.5.
        log_power: the logarithm of e.
        misfit: the mean distance from all offers, at most 1.
        found: whether there is a curve: three offers, none below the one before.
    """

    end: Float64
    log_power: Float64
    misfit: Float64
    found: NDArray[np.bool_]


def fit_curve(offers: Float64, view: PriceView, recent: bool = False) -> Curve:
    """The curve through the first, the middle and the last of an opponent's offers, or through the last three.

    Args:
        offers: (n, T) as gains; NaN after the last.
        view: the decision points (n,) that they were seen at.
        recent: take the last three.
    """
    made, rows = (~np.isnan(offers)).sum(axis=1), np.arange(len(offers))
    last = np.maximum(made - 1, 0)
    places = [np.maximum(last - back, 0) for back in (2, 1, 0)] if recent else [last * 0, last // 2, last]
    when = _times(view, made)
    times = [when[rows, place] for place in places]
    first, middle, latest = (offers[rows, place] for place in places)
    with np.errstate(invalid="ignore"):
        found = (made > len(places) - 1) & (middle >= first) & (latest >= middle)
    way = np.where(found, latest - first, 0.0)
    moves = way > _SMALL
    late = np.where(moves, latest - middle, 0.5) / np.where(moves, way, 1.0)
    power = _power([np.where(found, time, usual) for time, usual in zip(times, (0.2, 0.5, 0.8), strict=True)], late)
    start, stop = times[0] ** power, times[2] ** power
    scale = way / np.where(found, stop - start, 1.0)
    end = np.where(found, latest + scale * (1.0 - stop), 0.0)
    fitted = first[:, None] + scale[:, None] * (when ** power[:, None] - start[:, None])
    gap = np.where(np.isnan(offers), 0.0, np.abs(offers - fitted)).sum(axis=1) / np.maximum(made, 1)
    return Curve(
        end=np.clip(end, -_FARTHEST, _FARTHEST),
        log_power=np.where(found, np.log(power), 0.0),
        misfit=np.where(found, np.minimum(gap, 1.0), 0.0),
        found=found,
    )


def _times(view: PriceView, made: Int64) -> Float64:
    """When each offer (n, T) was made: the share of the turns."""
    after = 2 * (made[:, None] - 1 - np.arange(view.opponent_offers.shape[1]))
    return np.clip((view.turn[:, None] - 1 - after) / view.max_turns[:, None], _SMALL, 1.0)


def _power(times: list[Float64], late: Float64) -> Float64:
    """The exponent (n,) for which the share ``late`` of the way falls between the second and the third time."""
    low, high = (np.full(len(late), bound) for bound in _LOG_POWERS)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        first, second, third = (time ** np.exp(middle) for time in times)
        less = third - second < late * (third - first)
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray(np.exp((low + high) / 2.0))
