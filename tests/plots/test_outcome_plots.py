"""Pictures of many games' outcomes show the data: shares of the pools, rates, faults left out."""

import numpy as np
import pytest

from negotiation_env.chart import figure_pixels
from negotiation_env.multi_item.outcomes import gathered, outcome_shares, summary_text
from negotiation_env.multi_item.paths import AGENT_COLOURS
from negotiation_env.multi_item.plots import (
    outcome_figure,
)
from negotiation_env.multi_item.space import distinct_points
from negotiation_env.solutions import outcome_metrics

pytest.importorskip("matplotlib")
from split_games import Always, Conceder, drawn, games, points_of


def test_outcomes_are_shares_of_the_pools():
    played = games(60, scenario="bargaining")
    outcomes = outcome_shares(played)
    expected = [[episode.payoffs[agent] / 10.0 for agent in AGENT_COLOURS] for episode in played]
    np.testing.assert_allclose(outcomes.shares, expected)
    assert outcomes.deal.tolist() == [episode.deal for episode in played]
    axes = outcome_figure(played).axes[0]
    deals, counts = distinct_points(np.array(expected)[outcomes.deal])
    (circles,) = drawn(axes, "deals")
    np.testing.assert_allclose(points_of(axes, "deals"), sorted(map(tuple, deals)), atol=1e-9)
    assert sorted(circles.get_sizes() / circles.get_sizes().max()) == pytest.approx(sorted(counts / counts.max()))
    efficient = outcomes.shares[outcomes.pareto_optimal & outcomes.deal]
    np.testing.assert_allclose(points_of(axes, "pareto-optimal"), np.unique(np.round(efficient, 9), axis=0), atol=1e-9)


def test_bars_add_up_to_the_deal_rate():
    played = games(80, Conceder(0.7), Conceder(0.7), disagreement=(-0.5, 0.2))
    rate = played.episodes["deal"].mean()
    assert 0 < rate < 1
    figure = outcome_figure(played)
    main, above, beside = figure.axes
    assert sum(bar.get_height() for bar in above.patches) == pytest.approx(rate)
    assert sum(bar.get_width() for bar in beside.patches) == pytest.approx(rate)
    assert above.get_xlim() == main.get_xlim() == main.get_ylim() == beside.get_ylim()
    missed = outcome_shares(played).shares[~played.episodes["deal"]]
    assert points_of(main, "no-deal") == sorted(map(tuple, distinct_points(missed)[0].tolist()))


def test_the_note_gives_the_rates_over_all_games():
    played = games(50, Conceder(0.6), Conceder(0.6))
    quantities, deal = played.episodes["quantities"], played.episodes["deal"]
    values = np.stack([played.episodes["values_0"], played.episodes["values_1"]], axis=1)
    metrics = outcome_metrics(quantities, values, played.episodes["keep_0"], deal)
    text = summary_text(outcome_shares(played))
    assert text.startswith(f"50 games: {deal.mean():.1%} deals, {metrics['pareto_optimal'].mean():.1%} Pareto-optimal")
    assert f"mean distance to Nash {metrics['nash_distance'].mean():.3f}" in text
    note = outcome_figure(played).texts[0].get_text()
    assert note.replace("\n", " ") == text


def test_faults_are_left_out_and_counted():
    played = games(40, [Conceder(), Always(3)])
    faults = int((played.episodes["ended_by"] == "fault").sum())
    outcomes = outcome_shares(played)
    assert 0 < faults < 40
    assert (len(outcomes), outcomes.faults) == (40 - faults, faults)
    assert np.isfinite(outcomes.shares).all()
    assert f"left out: {faults} ended by a fault" in summary_text(outcomes)


def test_many_different_outcomes_are_gathered_on_a_grid():
    shares = np.random.default_rng(0).uniform(0, 1, (5000, 2))
    efficient = shares.sum(axis=1) > 1
    places, counts, inside = gathered(shares, efficient, on_grid=True)
    assert counts.sum() == 5000
    assert inside.sum() == efficient.sum()
    np.testing.assert_allclose(places * 40, np.round(places * 40), atol=1e-9)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("players", [(Always(2), Conceder()), (Conceder(), [Conceder(0.1), Conceder(name="y" * 60)])])
def test_outcome_figures_fit_their_paper(players):
    figure = outcome_figure(games(1500, *players))
    figure_pixels(figure)
    page = figure.bbox
    shown = [figure.texts[0], figure.axes[1].title.axes._left_title, figure.axes[0].get_legend()]
    for extent in (artist.get_window_extent() for artist in shown):
        assert 0 <= extent.x0 < extent.x1 <= page.width
        assert 0 <= extent.y0 < extent.y1 <= page.height
    legend_low, note_high = shown[2].get_window_extent().y0, shown[0].get_window_extent().y1
    assert note_high < legend_low
