"""Saving, chat, bind, AppendRho, the vector environment, and wrong input to the faces."""

import copy
import pickle
import subprocess
import sys
from importlib.metadata import entry_points

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from negotiation_env import AppendRho, PriceDecision, bind, make_policy, price_v0, rollout
from negotiation_env.wrappers import check_rho

ACCEPT, WALK, PASS = 101, 102, 103


def halfway(face, **settings):
    env = face(**settings)
    env.reset(seed=5)
    for action in (10, 90, 20):
        env.step({"buyer_0": action, "seller_0": action} if face is price_v0.parallel_env else action)
    return env


def rest_of_game(env, parallel):
    seen = []
    for action in (80, 30, PASS, 70, ACCEPT):
        if not env.agents or (not parallel and env.terminations[env.agent_selection]):
            break
        if parallel:
            seen.append(env.step(dict.fromkeys(env.agents, action)))
        else:
            env.step(action)
            seen.append((env.observe("buyer_0"), env.rewards, env.infos))
    return str(seen) + str(env.unwrapped.moves)


@pytest.mark.parametrize("face", [price_v0.parallel_env, price_v0.raw_env, price_v0.env])
@pytest.mark.parametrize("copier", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_in_mid_game_goes_on_the_same(face, copier):
    env = halfway(face, obs_mode="masked")
    other = copier(env)
    parallel = face is price_v0.parallel_env
    assert rest_of_game(env, parallel) == rest_of_game(other, parallel)
    env.reset()
    other.reset()
    assert env.unwrapped.get_state() == other.unwrapped.get_state()


@pytest.mark.parametrize("face", [price_v0.parallel_env, price_v0.raw_env])
def test_a_saved_state_goes_on_the_same(face):
    env, other = halfway(face), face()
    other.set_state(env.get_state())
    parallel = face is price_v0.parallel_env
    assert rest_of_game(env, parallel) == rest_of_game(other, parallel)
    assert env.get_state() == other.get_state()


def test_seat_environments_can_be_pickled():
    env = gymnasium.make("negotiation/Price-v0", opponent=["linear", "random"])
    env.reset(seed=1)
    env.step(60)
    other = pickle.loads(pickle.dumps(env))
    assert str(env.step(50)) == str(other.step(50))


def test_resets_without_a_seed_are_the_next_games():
    env, expected = price_v0.parallel_env(), rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 5, seed=6)
    env.reset(seed=6)
    for number in range(5):
        game = env.core.game
        assert game.buyer_max == expected.episodes["buyer_max"][number]
        assert ("buyer", "seller")[game.first] == expected.episodes["first_mover"][number]
        env.reset()


def test_options_warn_about_what_they_do_not_know_and_raise_on_bad_values():
    env = price_v0.parallel_env()
    with pytest.warns(UserWarning, match="'colour' is ignored"):
        env.reset(seed=0, options={"colour": 1})
    for options, message in (
        ({"buyer_max": float("nan")}, "inside the public price range"),
        ({"seller_min": "low"}, "must be a number"),
        ({"first_mover": "nobody"}, "unknown first_mover"),
    ):
        with pytest.raises(ValueError, match=message):
            env.reset(seed=0, options=options)


@pytest.mark.parametrize("action", [104, -1, 3.5, float("nan"), None, "offer", np.array([1, 2]), np.array([3])])
def test_what_is_outside_the_discrete_space_raises(action):
    env = price_v0.parallel_env(first_mover="buyer")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="0 to 100 for a price"):
        env.step({"buyer_0": action})
    assert env.moves == []


@pytest.mark.parametrize(
    "action", [[np.nan, 0.0], [0.0, np.inf], [0.0, 1.5], [0.0], 0.3, None, [[0.0, 0.0]], [0, 0, 0]]
)
def test_what_is_outside_the_box_raises(action):
    env = price_v0.parallel_env(first_mover="buyer", action_mode="continuous")
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"must be in \[-1, 1\]|each in \[-1, 1\]"):
        env.step({"buyer_0": action})


def test_moving_before_reset_or_after_the_end_raises():
    for env in (price_v0.parallel_env(), price_v0.raw_env()):
        with pytest.raises(ResetNeeded):
            env.step({"buyer_0": 1})
    env = price_v0.parallel_env(first_mover="buyer")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="no action for 'buyer_0'"):
        env.step({"seller_0": 1})
    env.step({"buyer_0": WALK})
    with pytest.raises(ResetNeeded, match="the game is over"):
        env.step({"buyer_0": 1})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"action_mode": "tuple"}, "unknown action_mode"),
        ({"obs_mode": "dict"}, "unknown obs_mode"),
        ({"on_illegal": "crash"}, "unknown on_illegal"),
        ({"obs_mode": "masked", "action_mode": "continuous"}, "needs action_mode='discrete'"),
        ({"num_prices": 1}, "num_prices"),
        ({"render_mode": "svg"}, "unknown render_mode"),
        ({"tick": 1e-6}, "too fine"),
    ],
)
def test_wrong_settings_raise(settings, message):
    with pytest.raises(ValueError, match=message):
        price_v0.parallel_env(**settings)


