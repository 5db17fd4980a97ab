"""Figures hold what they should: zone, offers, accept marker, bands; and nothing breaks on odd games."""

import numpy as np
import pytest

from negotiation_env import play, rollout
from negotiation_env.chart import figure_pixels, new_figure, save_figure, spread, wrapped
from negotiation_env.price.chart import SIDE_COLOURS
from negotiation_env.price.curves import concession_curves
from negotiation_env.price.plots import concession_figure, draw_game, interaction_figure, price_window

pytest.importorskip("matplotlib")
LIMITS = {"buyer_max": 900.0, "seller_min": 400.0}
MOVES = [
    (1, "seller_0", "offer", 900.0, None),
    (2, "buyer_0", "offer", 500.0, None),
    (3, "seller_0", "offer", 650.0, None),
    (4, "buyer_0", "accept", None, None),
]
DEAL = {"deal": True, "price": 650.0, "rho": 0.5, "turns": 4, "ended_by": "deal"}


def drawn(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def one_panel(moves=MOVES, outcome=DEAL, buyer_max=900.0, seller_min=400.0, max_turns=20, names=None):
    axes = new_figure().add_subplot()
    draw_game(axes, moves, buyer_max, seller_min, 200.0, 1500.0, max_turns, outcome, names)
    figure_pixels(axes.figure)
    return axes


def texts(axes):
    return [child.get_text() for child in axes.get_children() if hasattr(child, "get_text") and child.get_text()]


def test_offers_and_accept_stand_where_they_were_made():
    axes = one_panel()
    (buyer,), (seller,) = drawn(axes, "offers-buyer"), drawn(axes, "offers-seller")
    assert buyer.get_xydata().tolist() == [[2, 500]]
    assert seller.get_xydata().tolist() == [[1, 900], [3, 650]]
    assert buyer.get_color() == SIDE_COLOURS["buyer"]
    (accept,) = drawn(axes, "accept")
    assert accept.get_xydata().tolist() == [[4, 650]]
    assert any("650.00" in text and "0.50" in text for text in texts(axes))


def test_the_surplus_zone_spans_the_limits():
    axes = one_panel()
    (zone,) = drawn(axes, "zone")
    assert (zone.get_y(), zone.get_y() + zone.get_height()) == (400, 900)
    assert drawn(axes, "limit-buyer")[0].get_ydata()[0] == 900
    assert drawn(axes, "limit-seller")[0].get_ydata()[0] == 400
    assert "surplus zone" in texts(axes)


def test_the_legend_names_the_players_and_who_opens():
    axes = one_panel(names={"buyer_0": "linear", "seller_0": "fair"})
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["buyer: linear", "seller: fair (opens)"]


def test_an_empty_zone_is_hatched_and_says_so():
    axes = one_panel(MOVES[:2], None, buyer_max=500.0, seller_min=800.0)
    (zone,) = drawn(axes, "zone")
    assert zone.get_hatch()
    assert (zone.get_y(), zone.get_height()) == (500, 300)
    assert "no surplus" in texts(axes)
    assert not drawn(axes, "accept")


@pytest.mark.parametrize(
    ("moves", "outcome", "title"),
    [
        (MOVES, DEAL, "Deal on turn 4 of 20"),
        (MOVES[:2], None, "Turn 2 of 20"),
        ([], None, "Turn 0 of 20"),
        (MOVES[:3], {**DEAL, "deal": False, "ended_by": "deadline", "turns": 20}, "No deal by the deadline, turn 20"),
        (
            [*MOVES[:3], (4, "buyer_0", "walk", None, None)],
            {**DEAL, "deal": False, "ended_by": "walk"},
            "No deal: buyer walked away on turn 4 of 20",
        ),
        (
            [(1, "seller_0", "walk", None, "no")],
            {**DEAL, "deal": False, "ended_by": "walk", "turns": 1},
            "No deal: seller walked away on turn 1 of 20",
        ),
    ],
)
def test_the_title_says_how_the_game_stands(moves, outcome, title):
    axes = one_panel(moves, outcome)
    assert axes.get_title(loc="left") == title
    assert bool(drawn(axes, "walk")) == ("walked" in title)


def test_a_game_becomes_pixels():
    figure = new_figure(4.0, 3.0)
    draw_game(figure.add_subplot(), MOVES, 900.0, 400.0, 200.0, 1500.0, 20, DEAL)
    pixels = figure_pixels(figure)
    assert pixels.shape == (300, 400, 3)
    assert pixels.dtype == np.uint8
    assert len(np.unique(pixels)) > 20


@pytest.mark.filterwarnings("error")
def test_long_names_one_turn_and_narrow_zones_keep_their_panels():
    long = {"buyer_0": "x" * 70, "seller_0": "time_dependent:exponent=2.5,concession_cap=0.9,clock=(step+1)/(n+1)"}
    seats = {"buyer_0": "linear", "seller_0": "hardliner"}
    games = [
        play("price", seats, 0, LIMITS, max_turns=1),
        play("price", seats, 0, {"buyer_max": 500.0, "seller_min": 500.0}),
        play("price", seats, 0, {"buyer_max": 400.0, "seller_min": 1500.0}),
        play("price", seats, 0, LIMITS, max_turns=300),
    ]
    figure = interaction_figure(games, [long] * 4)
    figure_pixels(figure)
    assert len(figure.axes) == 4
    assert all(axes.get_position().width > 0.1 and axes.get_position().height > 0.1 for axes in figure.axes)


def test_an_interaction_shows_the_game_that_was_played(tmp_path):
    game = play("price", {"buyer_0": "boulware_firm", "seller_0": "tit_for_tat"}, 0, LIMITS)
    figure = interaction_figure(game)
    (axes,) = figure.axes
    (accept,) = drawn(axes, "accept")
    assert accept.get_xydata().tolist() == [[game.turns, game.price]]
    low, high = price_window(game)
    assert axes.get_ylim() == (low, high)
    assert low < 400 < 900 < high
    for ending in ("png", "pdf", "svg"):
        assert save_figure(figure, tmp_path / "new" / f"figure.{ending}").stat().st_size > 1000


def test_the_same_figure_is_the_same_file(tmp_path):
    game = play("price", {"buyer_0": "linear", "seller_0": "fair"}, 0, LIMITS)
    for ending in ("png", "pdf", "svg"):
        first, second = (save_figure(interaction_figure(game), tmp_path / f"{n}.{ending}").read_bytes() for n in "ab")
        assert first == second


def test_no_game_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        interaction_figure([])
    with pytest.raises(ValueError, match="at least one"):
        concession_figure({"seller": []})
    games = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 1, 0)
    with pytest.raises(ValueError, match="'seller'"):
        concession_figure({"sellr": games})


