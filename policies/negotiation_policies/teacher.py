"""The teacher: a scripted controller that brings the settlement to a commanded rho, for data and as a yardstick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.orientation import count_offers, decision, gain, price_of, reach
from negotiation_policies.outlook import Outlook, waits
from negotiation_policies.parameters import check_choice, check_number, check_whole
from negotiation_policies.rho_control import IMPASSE, check_command, refuse, surplus_width, target_gain
from negotiation_policies.strategy import NOISE, Bool, Strategy

SETTLE = ("closest", "strict")
_COARSE = 0.0025
"""Share of the public range from which on a step of prices costs more than it brings."""
_LAST_OFFERS = 3
_ANCHORS = 3
"""How often the anchor is offered where the opponent's limit is known."""
_HOPEFUL = 0.1
"""Share of the surplus that the next offer must promise to bring for the present one to be turned down."""
_LEAST = 0.03
"""Share of the surplus that is kept where the opponent would rather have no deal, and given up to be sure of one."""


@dataclass(frozen=True)
class Teacher(Strategy):
    """Holds an anchor that nobody accepts, drops once to the price of the commanded rho, and salvages in the end.

    - Anchor: its own extreme, until the drop.
    - Token concessions: each offer is one price step better for the other side than the one before, since some only
      move if they see a move; at the target only where a step is finer than a 400th of the public range.
    - Target: gain ``u * width`` of the surplus, u = rho for the seller and 1 - rho for the buyer.
    - It accepts what lies within ``accept_within`` of the target.
    - Salvage, with ``settle="closest"``: on the last turn it accepts any rational offer. On the last turn but one it
      accepts a rational offer short of the target, unless the opponent's steps promise a tenth of the surplus more. Its
      last offer that can be answered asks for a little less than what those steps promise, or the opponent's best offer
      if that is more; where the opponent will offer once more, only if that offer promises to be past the own limit;
      and never of an opponent that has not moved at all. With ``"strict"`` there is no salvage.
    - At rho = -1 it offers its own extreme and accepts nothing.

    Attributes:
        rho: the commanded seller's share of the surplus in [0, 1], or -1 for an intended impasse.
        assumed_width: the surplus width (currency units) to assume where the game hides it.
        settle: ``"closest"`` or ``"strict"``.
        accept_within: how far from the target an accepted offer may be, as a share of the width.
        drop_before: how many turns before the deadline the target is offered; an offer on the last turn cannot be
            answered. ``None``: from the fourth own offer on where the opponent's limit is known, else 3, so that
            every offer of the opponent's is seen first.
        probes: the target is offered earlier if so many first offers of the opponent's stand still or take something
            back: such an opponent shows nothing more to one that holds on. 0: never.
    """

    rho: float = 0.5
    assumed_width: float | None = None
    settle: str = "closest"
    accept_within: float = 0.01
    drop_before: int | None = None
    probes: int = 4

    def __post_init__(self) -> None:
        check_command(self.rho, self.assumed_width)
        check_choice("settle", self.settle, SETTLE)
        check_number("accept_within", self.accept_within, 0.0, 1.0)
        if self.drop_before is not None:
            check_whole("drop_before", self.drop_before, low=1)
        check_whole("probes", self.probes, low=0)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept near the target or what is left in the end, else offer the anchor, the target or what is left.

        Raises:
            ValueError: the width of the surplus is neither known nor assumed.
        """
        if self.rho == IMPASSE:
            return refuse(view)
        target, width = target_gain(view, self.rho, self.assumed_width), surplus_width(view, self.assumed_width)
        asked, accept = self._asks(view, target), self._is_near(view, target, width)
        if self.settle == "closest":
            outlook, left = Outlook.of(view), view.max_turns - view.turn
            accept |= _takes(view, target, width, outlook, left)
            asked = np.minimum(asked, _most(width, outlook, left))
        return decision(price_of(view, asked), accept)

    def _asks(self, view: PriceView, target: Float64) -> Float64:
        """The gain (B,) of the next offer: the anchor or the target, less token concessions."""
        made, step = count_offers(view, view.own_offers), _price_step(view)
        anchor = np.maximum(reach(view) - made * step, target)
        known = np.isfinite(view.own_offers)
        own = np.where(known, view.role[:, None] * (view.own_offers - view.reservation_price[:, None]), np.inf)
        at_target = (known & (own <= target[:, None] + step[:, None] / 2)).sum(axis=1)
        fine = step < _COARSE * (view.price_high - view.price_low)
        return np.where(self._dropped(view, made), target - at_target * step * fine, anchor)

    def _dropped(self, view: PriceView, made: Int64) -> Bool:
        """Whether (B,) the target is offered rather than the anchor."""
        left, dropped = view.max_turns - view.turn, waits(view, self.probes)
        if self.drop_before is not None:
            return np.asarray(dropped | (left <= self.drop_before))
        hidden = np.isnan(view.opponent_reservation_price)
        return np.asarray(dropped | (left <= _LAST_OFFERS) | (~hidden & (made >= _ANCHORS)))

    def _is_near(self, view: PriceView, target: Float64, width: Float64) -> Bool:
        offered = gain(view, view.standing_offer)
        return np.asarray((np.abs(offered - target) <= self.accept_within * width + NOISE) & (offered >= -NOISE))


def _takes(view: PriceView, target: Float64, width: Float64, outlook: Outlook, left: Int64) -> Bool:
    """Whether (B,) what can be accepted is taken for want of anything better."""
    offered = gain(view, view.standing_offer)
    hopeless = outlook.next <= offered + _HOPEFUL * width
    return np.asarray((offered >= -NOISE) & ((left == 0) | ((left == 1) & (offered < target) & hopeless)))


def _most(width: Float64, outlook: Outlook, left: Int64) -> Float64:
    """The most (B,) that the next offer should gain; infinite but for the last one that can be answered."""
    likely = np.maximum(np.maximum(outlook.next, outlook.best) - _LEAST * width, _LEAST * width)
    lost = (left == 1) | ((left == 2) & (outlook.next < 0.0))
    return np.where(lost & ~outlook.never_moved, likely, np.inf)


def _price_step(view: PriceView) -> Float64:
    """The smallest difference (B,) of prices that the game knows, currency units."""
    if view.price_points is None:
        return np.full(len(view), view.tick)
    return np.maximum((view.price_high - view.price_low) / (view.price_points - 1), view.tick)
