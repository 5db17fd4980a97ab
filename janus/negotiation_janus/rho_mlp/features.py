"""What `rho_mlp` sees of a decision point, in its own orientation.

All amounts are gains, ``role * (price - own limit)``, in units of the width of the public range. So the buyer and the
seller see the same numbers in the same place, and one network serves both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceView
from negotiation_janus.rho_mlp.curves import Curve, fit_curve

FEATURES_VERSION = 2
"""Goes up whenever a feature changes its place or its meaning."""
FEATURES = 70
"""How many numbers a decision is seen as."""
IMPASSE = -1.0
_LAST = 10
"""How many of the opponent's offers are seen one by one."""
_OWN_LAST = 3
_TURNS_LEFT = 8
"""So many turns before the deadline each turn has a feature of its own."""
_LONGEST = 100
_STEEP = 10.0
"""Steps and misfits are small beside gains."""
_SMALLEST = 1e-6
_TELLING = 0.002
"""Offers that lie less far apart tell nothing of where they lead to."""
_FITS = 0.002
"""The misfit below which a curve through all offers is trusted more than one through the last three."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The gains of a decision point (n rows), in units of the width of the public range.

    Attributes:
        unit: (n,) that width, currency units.
        share: (n,) the own share of the surplus that is commanded; 0 for an impasse.
        reach: (n,) the own gain at the end of the public range, at least 0.
        width: (n,) the surplus where the opponent's limit is known, at least 0; NaN where it is hidden.
        standing: (n,) the own gain of what can be accepted; NaN if nothing can.
        own: (n, T) the own gains of own offers; NaN after the last.
        opponent: (n, T) the own gains of the opponent's offers; NaN after the last.
        curve: through the opponent's first, middle and last offer.
        recent: through its last three.
    """

    unit: Float64
    share: Float64
    reach: Float64
    width: Float64
    standing: Float64
    own: Float64
    opponent: Float64
    curve: Curve
    recent: Curve

    @property
    def base(self) -> Float64:
        """(n,) the commanded gain: the share of the surplus, or of the guess where it is hidden."""
        return np.asarray(self.share * np.where(np.isnan(self.width), self.guess, self.width))

    @property
    def guess(self) -> Float64:
        """(n,) the surplus as the opponent's offers promise it, from 0 to the reach."""
        best = np.where(np.isnan(self.opponent), 0.0, self.opponent).max(axis=1)
        end = np.where(self._fits, self.curve.end, self.recent.end)
        return np.asarray(np.clip(np.maximum(end, best), 0.0, self.reach))

    @property
    def promise(self) -> Float64:
        """(n,) the guess; NaN where no curve leads to it: offers that are too few, hardly moved, or were taken back."""
        found = np.where(self._fits, self.curve.found, self.recent.found)
        return np.where(found & (_moved(self.opponent) > _TELLING), self.guess, np.nan)

    @property
    def _fits(self) -> NDArray[np.bool_]:
        return np.asarray(self.curve.misfit < _FITS)


def frame_of(view: PriceView, rho: Float64, hide: bool = False) -> Frame:
    """The gains of decision points (n,) with commanded rhos (n,); ``hide`` leaves out the opponent's limit."""
    unit = view.price_high - view.price_low

    def gains(prices: Float64) -> Float64:
        return (view.role * (prices.T - view.reservation_price) / unit).T

    end = gains(np.where(view.role > 0, view.price_high, view.price_low))
    share = np.where(view.role > 0, rho, 1.0 - rho)
    width = np.maximum(gains(view.opponent_reservation_price), 0.0)
    opponent = gains(view.opponent_offers)
    return Frame(
        unit=unit,
        share=np.where(rho == IMPASSE, 0.0, share),
        reach=np.maximum(end, 0.0),
        width=np.full(len(view), np.nan) if hide else width,
        standing=gains(view.standing_offer),
        own=gains(view.own_offers),
        opponent=opponent,
        curve=fit_curve(opponent, view),
        recent=fit_curve(opponent, view, recent=True),
    )


def features_of(view: PriceView, rho: Float64, frame: Frame) -> NDArray[np.float32]:
    """The features (n, F) of decision points (n,); none is NaN."""
    columns = [
        rho == IMPASSE,
        *_clock(view),
        *_command(frame),
        *_own(frame),
        *_opponent(frame, view),
    ]
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def _clock(view: PriceView) -> list[NDArray[np.generic]]:
    left = view.max_turns - view.turn
    deadline = np.minimum(view.max_turns, _LONGEST) / _LONGEST
    return [left / view.max_turns, deadline, view.turn == 1, *(left == turns for turns in range(_TURNS_LEFT))]