def seller_games(strategy, num_episodes=40, **settings):
    settings = {"options": LIMITS, "first_mover": "seller", **settings}
    return rollout("price", {"buyer_0": "hardliner", "seller_0": strategy}, num_episodes, 0, **settings)


def test_a_deterministic_curve_is_the_offers_themselves():
    games = seller_games("linear")
    (curve,) = concession_curves(games, "seller")
    offers = [(turn, price) for turn, agent, _, price, _ in games[0].moves if agent == "seller_0" and price is not None]
    assert list(zip(curve.turns, curve.middle, strict=True)) == offers
    assert not curve.is_random
    assert curve.deal == (games[0].turns, games[0].price)


def test_a_random_curve_has_a_band_of_percentiles():
    games = seller_games("linear_noisy", 200)
    (curve,) = concession_curves(games, "seller")
    first = np.array([episode.moves[0][3] for episode in games])
    assert curve.is_random
    assert curve.turns[0] == 1
    np.testing.assert_allclose(
        (curve.low[0], curve.middle[0], curve.high[0]), np.percentile(first, (10, 50, 90)), rtol=0, atol=1e-9
    )


def test_rounds_are_joined_where_the_first_mover_varies():
    (curve,) = concession_curves(seller_games("linear", first_mover="random"), "seller")
    assert curve.turns[:3].tolist() == [1.5, 3.5, 5.5]


