"""The typed view and decision of the multi-item domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.decisions import check_acceptances, check_form
from negotiation_env.multi_item.rules import NO_SPLIT
from negotiation_env.policy import OFFER, Float64, Int64, Note, View
from negotiation_env.splits import index_of


@dataclass(frozen=True, eq=False, kw_only=True)
class MultiItemView(View):
    """What an agent knows when it must move. I is the number of item types; splits are told as what *I* would have.

    Attributes:
        role: (B,) 0 for ``agent_0``, 1 for ``agent_1``.
        quantities: (B, I) int64, how many items of each type there are.
        values: (B, I) what one item of each type is worth to me.
        opponent_values: (B, I) the same for the opponent; NaN unless ``information="known"``.
        standing_offer: (B, I) int64, what I would get by accepting; -1 if there is nothing to accept.
        own_offers: (B, max_turns, I) int64, what I would keep by my k-th proposal; -1 after the last.
        opponent_offers: (B, max_turns, I) int64, what I would keep by the opponent's k-th proposal; -1 after the last.
        disagreement: (B,) my utility without a deal.
    """

    quantities: Int64
    values: Float64
    opponent_values: Float64
    standing_offer: Int64
    own_offers: Int64
    opponent_offers: Int64
    disagreement: Float64 | float = 0.0


@dataclass(frozen=True, eq=False)
class MultiItemDecision:
    """One move a row.

    Attributes:
        kind: (B,) 0 offer, 1 accept, 2 walk, 3 fault (of the policy or its backend).
        keep: (B, I) what I would keep, whole numbers from 0 to the quantity; read only where ``kind`` is 0.
        message: optional list of B public messages (chat).
        notes: optional list of B JSON-able dicts kept in the record, never seen by the opponent.
    """

    kind: NDArray[np.integer]
    keep: NDArray[np.integer]
    message: Sequence[str | None] | None = None
    notes: Sequence[Note | None] | None = None


def resolve_decision(
    view: MultiItemView, decision: MultiItemDecision, player: str
) -> tuple[NDArray[np.integer], Int64]:
    """Check a policy's decision and turn its proposals into splits.

    Returns:
        kinds (n,), and the index (n,) of the split proposed, seen from the proposer; -1 where the move is no offer.

    Raises:
        TypeError: it is no `MultiItemDecision`.
        ValueError: a wrong shape, an unknown kind, a proposal that does not add up, or an acceptance with nothing to
            accept; with the policy's name and the rows.
    """
    kind = check_form(decision, MultiItemDecision, len(view), player)
    keep = np.asarray(decision.keep)
    if keep.shape != view.quantities.shape:
        raise ValueError(
            f"policy {player!r} returned keep of shape {keep.shape}; it must be {view.quantities.shape}, one number "
            "for each row and item type."
        )
    offering = kind == OFFER
    with np.errstate(invalid="ignore"):
        possible = ((keep >= 0) & (keep <= view.quantities) & (keep == np.floor(keep))).all(axis=1)
    if not (possible | ~offering).all():
        _refuse_keep(view, keep, np.flatnonzero(offering & ~possible), player)
    check_acceptances(kind, view.standing_offer[:, 0] < 0, player)
    whole = np.where(offering[:, None], keep, 0).astype(np.int64)
    return kind, np.where(offering, index_of(whole, view.quantities), NO_SPLIT)


def _refuse_keep(view: MultiItemView, keep: NDArray[np.number], rows: Int64, player: str) -> None:
    row = rows[0]
    raise ValueError(
        f"policy {player!r} proposed to keep {keep[row].tolist()} of {view.quantities[row].tolist()} in row {row} "
        f"(rows {rows[:5].tolist()}, {len(rows)} in all); give whole numbers from 0 to the quantity of each type."
    )
