"""Summaries of games, against the columns that they sum up."""

import numpy as np
import pytest

from negotiation_env import MultiItemDecision, metrics, rollout


def test_multi_item_summary_is_of_the_columns():
    players = {"agent_0": ["boulware", "random"], "agent_1": "conceder"}
    many = rollout("multi_item", players, 400, seed=0, scenario="bargaining")
    found, table = metrics.multi_item_summary(many), many.episodes
    assert set(found.pairs) == {("boulware", "conceder"), ("random", "conceder")}
    assert found.overall.episodes == sum(pair.episodes for pair in found.pairs.values()) == 400
    for name, column in [
        ("deal_rate", "deal"),
        ("mean_efficiency", "efficiency"),
        ("pareto_rate", "pareto_optimal"),
        ("envy_free_rate", "envy_free"),
        ("mean_nash_distance", "nash_distance"),
        ("mean_turns", "turns"),
    ]:
        assert getattr(found.overall, name) == pytest.approx(table[column].mean())
        of_pair = table[column][table["agent_0"] == "random"].mean()
        assert getattr(found.pairs["random", "conceder"], name) == pytest.approx(of_pair)
    assert found.overall.mean_share_agent_0 == pytest.approx(table["payoff_agent_0"].mean() / 10)
    low, high = found.overall.efficiency_interval
    assert 0 <= low < found.overall.mean_efficiency < high <= 1


class Failing:
    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        kind = np.where(view.game % 4 == 0, 3, 2)
        return MultiItemDecision(kind, np.zeros_like(view.quantities))


def test_faults_are_counted_beside_the_others_and_enter_nothing():
    many = rollout("multi_item", {"agent_0": Failing(), "agent_1": Failing()}, 40, seed=0, disagreement=(0.5, 0.25))
    overall = metrics.multi_item_summary(many).overall
    assert (overall.episodes, overall.faults) == (30, 10)
    assert overall.deal_rate == 0.0
    assert overall.mean_payoff_agent_0 == 0.5
    faulty = many.episodes["ended_by"] == "fault"
    for name in ("payoff_agent_0", "reward_1", "welfare", "efficiency", "nash_distance"):
        assert np.isnan(many.episodes[name][faulty]).all()
        assert np.isfinite(many.episodes[name][~faulty]).all()
    assert not many.episodes["pareto_optimal"][faulty].any()


def test_a_table_of_the_other_domain_is_refused():
    prices = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 3, seed=0)
    with pytest.raises(ValueError, match="multi_item games, with a column 'agent_0'"):
        metrics.multi_item_summary(prices)
    items = rollout("multi_item", {"agent_0": "linear", "agent_1": "linear"}, 3, seed=0)
    with pytest.raises(ValueError, match="price games, with a column 'buyer'"):
        metrics.price_summary(items)
