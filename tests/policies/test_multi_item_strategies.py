"""Multi-item strategies against proposals worked out by hand.

The pool is [2, 1, 1] at values [1, 3, 5]: worth 10, and each utility from 0 to 10 has one split, but 5 has two.
"""

import numpy as np
import pytest
from negotiation_policies.multi_item.answering import count_distinct
from negotiation_policies.multi_item.blocks import blocks
from negotiation_policies.multi_item.opponent_model import Modelling
from split_table import decide_one, make_view

from negotiation_env.registry import list_policies, make_policy

NOTHING, ALL = (0, 0, 0), (2, 1, 1)
SPLITS = {
    0: NOTHING, 1: (1, 0, 0), 2: (2, 0, 0), 3: (0, 1, 0), 4: (1, 1, 0), 5: (0, 0, 1), 6: (1, 0, 1), 7: (2, 0, 1),
    8: (0, 1, 1), 9: (1, 1, 1), 10: ALL,
}  # fmt: skip
OTHER_FIVE = (2, 1, 0)


def planned(spec, **row):
    return decide_one(make_policy(spec, domain="multi_item"), **row)


@pytest.mark.parametrize(
    ("spec", "turn", "utility"),
    [
        ("boulware", 1, 9),  # .5 + .35 (1 - .000125) = .84996
        ("boulware", 10, 9),  # .5 + .35 * .875 = .80625
        ("boulware", 14, 8),  # .5 + .35 (1 - .343) = .72995
        ("boulware", 18, 6),  # .5 + .35 (1 - .729) = .59485
        ("boulware", 20, 5),
        ("linear", 4, 8),
        ("linear", 5, 8),  # .75
        ("linear", 10, 5),
        ("linear", 20, 0),
        ("conceder", 1, 6),  # 1 - .05^.25 = .527
        ("time_dependent:start=0.9,end=0.3,exponent=2", 10, 8),  # .3 + .6 * .75 = .75
        ("time_dependent:clock=(step+1)/(n+1)", 1, 10),  # 1 - 1/11 = .909
        ("time_dependent:clock=(step+1)/(n+1)", 20, 1),  # 1 - 10/11 = .0909
        ("fixed_price", 1, 6),
        ("fixed_price:aspiration=0.75", 20, 8),
        ("hardliner", 18, 10),
        ("hardliner", 19, 1),
        ("hardliner", 20, 1),
    ],
)
def test_aspirations_are_reached_by_the_lowest_tier(spec, turn, utility):
    assert planned(spec, turn=turn) == SPLITS[utility]


def test_ties_leave_the_opponent_the_most_items_or_what_the_model_says_it_wants():
    insists_on_last_type = (OTHER_FIVE,) * 3  # weights 1/7, 1/7, 4/7: [0, 0, 1] takes 4/7 from it, [2, 1, 0] 3/7
    row = {"turn": 10, "opponent": insists_on_last_type, "standing": (-1, -1, -1)}
    assert planned("linear", **row) == SPLITS[5]
    assert planned("linear:ties=frequency", **row) == OTHER_FIVE
    asked_once = {**row, "opponent": (OTHER_FIVE,)}  # weights .2, .2, .4
    assert planned("linear:ties=frequency", **asked_once) == SPLITS[5]
    assert planned("linear:ties=frequency,model_prior=0", **asked_once) == OTHER_FIVE


@pytest.mark.parametrize(
    ("spec", "opponent", "utility"),
    [
        ("tit_for_tat", (), 10),
        ("tit_for_tat", (1,), 10),
        ("tit_for_tat", (0, 3), 7),
        ("tit_for_tat", (0, 3, 1), 7),  # the best so far counts
        ("tit_for_tat:imitate_retraction=true", (0, 3, 1), 9),
        ("tit_for_tat:imitate_retraction=true", (3, 1), 10),  # never more than the pool
        ("tit_for_tat:rate=0.5", (0, 3), 9),  # 8.5
        ("tit_for_tat:start=0.8", (0, 1), 7),
        ("tit_for_tat:rate=100", (0, 1), 0),
    ],
)
def test_tit_for_tat_gives_what_it_was_given(spec, opponent, utility):
    offers = tuple(SPLITS[number] for number in opponent)
    row = {"turn": 2 * len(offers) + 1, "opponent": offers, "standing": (-1, -1, -1)}
    assert planned(spec, **row) == SPLITS[utility]


