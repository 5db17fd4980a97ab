"""Figures that compare players hold what was played: shares, rates, means, and who is left out."""

import numpy as np
import pytest

from negotiation_env import rollout
from negotiation_env.chart import figure_pixels
from negotiation_env.comparisons import SeatPayoffs, payoff_figure, record_figure, seat_payoffs
from negotiation_env.comparisons.payoffs import pooled
from negotiation_env.price.mean_offers import mean_offer_figure, mean_offers, running

pytest.importorskip("matplotlib")
SEATS = {"buyer_0": ["linear", "conceder"], "seller_0": "boulware_firm"}


def payoffs(own, other, deal, label="one", side="buyer"):
    own, other, deal = np.array(own, float), np.array(other, float), np.array(deal, bool)
    return SeatPayoffs(label, side, own, other, deal, faults=0, without_surplus=0)


def drawn(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def test_shares_are_of_the_surplus_and_add_up():
    games = rollout("price", SEATS, 200, 0)
    found = seat_payoffs(games, 0)
    assert [result.label for result in found] == ["linear", "conceder"]
    assert sum(map(len, found)) == 200
    for place, result in enumerate(found):
        mine = games.batch.episodes["player_0"] == place
        np.testing.assert_allclose(result.own, np.where(result.deal, 1 - games.episodes["rho"][mine], 0))
        np.testing.assert_allclose((result.own + result.other)[result.deal], 1)


def test_games_without_a_surplus_are_counted_and_left_out():
    games = rollout("price", SEATS, 200, 0, scenario="private")
    found = pooled(seat_payoffs(games, 0) + seat_payoffs(games, 1))
    empty = int((games.episodes["buyer_max"] <= games.episodes["seller_min"]).sum())
    assert 0 < empty < 200
    assert found["boulware_firm"].without_surplus == empty
    assert len(found["boulware_firm"]) == 200 - empty
    text = record_figure(list(found.values())).get_supxlabel()
    assert f"{2 * empty} that had no surplus" in text.replace("\n", " ")


def test_shares_of_a_pool_are_of_the_own_worth():
    games = rollout("multi_item", {"agent_0": "linear", "agent_1": "boulware"}, 50, 0, scenario="bargaining")
    (result,) = seat_payoffs(games, 1)
    np.testing.assert_allclose(result.own, games.episodes["payoff_agent_1"] / 10)  # every pool is worth 10
    assert result.side == "agent_1"


def test_rates_are_of_the_larger_share():
    result = payoffs([0.7, 0.504, 0.2, 0.0], [0.3, 0.496, 0.8, 0.0], [1, 1, 1, 0])
    assert result.rates() == {"win": 0.25, "tie": 0.25, "loss": 0.25, "no deal": 0.25}
    assert result.rates(tie=0.0)["win"] == 0.5


def test_bars_add_up_and_the_best_is_on_top():
    poor = payoffs([0.2, 0.2], [0.8, 0.8], [1, 1], "poor")
    figure = record_figure([poor, payoffs([0.8, 0.0], [0.2, 0.0], [1, 0], "rich")])
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["poor", "rich"]
    assert [bar.get_width() for bar in drawn(axes, "rate-win")] == [0.0, 0.5]
    assert [bar.get_width() for bar in drawn(axes, "rate-no deal")] == [0.0, 0.5]
    assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(2.0)


def test_violins_are_halves_and_diamonds_are_means_of_all_games():
    games = rollout("price", SEATS, 300, 0)
    results = seat_payoffs(games, 0) + seat_payoffs(games, 1)
    figure = payoff_figure(results)
    figure_pixels(figure)
    axes = figure.axes[0]
    assert len(drawn(axes, "violin-buyer")) == 2
    assert len(drawn(axes, "violin-seller")) == 1
    means = sorted(float(mark.get_xdata()[0]) for mark in drawn(axes, "mean-buyer"))
    assert means == pytest.approx(sorted(result.own.mean() for result in results[:2]))
    assert f"{results[0].deal.mean():.0%}" in [text.get_text() for text in axes.texts]


def test_shares_that_are_all_the_same_are_dots():
    figure = payoff_figure([payoffs([0.5, 0.5], [0.5, 0.5], [1, 1])])
    figure_pixels(figure)
    assert not drawn(figure.axes[0], "violin-buyer")


def test_no_game_to_draw_is_refused():
    for figure in (payoff_figure, record_figure):
        with pytest.raises(ValueError, match="at least one"):
            figure([payoffs([], [], [])])
    with pytest.raises(ValueError, match="at least one"):
        mean_offer_figure([])


def test_mean_offers_are_those_of_the_games_that_go_on():
    games = rollout("price", SEATS, 200, 0, scenario="seed", first_mover="buyer")
    curve = mean_offers(games, "buyer")
    decisions, table = games.decisions, games.episodes
    first = (decisions["price"][games.starts] - table["seller_min"]) / 500
    assert curve.turns[0] == 1
    assert curve.mean[0] == pytest.approx(first.mean())
    assert curve.deviation[0] == pytest.approx(first.std())
    np.testing.assert_allclose(running(games), [(table["turns"] >= turn).mean() for turn in range(1, 21)])


def test_rounds_are_joined_and_late_turns_of_few_games_left_out():
    games = rollout("price", SEATS, 200, 0, scenario="seed")
    curve = mean_offers(games, "seller")
    assert curve.turns[:2].tolist() == [1.5, 3.5]
    part = running(games)
    assert part[int(curve.turns[-1])] >= 0.05


def test_a_panel_a_match_up():
    games = [rollout("price", SEATS, 40, seed, scenario="seed") for seed in range(2)]
    figure = mean_offer_figure(games, [("a", "b"), ("c", "d")])
    figure_pixels(figure)
    panels = [axes for axes in figure.axes if drawn(axes, "offers-buyer")]
    assert len(panels) == 2
    assert [text.get_text() for text in panels[1].get_legend().get_texts()] == ["buyer: c", "seller: d"]
    assert panels[0].get_title(loc="left").startswith("40 games, ")
