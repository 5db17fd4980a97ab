"""The typed view and decision of the price domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.decisions import check_acceptances, check_form
from negotiation_env.policy import OFFER, Float64, Note, View
from negotiation_env.price.rules import on_grid, on_tick


@dataclass(frozen=True, eq=False, kw_only=True)
class PriceView(View):
    """What a buyer or a seller knows when it must move. Prices are in currency units, float64.

    Attributes:
        role: (B,) +1 for the seller, -1 for the buyer.
        reservation_price: (B,) own limit: the most a buyer pays, the least a seller takes.
        price_low: (B,) lower end of the public price range.
        price_high: (B,) upper end of the public price range.
        standing_offer: (B,) the opponent's offer that can be accepted now; NaN if there is none.
        own_offers: (B, max_turns) own k-th offer in column k; NaN after the last.
        opponent_offers: (B, max_turns) the opponent's k-th offer in column k; NaN after the last.
        opponent_reservation_price: (B,) the opponent's limit; NaN unless ``information="known"``.
        tick: the smallest price unit, to which offers are rounded.
        price_points: how many even points the prices of the game have; ``None`` if every tick is a price.
    """

    reservation_price: Float64
    price_low: Float64
    price_high: Float64
    standing_offer: Float64
    own_offers: Float64
    opponent_offers: Float64
    opponent_reservation_price: Float64
    tick: float = 0.01
    price_points: int | None = None


@dataclass(frozen=True, eq=False)
class PriceDecision:
    """One move a row.

    Attributes:
        kind: (B,) 0 offer, 1 accept, 2 walk, 3 fault (of the policy or its backend).
        price: (B,) read only where ``kind`` is 0; rounded to the nearest tick by the engine.
        message: optional list of B public messages (chat).
        notes: optional list of B JSON-able dicts kept in the record, never seen by the opponent.
    """

    kind: NDArray[np.integer]
    price: Float64
    message: Sequence[str | None] | None = None
    notes: Sequence[Note | None] | None = None


def resolve_decision(
    view: PriceView, decision: PriceDecision, player: str, tick: float, points: int | None
) -> tuple[NDArray[np.integer], Float64]:
    """Check a policy's decision and put its offers on the tick, or on the game's own grid of ``points``.

    Returns:
        kinds (n,), and the prices offered (n,), NaN where the move is no offer.

    Raises:
        ValueError: a wrong shape, an unknown kind, an offer that is NaN or outside the range, or an acceptance
            with nothing to accept; with the policy's name and the rows.
    """
    size = len(view)
    kind = check_form(decision, PriceDecision, size, player)
    price = np.asarray(decision.price, dtype=np.float64)
    if price.shape != (size,):
        raise ValueError(f"policy {player!r} returned price of shape {price.shape}; it must be ({size},).")
    offering = kind == OFFER
    everywhere = bool(offering.all())
    with np.errstate(invalid="ignore"):
        offered = on_tick(price if everywhere else np.where(offering, price, view.price_low), tick)
    inside = (offered >= view.price_low) & (offered <= view.price_high)
    if not inside.all():
        _refuse_price(view, price, np.flatnonzero(~inside), player)
    if points is not None:
        offered = on_grid(offered, view.role, view.reservation_price, view.price_low, view.price_high, points, tick)
    if everywhere:
        return kind, offered
    check_acceptances(kind, np.isnan(view.standing_offer), player)
    return kind, np.where(offering, offered, np.nan)


def _refuse_price(view: PriceView, price: Float64, rows: NDArray[np.int64], player: str) -> None:
    row = rows[0]
    raise ValueError(
        f"policy {player!r} offered {price[row]} in row {row} (rows {rows[:5].tolist()}, {len(rows)} in all); "
        f"an offer must be inside the public price range [{view.price_low[row]}, {view.price_high[row]}]."
    )
