"""What must hold whatever policies and callers do: records, copies, limits, saved games, and clear refusals."""

import copy
import dataclasses
import pickle
from dataclasses import dataclass

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from pettingzoo import AECEnv
from single_minded import PAIR, Talking, Walking

from negotiation_env import (
    AppendRho,
    PriceDecision,
    bind,
    multi_item_v0,
    play,
    price_v0,
    rollout,
)


class Reusing:
    """Offers, and walks on turn 5, always in the same arrays."""

    def reset(self, size, seed=None):
        self.kind, self.price = np.zeros(size, np.int64), np.full(size, 300.0)

    def decide(self, view):
        self.kind[:] = np.where(view.turn >= 5, 2, 0)
        return PriceDecision(self.kind[: len(view)], self.price[: len(view)])


def test_a_policy_may_reuse_its_arrays():
    table = rollout(
        "price", {"buyer_0": Reusing(), "seller_0": "hardliner"}, 1, seed=0, options={"first_mover": "buyer"}
    )
    assert table.decisions["kind"].tolist() == [0, 0, 0, 0, 2]


@dataclass(frozen=True)
class Saying:
    """Returns what it is told to."""

    answer: object = None

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        if callable(self.answer):
            return self.answer(len(view))
        return self.answer


@pytest.mark.parametrize("grid", [None, 101])
def test_an_offer_outside_the_range_raises_on_a_grid_too(grid):
    outside = Saying(lambda size: PriceDecision(np.zeros(size, int), np.full(size, 99999.0)))
    with pytest.raises(ValueError, match="'Saying' offered 99999"):
        rollout("price", {"buyer_0": outside, "seller_0": "linear"}, 2, seed=0, price_grid=grid)


def said(size, **extra):
    return PriceDecision(np.zeros(size, int), np.full(size, 500.0), **extra)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ((0, 500.0), TypeError, "'Saying' returned tuple"),
        (lambda size: said(size, message=["hi"] * (size + 1)), ValueError, "entries in message"),
        (lambda size: said(size, notes=[]), ValueError, "entries in notes"),
    ],
)
def test_a_decision_of_the_wrong_form_names_its_policy(answer, error, message):
    with pytest.raises(error, match=message):
        rollout("price", {"buyer_0": Saying(answer), "seller_0": "linear"}, 2, seed=0, chat=True)


@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copied_vector_environment_plays_on_alike(mode, copied):
    env = gymnasium.make_vec("negotiation/Price-v0", 3, opponent=["linear", "random"], autoreset_mode=mode)
    env.reset(seed=2)
    env.step(np.full(3, 90))
    twin = copied(env)
    for action in (80, 70, 60):
        one, two = env.step(np.full(3, action)), twin.step(np.full(3, action))
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])
        if one[2].any() and mode == "disabled":
            break


def test_episodes_and_views_can_be_pickled():
    many = rollout("price", PAIR, 5, seed=0)
    again = pickle.loads(pickle.dumps(many))
    np.testing.assert_array_equal(many.decisions["price"], again.decisions["price"])
    assert again.run.run_id == many.run.run_id
    kept = []

    def keep(view):
        kept.append(pickle.loads(pickle.dumps(view)))
        return PriceDecision(np.full(len(view), 2), np.full(len(view), np.nan))

    viewer = Saying()
    object.__setattr__(viewer, "decide", keep)
    rollout("price", {"buyer_0": viewer, "seller_0": viewer}, 3, seed=0, options={"first_mover": "buyer"})
    assert kept[0].game.tolist() == [0, 1, 2]
    assert dataclasses.replace(kept[0], messages=[[], [], []]).own_offers.shape == (3, 20)


def test_limits_in_options_are_put_on_the_tick():
    many = rollout("price", PAIR, 300, seed=0, options={"buyer_max": 900.005})
    assert set(many.episodes["buyer_max"]) == {900.0}
    env = price_v0.parallel_env()
    for number in range(20):
        options = {"buyer_max": 700.0 + number * 1.003, "seller_min": 400.0049}
        observations, _ = env.reset(seed=number, options=options)
        players = {agent: bind(PAIR[agent], env) for agent in env.agents}
        while env.agents:
            observations, *_ = env.step({agent: players[agent](observations[agent]) for agent in env.agents})
        game = play("price", PAIR, seed=number, options=options, price_grid=101)
        assert game.buyer_max == round(options["buyer_max"], 2)
        assert game.seller_min == 400.0


def test_a_scenario_outside_the_public_range_raises():
    with pytest.raises(ValueError, match=r"inside the public price range \[0.0, 100.0\].*'seed'"):
        price_v0.parallel_env(scenario="seed", price_range=(0, 100)).reset(seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scenario": "x"}, "unknown scenario 'x'"),
        ({"chat": "yes"}, "True or False"),
        ({"catalogue": __file__}, "does not read it"),
    ],
)
def test_settings_are_refused_when_the_environment_is_made(settings, message):
    with pytest.raises(ValueError, match=message):
        price_v0.parallel_env(**settings)
    with pytest.raises(ValueError, match=message):
        gymnasium.make("negotiation/Price-v0", **settings)


