"""Multi-item views made by hand, for tests of strategies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import ACCEPT, WALK

POOL, VALUES = (2, 1, 1), (1.0, 3.0, 5.0)
"""What views hold unless told otherwise: utilities 0 to 10, each once, but 5 twice: keep [0, 0, 1] or [2, 1, 0]."""


def history(made: Sequence[Sequence[Sequence[int]]], width: int, types: int) -> np.ndarray:
    """Proposals (B, width, types), -1 after the last."""
    table = np.full((len(made), width, types), -1)
    for row, splits in enumerate(made):
        for place, keep in enumerate(splits):
            table[row, place] = keep
    return table


def make_view(rows: Sequence[dict[str, object]]) -> MultiItemView:
    """A view from one dict a row; all splits are told as what I would keep. Every array is read-only."""
    defaults = {
        "pool": POOL,
        "values": VALUES,
        "turn": 1,
        "max_turns": 20,
        "own": (),
        "opponent": (),
        "without": 0.0,
        "role": 0,
        "seed": 7,
    }
    full = [{**defaults, **row} for row in rows]
    types = len(full[0]["pool"])
    for row in full:
        row.setdefault("standing", row["opponent"][-1] if row["opponent"] else (-1,) * types)
    width = max(row["max_turns"] for row in full)

    def column(name: str, dtype: type) -> np.ndarray:
        return np.array([row[name] for row in full], dtype=dtype)

    view = MultiItemView(
        role=column("role", np.int64),
        turn=column("turn", np.int64),
        max_turns=column("max_turns", np.int64),
        game=np.arange(len(full)),
        game_seed=column("seed", np.uint64),
        quantities=column("pool", np.int64),
        values=column("values", np.float64),
        opponent_values=np.full((len(full), types), np.nan),
        standing_offer=column("standing", np.int64),
        own_offers=history([row["own"] for row in full], width, types),
        opponent_offers=history([row["opponent"] for row in full], width, types),
        disagreement=column("without", np.float64),
    )
    for value in vars(view).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return view


def decide_one(policy: object, **row: object) -> str | tuple[int, ...]:
    """``"accept"``, ``"walk"`` or what is kept by the proposal of a policy at one decision point."""
    decision = policy.decide(make_view([row]))
    if decision.kind[0] in (ACCEPT, WALK):
        return "accept" if decision.kind[0] == ACCEPT else "walk"
    assert decision.kind[0] == 0
    return tuple(decision.keep[0].tolist())
