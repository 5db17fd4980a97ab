"""What must hold for every multi-item strategy, at any decision point, in any batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from negotiation_policies.multi_item.blocks import blocks
from negotiation_policies.multi_item.choosing import in_order, least_enough
from negotiation_policies.multi_item.opponent_model import Modelling
from negotiation_policies.multi_item.utilities import own_utility, pool_worth
from split_table import make_view

from negotiation_env import rollout, testing
from negotiation_env.policy import ACCEPT, OFFER, WALK
from negotiation_env.registry import list_policies, make_policy
from negotiation_env.splits import all_splits

NAMES = list_policies("multi_item", kind="scripted")
VARIANTS = [
    "boulware:ties=frequency",
    "linear:acceptance=combi|const",
    "conceder:acceptance=time,accept_after=0",
    "tit_for_tat:imitate_retraction=true,acceptance=next,accept_shift=1",
    "micro:repeat=random",
    "trade_off:choose_by=frequency",
    "trade_off:choose_by=weighted_similarity,concession=0.3,band=0.4",
    "greedy_concession:reserve=0.4,items_per_turn=2",
]
POLICIES = {spec: make_policy(spec, domain="multi_item") for spec in (*NAMES, *VARIANTS)}
NOISE = 1e-9
specs = st.sampled_from(sorted(POLICIES))


@st.composite
def tables(draw, most_rows=6):
    """Rows of one batch, of pools that may differ, with any legal history."""
    types = draw(st.integers(1, 4))
    shared = draw(st.booleans())
    pools = st.lists(st.integers(0, 3), min_size=types, max_size=types).filter(any).map(tuple)
    pool = draw(pools)
    rows = []
    for _ in range(draw(st.integers(1, most_rows))):
        mine = pool if shared else draw(pools)
        values = draw(st.lists(st.integers(0, 20).map(lambda n: n / 10), min_size=types, max_size=types))
        split = st.tuples(*(st.integers(0, quantity) for quantity in mine))
        max_turns = draw(st.sampled_from([1, 2, 7, 20]))
        turn = draw(st.integers(1, max_turns))
        worth = float(np.dot(mine, values))
        rows.append(
            {
                "pool": mine,
                "values": values,
                "turn": turn,
                "max_turns": max_turns,
                "own": tuple(draw(st.lists(split, max_size=(turn - 1) // 2))),
                "opponent": tuple(draw(st.lists(split, max_size=turn // 2))),
                "without": draw(st.sampled_from([0.0, -1.0, round(worth / 3, 3), worth, worth + 0.5])),
                "seed": draw(st.integers(0, 2**64 - 1)),
            }
        )
    return rows


@settings(max_examples=400, deadline=None)
@given(specs, tables())
def test_moves_are_legal_and_never_below_disagreement(spec, rows):
    view = make_view(rows)
    decision = POLICIES[spec].decide(view)
    offers, accepts, walks = (decision.kind == kind for kind in (OFFER, ACCEPT, WALK))
    assert (offers | accepts | walks).all()
    assert decision.keep.shape == view.quantities.shape
    assert ((decision.keep >= 0) & (decision.keep <= view.quantities))[offers].all()
    assert (own_utility(view, decision.keep) >= view.disagreement - NOISE)[offers].all()
    assert (view.standing_offer >= 0)[accepts].all()
    assert (own_utility(view, view.standing_offer) >= view.disagreement - NOISE)[accepts].all()
    assert np.array_equal(walks, pool_worth(view) < view.disagreement - NOISE)


@settings(max_examples=300, deadline=None)
@given(specs, tables())
def test_a_row_is_decided_alike_in_any_batch(spec, rows):
    view = make_view(rows)
    together = POLICIES[spec].decide(view)
    for row in range(len(rows)):
        alone = POLICIES[spec].decide(view.take(np.array([row])))
        assert alone.kind[0] == together.kind[row]
        if alone.kind[0] == OFFER:
            assert np.array_equal(alone.keep[0], together.keep[row])


@settings(max_examples=200, deadline=None)
@given(tables(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_aspiration_never_asks_for_less(rows, one, two):
    view = make_view(rows)
    low, high = (own_utility(view, least_enough(view, share * pool_worth(view))) for share in sorted((one, two)))
    assert (low <= high + 1e-7).all()


@settings(max_examples=200, deadline=None)
@given(tables(), st.integers(0, 1000).map(lambda n: n / 1000), st.integers(0, 300))
def test_splits_are_chosen_as_their_definition_says(rows, share, place):
    view = make_view(rows)
    level = np.minimum(share * pool_worth(view), pool_worth(view))
    least, ordered = least_enough(view, level), in_order(view, level, np.full(len(view), place))
    for row in range(len(view)):
        splits = all_splits(view.quantities[row])
        own = np.round(splits @ view.values[row], 6)
        keys = [
            (utility, kept.sum(), index)
            for index, (utility, kept) in enumerate(zip(own, splits, strict=True))
            if utility >= level[row] - 1e-7
        ]
        assert least[row].tolist() == splits[min(keys)[2]].tolist()
        falling = sorted(keys, key=lambda key: (-key[0], *key[1:]))
        assert ordered[row].tolist() == splits[falling[min(place, len(falling) - 1)][2]].tolist()


@settings(max_examples=200, deadline=None)
@given(tables(), st.sampled_from([Modelling(), Modelling(0.0, 0.0), Modelling(2.0, 5.0)]))
def test_weights_of_the_model_are_shares_of_the_opponents_pool(rows, model):
    view = make_view(rows)
    weights = model.opponent_weights(view)
    assert (weights >= 0.0).all()
    assert (weights * view.quantities).sum(axis=1) == pytest.approx(1.0)


def test_a_type_that_is_never_given_up_weighs_more():
    rows = [{"pool": (1, 1), "values": (1.0, 1.0), "turn": 9, "opponent": ((0, 1),) * count} for count in range(5)]
    weights = Modelling().opponent_weights(make_view(rows))
    assert weights[0].tolist() == [0.5, 0.5]
    assert (np.diff(weights[:, 0]) > 0.0).all()


@pytest.mark.parametrize("spec", sorted(POLICIES))
@pytest.mark.parametrize(
    "game",
    [
        {},
        {"scenario": "bargaining"},
        {"scenario": "bargaining", "disagreement": (3.0, 11.0), "information": "known"},
        {"scenario": "opposed", "num_items": 9, "max_turns": 7},
    ],
    ids=["seed", "bargaining", "disagreement", "large"],
)
def test_strategies_keep_the_contract(spec, game):
    testing.check_policy(spec, "multi_item", num_games=12, **game)


@pytest.mark.parametrize("spec", ["boulware", "linear", "conceder", "hardliner", "tit_for_tat", "micro", "trade_off"])
def test_without_an_answer_nobody_asks_for_more_than_before(spec):
    games = rollout("multi_item", {"agent_0": spec, "agent_1": "hardliner"}, 40, seed=3, scenario="bargaining")
    table = games.decisions
    mine = (table["seat"] == 0) & (table["kind"] == OFFER)
    utility = (games.episodes["values_0"][table["episode"]] * table["keep"]).sum(axis=1)
    for game in range(len(games)):
        made = utility[mine & (table["episode"] == game)]
        slack = 0.1 * 10 if spec == "trade_off" else 0.0  # the width of its line
        assert (np.diff(made) <= slack + NOISE).all()


def test_blocks_are_bounded_and_cover_all_rows_whatever_the_pools():
    generator = np.random.default_rng(0)
    quantities = np.where(generator.random((300, 16)) < 0.2, generator.integers(0, 3, (300, 16)), 0)
    quantities[:, 3] = np.maximum(quantities[:, 3], 1)
    quantities[:40] = 0
    quantities[np.arange(40), np.arange(40) % 16] = 4095 - np.arange(40)  # too many different pools for a short code
    quantities = quantities[np.prod(quantities + 1, axis=1) <= 4096]
    values = generator.random(quantities.shape)
    covered = np.zeros(len(quantities), dtype=int)
    for block in blocks(quantities, values):
        covered[block.rows] += 1
        assert block.own.size <= max(2**13, 16 * len(block.own))
        assert np.allclose(block.own.max(axis=0), (quantities * values).sum(axis=1)[block.rows])
        assert np.array_equal(np.isfinite(block.own).sum(axis=0), np.prod(quantities[block.rows] + 1, axis=1))
    assert (covered == 1).all()


def test_an_empty_view_is_answered_by_an_empty_decision():
    view = make_view([{}, {}]).take(np.array([], dtype=np.int64))
    for policy in POLICIES.values():
        assert policy.decide(view).keep.shape == (0, 3)
