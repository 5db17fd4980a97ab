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


def last_offers(opponent, settle):
    """What becomes of the wish for all of the surplus on turn 19 of 20, with the gains promised by an opponent."""
    players = {"buyer_0": "hardliner", "seller_0": opponent}
    games = rollout("price", players, 40, seed=0, scenario="private", first_mover="buyer", information="known")
    rows = np.flatnonzero((games.decisions["seat"] == 0) & (games.decisions["turn"] == 19))
    view = games.views(rows)
    frame = frame_of(view, np.zeros(len(view)))
    made = settled(view, frame, frame.reach, np.zeros(len(view), dtype=bool), settle)
    return view.role * (made.price - view.reservation_price) / frame.unit, frame


def test_the_last_offer_asks_for_no_more_than_the_opponents_offers_lead_to():
    asked, frame = last_offers("linear", "closest")
    assert (asked <= frame.promise + 0.01).all()
    assert (frame.promise < frame.own[:, 0] - 0.05).any()
    strict, frame = last_offers("linear", "strict")
    assert (strict > frame.promise + 0.01).any()


def test_an_opponent_that_never_moved_promises_nothing():
    asked, frame = last_offers("hardliner", "closest")
    assert np.isnan(frame.promise).all()
    np.testing.assert_allclose(asked, np.maximum(frame.own[np.arange(len(asked)), 8] - 0.01 / frame.unit, 0.0))