def test_the_range_of_a_catalogue_is_inside_the_observation_space(tmp_path):
    path = tmp_path / "one.csv"
    header = "category,title,list_price,current_price,average_price,lowest_price,highest_price\n"
    path.write_text(f"{header}toys,Ball,10.60,9,9,5,11\n")
    env = price_v0.parallel_env(scenario="catalogue", catalogue=str(path), tick=1.0)
    observations, _ = env.reset(seed=0)
    assert all(env.observation_space(agent).contains(observations[agent]) for agent in env.agents)


def test_a_tick_that_is_no_fraction_of_one_keeps_to_the_range():
    ends = Saying(lambda size: PriceDecision(np.zeros(size, int), np.full(size, 3.3)))
    many = rollout("price", {"buyer_0": ends, "seller_0": ends}, 3, seed=0, tick=1.1, price_range=(0.0, 3.3))
    assert set(many.decisions["price"]) == {3.3}


def test_a_saved_game_goes_on_with_its_own_opponent():
    settings = {"role": "seller", "opponent": ["hardliner", "conceder"], "scenario": "seed"}
    env, twin = (gymnasium.make("negotiation/Price-v0", **settings).unwrapped for _ in range(2))
    for seed in range(6):
        env.reset(seed=seed)
        env.step(95)
        twin.reset(seed=100 + seed)
        twin.set_state(env.get_state())
        one, two = env.step(94), twin.step(94)
        np.testing.assert_array_equal(one[0], two[0])
        assert one[4]["opponent"] == two[4]["opponent"]


def test_a_saved_game_keeps_who_has_left():
    env, twin = price_v0.raw_env(), price_v0.raw_env()
    env.reset(seed=0)
    env.step(102)
    env.step(None)
    twin.reset(seed=1)
    twin.set_state(env.get_state())
    assert twin.agents == env.agents
    assert twin.agent_selection == env.agent_selection
    twin.step(None)
    assert twin.agents == []


@pytest.mark.parametrize(("state", "message"), [({"a": 1}, "lacks game"), (None, "past max_turns 5")])
def test_a_state_of_another_kind_is_refused(state, message):
    long = price_v0.parallel_env()
    long.reset(seed=0)
    for _ in range(8):
        long.step(dict.fromkeys(long.agents, 50))
    env = price_v0.parallel_env(max_turns=5)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.set_state(state or long.get_state())


@pytest.mark.parametrize(("opponent", "turns"), [(Walking(), 20), ("linear", 1)])
def test_a_game_that_ends_in_the_opening_is_the_same_in_both_faces(opponent, turns):
    settings = {"opponent": opponent, "max_turns": turns, "first_mover": "buyer"}
    vector, single = (
        gymnasium.make_vec("negotiation/Price-v0", 2, **settings),
        gymnasium.make("negotiation/Price-v0", **settings),
    )
    vector.reset(seed=0)
    single.reset(seed=0)
    last, _, over, _, infos = vector.step(np.full(2, 50))
    expected, _, ended, _, info = single.step(50)
    assert over.all()
    assert ended
    np.testing.assert_array_equal(last[0], expected)
    assert vector.observation_space.contains(last)
    assert infos["outcome"]["turns"][0] == info["outcome"]["turns"]
    assert infos["outcome"]["ended_by"][0] == info["outcome"]["ended_by"]


def test_options_of_a_vector_reset_are_one_a_slot():
    env = gymnasium.make_vec("negotiation/Price-v0", 3, autoreset_mode="disabled")
    env.reset(seed=0)
    mask = np.array([False, True, True])
    env.reset(options={"reset_mask": mask, "buyer_max": np.array([1.0, 901.0, 902.0])})
    assert env.unwrapped.games.buyer_max[1:].tolist() == [901.0, 902.0]
    with pytest.raises(ValueError, match="2 values; give one, or 3"):
        env.reset(options={"buyer_max": [900.0, 901.0]})
    with pytest.raises(ValueError, match="a seed starts all games anew"):
        env.reset(seed=1, options={"reset_mask": mask})
    with pytest.raises(ValueError, match="whole number from 0"):
        env.reset(seed=[1, "x", 2])
    with pytest.raises(ValueError, match="rho has 2 values"):
        AppendRho(env).reset(options={"rho": [0.1, 0.2]})


@pytest.mark.parametrize("make", [price_v0.parallel_env, price_v0.env, lambda: gymnasium.make("negotiation/Price-v0")])
def test_options_that_are_no_mapping_raise(make):
    with pytest.raises(TypeError, match="must be a dict"):
        make().reset(options=[1])


