"""The scalar environment, the vector environment and the engine play the same games, in every domain."""

import itertools
from dataclasses import fields

import gymnasium
import numpy as np
import pytest
from domains import DOMAINS, FEW, IDS, OPPONENTS, agents, environments, lossless
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation_env import bind, list_policies, make_policy, play, rollout, seeding, turns
from negotiation_env.domain import find_domain
from negotiation_env.faces.core import Core

SCENARIO = {"price": "private", "multi_item": "bargaining"}
"""Games that differ much from one another."""
every_domain = pytest.mark.parametrize("domain", DOMAINS)
PAIRS = [(domain, name) for domain in DOMAINS for name in list_policies(domain, kind="scripted")]


def dealt(domain_name, size, seed, **settings):
    """A core, a batched state and its scalar twins of the same games."""
    core = Core(domain_name, scenario=SCENARIO[domain_name], **settings)
    setup, first = core.domain.deal(core.config, seed, np.arange(size), None)
    state = core.domain.new_state(core.config, size)
    state.deal(slice(None), setup, first, seeding.seat_seeds(seeding.game_keys(seed, np.arange(size))))
    games = [core.domain.new_game(core.config, setup, row, int(first[row])) for row in range(size)]
    return core, state, games


scripts = st.lists(st.lists(st.integers(0, 10_000), min_size=1, max_size=24), min_size=1, max_size=5)


@every_domain
@settings(max_examples=80, deadline=None)
@given(scripts, st.integers(0, 2**63), st.integers(1, 9), st.sampled_from([None, 2, 11, 101]))
def test_scalar_and_batched_rules_agree_on_random_moves(domain, actions, seed, max_turns, price_grid):
    extra = {"price_grid": price_grid} if domain == "price" else {}
    core, state, singles = dealt(domain, len(actions), seed, max_turns=max_turns, discount=0.9, **extra)
    space = core.action_space.n
    for step in range(24):
        for row, (script, game) in enumerate(zip(actions, singles, strict=True)):
            if game.ended or step >= len(script):
                continue
            seat, rows, action = game.mover, np.array([row]), script[step] % space
            assert seat == turns.mover(state.first, state.turn)[row]
            kind, offer = core.encoding.decode_one(action, game)
            if game.illegal_reason(kind, offer) is not None:
                kind = turns.PASS
            batched = core.encoding.decode(np.full(len(singles), action), state, seat)[1]
            game.play(kind, offer)
            state.advance(rows, seat, np.array([kind]), batched[rows])
    for row, game in enumerate(singles):
        rows = np.array([row])
        for name in ("ended", "turn", "standing_seat", "standing_turn"):
            assert getattr(state, name)[row] == getattr(game, name)
        if game.standing_seat >= 0:
            assert state.standing[row] == game.standing
            for seat in (0, 1):
                assert state.gain(seat)[row] == pytest.approx(game.gain(seat), abs=1e-12)
                assert state.scale(seat)[row] == pytest.approx(game.scale(seat), abs=1e-12)
        for seat in (0, 1):
            made = state.history(rows, seat)[: state.counts[seat, row], 0]
            assert made.tolist() == game.offers[seat]


@every_domain
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 10_000), min_size=20, max_size=20),
    st.integers(0, 1000),
    st.sampled_from(["private", "known"]),
)
def test_observations_are_lossless(domain, actions, seed, information):
    env = environments(domain).parallel_env(information=information, scenario=SCENARIO[domain])
    observations, _ = env.reset(seed=seed)
    core, state, _ = dealt(domain, 1, seed, information=information)
    for action in [None, *actions]:
        if action is not None:
            if not env.agents:
                break
            action %= core.action_space.n
            game = env.core.game
            kind, offer = core.encoding.decode_one(action, game)
            kind = turns.PASS if game.illegal_reason(kind, offer) else kind
            state.advance(np.array([0]), game.mover, np.array([kind]), np.array([offer]))
            observations, *_ = env.step(dict.fromkeys(env.agents, action))
        fresh = environments(domain).parallel_env(information=information, scenario=SCENARIO[domain])
        fresh.set_state(env.get_state())
        for seat, agent in enumerate(agents(domain)):
            np.testing.assert_array_equal(fresh.core.flat(seat), observations[agent])
            seen = core.layout.decode(observations[agent][None], state.seat_seeds[seat])
            real = state.view(slice(None), seat)
            for field in fields(real):
                if field.name != "messages":
                    np.testing.assert_array_equal(getattr(seen, field.name), getattr(real, field.name))


def play_in_environment(face, domain, specs, seed, **settings):
    env = getattr(environments(domain), face)(**settings)
    players = {agent: bind(make_policy(spec, domain), env) for agent, spec in specs.items()}
    if face == "parallel_env":
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


