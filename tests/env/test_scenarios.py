"""Scenarios draw what they say, from counter-based streams that are uniform and independent."""

import numpy as np
import pytest

from negotiation_env import register_scenario, rollout, seeding
from negotiation_env.price.catalogue import read_catalogue
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.scenarios import PriceSetup, deal_setup

GAMES = np.arange(200_000)
HEADER = "category,title,list_price,current_price,average_price,lowest_price,highest_price\n"


def dealt(games=GAMES, seed=0, **settings):
    return deal_setup(PriceConfig(**settings), seed, games)


def test_seed_scenario():
    setup, first = dealt(scenario="seed")
    assert setup.buyer_max.mean() == pytest.approx(900, abs=1)
    assert setup.buyer_max.std() == pytest.approx(50, abs=1)
    assert setup.buyer_max.min() >= 700
    np.testing.assert_allclose(setup.buyer_max - setup.seller_min, 500, atol=1e-9)
    assert first.mean() == pytest.approx(0.5, abs=0.01)


def test_varied_scenario_is_never_empty():
    setup, _ = dealt(scenario="varied")
    width = setup.buyer_max - setup.seller_min
    assert width.min() >= 49.99
    assert width.max() <= 900.01
    assert width.mean() == pytest.approx(475, abs=2)
    assert setup.seller_min.min() >= 200
    assert setup.buyer_max.max() <= 1500


def test_private_scenario_is_often_empty():
    setup, _ = dealt(scenario="private")
    assert (setup.buyer_max < setup.seller_min).mean() == pytest.approx(0.5, abs=0.01)
    for limit in (setup.buyer_max, setup.seller_min):
        np.testing.assert_allclose(np.histogram(limit, 13, (200, 1500))[0], len(GAMES) / 13, rtol=0.03)


@pytest.mark.parametrize("scenario", ["seed", "varied", "private"])
def test_limits_are_on_the_tick_and_independent_of_the_batch(scenario):
    setup, first = dealt(np.arange(1000), scenario=scenario)
    for limit in (setup.buyer_max, setup.seller_min):
        np.testing.assert_array_equal(limit, np.rint(limit * 100) / 100)
    one, _ = dealt(np.array([777]), scenario=scenario)
    assert one.buyer_max[0] == setup.buyer_max[777]
    assert dealt(np.array([777]), scenario=scenario)[1][0] == first[777]


def test_streams_are_uniform_and_independent():
    keys = seeding.game_keys(12345, GAMES)
    draws = [seeding.unit(keys, stream, turn) for stream in (1, 2, 7) for turn in (0, 1, 20)]
    for draw in draws:
        counts = np.histogram(draw, 100, (0, 1))[0]
        chi_square = ((counts - len(GAMES) / 100) ** 2 / (len(GAMES) / 100)).sum()
        assert chi_square < 160
        assert abs(np.corrcoef(draw[:-1], draw[1:])[0, 1]) < 0.01
    correlations = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlations).max() < 0.01
    assert abs(np.corrcoef(draws[0], seeding.unit(seeding.game_keys(12346, GAMES), 1, 0))[0, 1]) < 0.01


def test_normal_draws_are_normal():
    draws = seeding.normal(seeding.game_keys(3, GAMES), 4)
    assert draws.mean() == pytest.approx(0, abs=0.01)
    assert draws.std() == pytest.approx(1, abs=0.01)
    assert (np.abs(draws) < 1.959964).mean() == pytest.approx(0.95, abs=0.003)


@pytest.mark.parametrize("seed", [True, -1, 1.5, "x", 2**64])
def test_a_bad_seed_raises(seed):
    with pytest.raises(ValueError, match="whole number from 0"):
        seeding.check_seed(seed)


def own_scenario(config, seed, games):
    size = len(games)
    return PriceSetup(np.full(size, 1000.0), np.full(size, 300.0), np.full(size, 200.0), np.full(size, 1500.0))


def test_a_scenario_of_ones_own():
    register_scenario("own", f"{__name__}:own_scenario")
    episodes = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 5, seed=0, scenario="own")
    assert set(episodes.episodes["buyer_max"]) == {1000.0}
    with pytest.raises(ValueError, match="already registered"):
        register_scenario("own", "elsewhere:own_scenario")


def test_catalogue_plays_each_product_once_an_epoch(tmp_path):
    path = tmp_path / "products.csv"
    lines = [f"toys,Product {number},{100 + number}.5,1,1,{40 + number},1\n" for number in range(10)]
    path.write_text(HEADER + "".join(lines))
    players = {"buyer_0": "linear", "seller_0": "linear"}
    episodes = rollout("price", players, 30, seed=1, scenario="catalogue", catalogue=str(path), batch_size=7)
    titles = episodes.episodes["product"]
    for epoch in range(3):
        assert sorted(titles[10 * epoch : 10 * epoch + 10]) == sorted(set(titles))
    assert titles[:10].tolist() != titles[10:20].tolist()
    row = titles.tolist().index("Product 3")
    assert episodes.episodes["price_high"][row] == 103.5
    assert episodes.episodes["buyer_max"][row] == pytest.approx(82.8)
    assert episodes.episodes["seller_min"][row] == 43.0
    opening = episodes[row].moves[0]
    assert 0 <= opening[3] <= 103.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("category,title\n", "line 1: column 'list_price' is missing"),
        (HEADER, "no products"),
        (HEADER + "a,b,10,1,1,5,1\na,b,ten,1,1,5,1\n", "line 3: list_price is 'ten'"),
        (HEADER + "a,b,10,1,1,-5,1\n", "line 2: lowest_price is '-5'; it must be above 0"),
        (HEADER + "a,b,10,1,1,50,1\n", "line 2: lowest_price 50.0 is above list_price 10.0"),
        (HEADER + "a,b\n", "line 2: 2 fields, and the header has 7"),
        (HEADER + "a,b,10,1,1,5\n", "line 2: 6 fields, and the header has 7"),
        (HEADER + "a,b,10,1,1,5,1\na,b, large,10,1,1,5,1\n", "line 3: 8 fields, and the header has 7; put a title"),
    ],
)
def test_a_malformed_catalogue_names_file_line_and_reason(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 1, scenario="catalogue", catalogue=str(path))
    assert "bad.csv" in str(error.value)


def test_real_products(shared):
    catalogue = str(shared / "data" / "amazon_history_price.csv")
    products = read_catalogue(catalogue)
    assert len(products) == 588
    players = {"buyer_0": "linear", "seller_0": "linear"}
    table = rollout("price", players, 588, seed=0, scenario="catalogue", catalogue=catalogue).episodes
    assert sorted(table["product"]) == sorted(products.titles)
    empty = table["buyer_max"] < table["seller_min"]
    assert empty.sum() == 47
    assert not table["deal"][empty].any()
    assert table["deal"][~empty].mean() > 0.95
