"""The engine `ray`: what the other engines give, from workers that may die, and players that wait as actors."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from contestants import results_of
from negotiation_cli.main import app
from negotiation_janus.evaluation import evaluate_policies
from negotiation_policies.llm.backends.opening import close_all, register_scheme
from played import run_of
from ray_players import Broken, Locked, Mortal, Served, slowest_first
from test_players import WIDE
from test_servers import heard, is_loopback
from typer.testing import CliRunner

from negotiation_env import make_policy, register_policy, register_scenario, rollout
from negotiation_env.advice import is_advice
from negotiation_env.engines import share_out, started
from negotiation_env.ray_actors import with_actors
from negotiation_env.ray_cluster import on_loopback
from negotiation_env.records.generate import generate
from negotiation_env.run import make_run
from negotiation_env.tournament import play_tournament

MIXED = {"buyer_0": ["boulware_firm", "random"], "seller_0": ["linear", "tit_for_tat"]}
AGAINST_LINEAR = {"num_episodes": 24, "seed": 5, "batch_size": 6}


@pytest.fixture(scope="module", autouse=True)
def ray():
    """A Ray that is ours and not the engine's, which leaves it as it is."""
    ray = pytest.importorskip("ray", reason="needs pip install 'negotiation-env[ray]'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    small = {"object_store_memory": 80 << 20, "include_dashboard": False, "log_to_driver": False}
    with on_loopback(ray):
        ray.init("local", num_cpus=2, logging_level="critical", **small)
    yield ray
    assert ray.is_initialized()
    ray.shutdown()


def test_no_other_machine_is_heard(ray):
    """What listens runs whatever it is sent; that it is so for `connected` too is a slow test in tests/security."""
    assert len(heard(os.getpid())) >= 4
    assert all(map(is_loopback, heard(os.getpid())))


def against_linear(buyer, **how):
    return rollout("price", {"buyer_0": buyer, "seller_0": "linear"}, **{**AGAINST_LINEAR, **how})


def assert_same(one, other):
    assert one.run.run_id == other.run.run_id
    for name in one.decisions:
        np.testing.assert_array_equal(one.decisions[name], other.decisions[name], name)
    for name in one.episodes:
        np.testing.assert_array_equal(one.episodes[name], other.episodes[name], name)


@pytest.mark.parametrize("workers", [None, 1, 2])
def test_games_are_the_same(workers):
    alone = rollout("price", MIXED, 120, seed=3)
    spread = rollout("price", MIXED, 120, seed=3, engine="ray", workers=workers, batch_size=25)
    assert_same(alone, spread)
    spread.episodes["price"][0] = 1.0  # no memory of Ray's, which cannot be written


def test_splits_are_the_same():
    players = {"agent_0": ["boulware", "random"], "agent_1": "trade_off"}
    assert_same(*(rollout("multi_item", players, 30, seed=1, engine=engine) for engine in ("serial", "ray")))


@pytest.mark.parametrize("name", ["games.jsonl", "tables"])
def test_records_have_the_same_bytes(tmp_path, name):
    files = []
    for engine in ("serial", "process", "ray"):
        path = tmp_path / engine / name
        generate(run_of(), 200, path, engine=engine, shard_size=60, workers=None if engine == "serial" else 2)
        files.append({file.relative_to(tmp_path / engine): file.read_bytes() for file in path.parent.rglob("*.*")})
    assert files[0] == files[1] == files[2]


def test_the_evaluation_of_rho_is_the_same():
    makers = {"hold": lambda rho: f"hold_rho:rho={rho},assumed_width=475"}
    settings = {"num_episodes": 10, "seed": 0, "information": "private"}
    alone, spread = (
        evaluate_policies(makers, ["linear", "random"], [-1, 0.2, 0.7], engine=engine, **settings)["hold"]
        for engine in ("serial", "ray")
    )
    assert alone.table.equals(spread.table)
    assert repr(alone.summary) == repr(spread.summary)


def test_what_a_killed_worker_had_to_play_is_played_again(tmp_path):
    survived = against_linear(Mortal(tmp_path), engine="ray", workers=2)
    assert len(list(tmp_path.iterdir())) == 1
    assert_same(against_linear(Mortal(tmp_path)), survived)


def test_a_player_that_kills_every_worker_gives_advice(tmp_path):
    with pytest.raises(RuntimeError, match="use fewer workers or a smaller batch") as error:
        against_linear(Mortal(tmp_path, 99), engine="ray", workers=1, num_episodes=1)
    assert is_advice(error.value)


def test_a_tournament_is_the_same_whatever_worker_is_killed(tmp_path):
    for engine, deaths in (("serial", 0), ("ray", 2)):
        noted = tmp_path / f"deaths-{engine}"
        noted.mkdir()
        policies = [Mortal(noted, deaths), "linear", "random"]
        play_tournament(policies, tmp_path / engine, 12, engine=engine, workers=2)
        assert len(list(noted.iterdir())) == deaths
    assert results_of(tmp_path / "serial") == results_of(tmp_path / "ray")


def test_results_are_in_order_and_few_wait(tmp_path):
    results = share_out("ray", partial(slowest_first, tmp_path), range(30), 2)
    for item in range(30):
        assert next(results) == item * item
        time.sleep(0.01)
        assert len(list(tmp_path.iterdir())) <= item + 4
    assert list(results) == []


def test_no_more_work_at_once_than_there_are_workers(tmp_path):
    assert list(share_out("ray", partial(slowest_first, tmp_path), range(6), 1)) == [n * n for n in range(6)]


@pytest.mark.parametrize("engine", ["process", "ray"])
def test_errors_are_those_of_the_other_engines(engine):
    with pytest.raises(ValueError, match="a defect") as defect:
        against_linear(Broken(), engine=engine)
    assert not is_advice(defect.value)
    with pytest.raises(ValueError, match="unknown scenario 'seeed'"):
        against_linear("fair", engine=engine, scenario="seeed")
    with pytest.raises(TypeError, match="cannot be sent to worker processes") as locked:
        against_linear(Locked(), engine=engine)
    assert is_advice(locked.value)


def test_an_illegal_decision_is_the_same_advice():
    class Illegal:
        def reset(self, size, seed=None):
            """Nothing."""

        def decide(self, view):
            return make_policy("fair").decide(view).__class__(np.zeros(len(view), int), np.full(len(view), np.nan))

    said = []
    for engine in ("serial", "ray"):  # Ray sends the class along, though no worker can import it
        with pytest.raises(ValueError, match="Illegal") as error:
            against_linear(Illegal(), engine=engine)
        assert is_advice(error.value)
        said.append(str(error.value))
    assert said[0] == said[1]


OWN = """
from negotiation_policies.time_based import TimeDependent
class Own(TimeDependent):
    pass
"""


@pytest.mark.parametrize("engine", ["process", "ray"])
def test_what_is_registered_later_is_known_to_the_workers(tmp_path, monkeypatch, engine):
    name = f"later_{engine}"
    (tmp_path / f"{name}_scenarios.py").write_text(WIDE)
    (tmp_path / f"{name}_policies.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    register_scenario(name, f"{name}_scenarios:wide")
    register_policy(name, f"{name}_policies:Own", defaults={"exponent": 2.0})
    assert_same(*(against_linear(name, engine=which, scenario=name) for which in ("serial", engine)))
    assert next(share_out(engine, make_policy, [name], 1)).exponent == 2.0


@pytest.mark.parametrize("workers", [None, 6])
def test_players_that_wait_are_one_actor_that_answers_so_many_at_once(tmp_path, workers):
    folders = [tmp_path / engine for engine in ("thread", "ray")]
    for folder in folders:
        folder.mkdir()
    players = [{"buyer_0": Served(folder), "seller_0": [Served(folder), "linear"]} for folder in folders]
    alone, spread = (
        rollout("price", seats, 12, seed=2, engine=folder.name, workers=workers)
        for seats, folder in zip(players, folders, strict=True)
    )
    assert_same(alone, spread)
    noted = [tuple(map(int, file.name.split("-"))) for file in folders[1].iterdir()]
    assert {process for process, _ in noted} not in ({os.getpid()}, set())
    assert len({process for process, _ in noted}) == 1
    assert max(others for _, others in noted) <= 2


def test_a_killed_actor_is_asked_again(tmp_path):
    mortal = partial(Mortal, tmp_path, games_at_once=3)
    survived = against_linear(mortal(), engine="ray", batch_size=None, num_episodes=4)
    assert len(list(tmp_path.iterdir())) == 1
    assert_same(against_linear(mortal()), against_linear(mortal(), engine="serial"))
    assert_same(against_linear(mortal(), num_episodes=4), survived)


def test_players_that_wait_are_actors_in_any_work(tmp_path):
    def evaluated(engine, folder):
        settings = {"num_episodes": 5, "seed": 0, "roles": ["buyer"], "information": "known"}
        makers = {"served": lambda rho: Served(folder)}
        return evaluate_policies(makers, ["linear", "fair"], [0.5], engine=engine, **settings)["served"].table

    (tmp_path / "serial").mkdir()
    (tmp_path / "ray").mkdir()
    assert evaluated("serial", tmp_path / "serial").equals(evaluated("ray", tmp_path / "ray"))
    assert len({file.name.split("-")[0] for file in (tmp_path / "ray").iterdir()}) == 1


def test_people_stay_at_their_terminal():
    run = make_run("price", {"buyer_0": "human", "seller_0": "linear"}, 0)
    with with_actors(run) as playing:
        assert playing.players[0][0].policy is run.players[0][0].policy


def test_language_models_are_asked_no_more_than_they_may_be(tmp_path):
    from fault_server import FaultServer

    with FaultServer(lambda body: '{"action": "offer", "price": 700, "message": "700."}', delay=0.02) as server:
        spec = f"basic:model=openai/llama3,base_url={server.base_url},concurrency=3"
        run = make_run("price", {"buyer_0": spec, "seller_0": spec}, 1, chat=True, max_turns=4)
        for engine in ("thread", "ray"):
            generate(run, 9, tmp_path / engine / "games.jsonl", engine=engine, workers=8)
            assert 1 < server.highest <= 3
            server.highest = 0
    assert (tmp_path / "thread" / "games.jsonl").read_bytes() == (tmp_path / "ray" / "games.jsonl").read_bytes()


MINE = """
from negotiation_policies.llm.backends.protocol import Completion
class Mine:
    has_schema = False
    def __init__(self, model, base_url):
        self.name = f"mine/{model}"
    async def complete(self, request):
        return Completion('{"action": "offer", "price": 700, "message": "700."}', "stop")
    async def models(self):
        return [self.name]
    async def close(self):
        pass
"""


def test_a_scheme_of_ones_own_is_known_to_the_actors(tmp_path, monkeypatch):
    (tmp_path / "mine_for_ray.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    register_scheme("mine", "mine_for_ray:Mine")
    how = {"num_episodes": 2, "chat": True, "max_turns": 6, "batch_size": None}
    try:
        assert_same(*(against_linear("basic:model=mine/small", engine=engine, **how) for engine in ("thread", "ray")))
    finally:
        close_all()


CALL = ["generate", "--num_episodes", "5", "--dataset_out", "games.jsonl", "--engine"]


def advice(*more):
    result = CliRunner().invoke(app, [*CALL, *more])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_ray_that_is_not_there_is_advice(monkeypatch, tmp_path, ray):
    monkeypatch.chdir(tmp_path)
    assert "needs engine 'ray'" in advice("process", "--ray_address", "127.0.0.1:1")
    assert "workers is 0" in advice("ray", "--workers", "0")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    assert "cannot be reached" in advice("ray", "--ray_address", "127.0.0.1:1")
    assert "must be HOST:PORT" in advice("ray", "--ray_address", "here")
    monkeypatch.setitem(sys.modules, "ray", None)
    assert 'pip install "negotiation-env[ray]"' in advice("ray")


def test_a_connection_that_is_there_is_used(ray):
    with started("ray", ray_address="127.0.0.1:1") as there:
        assert there is ray
    assert ray.is_initialized()


RECORD = """
import sys
from played import run_of
from negotiation_env.records.generate import generate
if __name__ == "__main__":
    print("ready", flush=True)
    progress = lambda games: print(games, flush=True)
    generate(run_of(), 3000, sys.argv[1], shard_size=50, engine="ray", workers=2, progress=progress)
"""


def test_a_killed_recording_goes_on(tmp_path):
    path, expected = tmp_path / "games.jsonl", tmp_path / "expected.jsonl"
    script = tmp_path / "record.py"
    script.write_text(RECORD)
    paths = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, script, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as driver:
        assert [driver.stdout.readline() for _ in range(4)] == ["ready\n", "50\n", "50\n", "50\n"]
        driver.send_signal(signal.SIGKILL)
        assert driver.stderr.read() == ""
    assert Path(f"{path}.shards").is_dir()
    result = generate(run_of(), 3000, path, shard_size=50, engine="ray", workers=2)
    assert result.resumed >= 150
    generate(run_of(), 3000, expected)
    assert path.read_bytes() == expected.read_bytes()