@pytest.mark.parametrize(("domain", "one"), PAIRS)
def test_every_pair_plays_the_same_in_parallel_env_and_engine(domain, one):
    for number, two in enumerate(list_policies(domain, kind="scripted")):
        specs = dict(zip(agents(domain), (one, two), strict=True))
        game = play(domain, specs, seed=number, information="known")
        moves = play_in_environment("parallel_env", domain, specs, number, information="known", **lossless(domain))
        assert moves == game.moves, specs


PRICES = list_policies("price", kind="scripted")


@pytest.mark.parametrize(
    ("buyer", "seller"), list(itertools.islice(itertools.product(PRICES, reversed(PRICES)), 3, None, 67))
)
@pytest.mark.parametrize("face", ["parallel_env", "env"])
def test_pairs_play_the_same_on_the_grid(buyer, seller, face):
    specs = {"buyer_0": buyer, "seller_0": seller}
    game = play("price", specs, seed=3, information="known", price_grid=101)
    assert play_in_environment(face, "price", specs, 3, information="known", price_grid=101) == game.moves


@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize(("domain", "policy"), [(domain, policy) for domain in DOMAINS for policy in FEW[domain]])
def test_vector_environment_plays_the_games_of_the_engine(domain, policy, seat, mode):
    opponents, slots, seed = OPPONENTS[domain], 13, 5
    role = agents(domain)[seat]
    env = gymnasium.make_vec(IDS[domain], slots, role=role, opponent=opponents, autoreset_mode=mode, **lossless(domain))
    seats = (policy, opponents) if seat == 0 else (opponents, policy)
    expected = rollout(domain, dict(zip(agents(domain), seats, strict=True)), 200, seed).episodes
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
    for number, (facts, reward) in seen.items():
        if number < 200:
            for name, value in facts.items():
                np.testing.assert_equal(value, expected[name][number])
            assert reward == pytest.approx(expected[f"reward_{seat}"][number], abs=1e-12)


@every_domain
@pytest.mark.parametrize("seat", [0, 1])
def test_seat_environment_plays_the_games_of_the_engine(domain, seat):
    opponents, names = OPPONENTS[domain], agents(domain)
    env = gymnasium.make(IDS[domain], role=names[seat], opponent=opponents, **lossless(domain))
    seats = ("tit_for_tat", opponents) if seat == 0 else (opponents, "tit_for_tat")
    expected = rollout(domain, dict(zip(names, seats, strict=True)), 40, seed=9)
    act = bind("tit_for_tat", env)
    observation, _ = env.reset(seed=9)
    for number in range(40):
        over = False
        while not over:
            observation, reward, over, _, info = env.step(act(observation))
        episode = expected[number]
        assert env.unwrapped.moves == episode.moves
        assert reward == pytest.approx(episode.rewards[names[seat]], abs=1e-12)
        assert info["outcome"]["payoffs"] == pytest.approx(episode.payoffs, abs=1e-12)
        observation, _ = env.reset()


@every_domain
@pytest.mark.parametrize("settings", [{}, {"obs_mode": "masked", "information": "known"}])
def test_vector_and_single_environments_see_the_same(domain, settings):
    settings = {"opponent": OPPONENTS[domain], "scenario": SCENARIO[domain], **settings}
    vector = gymnasium.make_vec(IDS[domain], 1, **settings)
    single = gymnasium.make(IDS[domain], **settings)
    rng = np.random.default_rng(0)
    seen, _ = vector.reset(seed=2)
    other, _ = single.reset(seed=2)
    over = False
    for _ in range(200):
        assert_same(seen, other)
        action = int(rng.integers(single.action_space.n))
        seen, rewards, ended, _, infos = vector.step(np.array([action]))
        if over:
            other, _ = single.reset()
            over = False
        else:
            other, reward, over, _, info = single.step(action)
            assert rewards[0] == pytest.approx(reward, abs=1e-12)
            assert ended[0] == over
            assert bool(infos.get("illegal_move", [False])[0]) == info.get("illegal_move", False)


def assert_same(batch, one):
    if not isinstance(one, dict):
        batch, one = {"": batch}, {"": one}
    for name, values in one.items():
        np.testing.assert_array_equal(batch[name][0], values)


@every_domain
def test_same_bytes_for_any_batch_size_and_engine(domain):
    seats = dict(zip(agents(domain), (FEW[domain], OPPONENTS[domain]), strict=True))
    parts = [
        rollout(domain, seats, 60, seed=4, scenario=SCENARIO[domain], discount=0.97, **how)
        for how in ({}, {"batch_size": 1}, {"batch_size": 7}, {"engine": "process", "workers": 2, "batch_size": 16})
    ]
    for other in parts[1:]:
        for table in ("episodes", "decisions"):
            for name, values in getattr(parts[0], table).items():
                np.testing.assert_array_equal(values, getattr(other, table)[name])


@every_domain
def test_domains_say_what_the_faces_ask(domain):
    found = find_domain(domain)
    assert found.name == domain
    assert found.default_role in (*found.sides, *found.agents)
    assert found.default_opponent in list_policies(domain, kind="scripted")