def test_a_refused_reset_costs_no_game():
    env, other = price_v0.parallel_env(), price_v0.parallel_env()
    for each in (env, other):
        each.reset(seed=0)
    with pytest.raises(ValueError, match="public price range"):
        env.reset(options={"buyer_max": 1e9})
    np.testing.assert_array_equal(env.reset()[0]["buyer_0"], other.reset()[0]["buyer_0"])


def test_rho_stands_in_the_infos_of_every_face():
    env = AppendRho(price_v0.env(), 0.25)
    assert isinstance(env, AECEnv)
    env.reset(seed=0)
    assert {info["rho_commanded"] for info in env.infos.values()} == {0.25}
    assert env.last()[4]["rho_commanded"] == 0.25
    vector = AppendRho(gymnasium.make_vec("negotiation/Price-v0", 2, autoreset_mode="same_step"))
    _, infos = vector.reset(seed=0)
    *_, last = vector.step(np.full(2, 102))
    np.testing.assert_array_equal(last["final_info"]["rho_commanded"], infos["rho_commanded"])


def test_a_talking_policy_plays_where_there_is_no_chat():
    env = price_v0.parallel_env()
    observations, _ = env.reset(seed=0)
    assert bind(Talking(), env)(observations[env.agents[0]]) in range(104)
    vector = gymnasium.make_vec("negotiation/Price-v0", 1)
    assert bind(Talking(), vector)(vector.reset(seed=0)[0]).shape == (1,)


def test_a_refused_reset_with_a_seed_keeps_the_old_one():
    env, other = price_v0.parallel_env(), price_v0.parallel_env()
    for each in (env, other):
        each.reset(seed=0)
    with pytest.raises(ValueError, match="public price range"):
        env.reset(seed=7, options={"buyer_max": 1e9})
    assert env.get_state() == other.get_state()
    np.testing.assert_array_equal(env.reset()[0]["buyer_0"], other.reset()[0]["buyer_0"])


@pytest.mark.parametrize("options", [{"rho": 2.0}, {"rho": "high"}])
@pytest.mark.parametrize("make", [price_v0.parallel_env, price_v0.env, lambda: gymnasium.make("negotiation/Price-v0")])
def test_a_refused_rho_costs_no_game(make, options):
    env = AppendRho(make())
    env.reset(seed=0)
    with pytest.raises(ValueError, match="rho is"):
        env.reset(options=options)
    assert env.unwrapped.core.game_number == 0


def test_a_refused_reset_does_not_open_games_that_are_over():
    env = gymnasium.make_vec("negotiation/Price-v0", 2, first_mover="seller", autoreset_mode="disabled")
    env.reset(seed=0)
    *_, over, _, _ = env.step(np.array([102, 100]))
    with pytest.raises(ValueError, match="public price range"):
        env.reset(options={"reset_mask": over[:2], "buyer_max": 1e9})
    with pytest.raises(ResetNeeded, match=r"slots \[0\] are over"):
        env.step(np.array([50, 50]))


def test_the_first_reset_deals_all_games():
    env = gymnasium.make_vec("negotiation/Price-v0", 2, autoreset_mode="disabled")
    with pytest.raises(ResetNeeded, match="reset all of them"):
        env.reset(options={"reset_mask": np.array([True, False])})


@dataclass
class Flaky:
    """Offers 700, and fails on its second turn."""

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        if (view.turn > 2).any():
            raise OSError("the line is dead")
        return PriceDecision(np.zeros(len(view), int), np.full(len(view), 700.0))


@pytest.mark.parametrize("vector", [False, True])
def test_the_seat_never_moves_for_an_opponent_that_has_failed(vector):
    make = gymnasium.make_vec if vector else gymnasium.make
    env = make("negotiation/Price-v0", opponent=Flaky(), first_mover="seller", **({"num_envs": 1} if vector else {}))
    action = np.array([60]) if vector else 60
    env.reset(seed=0)
    env.step(action)
    with pytest.raises(OSError, match="the line is dead"):
        env.step(action)
    with pytest.raises(ResetNeeded, match="failed to move"):
        env.step(action)
    env.reset()
    env.step(action)


@pytest.mark.parametrize("action", ["01", {0.5: 1, 0.3: 2}, ["0.5", "0.5"], [None, 0.0]])
def test_text_and_keys_are_no_numbers_of_an_action(action):
    env = price_v0.parallel_env(first_mover="buyer", action_mode="continuous")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="is not two numbers"):
        env.step({"buyer_0": action})
    vector = gymnasium.make_vec("negotiation/Price-v0", 1, action_mode="continuous")
    vector.reset(seed=0)
    with pytest.raises(ValueError, match=r"actions are not all numbers|have shape"):
        vector.step([action])


@pytest.mark.parametrize("options", [{"quantities": [1]}, {"values": 3}, {"values": [[1, 2, 3]]}])
def test_an_option_is_not_spread_over_items_that_it_does_not_name(options):
    env = multi_item_v0.parallel_env(num_items=3)
    with pytest.raises(ValueError, match="it must be numbers of shape"):
        env.reset(seed=0, options=options)
