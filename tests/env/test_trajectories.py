"""What a seat saw and did, against the single-agent environment in which the same game is played again."""

import gymnasium as gym
import numpy as np
import pytest

from negotiation_env import bind, rollout
from negotiation_env.records.finished import finished_games
from negotiation_env.trajectories import seat_trajectories

EXACT = {"num_prices": 130_001}  # every price on the tick
KINDS = {
    "price": ("price", ("boulware_firm", "tit_for_tat"), {"max_turns": 7}, EXACT),
    "known limits": ("price", ("linear", "micro_fine"), {"max_turns": 6, "information": "known"}, EXACT),
    "continuous": ("price", ("linear", "random"), {"max_turns": 5}, {"action_mode": "continuous"}),
    "short": ("price", ("linear", "linear"), {"max_turns": 1}, EXACT),
    "items": ("multi_item", ("boulware", "random"), {"max_turns": 9}, {}),
    "bargaining": ("multi_item", ("hardliner", "conceder"), {"max_turns": 8, "scenario": "bargaining"}, {}),
}
IDS = {"price": "negotiation/Price-v0", "multi_item": "negotiation/MultiItem-v0"}
AGENTS = {"price": ("buyer_0", "seller_0"), "multi_item": ("agent_0", "agent_1")}
GAMES = 60


def games_of(kind, seat):
    """Games of a kind, their encoding, and what a seat saw and did in them."""
    domain, names, settings, encoding = KINDS[kind]
    played = rollout(domain, dict(zip(AGENTS[domain], names, strict=True)), GAMES, seed=3, **settings)
    codes = played.run.domain.encoding(played.run.config, **encoding)
    return played, codes, seat_trajectories(finished_games(played), seat, played.run.config, codes)


def environment_of(kind, seat, **more):
    """The environment in which the same games can be played again."""
    domain, names, settings, encoding = KINDS[kind]
    return gym.make(IDS[domain], role=AGENTS[domain][seat], opponent=names[1 - seat], **settings, **encoding, **more)


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_they_are_what_the_environment_shows(kind, seat):
    _, _, known = games_of(kind, seat)
    env = environment_of(kind, seat)
    place = 0
    for game in range(GAMES):
        observation, info = env.reset(seed=3 if game == 0 else None)
        if place == len(known) or known.game[place] != game:
            assert "outcome" in info or info["turn"] > 1 or KINDS[kind][2]["max_turns"] == 1
            continue
        start, length = known.starts[place], known.lengths[place]
        first = start + place
        np.testing.assert_array_equal(observation, known.observations[first])
        for step in range(length):
            assert known.turns[first + step] == info["turn"]
            observation, reward, over, _, info = env.step(known.actions[start + step])
            np.testing.assert_array_equal(observation, known.observations[first + step + 1])
            assert reward == pytest.approx(known.rewards[start + step], abs=1e-12)
            assert over == (step == length - 1)
        place += 1
    assert place == len(known)
    assert len(known.actions) == len(known.rewards) == known.lengths.sum() == len(known.observations) - len(known)


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_view_is_observed_and_acted_on_as_the_environment_does(kind, seat):
    played, codes, known = games_of(kind, seat)
    run = played.run
    layout = run.domain.layout(run.config)
    rows = np.flatnonzero(played.decisions["seat"] == seat)
    view = played.views(rows)
    own = np.ones(len(known.observations), dtype=bool)
    own[np.cumsum(known.lengths + 1) - 1] = False
    np.testing.assert_array_equal(layout.encode(view), known.observations[own])
    kinds, offers = codes.read(known.actions, view)
    np.testing.assert_array_equal(kinds, played.decisions["kind"][rows])
    offered = kinds == 0
    np.testing.assert_allclose(
        offers[offered],
        played.decisions[run.domain.content][rows][offered],
        atol=0.001 if run.domain.name == "price" else 0,
    )
    masks = codes.legal(view)
    if masks is not None:
        assert (masks[np.arange(len(rows)), known.actions] == 1).all()
        np.testing.assert_array_equal(masks, _masks_of_the_environment(kind, seat))


def _masks_of_the_environment(kind, seat):
    """The masks that the environment shows when the same games are played in it."""
    env = environment_of(kind, seat, obs_mode="masked")
    player, masks = bind(KINDS[kind][1][seat], env), []
    for game in range(GAMES):
        observation, info = env.reset(seed=3 if game == 0 else None)
        over = "outcome" in info
        while not over:
            masks.append(observation["action_mask"])
            observation, _, over, _, info = env.step(player(observation))
    return np.array(masks)
