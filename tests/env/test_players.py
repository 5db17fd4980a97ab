"""Players as runs and worker processes need them: parameters that can be recorded, importable, alive."""

import importlib
import subprocess
import sys
from dataclasses import dataclass, field

import gymnasium
import numpy as np
import pytest
from single_minded import PAIR, Talking, Walking

from negotiation_env import (
    AppendRho,
    bind,
    make_policy,
    metrics,
    register_policy,
    register_scenario,
    rollout,
    testing,
)
from negotiation_env.registry import policy_params

WIDE = """
import numpy as np
from negotiation_env.price.scenarios import PriceSetup
def wide(config, seed, games):
    return PriceSetup(*(np.full(len(games), price) for price in (1000.004, 300.0, 200.0, 1500.0)))
"""


def test_registered_scenarios_are_known_to_worker_processes(tmp_path, monkeypatch):
    (tmp_path / "wide_scenarios.py").write_text(WIDE)
    monkeypatch.syspath_prepend(tmp_path)
    register_scenario("wide", "wide_scenarios:wide")
    alone, spread = (
        rollout("price", PAIR, 8, seed=0, scenario="wide", engine=engine, batch_size=3)
        for engine in ("serial", "process")
    )
    assert set(spread.episodes["buyer_max"]) == {1000.0}
    np.testing.assert_array_equal(alone.decisions["price"], spread.decisions["price"])


@dataclass
class Heavy:
    table: np.ndarray
    top: float = np.inf
    count: float = 1
    inner: object = field(default_factory=object)

    def reset(self, size, seed=None):
        """Nothing."""

    decide = Talking.decide


def test_any_parameters_can_be_recorded_and_tell_runs_apart():
    def named(table):
        return rollout("price", {"buyer_0": Heavy(table), "seller_0": "linear"}, 2, seed=0)

    one, other = np.arange(2000.0), np.arange(2000.0)
    other[1000] = -1.0
    assert named(one).run.run_id == named(one.copy()).run.run_id != named(other).run.run_id
    params = policy_params(Heavy(np.arange(2)))
    assert params == {"table": [0, 1], "top": "inf", "count": 1.0, "inner": "<object>"}


def test_whole_and_real_numbers_make_the_same_run():
    ids = {
        rollout(
            "price", {"buyer_0": f"linear:exponent={one}", "seller_0": "linear"}, 1, seed=0, discount=two
        ).run.run_id
        for one, two in (("2", 1), ("2.0", 1.0))
    }
    assert len(ids) == 1


def test_wrong_objects_are_refused_with_advice():
    policy = make_policy("linear")
    assert make_policy(policy) is policy
    with pytest.raises(TypeError, match="need its name"):
        make_policy(policy, exponent=2)
    for wrong in (None, Walking, 3):
        with pytest.raises(TypeError, match="is not a policy"):
            make_policy(wrong)
    with pytest.raises(TypeError, match="is not a policy"):
        testing.check_policy(Walking)
    with pytest.raises(ValueError, match="'module:Class'"):
        register_policy("own", Walking)
    with pytest.raises(ValueError, match="unknown domain 'foo'"):
        register_policy("own", "own:Own", domain="foo")
    cart = gymnasium.make("CartPole-v1")
    with pytest.raises(TypeError, match="environment of this package"):
        bind("linear", cart)
    with pytest.raises(TypeError, match="environments of this package"):
        AppendRho(cart)
    assert metrics.mean_interval(np.zeros(3)) == (0.0, 0.0)


SCRIPT = """
import os
import numpy as np
from negotiation_env import PriceDecision, rollout
def main():
    class Inner:
        def reset(self, size, seed=None): pass
        def decide(self, view): os._exit(1)
    global Top
    Top = Inner
    Inner.__qualname__ = "Top"
    rollout("price", {"buyer_0": Inner(), "seller_0": "linear"}, 4, seed=0, engine="process")
if __name__ == "__main__":
    main()
"""


def test_a_player_that_workers_cannot_import_is_named(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert "a worker process cannot import a player" in done.stderr
    assert "BrokenProcessPool" not in done.stderr


DYING = """
import os
class Dying:
    def reset(self, size, seed=None): pass
    def decide(self, view): os._exit(9)
"""


def test_a_worker_that_dies_gives_advice(tmp_path, monkeypatch):
    (tmp_path / "dying_policy.py").write_text(DYING)
    monkeypatch.syspath_prepend(tmp_path)
    Dying = importlib.import_module("dying_policy").Dying  # noqa: N806  # a class
    with pytest.raises(RuntimeError, match="use fewer workers"):
        rollout("price", {"buyer_0": Dying(), "seller_0": Dying()}, 4, seed=0, engine="process")


ASKING = """
from negotiation_env.engines import share_out
if __name__ == "__main__":
    for result in share_out("process", str, iter(range(10**6)), 2):
        print(result, flush=True)
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "asking.py"
    script.write_text(ASKING)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "0\n"
        parent.kill()
        parent.communicate(timeout=60)  # ends when the last process that could write there has ended
