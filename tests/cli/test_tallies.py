"""The figures that end a report: gathered batch by batch, and those of the metrics."""

import math
from dataclasses import asdict

import pytest
from negotiation_cli.multi_item_tally import Tally as ItemsTally
from negotiation_cli.price_tally import Tally

from negotiation_env import metrics, rollout
from negotiation_env.rollouts import play_parts
from negotiation_env.run import make_run


def test_a_tally_of_batches_is_the_summary_of_all_games():
    players = {"buyer_0": ["linear", "price_fixed_loose"], "seller_0": ["naive_boulware", "random"]}
    games = rollout("price", players, 300, 0, scenario="private")
    tally = Tally()
    for batch in play_parts(games.run, 0, 300, record=False, batch_size=70):
        tally.add(batch)
    summary, told = metrics.price_summary(games).overall, tally.as_json()
    for name in ("episodes", "faults", "deal_rate", "sound_deal_rate", "mean_rho"):
        assert told[name] == pytest.approx(getattr(summary, name)), name
    assert told["rho_interval"] == pytest.approx(list(summary.rho_interval))
    assert told["decisions"] == len(games.decisions["turn"])


def test_a_tally_keeps_no_games_and_says_what_the_metrics_say():
    run, tally = make_run("price", {"buyer_0": ["linear", "boulware"], "seller_0": "tit_for_tat"}, 2), Tally()
    for part in play_parts(run, 0, 500, batch_size=170):
        tally.add(part)
    (whole,) = play_parts(run, 0, 500, batch_size=500)
    rho = metrics.settled_rho(whole.episodes)
    assert tally.mean_rho() == pytest.approx((rho.mean(), *metrics.mean_interval(rho)), rel=1e-12)
    assert (tally.episodes, tally.settled.count) == (500, len(rho))
    assert vars(tally.settled).keys() == {"count", "mean", "squares"}


def test_a_tally_of_items_keeps_no_games_and_says_what_the_metrics_say():
    players = {"agent_0": ["linear", "boulware"], "agent_1": "tit_for_tat"}
    run, tally = make_run("multi_item", players, 2, scenario="bargaining"), ItemsTally()
    assert math.isnan(tally.as_json()["mean_efficiency"])
    for part in play_parts(run, 0, 500, batch_size=170):
        tally.add(part)
    (whole,) = play_parts(run, 0, 500, batch_size=500)
    found = asdict(metrics.multi_item_summary(whole).overall)
    told = tally.as_json()
    assert told.pop("decisions") == whole.episodes["turns"].sum()
    for name, value in told.items():
        assert value == pytest.approx(found[name], rel=1e-12), name
    assert told.keys() == found.keys() - {"agent_0", "agent_1"}
    assert all(isinstance(value, float) for value in tally.means.values())
