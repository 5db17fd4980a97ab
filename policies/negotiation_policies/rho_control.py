"""Scripted controllers that steer the settlement to a commanded rho: yardsticks for learned ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.clock import at_turn
from negotiation_policies.orientation import OpeningStrategy, decision, gain, price_of, reach
from negotiation_policies.parameters import check_number, check_positive, check_whole
from negotiation_policies.strategy import NOISE, Bool, Strategy

IMPASSE = -1.0
"""The command that wants no deal; not a point on the line of rho."""


def check_command(rho: object, assumed_width: float | None) -> None:
    """Raise ``ValueError`` unless ``rho`` is in [0, 1] or -1 and ``assumed_width`` is positive or ``None``."""
    if rho != IMPASSE:
        try:
            check_number("rho", rho, 0.0, 1.0)
        except ValueError:
            raise ValueError(f"rho is {rho!r}; it must be from 0 to 1, or -1 for an intended impasse.") from None
    if assumed_width is not None:
        check_positive("assumed_width", assumed_width)


def surplus_width(view: PriceView, assumed_width: float | None) -> Float64:
    """The width (B,) of the surplus: the true one where the opponent's limit is known, else the assumed one.

    An empty zone has width 0.

    Raises:
        ValueError: neither is available.
    """
    width = gain(view, view.opponent_reservation_price)
    is_hidden = np.isnan(width)
    if is_hidden.any():
        if assumed_width is None:
            raise ValueError(
                "a rho target needs the width of the surplus, and this game hides the opponent's limit. "
                'Play with information="known" (--information known), or give assumed_width (currency units).'
            )
        width = np.where(is_hidden, assumed_width, width)
    return np.maximum(width, 0.0)


def target_gain(view: PriceView, rho: float, assumed_width: float | None) -> Float64:
    """The own gain (B,) at rho: ``u * width`` with u = rho for the seller, 1 - rho for the buyer."""
    own_share = np.where(view.role > 0, rho, 1.0 - rho)
    return np.minimum(own_share * surplus_width(view, assumed_width), reach(view))


def refuse(view: PriceView) -> PriceDecision:
    """Offer the own extreme and accept nothing."""
    nothing: Bool = np.zeros(len(view), dtype=np.bool_)
    return decision(price_of(view, reach(view)), nothing)


@dataclass(frozen=True)
class HoldRho(Strategy):
    """Offers the price of the commanded rho on every turn and accepts at it.

    Target gain ``u * width``, u = rho for the seller and 1 - rho for the buyer. At rho = -1 it offers its
    own extreme and accepts nothing.

    Attributes:
        rho: the commanded seller's share of the surplus in [0, 1], or -1 for an intended impasse.
        assumed_width: the surplus width (currency units) to assume where the game hides it.
        accept_within: how far short of the target an accepted offer may be, as a share of the width.
    """

    rho: float = 0.5
    assumed_width: float | None = None
    accept_within: float = 0.0

    def __post_init__(self) -> None:
        check_command(self.rho, self.assumed_width)
        check_number("accept_within", self.accept_within, 0.0, 1.0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept at the target, else offer it.

        Raises:
            ValueError: the width of the surplus is neither known nor assumed.
        """
        if self.rho == IMPASSE:
            return refuse(view)
        target = target_gain(view, self.rho, self.assumed_width)
        enough = target - self.accept_within * surplus_width(view, self.assumed_width)
        return decision(price_of(view, target), _reaches(view, enough))


@dataclass(frozen=True)
class ConcedeToRho(OpeningStrategy):
    """Opens at its margin and concedes along a polynomial to the price of the commanded rho.

    ``target + (max(opening, target) - target) * (1 - min(1, turn / (T - settle_before))^exponent)``;
    accepts what gains at least that. At rho = -1 it offers its own extreme and accepts nothing.

    Attributes:
        rho: the commanded seller's share of the surplus in [0, 1], or -1 for an intended impasse.
        assumed_width: the surplus width (currency units) to assume where the game hides it.
        exponent: above 1 concedes late.
        settle_before: how many turns before the deadline the target is reached; with 2, each side offers
            it once while the other can still answer.
    """

    rho: float = 0.5
    assumed_width: float | None = None
    exponent: float = 1.0
    settle_before: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_command(self.rho, self.assumed_width)
        check_positive("exponent", self.exponent)
        check_whole("settle_before", self.settle_before, low=0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what reaches the aspiration, else offer it.

        Raises:
            ValueError: the width of the surplus is neither known nor assumed.
        """
        if self.rho == IMPASSE:
            return refuse(view)
        target = target_gain(view, self.rho, self.assumed_width)
        surplus = np.maximum(self.opening_gain(view) - target, 0.0)
        aspiration = target + surplus * (1.0 - at_turn(view, self._conceded))
        return decision(price_of(view, aspiration), _reaches(view, aspiration))

    def _conceded(self, max_turns: int) -> Float64:
        """The share (T + 1,) of the way to the target that is covered by each turn."""
        settled = max(max_turns - self.settle_before, 1)
        return np.asarray(np.minimum(np.arange(max_turns + 1) / settled, 1.0) ** self.exponent)


def _reaches(view: PriceView, level: Float64) -> Bool:
    """Whether the standing offer exists, is rational and gains at least ``level``."""
    return gain(view, view.standing_offer) >= np.maximum(level, 0.0) - NOISE
