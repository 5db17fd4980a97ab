"""The ecosystem's own checkers, over every legal mode of every face of every domain."""

import warnings

import gymnasium
import pytest
from domains import ALL_MODES, DOMAINS, IDS, agents, environments, name_of
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, seed_test

from negotiation_env import AppendRho

every_mode = pytest.mark.parametrize(("domain", "mode"), ALL_MODES, ids=name_of)
every_domain = pytest.mark.parametrize("domain", DOMAINS)


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@every_mode
def test_pettingzoo_parallel(domain, mode):
    make = environments(domain).parallel_env
    parallel_api_test(make(**mode), num_cycles=150)
    parallel_seed_test(lambda: make(**mode), num_cycles=30)


@every_mode
def test_pettingzoo_aec(domain, mode):
    module = environments(domain)
    api_test(module.env(**mode), num_cycles=150)
    api_test(module.raw_env(**mode), num_cycles=30)
    seed_test(lambda: module.env(**mode), num_cycles=30)


@every_domain
def test_pettingzoo_render(domain):
    render_test(environments(domain).env)


@every_domain
def test_offers_alone_end_at_the_deadline(domain):
    env = environments(domain).parallel_env(max_turns=7)
    env.reset(seed=0)
    turns = 0
    while env.agents:
        _, _, terminations, truncations, infos = env.step(dict.fromkeys(env.agents, 5))
        turns += 1
        assert not any(truncations.values())
        assert all(terminations.values()) == (turns == 7)
    assert infos[agents(domain)[0]]["outcome"]["ended_by"] == "deadline"


@every_mode
@pytest.mark.parametrize("append_rho", [False, True])
def test_gymnasium(domain, mode, append_rho):
    env = gymnasium.make(IDS[domain], append_rho=append_rho, **mode)
    check_env(env.unwrapped if not append_rho else env, skip_render_check=True)


@every_domain
@pytest.mark.parametrize("face", ["parallel_env", "env"])
def test_append_rho_keeps_the_contract(domain, face):
    env = AppendRho(getattr(environments(domain), face)())
    (parallel_api_test if face == "parallel_env" else api_test)(env, num_cycles=60)


@every_mode
def test_stable_baselines_accepts_the_environment(domain, mode):
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(gymnasium.make(IDS[domain], **mode), warn=False)


@every_domain
@pytest.mark.parametrize("render_mode", ["ansi", "human", "rgb_array"])
def test_each_render_mode_shows_the_game(domain, render_mode, capsys):
    env = gymnasium.make(IDS[domain], render_mode=render_mode)
    env.reset(seed=0)
    env.step(5)
    shown = env.render()
    turn, agent, *_ = env.unwrapped.moves[0]
    if render_mode == "ansi":
        assert f"{turn}  {agent}" in shown
    elif render_mode == "human":
        assert shown is None
        assert f"{turn}  {agent}" in capsys.readouterr().out
    else:
        assert shown.ndim == 3
        assert shown.shape[2] == 3
        assert shown.std() > 0
