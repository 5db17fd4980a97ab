"""Which rho a recorded decision is labelled with."""

from __future__ import annotations

from typing import Literal

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.records.games import Games

IMPASSE = -1.0
Label = Literal["commanded", "outcome"]
LABELS = ("commanded", "outcome")


def check_label(label: str) -> None:
    """Raise ``ValueError`` for an unknown label."""
    if label not in LABELS:
        raise ValueError(f"label is {label!r}; it must be 'commanded' or 'outcome'.")


def rho_labels(games: Games, seat: int, label: Label) -> Float64:
    """The rho (E,) of the decisions of a seat in [0, 1], or -1; NaN where there is none.

    Args:
        games: E finished price games.
        seat: 0 or 1.
        label: ``"commanded"``: what the agent in that seat was told; ``"outcome"``: what came out (plain hindsight).
    """
    if label == "commanded":
        return np.asarray(games.facts[f"rho_commanded_{seat}"])
    rho = games.facts["rho"]
    return np.where(rho == IMPASSE, IMPASSE, np.clip(rho, 0.0, 1.0))