def test_a_curve_stops_where_most_games_have_ended():
    games = rollout("price", {"buyer_0": ["linear", "hardliner"], "seller_0": "linear"}, 60, 0, options=LIMITS)
    (curve,) = concession_curves(games, "seller")
    rounds = [(int(episode.turns) + 1) // 2 for episode in games]
    assert curve.turns[-1] <= 2 * np.median(rounds) + 0.5


def test_shares_stand_in_for_prices_where_limits_vary():
    games = seller_games("linear", options=None, scenario="varied")
    figure = concession_figure({"seller": games})
    assert "surplus" in figure.axes[0].get_ylabel()
    (zone,) = drawn(figure.axes[0], "zone")
    assert (zone.get_y(), zone.get_height()) == (0, 1)


@pytest.mark.filterwarnings("error")
def test_games_without_a_surplus_have_no_shares_and_are_left_out():
    buyer_max, seller_min = np.full(40, 900.0), np.full(40, 400.0)
    buyer_max[:5], seller_min[:5] = 300.0, 1000.0
    buyer_max[5:10] = seller_min[5:10] = 600.0
    games = seller_games("linear", options={"buyer_max": buyer_max, "seller_min": seller_min})
    (curve,) = concession_curves(games, "seller", in_shares=True)
    (plain,) = concession_curves(seller_games("linear"), "seller", in_shares=True)
    assert not curve.is_random
    np.testing.assert_allclose(curve.middle, plain.middle)
    assert "left out: 10 of all 40 games" in concession_figure({"seller": games}).get_supxlabel().replace("\n", "")


def test_without_any_surplus_the_figure_is_empty():
    options = {"buyer_max": np.array([300.0, 400.0]), "seller_min": np.array([900.0, 900.0])}
    figure = concession_figure({"seller": seller_games("linear", 2, options=options)})
    assert not drawn(figure.axes[0], "offers-seller")
    assert "left out: 2 of all 2 games" in figure.get_supxlabel().replace("\n", "")


def test_a_figure_that_cannot_be_written_in_full_leaves_the_old_one(tmp_path, monkeypatch):
    figure, path = interaction_figure(play("price", {"buyer_0": "linear", "seller_0": "fair"}, 0, LIMITS)), tmp_path

    def torn(file, **_settings):
        file.write(b"half")
        raise KeyboardInterrupt

    save_figure(figure, path / "figure.png")
    before = (path / "figure.png").read_bytes()
    monkeypatch.setattr(figure, "savefig", torn)
    with pytest.raises(KeyboardInterrupt):
        save_figure(figure, path / "figure.png")
    assert [(item.name, item.read_bytes()) for item in path.iterdir()] == [("figure.png", before)]


def test_few_strategies_share_a_panel_with_labels_in_their_colours():
    parts = [seller_games(name) for name in ("linear", "boulware_hard", "linear_noisy")]
    figure = concession_figure({"seller": parts, "buyer": parts[0]})
    figure_pixels(figure)
    seller, buyer = figure.axes
    assert len(drawn(seller, "offers-seller")) == 3
    assert len(drawn(seller, "band")) == 1
    assert {"linear", "boulware_hard", "linear_noisy"} <= set(texts(seller))
    assert len(drawn(buyer, "offers-buyer")) == 1
    lines = {line.get_label(): line.get_color() for line in drawn(seller, "offers-seller")}
    assert len(set(lines.values())) == 3


def test_many_strategies_get_a_panel_each():
    names = [f"linear:exponent={exponent}" for exponent in range(1, 11)]
    figure = concession_figure({"seller": [seller_games(name, 1) for name in names]})
    figure_pixels(figure)
    assert len(figure.axes) == 10
    assert figure.axes[9].get_title(loc="left").replace("\n", "") == "linear:exponent=10"


def test_players_of_one_name_are_told_apart_by_what_differs():
    games = rollout("price", {"buyer_0": "fair", "seller_0": ["linear:exponent=2", "linear:exponent=3"]}, 20, 0)
    assert {curve.label for curve in concession_curves(games, "seller", in_shares=True)} == {
        "linear:exponent=2",
        "linear:exponent=3",
    }


@pytest.mark.parametrize("wanted", [[0.5, 0.5, 0.5], [0.9, 0.1], [0.0, 0.01, 1.0, 0.99], [0.3]])
def test_spread_keeps_order_and_distance(wanted):
    places = spread(wanted, 0.1, 0.05, 0.95)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    ranked = [places[index] for index in order]
    assert np.all(np.diff(ranked) >= 0.1 - 1e-9)
    assert min(places) >= 0.05 - 1e-9
    assert max(places) <= 0.95 + 1e-9


def test_spread_moves_labels_as_little_as_possible():
    assert spread([0.5, 0.5], 0.2, 0.0, 1.0) == pytest.approx([0.4, 0.6])
    assert spread([0.2, 0.8], 0.2, 0.0, 1.0) == pytest.approx([0.2, 0.8])


def test_text_is_wrapped_where_specs_can_be_broken():
    assert wrapped("random_absolute_tit_for_tat", 20) == "random_absolute_tit_\nfor_tat"
    assert wrapped("a:x=1,y=2", 6) == "a:x=1,\ny=2"
    assert wrapped("x" * 7, 3) == "xxx\nxxx\nx"
