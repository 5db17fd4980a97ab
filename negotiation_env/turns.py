"""Alternating offers, the protocol of every domain: whose turn it is, what a move is, how a game ends.

Seats are numbered 0 and 1. Functions work on one game (ints) and on B games (arrays) alike.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from negotiation_env.policy import ACCEPT, FAULT, KIND_NAMES, OFFER, WALK, Float64, Int64

__all__ = ["ACCEPT", "FAULT", "KIND_NAMES", "OFFER", "PASS", "WALK", "mover", "reward"]

PASS = 4
"""A lost turn; not a decision, so it comes after the kinds of decisions."""
RUNNING, DEAL, WALKED, DEADLINE, FAULTED = range(5)
ENDED_BY = ("", "deal", "walk", "deadline", "fault")
ENDING_OF_KIND = (RUNNING, DEAL, WALKED, FAULTED, RUNNING)
"""How a game ends by a move of each kind."""
FLOAT_NOISE = 1e-9
"""Prices and utilities this close are the same."""
Amount = TypeVar("Amount", float, Float64)
Turn = TypeVar("Turn", int, Int64)


def mover(first: Turn, turn: Turn) -> Turn:
    """The seat that moves on a 1-based turn, from the seat that moves first."""
    return (first + turn - 1) & 1


def reward(gain: Amount, scale: Amount, discount: float, offer_turn: Any) -> Amount:  # noqa: ANN401  # int or (B,)
    """The reward of a deal: ``gain / scale * discount ** (k - 1)``.

    ``k`` is the 1-based turn on which the accepted offer was made (Rubinstein 1982: time is counted in offers).
    """
    if discount == 1.0:
        return gain / scale
    factor: Amount = discount ** (offer_turn - 1)
    return gain / scale * factor


ENDING_TABLE = np.array(ENDING_OF_KIND, dtype=np.int8)
ENDED_BY_WORDS = np.array(ENDED_BY, dtype=object)
