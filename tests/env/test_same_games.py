"""The scalar environment, the vector environment and the engine play the same games."""

import itertools

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation_env import bind, list_policies, make_policy, play, price_v0, rollout, seeding, turns
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.domain import PRICE
from negotiation_env.price.observation import PriceLayout
from negotiation_env.price.scenarios import deal_setup
from negotiation_env.price.state import PriceState

ALL = list_policies("price")
moves = st.lists(st.tuples(st.integers(0, 4), st.floats(200.0, 1500.0)), min_size=1, max_size=24)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(moves, min_size=1, max_size=5),
    st.integers(0, 2**63),
    st.integers(1, 9),
    st.sampled_from([None, 2, 11, 101]),
)
def test_scalar_and_batched_rules_agree_on_random_moves(scripts, seed, max_turns, price_grid):
    config = PriceConfig(max_turns=max_turns, price_grid=price_grid, scenario="private", discount=0.9)
    games = np.arange(len(scripts))
    setup, first = deal_setup(config, seed, games)
    state = PriceState(config, len(scripts))
    state.deal(slice(None), setup, first, seeding.seat_seeds(seeding.game_keys(seed, games)))
    singles = [PRICE.new_game(config, setup, row, int(first[row])) for row in range(len(scripts))]
    for step in range(24):
        for row, (script, game) in enumerate(zip(scripts, singles, strict=True)):
            if game.ended or step >= len(script):
                continue
            kind, price = script[step]
            if game.illegal_reason(kind, price) is not None:
                kind = turns.PASS
            seat, rows = game.mover, np.array([row])
            assert seat == turns.mover(state.first, state.turn)[row]
            quantised = state.quantise(seat, np.full(len(singles), price))[rows]
            game.play(kind, price)
            state.advance(rows, seat, np.array([kind]), quantised)
    for row, game in enumerate(singles):
        assert state.ended[row] == game.ended
        assert state.turn[row] == game.turn
        np.testing.assert_equal(state.standing[row], game.standing)
        rows = np.array([row])
        for seat in (0, 1):
            made = state.history(rows, seat)[: state.counts[seat, row], 0]
            assert made.tolist() == game.offers[seat]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 103), min_size=20, max_size=20), st.integers(0, 1000), st.sampled_from(["private", "known"])
)
def test_observations_of_scalar_and_batched_state_are_equal_and_lossless(actions, seed, information):
    env = price_v0.parallel_env(information=information, scenario="varied")
    observations, _ = env.reset(seed=seed)
    config = env.core.config
    layout = PriceLayout(config)
    setup, first = deal_setup(config, seed, np.array([0]))
    state = PriceState(config, 1)
    state.deal(slice(None), setup, first, seeding.seat_seeds(seeding.game_keys(seed, np.array([0]))))
    for action in [None, *actions]:
        if action is not None:
            if not env.agents:
                break
            game = env.core.game
            kind, price = env.core.encoding.decode_one(action, game)
            kind = turns.PASS if game.illegal_reason(kind, price) else kind
            state.advance(np.array([0]), game.mover, np.array([kind]), np.array([price]))
            observations, *_ = env.step(dict.fromkeys(env.agents, action))
        for seat, agent in enumerate(rules.AGENTS):
            np.testing.assert_array_equal(layout.encode(state, slice(None), seat)[0], observations[agent])
            seen = layout.decode(observations[agent][None], state.seat_seeds[seat])
            real = state.view(slice(None), seat)
            for name in ("role", "turn", "reservation_price", "price_low", "price_high", "opponent_reservation_price"):
                np.testing.assert_array_equal(getattr(seen, name), getattr(real, name))
            for name in ("own_offers", "opponent_offers", "standing_offer"):
                np.testing.assert_array_equal(getattr(seen, name), getattr(real, name))


def play_in_environment(face, buyer, seller, seed, **settings):
    env = face(**settings)
    players = {"buyer_0": bind(make_policy(buyer), env), "seller_0": bind(make_policy(seller), env)}
    if face is price_v0.parallel_env:
        observations, _ = env.reset(seed=seed)
        while env.agents:
            actions = {agent: players[agent](observations[agent]) for agent in env.agents}
            observations, *_ = env.step(actions)
        return env.moves
    env.reset(seed=seed)
    for agent in env.agent_iter():
        observation, _, termination, _, _ = env.last()
        env.step(None if termination else players[agent](observation))
    return env.unwrapped.moves


