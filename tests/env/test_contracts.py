"""The ecosystem's own checkers, over every legal mode of every face."""

import warnings

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, seed_test

from negotiation_env import AppendRho, price_v0

MODES = [
    {"action_mode": action_mode, "obs_mode": obs_mode, "information": information, "chat": chat}
    for action_mode, obs_mode in (("discrete", "flat"), ("discrete", "masked"), ("continuous", "flat"))
    for information, chat in (("private", False), ("known", True))
]
SCENARIOS = [{"scenario": name} for name in ("seed", "varied", "private")]
every_mode = pytest.mark.parametrize("mode", MODES + SCENARIOS, ids=lambda mode: "-".join(map(str, mode.values())))


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@every_mode
def test_pettingzoo_parallel(mode):
    parallel_api_test(price_v0.parallel_env(**mode), num_cycles=150)
    parallel_seed_test(lambda: price_v0.parallel_env(**mode), num_cycles=30)


@every_mode
def test_pettingzoo_aec(mode):
    api_test(price_v0.env(**mode), num_cycles=150)
    api_test(price_v0.raw_env(**mode), num_cycles=30)
    seed_test(lambda: price_v0.env(**mode), num_cycles=30)


def test_pettingzoo_render():
    render_test(price_v0.env)


def test_offers_alone_end_at_the_deadline():
    env = price_v0.parallel_env(max_turns=7)
    env.reset(seed=0)
    turns = 0
    while env.agents:
        _, _, terminations, truncations, infos = env.step(dict.fromkeys(env.agents, 50))
        turns += 1
        assert not any(truncations.values())
        assert all(terminations.values()) == (turns == 7)
    assert infos["buyer_0"]["outcome"]["ended_by"] == "deadline"


@every_mode
@pytest.mark.parametrize("append_rho", [False, True])
def test_gymnasium(mode, append_rho):
    env = gymnasium.make("negotiation/Price-v0", append_rho=append_rho, **mode)
    check_env(env.unwrapped if not append_rho else env, skip_render_check=True)


@pytest.mark.parametrize("face", [price_v0.parallel_env, price_v0.env])
def test_append_rho_keeps_the_contract(face):
    env = AppendRho(face())
    (parallel_api_test if face is price_v0.parallel_env else api_test)(env, num_cycles=60)


@every_mode
def test_stable_baselines_accepts_the_environment(mode):
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(gymnasium.make("negotiation/Price-v0", **mode), warn=False)


@pytest.mark.parametrize("render_mode", ["ansi", "human", "rgb_array"])
def test_each_render_mode_shows_the_game(render_mode, capsys):
    env = gymnasium.make("negotiation/Price-v0", render_mode=render_mode)
    env.reset(seed=0)
    env.step(50)
    shown = env.render()
    if render_mode == "ansi":
        assert "seller_0" in shown
        assert "850.00" in shown
    elif render_mode == "human":
        assert shown is None
        assert "850.00" in capsys.readouterr().out
    else:
        assert shown.ndim == 3
        assert shown.shape[2] == 3
        assert shown.std() > 0
