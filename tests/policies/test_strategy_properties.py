"""What must hold for every strategy, at any decision point."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from price_table import BUYER, SELLER, Game, Refusing, make_view

from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.registry import list_policies, make_policy

NAMES = [
    name
    for name in list_policies("price", kind="scripted")
    if type(make_policy(name)).__module__.startswith("negotiation_policies.")
]
SCRIPTED = {name: make_policy(name) for name in NAMES if hasattr(make_policy(name), "__dataclass_fields__")}
RATIO_BASED = {"relative_tit_for_tat", "averaged_tit_for_tat"}
LOW, HIGH = 200, 1500
NOISE = 1e-9

names = st.sampled_from(sorted(SCRIPTED))
prices = st.integers(LOW * 100, HIGH * 100).map(lambda cents: cents / 100)


@st.composite
def decision_points(draw, price=prices):
    """A row: any limits and any legal history, also one that the strategy would not have produced."""
    max_turns = draw(st.sampled_from([1, 2, 5, 20, 21]))
    turn = draw(st.integers(1, max_turns))
    moves_first = turn % 2 == 1
    own = draw(st.integers(0, (turn - 1) // 2))
    opponent = draw(st.integers(0, turn // 2))
    return {
        "role": draw(st.sampled_from([SELLER, BUYER])),
        "limit": draw(prices),
        "opponent_limit": draw(prices),
        "turn": turn,
        "max_turns": max_turns,
        "own": tuple(draw(price) for _ in range(own)),
        "opponent": tuple(draw(price) for _ in range(opponent if not moves_first or turn > 1 else 0)),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }


rows = st.lists(decision_points(), min_size=1, max_size=9)


PAST_THE_LIMIT = {
    "role": BUYER, "limit": 200.0, "opponent_limit": 200.0, "turn": 3, "max_turns": 5, "own": (200.01,),
    "opponent": (200.01,), "seed": 1,
}  # fmt: skip
"""A buyer that has offered more than its limit, which no strategy does."""


@settings(max_examples=300, deadline=None)
@given(names, rows)
@example("random_path", [PAST_THE_LIMIT])
def test_offers_are_rational_and_acceptances_too(name, given_rows):
    view = make_view(given_rows)
    decision = SCRIPTED[name].decide(view)
    is_offer, is_accept = decision.kind == OFFER, decision.kind == ACCEPT
    assert (is_offer | is_accept).all()
    offered = decision.price[is_offer]
    assert np.isfinite(offered).all()
    assert (offered >= LOW).all()
    assert (offered <= HIGH).all()
    assert (view.role * (decision.price - view.reservation_price) >= -NOISE)[is_offer].all()
    assert (view.role * (view.standing_offer - view.reservation_price) >= -NOISE)[is_accept].all()


@settings(max_examples=300, deadline=None)
@given(names, rows)
def test_a_row_does_not_depend_on_the_others(name, given_rows):
    policy = SCRIPTED[name]
    together = policy.decide(make_view(given_rows))
    for row, given_row in enumerate(given_rows):
        alone = policy.decide(make_view([given_row]))
        assert alone.kind[0] == together.kind[row]
        assert alone.price[0].tobytes() == together.price[row].tobytes()


@pytest.mark.parametrize("name", sorted(SCRIPTED))
def test_a_large_batch_equals_its_rows_to_the_last_bit(name):
    generator = np.random.default_rng(5)
    size = 1003  # no multiple of any vector width
    turns = generator.integers(1, 21, size)
    given_rows = [
        {
            "role": int(generator.choice([SELLER, BUYER])),
            "limit": float(np.round(generator.uniform(LOW, HIGH), 2)),
            "opponent_limit": float(np.round(generator.uniform(LOW, HIGH), 2)),
            "turn": int(turn),
            "own": tuple(np.round(generator.uniform(LOW, HIGH, (turn - 1) // 2), 2)),
            "opponent": tuple(np.round(generator.uniform(LOW, HIGH, turn // 2), 2)),
            "seed": int(generator.integers(0, 2**63)),
        }
        for turn in turns
    ]
    view = make_view(given_rows)
    together = SCRIPTED[name].decide(view)
    for row in range(0, size, 17):
        alone = SCRIPTED[name].decide(view.take(np.array([row])))
        assert alone.kind[0] == together.kind[row]
        assert alone.price[0].tobytes() == together.price[row].tobytes()


@settings(max_examples=200, deadline=None)
@given(names, decision_points(price=st.integers(LOW + 1, HIGH - 1).map(lambda whole: whole + 0.13)))
def test_the_buyer_plays_the_mirrored_seller(name, row):
    if name in RATIO_BASED:
        return  # a ratio of prices has no mirror image
    total = LOW + HIGH
    mirrored = {
        **row,
        "role": -row["role"],
        "limit": total - row["limit"],
        "opponent_limit": total - row["opponent_limit"],
        "own": tuple(total - price for price in row["own"]),
        "opponent": tuple(total - price for price in row["opponent"]),
    }
    here, there = (SCRIPTED[name].decide(make_view([seen])) for seen in (row, mirrored))
    assert here.kind[0] == there.kind[0]
    assert here.price[0] == pytest.approx(total - there.price[0], abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(names, rows)
def test_views_are_neither_written_nor_their_layout_relied_on(name, given_rows):
    view = make_view(given_rows)
    relaid = make_view(given_rows)
    for field in ("own_offers", "opponent_offers"):
        object.__setattr__(relaid, field, np.ascontiguousarray(getattr(view, field)))
    before = {field.name: np.copy(getattr(view, field.name)) for field in fields(view) if field.name != "messages"}
    first, second = SCRIPTED[name].decide(view), SCRIPTED[name].decide(relaid)
    assert first.kind.tobytes() == second.kind.tobytes()
    assert first.price.tobytes() == second.price.tobytes()
    for field, kept in before.items():
        assert np.array_equal(getattr(view, field), kept, equal_nan=kept.dtype == np.float64)


@pytest.mark.parametrize("name", sorted(SCRIPTED))
@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_every_strategy_plays_a_whole_game_in_either_seat(name, side):
    players = {"buyer": Refusing(), "seller": Refusing(), side: SCRIPTED[name]}
    game = Game(**players, buyer_max=900.0, seller_min=400.0, known=True).play()
    limit = 400.0 if side == "seller" else 900.0
    assert len(game.prices(side)) == 10
    assert all((price - limit) * (1 if side == "seller" else -1) >= 0.0 for price in game.prices(side))


@pytest.mark.parametrize("name", sorted(set(SCRIPTED) - {"naive_boulware"}))
def test_no_deterministic_strategy_asks_for_more_than_before(name):
    if "noisy" in name or "random" in name:
        return
    for side in ("buyer", "seller"):
        players = {"buyer": Refusing(), "seller": Refusing(), side: SCRIPTED[name]}
        made = Game(**players, buyer_max=900.0, seller_min=400.0, known=True).play().prices(side)
        assert made == sorted(made, reverse=side == "seller")
