"""What stands outside the networks that are told a rho."""

from __future__ import annotations

import numpy as np
from negotiation_janus.rho_mlp.features import frame_of
from negotiation_janus.settling import settled

from negotiation_env import rollout


def decided(turn, settle):
    """What becomes of networks that would never accept, and how much is on the table, in games of 20 turns."""
    players = {"buyer_0": "hardliner", "seller_0": "linear"}
    games = rollout("price", players, 40, seed=0, scenario="private", first_mover="seller", information="known")
    rows = np.flatnonzero((games.decisions["seat"] == 0) & (games.decisions["turn"] == turn))
    view = games.views(rows)
    frame = frame_of(view, np.full(len(view), 0.3))
    made = settled(view, frame, frame.reach, np.zeros(len(view), dtype=bool), settle)
    return made.kind == 1, frame.standing


def test_what_is_on_the_table_in_the_end_is_taken_if_it_is_worth_anything():
    accepts, standing = decided(20, "closest")
    assert (accepts == (standing >= -1e-9)).all()
    assert 0 < accepts.sum() < len(accepts)


def test_nothing_is_taken_before_the_end_or_by_who_is_strict():
    assert not decided(18, "closest")[0].any()
    strictly, standing = decided(20, "strict")
    assert not strictly[standing > 0.5].any()
    assert not strictly.any()
