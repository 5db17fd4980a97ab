"""The fixed set of plans: what they do, and that the search over them leaves nothing out."""

import numpy as np
import pytest

from negotiation_env import rollout
from negotiation_env.run import make_run

pytest.importorskip("polars", reason="needs pip install 'negotiation-env[datasets]'")

from negotiation_janus.achievable import Search  # after the skip
from negotiation_janus.evaluation import evaluate_rho
from negotiation_janus.plans import FURTHER, PLANS, STAGES, WHOLE, Plans
from walker import Walker


@pytest.mark.parametrize("information", ["known", "private"])
def test_the_closest_is_what_the_plans_reach_one_by_one(information):
    opponent, episodes, command = "tit_for_tat", 15, 0.3
    settings = {"information": information, "first_mover": "seller"}
    result = evaluate_rho(
        lambda rho: Walker(), [opponent], [command], num_episodes=episodes, roles=["seller"], first_movers=["seller"],
        information=information, seed=4,
    )  # fmt: skip
    probe = rollout("price", {"seller_0": Walker(), "buyer_0": opponent}, episodes, seed=4, **settings).episodes
    width = probe["buyer_max"] - probe["seller_min"]
    distance = []
    for plan in range(len(PLANS)):
        played = rollout(
            "price",
            {"seller_0": Plans(np.full(episodes, plan), command * width, width), "buyer_0": opponent},
            episodes, seed=4, **settings,
        ).episodes  # fmt: skip
        distance.append(np.where(played["deal"], np.abs(played["rho"] - command), np.inf))
        assert (played["payoff_seller"] >= -1e-6).all()
    best = np.min(distance, axis=0)
    (row,) = result.table.to_dicts()
    assert row["closest_achievable"] == pytest.approx(best[np.isfinite(best)].mean(), abs=1e-12)
    assert row["missed_deals"] == pytest.approx(1.0)
    assert row["num_episodes"] == episodes


def test_there_are_72_different_plans():
    assert PLANS.shape == (72, 4)
    assert len({tuple(plan) for plan in PLANS.tolist()}) == 72
    played = np.concatenate(STAGES)
    assert len(set(played.tolist())) == len(played) == 60, "without an anchor three exponents are one plan"
    assert PLANS[np.setdiff1d(np.arange(72), played), 0].tolist() == [0.0] * 12


@pytest.mark.parametrize("settings", [{}, {"price_grid": 101}, {"scenario": "private", "max_turns": 5}, {"tick": 7.0}])
@pytest.mark.parametrize("opponent", ["linear", "micro_coarse", "hold_rho:rho=0.2,assumed_width=475", "random"])
def test_plans_that_are_left_out_would_have_changed_nothing(opponent, settings):
    commands, episodes = np.array([0.0, 0.35, 1.0]), 6

    def run_of(policy):
        settled = {"price_range": (210.0, 1505.0), **settings} if "tick" in settings else settings
        return make_run("price", {"buyer_0": policy, "seller_0": opponent}, 2, **settled)

    staged, whole = (Search(run_of, commands, episodes, "buyer") for _ in range(2))
    whole._least[:] = -1.0
    for plans in STAGES:
        staged.play(plans)
    whole.play(np.arange(len(PLANS)))
    assert WHOLE[: len(PLANS), :4].tobytes() == PLANS.tobytes()
    distances = [np.abs(search.rho - commands[:, None]) for search in (staged, whole)]
    assert distances[0].tobytes() == distances[1].tobytes()
    staged.play(FURTHER)
    assert (
        np.nan_to_num(np.abs(staged.rho - commands[:, None]), nan=9.0) <= np.nan_to_num(distances[0], nan=9.0)
    ).all()


def test_a_plan_drops_from_its_extreme_and_concedes_ticks():
    drop, token = (
        np.flatnonzero((np.array(row) == WHOLE).all(axis=1))
        for row in ((np.inf, 1.0, 0.01, 0, 3, 0), (0.0, 1.0, 0.02, 0, 0, 1))
    )
    for plan, offers in ((drop, [1500, 1500, 1500, 500, 500]), (token, [500.04, 500.03, 500.02, 500.01, 500])):
        seats = {"seller_0": Plans(plan, np.array([100.0]), np.array([500.0])), "buyer_0": "hardliner"}
        limits = {"buyer_max": 900.0, "seller_min": 400.0, "first_mover": "seller"}
        moves = rollout("price", seats, 1, seed=0, options=limits, max_turns=10).decisions
        assert moves["price"][moves["role"] == 1].tolist() == pytest.approx(offers)
