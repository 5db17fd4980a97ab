"""The 72 plans, and further ones, that say how close to a commanded rho an opponent lets a settlement be brought."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceDecision, PriceView

HOLD, RATIONAL, LIMIT = range(3)
PLANS = np.array(list(product((0.0, 0.15, 0.4, 0.8), (0.5, 1.0, 3.0), (0.02, 0.1), (HOLD, RATIONAL, LIMIT))))
"""(72, 4): the anchor a above the target as a share of the surplus, its exponent g, the tolerance, and the ending."""
_TARGET_HELD, _ANCHORED = (
    (PLANS[:, 0] == anchor) & (PLANS[:, 1:] == (0.5, 0.02, HOLD)).all(axis=1) for anchor in (0.0, 0.8)
)
_TWINS = (PLANS[:, 0] == 0.0) & (PLANS[:, 1] > 0.5)
STAGES = tuple(map(np.flatnonzero, (_TARGET_HELD | _ANCHORED, ~(_TARGET_HELD | _ANCHORED | _TWINS))))
"""The rows of `PLANS` in the order in which to play them: the two that most often settle on the target, then the rest.
Without an anchor the exponent is nothing, so of such plans one is there for all exponents."""
_EXTREME = np.inf
WHOLE = np.vstack(
    [
        np.column_stack([PLANS, np.zeros((len(PLANS), 2))]),
        list(product((0.08, 0.25, 0.6, 1.5), (0.25, 1.0, 6.0), (0.005, 0.05), (RATIONAL,), (0,), (1,))),
        list(product((0.0, 0.15, 0.4, 0.8), (1.0,), (0.02,), (HOLD, RATIONAL, LIMIT), (0,), (1,))),
        list(product((_EXTREME,), (1.0,), (0.01, 0.1), (HOLD, RATIONAL), (1, 2, 3, 5, 8, 12), (0, 1))),
    ]
)
"""(156, 6): `PLANS`, then those of `strict_regret`. Two further columns: how many turns before the deadline a plan
drops from its extreme to the target (0: it follows its curve), and whether its offers also fall by a tick each time."""
FURTHER = np.arange(len(PLANS), len(WHOLE))
"""The rows of `WHOLE` beyond `PLANS`."""
_LAST_RESORT = 0.01
_NOISE = 1e-9


@dataclass(eq=False)
class Plans:
    """Plays one plan in each slot of a batch; it knows both limits, whatever the game tells.

    In own orientation it offers ``x* + a w max(0, 1 - t / (T - 2))^g`` and accepts within its tolerance of x*, both in
    units of the surplus w. The endings: hold on; also accept any rational offer on turns T - 1 and T; and offer the own
    limit + .01 w from turn T - 3 on as well. Some plans of `WHOLE` offer their extreme and drop once to x*, and some
    add ticks to their offers, one less each time and none in the end, since some opponents only move if they see one.

    Attributes:
        plan: int64 (B,), the row of `WHOLE` that each slot plays.
        target: (B,) the own gain at the commanded rho, currency units.
        width: (B,) the surplus, at least 0.
    """

    plan: Int64
    target: Float64
    width: Float64

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing to prepare.

        Raises:
            ValueError: the batch is not as large as the arrays are.
        """
        if size != len(self.plan):
            raise ValueError(f"the batch has {size} games, and there are plans for {len(self.plan)}.")

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept or offer as each plan says."""
        anchor, exponent, tolerance, ending, drop, token = WHOLE[self.plan[view.game]].T
        target, width = self.target[view.game], self.width[view.game]
        left = view.max_turns - view.turn
        above = np.maximum(1.0 - view.turn / np.maximum(view.max_turns - 2, 1), 0.0) ** exponent
        with np.errstate(invalid="ignore"):  # of no surplus, and of the end, an extreme is no share
            ask = target + anchor * width * above
        extreme = view.price_high - view.price_low
        ask = np.where(drop > 0, np.where(left > drop, extreme, target), ask)
        ask += token * view.tick * np.maximum((left - 1) // 2, 0)
        ask = np.where((ending == LIMIT) & (left <= 3), _LAST_RESORT * width, ask)
        offered = view.role * (view.standing_offer - view.reservation_price)
        accept: NDArray[np.bool_] = np.abs(offered - target) <= tolerance * width + _NOISE
        accept |= (ending >= RATIONAL) & (left <= 1)
        accept &= offered >= -_NOISE
        price = view.reservation_price + view.role * np.maximum(ask, 0.0)
        return PriceDecision(kind=accept.astype(np.int8), price=np.clip(price, view.price_low, view.price_high))
