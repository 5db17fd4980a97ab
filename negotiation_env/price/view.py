"""The typed view and decision of the price domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import ACCEPT, FAULT, OFFER, Float64, Note, View
from negotiation_env.price.rules import FLOAT_NOISE


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
    """

    reservation_price: Float64
    price_low: Float64
    price_high: Float64
    standing_offer: Float64
    own_offers: Float64
    opponent_offers: Float64
    opponent_reservation_price: Float64


class LatePriceView(PriceView):
    """A `PriceView` of running games, whose histories are gathered when they are first read.

    Args:
        facts: the other fields.
        histories: field name -> (T, size) offers of all games, one column a game.
        rows: the rows of the games that are in the view.
    """

    def __init__(
        self, facts: Mapping[str, object], histories: Mapping[str, Float64], rows: slice | NDArray[np.int64]
    ) -> None:
        for value in facts.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        self.__dict__.update(facts)
        self.__dict__["_late"] = (histories, rows)

    def __getattr__(self, name: str) -> Float64:
        histories, rows = self.__dict__.get("_late", ({}, ()))
        if name not in histories:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        offers: Float64 = histories[name][:, rows].T
        offers.flags.writeable = False
        self.__dict__[name] = offers
        return offers


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


def check_decision(
    decision: PriceDecision, acceptable: Float64, low: Float64, high: Float64, player: str
) -> tuple[NDArray[np.int64], Float64]:
    """Check a policy's decision for n rows and return its kinds (n,) and prices (n,).

    Args:
        decision: what the policy returned.
        acceptable: (n,) the offer that could be accepted; NaN where there is none.
        low: (n,) lower end of the public price range.
        high: (n,) upper end of the public price range.
        player: the policy's name, for messages.

    Raises:
        ValueError: a wrong shape, an unknown kind, an offer that is NaN or outside the range, or an acceptance
            with nothing to accept; with the policy's name and the rows.
    """
    size = len(acceptable)
    kind, price = np.asarray(decision.kind), np.asarray(decision.price, dtype=np.float64)
    if kind.shape != (size,) or price.shape != (size,):
        raise ValueError(
            f"policy {player!r} returned kind of shape {kind.shape} and price of shape {price.shape}; "
            f"both must be ({size},), one move for each row of the view."
        )
    if kind.dtype.kind not in "iu" or ((kind < OFFER) | (kind > FAULT)).any():
        raise ValueError(
            f"policy {player!r} returned kinds {np.unique(kind)}; allowed: 0 offer, 1 accept, 2 walk, 3 fault."
        )
    inside = (price >= low - FLOAT_NOISE) & (price <= high + FLOAT_NOISE)
    offering = kind == OFFER
    if not (inside | ~offering).all():
        rows = np.flatnonzero(offering & ~inside)
        raise ValueError(
            f"policy {player!r} offered {price[rows[0]]} in row {rows[0]} ({len(rows)} rows: {rows[:5].tolist()}...); "
            f"an offer must be inside the public price range [{low[rows[0]]}, {high[rows[0]]}]."
        )
    accepting = kind == ACCEPT
    if accepting.any() and np.isnan(acceptable[accepting]).any():
        rows = np.flatnonzero(accepting & np.isnan(acceptable))
        raise ValueError(
            f"policy {player!r} accepted in rows {rows[:5].tolist()}, where the opponent has no offer on the table; "
            "make an offer or walk away."
        )
    return kind.astype(np.int64, copy=False), price
