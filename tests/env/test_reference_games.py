"""Games computed by another program, replayed by the engine and by the environment, move for move to a cent."""

import json

import pytest

from negotiation_env import bind, play, price_v0

KINDS = {"OFFER": "offer", "ACCEPT": "accept"}


@pytest.fixture(scope="module")
def matchups(shared):
    return json.loads((shared / "reference" / "seed_matchups.json").read_text())["matchups"]


def expected_moves(trace):
    return [(turn, f"{role}_0", KINDS[kind], price, None) for turn, role, kind, price in trace]


def test_the_engine_replays_every_game(matchups):
    for key, game in matchups.items():
        buyer, seller, buyer_max, seller_min, first = key.split("|")
        options = {"buyer_max": float(buyer_max), "seller_min": float(seller_min), "first_mover": first}
        played = play("price", {"buyer_0": buyer, "seller_0": seller}, seed=0, options=options, scenario="seed")
        assert played.moves == expected_moves(game["trace"]), key
        assert played.price == game["price"]
        assert played.rho == (-1.0 if game["rho"] is None else pytest.approx(game["rho"], abs=1e-5))


def test_the_environment_replays_a_share_of_them(matchups):
    env = price_v0.parallel_env(scenario="seed", action_mode="continuous")
    for key, game in list(matchups.items())[::9]:
        buyer, seller, buyer_max, seller_min, first = key.split("|")
        options = {"buyer_max": float(buyer_max), "seller_min": float(seller_min), "first_mover": first}
        observations, _ = env.reset(seed=0, options=options)
        players = {"buyer_0": bind(buyer, env), "seller_0": bind(seller, env)}
        while env.agents:
            observations, *_ = env.step({agent: players[agent](observations[agent]) for agent in env.agents})
        assert env.moves == expected_moves(game["trace"]), key
