"""What stands outside the networks that are told a rho."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
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


def last_offers(opponent, settle, **settings):
    """What becomes of the wish for all of the surplus on turn 19 of 20, with the gains promised by an opponent."""
    players = {"buyer_0": "hardliner", "seller_0": opponent}
    games = rollout(
        "price", players, 40, seed=0, scenario="private", first_mover="buyer", information="known", **settings
    )
    rows = np.flatnonzero((games.decisions["seat"] == 0) & (games.decisions["turn"] == 19))
    view = games.views(rows)
    frame = frame_of(view, np.zeros(len(view)))
    made = settled(view, frame, frame.reach, np.zeros(len(view), dtype=bool), settle)
    return view.role * (made.price - view.reservation_price) / frame.unit, frame


def test_the_last_offer_asks_for_no_more_than_the_opponents_offers_lead_to():
    asked, frame = last_offers("linear", "closest")
    assert (asked <= frame.promise + 1e-9)[frame.promise > 0.0].all()
    assert ((frame.promise > 0.0) & (frame.promise < frame.own[:, 0] - 0.05)).any()
    strict, frame = last_offers("linear", "strict")
    assert (strict > frame.promise + 0.01)[frame.promise > 0.0].any()


def test_offers_that_lead_to_no_deal_leave_the_last_offer_as_it_is():
    asked, frame = last_offers("linear", "closest")
    nothing = frame.promise == 0.0
    assert nothing.any()
    np.testing.assert_allclose(asked[nothing], frame.own[nothing, 8] - 0.01 / frame.unit[nothing])


def test_an_opponent_that_never_moved_promises_nothing():
    asked, frame = last_offers("hardliner", "closest")
    assert np.isnan(frame.promise).all()
    np.testing.assert_allclose(asked, np.maximum(frame.own[np.arange(len(asked)), 8] - 0.01 / frame.unit, 0.0))


def strict_view(information):
    """Turn 18 of 20 of buyers that are told .3, sellers having offered on a line; the gains of what is on the table."""
    players = {"buyer_0": "hardliner", "seller_0": "linear"}
    games = rollout("price", players, 60, seed=0, scenario="private", first_mover="seller", information=information)
    rows = np.flatnonzero((games.decisions["seat"] == 0) & (games.decisions["turn"] == 18))
    view = games.views(rows)
    return view, frame_of(view, np.full(len(view), 0.3))


@pytest.mark.parametrize("information", ["known", "private"])
def test_the_strict_accept_within_a_hundredth_of_the_surplus_only(information):
    view, frame = strict_view(information)
    wants = np.ones(len(view), dtype=bool)
    surplus = frame.guess if information == "private" else frame.width
    rational = (frame.standing > 0.05) & ~(frame.width == 0.0)
    for distance, taken in ((0.0, True), (0.009, True), (0.011, False), (-0.009, True), (-0.011, False)):
        target = frame.standing + distance * surplus
        if information == "private":
            made = settled(view, frame, target, wants, "strict")
        else:
            share = np.divide(target, frame.width, out=np.zeros_like(target), where=frame.width > 0.0)
            made = settled(view, replace(frame, share=share), frame.reach, wants, "strict")
        assert (made.kind[rational] == taken).all(), distance


def test_a_price_grid_that_rounds_to_the_own_advantage_asks_a_point_less():
    asked, frame = last_offers("linear", "closest", price_grid=14)
    told = (frame.promise > 1 / 13) & (frame.promise < frame.own[:, 0] - 0.1)
    assert told.any()
    assert (asked[told] <= frame.promise[told] - 1 / 13 + 1e-9).all()


def test_a_few_steps_of_rounding_promise_nothing():
    view, frame = strict_view("known")
    crawling = np.where(np.isnan(view.opponent_offers), np.nan, view.price_high[:, None] - np.arange(20) * 0.01)
    view = replace(view, opponent_offers=crawling, turn=view.turn + 1)
    frame = frame_of(view, np.full(len(view), 0.3))
    assert frame.curve.found.all()
    assert np.isnan(frame.promise).all()
    made = settled(view, frame, frame.base, np.zeros(len(view), dtype=bool), "closest")
    np.testing.assert_allclose((view.reservation_price - made.price) / frame.unit, frame.base, atol=1e-5)
