"""Generic opponents: strategies that draw themselves anew for each game, so that nobody learns one by heart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.seeding import steady_uniform
from negotiation_policies.behaviour_based import AnsweringStrategy
from negotiation_policies.clock import elapsed
from negotiation_policies.orientation import (
    OpeningStrategy,
    count_offers,
    decision,
    gain,
    offer_before,
    price_of,
    scaled,
)
from negotiation_policies.parameters import check_number, check_positive, check_whole
from negotiation_policies.strategy import NOISE

_OPENING, _END, _REACTION, _STEP, _GAP, _KNOTS = range(6)
"""Streams of draws that stay the same throughout a game; the last one is the first of many."""
_EASY = 0.4
"""How often an opponent accepts any rational offer."""


def _drawn(view: PriceView, most: Float64) -> Float64:
    """An opening (B,) from a fifth of ``most`` to all of it."""
    return (0.2 + 0.8 * steady_uniform(view, _OPENING)) * most


def _sometimes(view: PriceView, stream: int, most: float, never: float = 0.4) -> Float64:
    """0 in a share ``never`` of the games, else uniform on (0, most): (B,)."""
    drawn = steady_uniform(view, stream)
    return np.maximum(drawn - never, 0.0) / (1.0 - never) * most


@dataclass(frozen=True)
class RandomConcession(OpeningStrategy, ABC):
    """Concedes from a random opening to a random end and accepts what gains at least as much as it asks for now.

    Attributes:
        opening_margin: the most that the random opening can gain; it gains at least a fifth of that.
        firmest: the end is ``max(0, U(-firmest, firmest))`` of the opening, so it is the own limit in half the games.
    """

    opening_margin: float | None = 1000.0
    firmest: float = 0.6

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("firmest", self.firmest, 0.0, 1.0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what the curve asks for, else ask for it."""
        opening = _drawn(view, self.opening_gain(view))
        end = np.maximum(2.0 * steady_uniform(view, _END) - 1.0, 0.0) * self.firmest
        level = opening * (1.0 - (1.0 - end) * self.covered(view))
        return decision(price_of(view, level), gain(view, view.standing_offer) >= level - NOISE)

    @abstractmethod
    def covered(self, view: PriceView) -> Float64:
        """The share (B,) of the way from the opening to the end that is covered by now."""


@dataclass(frozen=True)
class RandomCurve(RandomConcession):
    """Concedes along a curve that falls in straight pieces from a random opening to a random end.

    The curve goes through ``knots`` random times between the opening and the deadline; how much of the way is covered
    on each piece is random too.

    Attributes:
        knots: how many times the curve bends.
    """

    knots: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("knots", self.knots, low=0)

    def covered(self, view: PriceView) -> Float64:
        """The pieces that are over, and a part of the present one."""
        pieces = self.knots + 1
        bends = np.sort([steady_uniform(view, _KNOTS + knot) for knot in range(self.knots)], axis=0)
        ends = [np.zeros(len(view)), *bends, np.ones(len(view))]
        lengths = np.stack([-np.log1p(-steady_uniform(view, _KNOTS + self.knots + piece)) for piece in range(pieces)])
        now, covered = elapsed(view), np.zeros(len(view))
        for length, (start, stop) in zip(lengths / lengths.sum(axis=0), pairwise(ends), strict=True):
            covered += length * np.clip((now - start) / np.maximum(stop - start, NOISE), 0.0, 1.0)
        return covered


@dataclass(frozen=True)
class RandomPower(RandomConcession):
    """Concedes along a random power of time, ``t^e``, from a random opening to a random end.

    Attributes:
        flattest: the least e; its logarithm is drawn uniformly.
        steepest: the greatest e.
    """

    flattest: float = 0.2
    steepest: float = 40.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("flattest", self.flattest)
        check_positive("steepest", self.steepest)

    def covered(self, view: PriceView) -> Float64:
        """``t^e``."""
        low, high = np.log(self.flattest), np.log(self.steepest)
        return np.asarray(elapsed(view) ** np.exp(low + (high - low) * steady_uniform(view, _KNOTS)))


@dataclass(frozen=True)
class RandomPath(OpeningStrategy):
    """Goes up and down along straight pieces between random levels, so it takes back what it has offered.

    It accepts what gains at least the least that it has asked for so far; in two games of five, any rational offer.

    Attributes:
        opening_margin: the most that a random level can gain; three in ten levels are the own limit.
        knots: how many times the path bends.
    """

    opening_margin: float | None = 1000.0
    knots: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("knots", self.knots, low=0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what was asked for before, else ask for the level of now."""
        levels = [_sometimes(view, _KNOTS + knot, 1.0, never=0.3) for knot in range(self.knots + 2)]
        place = elapsed(view) * (self.knots + 1)
        weights = [np.maximum(1.0 - np.abs(place - knot), 0.0) for knot in range(self.knots + 2)]
        level = self.opening_gain(view) * np.sum([a * b for a, b in zip(levels, weights, strict=True)], axis=0)
        asked = view.role[:, None] * (view.own_offers - view.reservation_price[:, None])
        least = np.maximum(np.minimum(np.where(np.isnan(asked), np.inf, asked).min(axis=1), level), 0.0)
        least = np.where(steady_uniform(view, _END) < _EASY, 0.0, least)
        return decision(price_of(view, level), gain(view, view.standing_offer) >= least - NOISE)


@dataclass(frozen=True)
class RandomReaction(AnsweringStrategy):
    """Concedes by a random mix of reaction, constant step and gap-splitting.

    Each own offer gains ``a * c + b + s * g`` less than the one before, where c is the opponent's last concession and g
    the gap between both sides' last offers; a, b and s are drawn for each game, and each is 0 in two games of five.

    Attributes:
        opening_margin: the most that the random opening can gain; it gains at least a fifth of that.
        reaction: the most of a.
        step: the most of b, in currency units of a range of width ``margin_range``.
        split: the most of s.
    """

    opening_margin: float | None = 1000.0
    reaction: float = 1.5
    step: float = 60.0
    split: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("reaction", "step", "split"):
            check_number(name, getattr(self, name), low=0.0)

    def opening_gain(self, view: PriceView) -> Float64:
        """The gain (B,) of the first offer."""
        return _drawn(view, super().opening_gain(view))

    def answer(self, view: PriceView, own_last: Float64) -> Float64:
        """Own last price, moved by the mix."""
        made = count_offers(view, view.opponent_offers)
        before, after = (offer_before(view.opponent_offers, made, back) for back in (1, 0))
        concession = np.maximum(np.nan_to_num(view.role * (after - before)), 0.0)
        standing = np.where(np.isnan(view.standing_offer), own_last, view.standing_offer)
        gap = np.maximum(view.role * (own_last - standing), 0.0)
        moved = _sometimes(view, _REACTION, self.reaction) * concession
        moved += scaled(view, 1.0, self.margin_range) * _sometimes(view, _STEP, self.step)
        moved += _sometimes(view, _GAP, self.split) * gap
        moved[view.turn <= 2] = 0.0  # the first offer is the opening
        return own_last - view.role * moved