ORDER = [ALL, SPLITS[9], SPLITS[8], SPLITS[7], SPLITS[6], SPLITS[5], OTHER_FIVE, *(SPLITS[n] for n in (4, 3, 2, 1, 0))]


@pytest.mark.parametrize(
    ("own", "opponent", "place"),
    [
        (0, (), 0),
        (0, (1,), 0),
        (1, (1,), 1),
        (2, (1,), 1),
        (2, (1, 1), 1),  # no new proposal
        (2, (1, 2), 2),
        (2, (2, 1, 2), 2),
        (6, (0, 1, 2, 3, 4, 6), 6),  # the second split worth 5 takes more items
        (11, tuple(range(11)), 11),
    ],
)
def test_micro_makes_a_new_proposal_for_a_new_one(own, opponent, place):
    offers = tuple(SPLITS[number] for number in opponent)
    row = {"turn": 2 * max(own, len(offers)) + 1, "max_turns": 40, "own": tuple(ORDER[:own]), "opponent": offers}
    assert planned("micro", **row, standing=(-1, -1, -1)) == ORDER[place]


def test_micro_may_repeat_any_earlier_proposal_and_ends_at_disagreement():
    row = {"turn": 9, "own": tuple(ORDER[:4]), "opponent": (NOTHING,)}
    repeated = {planned("micro:repeat=random", **row, seed=seed) for seed in range(60)}
    assert repeated == set(ORDER[:4])
    assert planned("micro", turn=9, own=tuple(ORDER[:4]), opponent=tuple(ORDER[-4:]), without=7.0) == SPLITS[7]


def test_different_proposals_are_counted():
    rows = [(), (ALL,), (ALL, ALL), (ALL, NOTHING, ALL), (ALL, NOTHING, SPLITS[3])]
    view = make_view([{"turn": 9, "opponent": offers} for offers in rows])
    assert count_distinct(view, view.opponent_offers).tolist() == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("spec", "made", "utility"),
    [
        ("greedy_concession", 0, 10),
        ("greedy_concession", 1, 9),
        ("greedy_concession", 2, 8),
        ("greedy_concession", 3, 5),
        ("greedy_concession", 4, 0),
        ("greedy_concession", 5, 0),
        ("greedy_concession:items_per_turn=2", 1, 8),
        ("greedy_concession:items_per_turn=3", 1, 5),
        ("greedy_concession:reserve=0.5", 4, 5),
        ("greedy_concession:reserve=0.6", 4, 8),  # the second type would leave only 5
        ("greedy_concession:reserve=0.85", 4, 9),
    ],
)
def test_greedy_concession_gives_up_the_cheapest_item(spec, made, utility):
    assert planned(spec, turn=2 * made + 1, own=(ALL,) * made) == SPLITS[utility]


def test_greedy_concession_gives_worthless_items_away_whatever_it_reserves():
    row = {"pool": (2, 3), "values": (5.0, 0.0), "turn": 11, "own": ((2, 3),) * 5}
    assert planned("greedy_concession:reserve=1", **row) == (2, 0)
    assert planned("greedy_concession:reserve=0.5", **row) == (1, 0)