def _command(frame: Frame) -> list[NDArray[np.generic]]:
    """The command, the surplus and the gain that they ask for, as far as they are known."""
    known = ~np.isnan(frame.width)
    return [frame.share, known, np.where(known, frame.width, 0.0), frame.base, frame.reach, frame.share * frame.reach]


def _own(frame: Frame) -> list[NDArray[np.generic]]:
    """Whether there was an own offer, the first and the last one, and the last steps."""
    made = _count(frame.own)
    last = [_back(frame.own, made, lag) for lag in range(_OWN_LAST)]
    steps = [_STEEP * _step(last[lag], last[lag + 1], made > lag + 1) for lag in range(_OWN_LAST - 1)]
    first = np.where(made > 0, frame.own[:, 0], 0.0)
    return [made > 0, first, last[0], frame.reach - last[0], *steps]


def _opponent(frame: Frame, view: PriceView) -> list[NDArray[np.generic]]:
    """What the opponent offers now, offered at first, at best and lately, and where its last steps lead to."""
    made, there = _count(frame.opponent), ~np.isnan(frame.standing)
    standing = np.where(there, frame.standing, 0.0)
    first = np.where(made > 0, frame.opponent[:, 0], 0.0)
    best = np.where(np.isnan(frame.opponent), 0.0, frame.opponent).max(axis=1)
    last = [_back(frame.opponent, made, lag) for lag in range(_LAST)]
    steps = [_STEEP * _step(last[lag], last[lag + 1], made > lag + 1) for lag in range(_LAST - 1)]
    slope = _step(last[0], last[2], made > 2) / 2.0
    ahead = last[0] + slope * np.ceil((view.max_turns - view.turn) / 2.0)
    promised = (first, best, standing, ahead, frame.curve.end, frame.recent.end)
    shares = [*(frame.share * amount for amount in promised), frame.guess]
    own_last = _back(frame.own, _count(frame.own), 0)
    return [
        there, standing, standing - frame.base, standing - own_last, 2.0 * made / view.max_turns, first, best,
        _STEEP * slope, ahead, *shares, *last, *steps,
        *_shape(frame.curve), *_shape(frame.recent), *_movement(frame.opponent),
    ]  # fmt: skip


def _shape(curve: Curve) -> list[NDArray[np.generic]]:
    return [curve.end, curve.log_power / 4.0, _STEEP * curve.misfit, curve.found]


def _movement(offers: Float64) -> list[NDArray[np.generic]]:
    """How much offers (n, T) have moved in all, on a logarithmic scale, and how much they have taken back."""
    known = ~np.isnan(offers)
    back = np.where(known[:, 1:], np.maximum(-np.diff(np.where(known, offers, 0.0), axis=1), 0.0), 0.0).sum(axis=1)
    return [_magnitude(_moved(offers)), _magnitude(back), back > _SMALLEST]


def _moved(offers: Float64) -> Float64:
    """How far the best and the worst (n,) of offers (n, T) lie apart; 0 where there are none."""
    known = ~np.isnan(offers)
    most = np.where(known, offers, -np.inf).max(axis=1)
    least = np.where(known, offers, np.inf).min(axis=1)
    return np.where(known.any(axis=1), most - least, 0.0)


def _magnitude(amount: Float64) -> Float64:
    """From 0, for less than a millionth of the range, to 1, for all of it."""
    return np.asarray(1.0 - np.log10(np.clip(amount, _SMALLEST, 1.0)) / np.log10(_SMALLEST))


def _count(offers: Float64) -> Int64:
    """How many offers each row (n, T) holds."""
    return np.asarray((~np.isnan(offers)).sum(axis=1))


def _back(offers: Float64, made: Int64, lag: int) -> Float64:
    """The offer (n,) ``lag`` places before the last; 0 where there is none."""
    place = made - 1 - lag
    return np.where(place >= 0, offers[np.arange(len(offers)), np.maximum(place, 0)], 0.0)


def _step(later: Float64, earlier: Float64, there: NDArray[np.bool_]) -> Float64:
    return np.where(there, later - earlier, 0.0)