def test_messages_travel_with_the_move():
    env = price_v0.parallel_env(chat=True, first_mover="buyer")
    env.reset(seed=0)
    env.unwrapped.say("buyer_0", "Good morning")
    env.step({"buyer_0": 10})
    assert env.moves == [(1, "buyer_0", "offer", 330.0, "Good morning")]
    assert env.unwrapped.messages() == [(1, "buyer_0", "Good morning")]
    with pytest.raises(ValueError, match="chat=True"):
        price_v0.parallel_env().say("buyer_0", "hello")


def test_bind_refuses_what_is_not_its_own():
    env = price_v0.parallel_env(first_mover="buyer")
    observations, _ = env.reset(seed=0)
    with pytest.raises(ValueError, match="other agent's observation"):
        bind("linear", env, agent="buyer_0")(observations["seller_0"])
    with pytest.raises(ValueError, match="not one of this environment's"):
        bind("linear", env)(observations["buyer_0"][:5])
    with pytest.raises(ValueError, match="must be one of"):
        bind("linear", env, agent="buyer")
    assert bind(make_policy("linear"), env)(observations["seller_0"]) == PASS


def test_bind_with_a_seed_has_draws_of_its_own():
    env = price_v0.parallel_env(first_mover="buyer", action_mode="continuous")
    observations, _ = env.reset(seed=0)
    actions = {seed: tuple(bind("random", env, seed=seed)(observations["buyer_0"])) for seed in (None, 1, 2)}
    assert len(set(actions.values())) == 3


@pytest.mark.parametrize("face", ["parallel", "aec", "gym", "vector"])
def test_append_rho(face):
    def made():
        if face == "vector":
            return gymnasium.make_vec("negotiation/Price-v0", 3, append_rho=True)
        if face == "gym":
            return gymnasium.make("negotiation/Price-v0", append_rho=True)
        return AppendRho(price_v0.parallel_env() if face == "parallel" else price_v0.env())

    def features(env, **arguments):
        got = env.reset(**arguments)
        if face == "aec":
            return env.observe("buyer_0")[-2:]
        observation = got[0]["buyer_0"] if face == "parallel" else got[0]
        return (observation[0] if face == "vector" else observation)[-2:]

    env = made()
    drawn = features(env, seed=3)
    assert drawn[1] == 0.0
    assert 0.0 <= drawn[0] < 1.0
    np.testing.assert_array_equal(drawn, features(made(), seed=3))
    np.testing.assert_array_equal(features(env, seed=3, options={"rho": 0.25}), np.float32([0.25, 0.0]))
    np.testing.assert_array_equal(features(env, seed=3, options={"rho": -1}), np.float32([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"in \[0, 1\], or -1"):
        env.reset(seed=3, options={"rho": 1.5})
    for wrong in ("abc", "0.5", True):
        with pytest.raises(ValueError, match=f"rho is {wrong!r}; it must be"):
            env.reset(seed=3, options={"rho": wrong})


@pytest.mark.parametrize("rho", ["abc", None, True, np.True_, float("nan"), [0.5]])
def test_a_rho_that_is_no_number_is_refused(rho):
    with pytest.raises(ValueError, match=r"it must be in \[0, 1\], or -1 to want no deal"):
        check_rho(rho)


def test_every_face_draws_the_same_rho():
    single = gymnasium.make("negotiation/Price-v0", append_rho=True)
    vector = gymnasium.make_vec("negotiation/Price-v0", 4, append_rho=True)
    _, infos = vector.reset(seed=9)
    first, _ = single.reset(seed=9)
    drawn = [first[-2], *(single.reset()[0][-2] for _ in range(3))]
    np.testing.assert_allclose(infos["rho_commanded"], drawn, rtol=1e-6)


def test_a_conditioned_environment_serves_an_unconditioned_policy():
    plain, wide = (gymnasium.make("negotiation/Price-v0", append_rho=flag) for flag in (False, True))
    one, two = plain.reset(seed=0)[0], wide.reset(seed=0)[0]
    assert bind("linear", plain)(one) == bind("linear", wide)(two)


def test_autoreset_next_step():
    env = gymnasium.make_vec("negotiation/Price-v0", 2, opponent="price_fixed_strict", first_mover="seller")
    env.reset(seed=0)
    _, _, over, _, infos = env.step(np.array([WALK, 100]))
    assert over.tolist() == [True, False]
    assert infos["outcome"]["deal"].tolist() == [False, False]
    assert infos["_outcome"].tolist() == [True, False]
    observation, rewards, over, _, _ = env.step(np.array([50, 100]))
    assert over.tolist() == [False, False]
    assert rewards.tolist() == [0.0, 0.0]
    assert observation[0, 1] == 0.0
    assert env.unwrapped.game_numbers().tolist() == [2, 1]


def test_autoreset_same_step():
    env = gymnasium.make_vec("negotiation/Price-v0", 2, first_mover="seller", autoreset_mode="same_step")
    env.reset(seed=0)
    observation, _, over, _, infos = env.step(np.array([WALK, 100]))
    assert over.tolist() == [True, False]
    assert infos["_final_obs"].tolist() == [True, False]
    assert infos["final_obs"][1] is None
    assert infos["final_obs"][0][2] == 0.0
    assert observation[0, 1] == 0.0
    assert infos["final_info"]["outcome"]["ended_by"][0] == "walk"


def test_autoreset_disabled():
    env = gymnasium.make_vec("negotiation/Price-v0", 2, first_mover="seller", autoreset_mode="disabled")
    env.reset(seed=0)
    _, _, over, _, _ = env.step(np.array([WALK, 100]))
    with pytest.raises(ResetNeeded, match="slots \\[0\\] are over"):
        env.step(np.array([1, 1]))
    observation, _ = env.reset(options={"reset_mask": over})
    assert observation[:, 1].tolist() == [0.0, np.float32(0.1)]
    for mask in (np.array([1, 0]), np.array([False, False]), np.array([True])):
        with pytest.raises(ValueError, match="reset_mask"):
            env.reset(options={"reset_mask": mask})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_envs": 0}, "num_envs"),
        ({"num_envs": 65_537}, "65,536"),
        ({"role": "judge"}, "unknown role"),
        ({"opponent": "linaer"}, "Did you mean 'linear'"),
        ({"opponent": []}, "empty"),
        ({"autoreset_mode": "never"}, "unknown autoreset_mode"),
    ],
)
def test_wrong_vector_environments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        gymnasium.make_vec("negotiation/Price-v0", **{"num_envs": 2, **arguments})


