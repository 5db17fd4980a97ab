"""What every domain checks in a policy's decisions, with the policy's name in every message."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import ACCEPT, FAULT, OFFER


def check_form(decision: Any, expected: type, size: int, player: str) -> NDArray[np.integer]:  # noqa: ANN401
    """Check the type, the kinds and the lengths of a decision for ``size`` rows.

    Returns:
        a copy of its kinds (size,).

    Raises:
        TypeError: it is not of the domain's type of decision.
        ValueError: a wrong shape or an unknown kind.
    """
    if not isinstance(decision, expected):
        raise TypeError(
            f"policy {player!r} returned {type(decision).__name__}; decide(view) returns a {expected.__name__}."
        )
    kind = np.array(decision.kind)  # type: ignore[attr-defined]  # every domain's decision has kinds
    if kind.shape != (size,):
        raise ValueError(
            f"policy {player!r} returned kind of shape {kind.shape}; it must be ({size},), one move for each row of "
            "the view."
        )
    if kind.dtype.kind not in "iu" or (size and not (kind.min() >= OFFER and kind.max() <= FAULT)):
        raise ValueError(
            f"policy {player!r} returned kinds {np.unique(kind)}; allowed: 0 offer, 1 accept, 2 walk, 3 fault."
        )
    for name in ("message", "notes"):
        given = getattr(decision, name)
        if given is not None and len(given) != size:
            raise ValueError(f"policy {player!r} returned {len(given)} entries in {name}; it must be a list of {size}.")
    return kind


def check_acceptances(kind: NDArray[np.integer], nothing: NDArray[np.bool_], player: str) -> None:
    """Raise ``ValueError`` where a decision accepts although there is ``nothing`` (B,) to accept."""
    empty = np.flatnonzero((kind == ACCEPT) & nothing)
    if len(empty):
        raise ValueError(
            f"policy {player!r} accepted in rows {empty[:5].tolist()}, where the opponent has no offer on the table; "
            "make an offer or walk away."
        )


def refuse_fault(kind: NDArray[np.integer], decision: Any, player: str) -> None:  # noqa: ANN401  # the domain's own decision
    """Raise ``RuntimeError`` if a policy reports a fault: a learner must not be paid for it."""
    faults = np.flatnonzero(kind == FAULT)
    if len(faults):
        note = decision.notes[faults[0]] if decision.notes is not None else None
        raise RuntimeError(f"policy {player!r} reported a fault in rows {faults[:5].tolist()}: {note}.")
