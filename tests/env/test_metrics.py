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


PRICE_GAMES = {
    "buyer": np.array(["a", "a", "b", "a", "a", "a"]),
    "seller": np.array(["x", "y", "x", "x", "x", "x"]),
    "buyer_max": np.array([900.0, 900.0, 400.0, 700.0, 500.0, 900.0]),
    "seller_min": np.array([400.0, 400.0, 600.0, 600.0, 500.0, 400.0]),
    "deal": np.array([True, False, True, True, True, False]),
    "rho": np.array([0.25, -1.0, np.nan, 1.5, np.nan, np.nan]),
    "payoff_buyer": np.array([375.0, 0.0, -100.0, -50.0, 0.0, np.nan]),
    "payoff_seller": np.array([125.0, 0.0, -100.0, 150.0, 0.0, np.nan]),
    "violation_buyer": np.array([False, False, True, True, False, False]),
    "violation_seller": np.array([False, False, True, False, False, False]),
    "turns": np.array([4, 20, 2, 6, 8, 1]),
    "ended_by": np.array(["deal", "deadline", "deal", "deal", "deal", "fault"]),
}
"""An ordinary deal, none, one without a surplus, one beyond the buyer's limit, one with nothing to share, a fault."""


def test_price_summary_of_games_worked_out_by_hand():
    found = metrics.price_summary(PRICE_GAMES)
    all_games = found.overall
    assert (all_games.buyer, all_games.seller, all_games.episodes, all_games.faults) == ("", "", 5, 1)
    assert all_games.possible_rate == pytest.approx(4 / 5)
    assert all_games.deal_rate == pytest.approx(4 / 5)
    assert all_games.sound_deal_rate == pytest.approx(2 / 5)
    assert (all_games.violation_rate_buyer, all_games.violation_rate_seller) == pytest.approx((2 / 5, 1 / 5))
    assert all_games.mean_rho == 0.25
    assert np.isnan(all_games.rho_interval).all()
    assert all_games.mean_payoff_buyer == pytest.approx((375 - 100 - 50) / 5)
    assert all_games.mean_payoff_seller == pytest.approx((125 - 100 + 150) / 5)
    assert all_games.mean_share_buyer == pytest.approx((0.75 + 0.0 - 0.5) / 3)
    assert all_games.mean_share_seller == pytest.approx((0.25 + 0.0 + 1.5) / 3)
    assert all_games.mean_turns == pytest.approx(40 / 5)
    assert list(found.pairs) == [("a", "x"), ("a", "y"), ("b", "x")]
    pair = found.pairs["a", "x"]
    assert (pair.buyer, pair.seller, pair.episodes, pair.faults, pair.mean_turns) == ("a", "x", 3, 1, 6.0)
    empty = found.pairs["b", "x"]
    assert (empty.possible_rate, empty.sound_deal_rate) == (0.0, 0.0)
    assert np.isnan([empty.mean_rho, empty.mean_share_buyer, empty.mean_share_seller]).all()


def test_the_interval_of_mean_rho_is_students():
    games = {name: np.repeat(column[:1], 3) for name, column in PRICE_GAMES.items()} | {
        "rho": np.array([0.1, 0.2, 0.6])
    }
    low, high = metrics.price_summary(games).overall.rho_interval
    reach = 4.302653 * np.sqrt(0.07 / 3)  # variance (0.2^2 + 0.1^2 + 0.3^2) / 2 about the mean 0.3
    assert (low, high) == pytest.approx((0.3 - reach, 0.3 + reach))


@pytest.mark.parametrize(
    ("freedom", "quantile", "error"),
    [
        (1, 12.706205, 1e-6),
        (2, 4.302653, 1e-6),
        (8, 2.306004, 1e-6),
        (9, 2.262157, 1.5e-5),
        (10, 2.228139, 1e-5),
        (20, 2.0859634, 3e-7),
        (100, 1.9839715, 1e-7),
        (10**6, 1.9599664, 1e-7),
    ],
)
def test_students_quantiles_are_the_tables(freedom, quantile, error):
    assert metrics.student_t(freedom) == pytest.approx(quantile, abs=error)


def test_multi_item_summary_of_games_worked_out_by_hand():
    games = {
        "agent_0": np.array(["a", "a", "a"]),
        "agent_1": np.array(["b", "b", "b"]),
        "quantities": np.array([[2, 1], [2, 1], [1, 1]]),
        "values_0": np.array([[1.0, 2.0], [1.0, 2.0], [4.0, 4.0]]),
        "values_1": np.array([[2.0, 1.0], [2.0, 1.0], [5.0, 5.0]]),
        "deal": np.array([True, False, False]),
        "efficiency": np.array([1.0, 0.0, np.nan]),
        "pareto_optimal": np.array([True, False, False]),
        "envy_free": np.array([True, False, False]),
        "payoff_agent_0": np.array([2.0, 1.0, np.nan]),
        "payoff_agent_1": np.array([4.0, 0.0, np.nan]),
        "nash_distance": np.array([0.0, 0.5, np.nan]),
        "kalai_smorodinsky_distance": np.array([0.25, 0.5, np.nan]),
        "turns": np.array([3, 20, 1]),
        "ended_by": np.array(["deal", "deadline", "fault"]),
    }
    overall = metrics.multi_item_summary(games).overall
    assert (overall.episodes, overall.faults, overall.deal_rate, overall.mean_turns) == (2, 1, 0.5, 11.5)
    assert (overall.mean_efficiency, overall.pareto_rate, overall.envy_free_rate) == (0.5, 0.5, 0.5)
    assert overall.efficiency_interval == (0.0, 1.0)  # Student's reaches further than an efficiency can
    assert (overall.mean_payoff_agent_0, overall.mean_payoff_agent_1) == (1.5, 2.0)
    assert overall.mean_share_agent_0 == pytest.approx((2 / 4 + 1 / 4) / 2)
    assert overall.mean_share_agent_1 == pytest.approx((4 / 5 + 0) / 2)
    assert (overall.mean_nash_distance, overall.mean_kalai_smorodinsky_distance) == (0.25, 0.375)
    pair = metrics.multi_item_summary(games).pairs["a", "b"]
    assert (pair.agent_0, pair.agent_1, pair.episodes) == ("a", "b", 2)


@pytest.mark.parametrize("summary", [metrics.price_summary, metrics.multi_item_summary])
def test_no_games_are_nothing_to_summarise(summary):
    domain = "price" if summary is metrics.price_summary else "multi_item"
    seats = ("buyer_0", "seller_0") if domain == "price" else ("agent_0", "agent_1")
    none = {name: column[:0] for name, column in rollout(domain, dict.fromkeys(seats, "linear"), 1).episodes.items()}
    with pytest.raises(ValueError, match="no games"):
        summary(none)