@pytest.mark.parametrize("actions", [np.array([1]), np.array([1, 104]), np.array([1, -1]), np.array([1.0, 2.0])])
def test_wrong_actions_of_the_vector_environment_raise(actions):
    env = gymnasium.make_vec("negotiation/Price-v0", 2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="whole number"):
        env.step(actions)


def test_the_vector_environment_holds_65536_games():
    env = gymnasium.make_vec("negotiation/Price-v0", 65_536, opponent=["linear", "tit_for_tat"])
    env.reset(seed=0)
    for _ in range(3):
        observation, *_ = env.step(np.full(65_536, 60))
    assert observation.shape == (65_536, env.single_observation_space.shape[0])
    assert env.observation_space.contains(observation)


def test_an_opponent_that_walks_in_its_opening_ends_the_game_at_the_first_step():
    class Leaver:
        def reset(self, size, seed=None):
            pass

        def decide(self, view):
            return PriceDecision(np.full(len(view), 2), np.full(len(view), np.nan))

    env = gymnasium.make("negotiation/Price-v0", opponent=Leaver(), first_mover="buyer")
    env.reset(seed=0)
    _, reward, over, _, info = env.step(50)
    assert over
    assert reward == 0.0
    assert info["outcome"]["ended_by"] == "walk"
    vector = gymnasium.make_vec("negotiation/Price-v0", 3, opponent=Leaver(), first_mover="buyer")
    vector.reset(seed=0)
    for number in range(4):
        _, rewards, over, _, _ = vector.step(np.full(3, 50))
        assert over.tolist() == [number % 2 == 0] * 3
        assert not rewards.any()


def test_an_opponents_fault_is_no_reward():
    class Failing:
        def reset(self, size, seed=None):
            pass

        def decide(self, view):
            return PriceDecision(
                np.full(len(view), 3), np.full(len(view), np.nan), notes=[{"error": "lost"}] * len(view)
            )

    for env in (
        gymnasium.make("negotiation/Price-v0", opponent=Failing(), first_mover="seller"),
        gymnasium.make_vec("negotiation/Price-v0", 1, opponent=Failing(), first_mover="seller"),
    ):
        env.reset(seed=0)
        with pytest.raises(RuntimeError, match=r"'Failing' reported a fault .* {'error': 'lost'}"):
            env.step(50 if isinstance(env, gymnasium.Env) else np.array([50]))


def test_the_module_prefix_of_gymnasium_needs_no_import():
    code = "import gymnasium; print(gymnasium.make('negotiation_env:negotiation/Price-v0').spec.id)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "negotiation/Price-v0"


def test_the_entry_point_group_registers():
    (plugin,) = entry_points(group="gymnasium.envs", name="negotiation")
    plugin.load()()
    assert "negotiation/Price-v0" in gymnasium.registry