@pytest.mark.parametrize(
    ("spec", "opponent", "keep"),
    [
        ("trade_off", (), ALL),
        ("trade_off:start=0.9", (), SPLITS[9]),  # 9 or 10: similarity to leaving all 1/6, 0
        ("trade_off:concession=0.4", (SPLITS[5],), ALL),
        ("trade_off:concession=0.4", (SPLITS[5], SPLITS[5]), SPLITS[6]),  # 6 or 7: similarity 5/6, 2/3
        ("trade_off:concession=0.4", (SPLITS[2], SPLITS[2]), SPLITS[7]),  # 1/2, 2/3
        ("trade_off:concession=0.4,choose_by=frequency", (SPLITS[2], SPLITS[2]), SPLITS[6]),  # takes fewer items
        ("trade_off:concession=0.4", (SPLITS[2], SPLITS[1]), SPLITS[6]),  # taking back is a deadlock
        ("trade_off:concession=0.4", (SPLITS[1], SPLITS[2]), ALL),  # no deadlock
        ("trade_off:concession=0.4,end=0.8,band=0", (SPLITS[2], SPLITS[2]), SPLITS[8]),
        ("trade_off:start=0.5,band=0", (OTHER_FIVE,), OTHER_FIVE),  # exactly as the opponent proposed it
        ("trade_off:start=0.5,band=0", (SPLITS[5],), SPLITS[5]),
    ],
)
def test_trade_off_moves_along_its_line_towards_the_opponent(spec, opponent, keep):
    row = {"turn": 2 * len(opponent) + 1, "opponent": opponent, "standing": (-1, -1, -1)}
    assert planned(spec, **row) == keep


def test_weighted_similarity_looks_at_what_the_opponent_wants():
    # it never gave the last type away: weights 1/7, 1/7, 4/7 an item, 2/7, 1/7, 4/7 a type; the target is [2, 1, 0].
    # Worth 5: [0, 0, 1] is like it by 0, [2, 1, 0] by 1; worth 6: [1, 0, 1] by 1/7
    row = {"turn": 7, "opponent": (OTHER_FIVE,) * 3, "standing": (-1, -1, -1)}
    assert planned("trade_off:choose_by=weighted_similarity,concession=0.25", **row) == OTHER_FIVE


def test_random_draws_every_split_and_none_below_disagreement():
    drawn = {planned("random", seed=seed) for seed in range(400)}
    assert drawn == {*SPLITS.values(), OTHER_FIVE}
    rational = [planned("random", seed=seed, without=7.0) for seed in range(400)]
    assert set(rational) == {SPLITS[7], SPLITS[8], SPLITS[9], ALL}
    assert min(rational.count(split) for split in set(rational)) > 60


@pytest.mark.parametrize(
    ("spec", "standing", "answer"),
    [
        ("linear", 5, "accept"),  # turn 10: the aspiration is 5
        ("linear", 4, SPLITS[5]),
        ("boulware:acceptance=aspiration", 9, "accept"),  # 8.0625
        ("boulware:acceptance=aspiration", 8, SPLITS[9]),
        ("time_dependent:start=0.85,end=0.85", 9, "accept"),
        ("linear:acceptance=next", 5, "accept"),
        ("linear:acceptance=next,accept_scale=1.25", 4, "accept"),
        ("linear:acceptance=next,accept_shift=0.2", 3, "accept"),
        ("linear:acceptance=next,accept_shift=0.2", 2, SPLITS[5]),
        ("linear:acceptance=const,accept_share=0.3", 3, "accept"),
        ("linear:acceptance=const,accept_share=0.3", 2, SPLITS[5]),
        ("linear:acceptance=time,accept_after=0.5", 0, "accept"),
        ("linear:acceptance=time,accept_after=0.51", 5, SPLITS[5]),
        ("hardliner:acceptance=const|time,accept_share=0.7", 7, "accept"),
        ("tit_for_tat", 9, ALL),
        ("micro", 10, "accept"),
        ("trade_off", 9, ALL),
        ("trade_off:start=0.9", 9, "accept"),
        ("greedy_concession", 9, ALL),
    ],
)
def test_rules_of_acceptance_are_those_of_prices(spec, standing, answer):
    assert planned(spec, turn=10, opponent=(SPLITS[standing],)) == answer


