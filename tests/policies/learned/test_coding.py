"""What every trained policy shares, with a network that stands in: a scripted strategy that reads observations."""

import json

import gymnasium as gym
import numpy as np
import pytest
from negotiation_policies.learned.coding import Coding
from negotiation_policies.learned.policy import LearnedPolicy, best_legal

from negotiation_env import AppendRho, make_policy, multi_item_v0, price_v0, rollout
from negotiation_env.testing import check_policy

EXACT = {"num_prices": 130_001}  # every price on the tick
GAMES = 80


class Scripted(LearnedPolicy):
    """Decides what a strategy would, knowing the observation alone."""

    def __init__(self, coding, strategy, rho=None):
        super().__init__(coding, "scripted", rho)
        self.strategy = make_policy(strategy, coding.domain)

    def act(self, observations, legal, view):
        told = self.coding.layout.decode(observations[:, : self.coding.layout.size], view.game_seed)
        kind, offer = self.coding.game.resolve(self.coding.config, told, self.strategy.decide(told), "scripted")
        actions = self.coding.encoder.encode(kind, offer, told)
        assert legal is None or legal[np.arange(len(actions)), actions].all()
        return actions


@pytest.mark.parametrize(
    ("domain", "strategy", "settings", "encoding"),
    [
        ("price", "tit_for_tat", {"max_turns": 9}, EXACT),
        ("price", "boulware_firm", {"information": "known"}, {"action_mode": "continuous"}),
        ("price", "linear_noisy", {"scenario": "private"}, EXACT),
        ("multi_item", "trade_off", {"scenario": "bargaining"}, {}),
    ],
)
@pytest.mark.parametrize("seat", [0, 1])
def test_games_come_out_as_those_of_what_the_network_imitates(domain, strategy, settings, encoding, seat):
    def played(policy):
        names = ("buyer_0", "seller_0") if domain == "price" else ("agent_0", "agent_1")
        seats = {names[seat]: policy, names[1 - seat]: "hardliner" if domain == "multi_item" else "split_difference"}
        return rollout(domain, seats, GAMES, seed=5, **settings)

    role = (("buyer", "seller") if domain == "price" else ("agent_0", "agent_1"))[seat]
    coding = Coding.of_kwargs(domain, {"role": role, **settings, **encoding})
    coding = Coding.from_json(json.loads(json.dumps(coding.as_json())))
    found, wanted = played(Scripted(coding, strategy)), played(strategy)
    for column in ("deal", "turns", "payoff_0", "payoff_1"):
        if column in wanted.episodes:
            np.testing.assert_allclose(found.episodes[column], wanted.episodes[column])


def test_it_is_a_policy_like_every_other():
    coding = Coding.of_kwargs("price", {"role": "seller", **EXACT})
    check_policy(Scripted(Coding("price", coding.settings, None, EXACT), "boulware"))


ENVS = {
    "scalar": lambda: gym.make("negotiation/Price-v0", role="buyer", num_prices=31, append_rho=True, obs_mode="masked"),
    "vector": lambda: gym.make_vec("negotiation/Price-v0", 3, role="buyer", num_prices=31, append_rho=True),
}


@pytest.mark.parametrize("kind", ENVS)
def test_it_is_read_off_a_seat(kind):
    env = ENVS[kind]()
    coding = Coding.of_env(env)
    assert (coding.domain, coding.role, coding.append_rho) == ("price", "buyer", True)
    assert coding.encoder.space.n == 34
    assert coding.observation_size == 8 + 20 + 2


def test_it_is_read_off_both_seats():
    for env in (multi_item_v0.parallel_env(scenario="bargaining"), multi_item_v0.env(scenario="bargaining")):
        coding = Coding.of_env(env)
        assert (coding.domain, coding.role, coding.append_rho) == ("multi_item", None, False)
    assert Coding.of_env(AppendRho(price_v0.parallel_env())).append_rho
    with pytest.raises(TypeError, match="not an environment of this package"):
        Coding.of_env(gym.make("CartPole-v1"))


def test_games_that_it_has_not_learned_are_refused():
    coding = Coding.of_kwargs("price", {"role": "seller", "max_turns": 10, "information": "known"})
    policy, known = Scripted(coding, "linear"), {"max_turns": 10, "information": "known"}
    good = {"buyer_0": "linear", "seller_0": policy}
    assert len(rollout("price", good, 3, seed=0, **known).episodes["deal"]) == 3
    for seats, settings, said in (
        (good, {**known, "max_turns": 12}, "games of 10 turns, not of 12"),
        (good, {"max_turns": 10}, "information='known'"),
        (good, {**known, "price_range": (0.0, 1500.0), "scenario": "private"}, "prices from 200.0 to 1500.0, not of"),
        ({"buyer_0": policy, "seller_0": "linear"}, known, "has learned to be the seller"),
    ):
        with pytest.raises(ValueError, match=f"scripted cannot play this game: .*{said}"):
            rollout("price", seats, 3, seed=0, **settings)


def test_a_command_is_asked_for_where_it_was_learned():
    with_rho = Coding.of_kwargs("price", {"role": "seller", "append_rho": True})
    for coding, rho, said in (
        (with_rho, None, "give rho="),
        (with_rho, 1.5, "must be in"),
        (Coding.of_kwargs("price", {}), 0.5, "leave rho out"),
    ):
        with pytest.raises(ValueError, match=said):
            Scripted(coding, "linear", rho)
    assert Scripted(with_rho, "linear", -1).rho == -1.0


def test_what_was_written_for_another_package_is_refused():
    known = Coding.of_kwargs("price", {"role": "seller"}).as_json()
    for change, said in (
        ({"layout_version": 99}, "version 99"),
        ({"observation_size": 7}, "7 features"),
    ):
        with pytest.raises(ValueError, match=said):
            Coding.from_json(known | change)
    with pytest.raises(ValueError, match="does not say its role"):
        Coding.from_json({name: value for name, value in known.items() if name != "role"})


def test_only_legal_actions_are_best():
    scores = np.array([[1.0, 3.0, 3.0, 2.0], [-5.0, np.inf, 0.0, 0.0]])
    legal = np.array([[True, True, True, False], [True, False, False, True]])
    assert best_legal(scores, legal).tolist() == [1, 3]
