"""What stands outside every network that is told a rho: own limits, steps of concession, and how strictly to settle."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_janus.rho_mlp.features import Frame

SETTLE = ("closest", "strict")
_WITHIN = 0.01
_NOISE = 1e-9


def check_settle(settle: str) -> str:
    """The same; raises ``ValueError`` for an unknown way to settle."""
    if settle not in SETTLE:
        raise ValueError(f"settle is {settle!r}; it must be 'closest' or 'strict'.")
    return settle


def warn_of_hidden(policy: str, learned_hidden: bool, frame: Frame) -> None:
    """Warn if a network that has only seen known limits meets a hidden one."""
    if not learned_hidden and np.isnan(frame.width).any():
        warnings.warn(
            f"{policy} has learned from games with known limits only and plays one with a hidden limit, where it knows "
            "nothing; train it on private games as well, or play with information='known'.",
            stacklevel=3,
        )


def stonewall(view: PriceView, frame: Frame) -> PriceDecision:
    """What a command of no deal comes to: the own extreme, and nothing is accepted."""
    return PriceDecision(kind=np.zeros(len(view), dtype=np.int8), price=_price(view, frame.reach * frame.unit))


def settled(view: PriceView, frame: Frame, asked: Float64, accept: NDArray[np.bool_], settle: str) -> PriceDecision:
    """What becomes of a network's answer.

    Nothing is accepted or offered past the own limit, and each offer is at least one price step better for the other
    side than the one before, since some only move if they see a move.

    The last offer, to which the other side can only say yes or no, can ask too much of one whose own offers lead to
    less: with ``settle="closest"`` it asks for no more than they promise.

    Args:
        view: n decision points.
        frame: their gains.
        asked: (n,) the gain of the offer that the network would make, units of the public range.
        accept: (n,) whether it would accept.
        settle: ``"closest"`` takes what is on the table on the last turn, when nothing better can follow. ``"strict"``
            accepts only what lies within a hundredth of the surplus of the target, and asks for no less, apart from
            the steps; where the opponent's limit is hidden, the target is what the network asks, and the surplus what
            the opponent's offers promise.
    """
    is_last = view.turn >= view.max_turns
    accept = (accept | (is_last & (settle == "closest"))) & (frame.standing >= -_NOISE)
    if settle == "strict":
        hidden = np.isnan(frame.width)
        target, unit = np.where(hidden, asked, frame.base), np.where(hidden, frame.guess, frame.width)
        accept &= np.abs(frame.standing - target) <= _WITHIN * unit + _NOISE
        asked = np.where(hidden, asked, np.maximum(asked, frame.base))
    else:
        asked = np.where(view.turn == view.max_turns - 1, np.fmin(asked, _acceptable(view, frame)), asked)
    return _decision(view, frame, asked, accept)


def _acceptable(view: PriceView, frame: Frame) -> Float64:
    """The gain (n,) that an opponent may still grant on the last turn; NaN where its offers do not tell."""
    rounding = 0.0 if view.price_points is None else 1.0 / (view.price_points - 1)  # to the advantage of who offers
    gain = frame.promise - rounding
    return np.where(gain > 0.0, gain, np.nan)


def _decision(view: PriceView, frame: Frame, asked: Float64, accept: NDArray[np.bool_]) -> PriceDecision:
    made = (~np.isnan(view.own_offers)).sum(axis=1)
    last = np.where(made > 0, frame.own[np.arange(len(view)), np.maximum(made - 1, 0)], np.inf)
    gain = np.maximum(np.minimum(asked, last - _price_step(view) / frame.unit), 0.0)
    return PriceDecision(kind=accept.astype(np.int8), price=_price(view, gain * frame.unit))


def _price(view: PriceView, gain: Float64) -> Float64:
    """The price (n,) of a gain in currency units."""
    return np.asarray(np.clip(view.reservation_price + view.role * gain, view.price_low, view.price_high))


def _price_step(view: PriceView) -> Float64:
    """The smallest difference (n,) of prices, currency units; 0 on a grid, where a step costs more than it brings."""
    return np.full(len(view), view.tick if view.price_points is None else 0.0)
