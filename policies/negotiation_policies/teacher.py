"""The teacher: a scripted controller that brings the settlement to a commanded rho, for data and as a yardstick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.orientation import count_offers, decision, gain, price_of, reach
from negotiation_policies.parameters import check_choice, check_number, check_whole
from negotiation_policies.rho_control import IMPASSE, check_command, refuse, surplus_width, target_gain
from negotiation_policies.strategy import NOISE, Bool, Strategy

SETTLE = ("closest", "strict")
_COARSE = 0.0025
"""Share of the public range from which on a step of prices costs more than it brings."""
_LAST_OFFERS = 3


@dataclass(frozen=True)
class Teacher(Strategy):
    """Holds an anchor that nobody accepts, drops once to the price of the commanded rho, and salvages in the end.

    - Anchor: its own extreme, until the drop.
    - Token concessions: each offer is one price step better for the other side than the one before, since some only
      move if they see a move; at the target only where a step is finer than a 400th of the public range.
    - Target: gain ``u * width`` of the surplus, u = rho for the seller and 1 - rho for the buyer.
    - It accepts what lies within ``accept_within`` of the target. With ``settle="closest"`` it also takes, on the last
      turn but one, a rational offer short of the target, and on the last turn any rational offer; with ``"strict"``
      neither.
    - At rho = -1 it offers its own extreme and accepts nothing.

    Attributes:
        rho: the commanded seller's share of the surplus in [0, 1], or -1 for an intended impasse.
        assumed_width: the surplus width (currency units) to assume where the game hides it.
        settle: ``"closest"`` or ``"strict"``.
        accept_within: how far from the target an accepted offer may be, as a share of the width.
        drop_before: how many turns before the deadline the target is offered; an offer on the last turn cannot be
            answered. ``None``: from the second own offer on where the opponent's limit is known, else 3, so that
            every offer of the opponent's is seen first.
    """

    rho: float = 0.5
    assumed_width: float | None = None
    settle: str = "closest"
    accept_within: float = 0.01
    drop_before: int | None = None

    def __post_init__(self) -> None:
        check_command(self.rho, self.assumed_width)
        check_choice("settle", self.settle, SETTLE)
        check_number("accept_within", self.accept_within, 0.0, 1.0)
        if self.drop_before is not None:
            check_whole("drop_before", self.drop_before, low=1)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept near the target or what is left in the end, else offer the anchor or the target.

        Raises:
            ValueError: the width of the surplus is neither known nor assumed.
        """
        if self.rho == IMPASSE:
            return refuse(view)
        target, made = target_gain(view, self.rho, self.assumed_width), count_offers(view, view.own_offers)
        accept = self._accepts(view, target)
        return decision(price_of(view, self._asks(view, target, made)), accept)

    def _asks(self, view: PriceView, target: Float64, made: Int64) -> Float64:
        """The gain (B,) of the next offer."""
        step = _price_step(view)
        dropped = self._dropped(view, made)
        anchor = np.maximum(reach(view) - made * step, target)
        known = np.isfinite(view.own_offers)
        own = np.where(known, view.role[:, None] * (view.own_offers - view.reservation_price[:, None]), np.inf)
        at_target = (known & (own <= target[:, None] + step[:, None] / 2)).sum(axis=1)
        fine = step < _COARSE * (view.price_high - view.price_low)
        return np.where(dropped, target - at_target * step * fine, anchor)

    def _dropped(self, view: PriceView, made: Int64) -> Bool:
        """Whether (B,) the target is offered rather than the anchor."""
        left = view.max_turns - view.turn
        if self.drop_before is not None:
            return np.asarray(left <= self.drop_before)
        hidden = np.isnan(view.opponent_reservation_price)
        return np.where(hidden, left <= _LAST_OFFERS, (made > 0) | (left <= _LAST_OFFERS))

    def _accepts(self, view: PriceView, target: Float64) -> Bool:
        offered, left = gain(view, view.standing_offer), view.max_turns - view.turn
        near = self.accept_within * surplus_width(view, self.assumed_width) + NOISE
        accept: Bool = (np.abs(offered - target) <= near) & (offered >= -NOISE)
        if self.settle == "closest":
            short = (left == 1) & (offered < target)
            accept |= (short | (left == 0)) & (offered >= -NOISE)
        return accept


def _price_step(view: PriceView) -> Float64:
    """The smallest difference (B,) of prices that the game knows, currency units."""
    if view.price_points is None:
        return np.full(len(view), view.tick)
    return np.maximum((view.price_high - view.price_low) / (view.price_points - 1), view.tick)