@pytest.mark.parametrize("buyer", ALL)
def test_every_pair_plays_the_same_in_parallel_env_and_engine(buyer):
    for number, seller in enumerate(ALL):
        game = play("price", {"buyer_0": buyer, "seller_0": seller}, seed=number, information="known")
        moves = play_in_environment(
            price_v0.parallel_env, buyer, seller, number, action_mode="continuous", information="known"
        )
        assert moves == game.moves, (buyer, seller)


@pytest.mark.parametrize(
    ("buyer", "seller"), list(itertools.islice(itertools.product(ALL, reversed(ALL)), 3, None, 67))
)
@pytest.mark.parametrize("face", [price_v0.parallel_env, price_v0.env])
def test_pairs_play_the_same_on_the_grid(buyer, seller, face):
    game = play("price", {"buyer_0": buyer, "seller_0": seller}, seed=3, information="known", price_grid=101)
    moves = play_in_environment(face, buyer, seller, 3, action_mode="discrete", information="known", price_grid=101)
    assert moves == game.moves


@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
@pytest.mark.parametrize("role", ["buyer", "seller"])
@pytest.mark.parametrize("policy", ["boulware_firm", "tit_for_tat", "random", "boulware_noisy"])
def test_vector_environment_plays_the_games_of_the_engine(policy, role, mode):
    opponents, slots, seed = ["linear", "boulware_hard", "micro_fine", "random"], 13, 5
    env = gymnasium.make_vec(
        "negotiation/Price-v0", slots, role=role, opponent=opponents, autoreset_mode=mode, action_mode="continuous"
    )
    seats = {"buyer": (policy, opponents), "seller": (opponents, policy)}[role]
    episodes = rollout("price", dict(zip(rules.AGENTS, seats, strict=True)), 200, seed)
    expected = episodes.episodes
    observations, _ = env.reset(seed=seed)
    act, seen = bind(policy, env), {}
    for _ in range(60):
        numbers = env.unwrapped.game_numbers()
        observations, rewards, over, _, infos = env.step(act(observations))
        outcome = infos.get("final_info", infos)
        for slot in np.flatnonzero(over):
            facts = {name: values[slot] for name, values in outcome["outcome"].items()}
            seen[int(numbers[slot])] = (facts, rewards[slot])
        if mode == "disabled" and over.any():
            observations, _ = env.reset(options={"reset_mask": over})
    assert len(seen) > 2 * slots
    seat = rules.SIDES.index(role)
    for number, (facts, reward) in seen.items():
        if number >= 200:
            continue
        assert facts["deal"] == expected["deal"][number]
        for name in ("turns", "ended_by", "payoff_buyer", "payoff_seller"):
            assert facts[name] == expected[name][number]
        np.testing.assert_equal(facts["price"], expected["price"][number])
        np.testing.assert_equal(facts["rho"], expected["rho"][number])
        assert reward == pytest.approx(expected[f"reward_{seat}"][number], abs=1e-12)


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_seat_environment_plays_the_games_of_the_engine(role):
    opponents = ["linear", "boulware_hard", "random"]
    env = gymnasium.make("negotiation/Price-v0", role=role, opponent=opponents, action_mode="continuous")
    seats = {"buyer": ("tit_for_tat", opponents), "seller": (opponents, "tit_for_tat")}[role]
    expected = rollout("price", dict(zip(rules.AGENTS, seats, strict=True)), 40, seed=9)
    act = bind("tit_for_tat", env)
    observation, _ = env.reset(seed=9)
    for number in range(40):
        over = False
        while not over:
            observation, reward, over, _, info = env.step(act(observation))
        episode = expected[number]
        assert env.unwrapped.moves == episode.moves
        assert reward == episode.rewards[rules.AGENTS[rules.SIDES.index(role)]]
        assert info["outcome"]["rho"] == episode.rho
        observation, _ = env.reset()


def test_vector_and_single_environments_see_the_same():
    settings = {"role": "seller", "opponent": ["linear", "micro_fine"], "first_mover": "random"}
    vector = gymnasium.make_vec("negotiation/Price-v0", 1, **settings)
    single = gymnasium.make("negotiation/Price-v0", **settings)
    rng = np.random.default_rng(0)
    seen, _ = vector.reset(seed=2)
    other, _ = single.reset(seed=2)
    over = False
    for _ in range(200):
        np.testing.assert_array_equal(seen[0], other)
        action = int(rng.integers(104))
        seen, rewards, ended, _, _ = vector.step(np.array([action]))
        if over:
            other, _ = single.reset()
            over = False
        else:
            other, reward, over, _, _ = single.step(action)
            assert rewards[0] == reward
            assert ended[0] == over