def test_combi_takes_the_best_of_the_window_when_it_is_late():
    spec = "hardliner:acceptance=combi,accept_after=0.8"
    late, early = {"turn": 16}, {"turn": 15}
    best_last, better_before = (SPLITS[9], SPLITS[1], SPLITS[2]), (SPLITS[9], SPLITS[3], SPLITS[2])
    assert planned(spec, **late, opponent=best_last) == "accept"
    assert planned(spec, **late, opponent=better_before) == ALL
    assert planned(spec, **early, opponent=best_last) == ALL


def test_disagreement_is_the_floor_of_all():
    assert planned("linear", turn=20, without=6.0) == SPLITS[6]
    assert planned("linear:acceptance=time", turn=20, without=6.0, opponent=(SPLITS[5],)) == SPLITS[6]
    assert planned("linear:acceptance=time", turn=20, without=6.0, opponent=(SPLITS[6],)) == "accept"
    assert planned("greedy_concession", turn=11, own=(ALL,) * 5, without=6.0) == SPLITS[8]
    assert planned("linear", turn=20, without=-3.0) == NOTHING
    assert planned("linear", turn=20, without=10.0) == ALL
    assert planned("linear", turn=20, without=10.5) == "walk"


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        (Modelling(), (5 / 26, 6 / 13, 2 / 13)),  # a = 5/6, 2, 2/3: pool worth 13/3
        (Modelling(model_stability=0.5), (5 / 22, 9 / 22, 3 / 22)),  # a = 5/6, 3/2, 1/2: 11/3
        (Modelling(model_prior=0.0), (3 / 14, 4 / 7, 0.0)),  # a = 3/4, 2, 0: 7/2
    ],
)
def test_the_frequency_model_of_two_proposals(model, weights):
    # it keeps all books, then one of two; the hat both times; the ball never
    rows = [{"opponent": ((0, 0, 1), (1, 0, 1)), "turn": 5}, {}, {"pool": (0, 0, 3)}]
    found = model.opponent_weights(make_view(rows))
    np.testing.assert_allclose(found, [weights, (1 / 4,) * 3, (1 / 3,) * 3])


@pytest.mark.parametrize("name", list_policies("multi_item", kind="scripted"))
def test_rows_with_other_pools_are_decided_as_alone(name):
    rows = [
        {"turn": 5, "own": (ALL, SPLITS[9]), "opponent": (SPLITS[1], SPLITS[3])},
        {"turn": 4, "max_turns": 8, "pool": (0, 3, 2), "opponent": ((0, 1, 0), (0, 1, 1)), "own": ((0, 3, 2),)},
        {"turn": 20, "pool": (1, 1, 1), "values": (5.0, 0.0, 1.0), "opponent": ((0, 1, 1),) * 9},
        {"turn": 1, "pool": (4, 0, 0), "values": (1.0, 2.0, 2.0), "seed": 8},
    ]
    policy = make_policy(name, domain="multi_item")
    for some in (rows, rows[:2], rows[2:]):
        together = policy.decide(make_view(some))
        for place, row in enumerate(some):
            alone = policy.decide(make_view([row]))
            assert alone.kind[0] == together.kind[place]
            assert alone.kind[0] or alone.keep[0].tolist() == together.keep[place].tolist()


def test_pools_of_too_many_kinds_for_one_number_are_told_apart_all_the_same(monkeypatch):
    pools = np.array([[2, 1, 1], [0, 3, 2], [2, 1, 1], [4, 0, 0]])
    expected = [(block.keep[0].shape, block.own.tolist()) for block in blocks(pools, np.ones((4, 3)))]
    monkeypatch.setattr("negotiation_policies.multi_item.blocks._MOST_CODES", 1)
    found = [(block.keep[0].shape, block.own.tolist()) for block in blocks(pools, np.ones((4, 3)))]
    assert found == expected
