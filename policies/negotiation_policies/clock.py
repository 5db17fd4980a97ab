"""Time: the clock t in [0, 1] of a game, and curves over it computed once a deadline and not once a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from negotiation_env.policy import Float64, View

TURN_CLOCK, STEP_CLOCK = "t/T", "(step+1)/(n+1)"
CLOCKS = (TURN_CLOCK, STEP_CLOCK)
_TABLES_KEPT = 4096
"""How many (strategy, deadline) curves stay cached; a table is a few hundred bytes."""


@lru_cache(maxsize=_TABLES_KEPT)
def times(clock: str, max_turns: int) -> Float64:
    """The clock's reading (T + 1,) at the turns 0..T.

    ``"t/T"``: the 1-based turn over the deadline. ``"(step+1)/(n+1)"``: the rounds of two turns, with
    ``step = (turn - 1) // 2`` and ``n = max_turns // 2`` (never 0 and never 1, as in NegMAS).
    """
    turns = np.arange(max_turns + 1)
    if clock == TURN_CLOCK:
        table = turns / max(max_turns, 1)
    else:
        table = np.minimum(((np.maximum(turns, 1) - 1) // 2 + 1) / (max_turns // 2 + 1), 1.0)
    table.setflags(write=False)
    return table


def at_turn(view: View, curve: Callable[[int], Float64]) -> Float64:
    """The value (B,) of ``curve(max_turns)[turn]`` in each row.

    ``curve`` gives a table (T + 1,) over the turns of a deadline. A row's value does not depend on the
    other rows, down to the last bit, and powers are taken T + 1 times and not B times.
    """
    deadlines = view.max_turns
    if len(deadlines) == 0:
        return np.empty(0)
    if (deadlines == deadlines[0]).all():
        return curve(int(deadlines[0]))[view.turn]
    distinct, which = np.unique(deadlines, return_inverse=True)
    tables = [curve(int(deadline)) for deadline in distinct]
    starts = np.cumsum([0, *(len(table) for table in tables[:-1])])
    return np.concatenate(tables)[starts[which.reshape(-1)] + view.turn]


def elapsed(view: View) -> Float64:
    """The share ``turn / max_turns`` (B,) of the game that is over once this turn is played."""
    return at_turn(view, lambda max_turns: times(TURN_CLOCK, max_turns))
