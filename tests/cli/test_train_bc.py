"""`negotiate train-bc`."""

import json
import warnings

import pytest
from typer.testing import CliRunner

from negotiation_env import rollout

pytest.importorskip("minari", reason="needs pip install 'negotiation-env[offline]'")
pytest.importorskip("d3rlpy")

from negotiation_cli.main import app  # after the skip

from negotiation_env.minari_export import export_minari
from negotiation_env.records.files import locked

NAME = "negotiation/any-v0"
TINY = ("--num_steps", 4, "--batch-size", 8, "--eval_episodes", 6)


def run(*arguments):
    return CliRunner().invoke(app, ["train-bc", *map(str, arguments)])


@pytest.fixture(autouse=True)
def datasets(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))


def exported(domain="price", **settings):
    if domain == "price":
        players, seat = {"buyer_0": ["linear", "conceder"], "seller_0": "boulware"}, "seller"
    else:
        players, seat = {"agent_0": "boulware", "agent_1": "linear"}, "agent_0"
    export_minari(rollout(domain, players, 20, seed=0, max_turns=6), NAME, seat, **settings)


def test_a_policy_is_trained_evaluated_and_played(tmp_path):
    exported()
    folder = tmp_path / "clone"
    result = run("--dataset", NAME, "--output-dir", folder, *TINY, "--eval_every", 2, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert set(told["evaluation"]) == {"conceder", "linear", "all"}
    mean, low, high = told["evaluation"]["all"]["deal_rate"]
    assert low <= mean <= high
    assert set(told["evaluation"]["all"]) == {"deal_rate", "payoff", "share", "rho"}
    again = run("--dataset", NAME, "--output_dir", folder, *TINY)
    assert again.exit_code == 2
    assert "holds a training" in again.stderr
    more = run("--dataset", NAME, "--output_dir", folder, *TINY, "--num_steps", 6, "--resume")
    assert more.exit_code == 0, more.output
    assert "mean rho" in more.stdout
    assert "goes on from step 4" in more.stderr
    whole = run("--dataset", NAME, "--output_dir", folder, *TINY, "--num_steps", 6, "--resume", "--opponents", "fair")
    assert whole.exit_code == 0, whole.output
    assert "fair" in whole.stdout, "a training that is whole is evaluated all the same"
    call = ["play", "--agent1", "linear", "--agent2", f"d3rlpy:path={folder},rho=0.5", "--max_turns", "6", "--no_llm"]
    assert CliRunner().invoke(app, [*call, "--output_dir", str(tmp_path / "games")]).exit_code == 0


def test_one_process_trains_into_a_folder(tmp_path):
    exported()
    (tmp_path / "clone").mkdir()
    with locked(tmp_path / "clone" / "training.lock", "held"):
        result = run("--dataset", NAME, "--output_dir", tmp_path / "clone", *TINY)
    assert result.exit_code == 2, result.output
    assert "another process is training into" in result.stderr


def test_items(tmp_path):
    exported("multi_item")
    result = run("--dataset", NAME, "--output_dir", tmp_path / "clone", *TINY, "--opponents", "linear,trade_off")
    assert result.exit_code == 0, result.output
    assert "trade_off" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--algo", "iql"), "use cql"),
        (("--algo", "bcc"), "Did you mean 'bc'"),
        (("--opponents", "linaer"), "Did you mean 'linear'"),
        (("--opponents", "linear:nonsense=1"), "nonsense"),
        (("--opponents", ""), "names nobody"),
        (("--rho", "1.5"), "rho is 1.5"),
        (("--dataset", "negotiation/none-v0"), "there is no dataset"),
        (("--eval_episodes", "0"), "at least 1"),
        (("--num_steps", "0"), "num_steps is 0"),
        (("--resume",), "there is no checkpoint"),
    ],
)
def test_wrong_calls_end_with_one_line_of_advice(tmp_path, arguments, message):
    exported()
    result = run("--dataset", NAME, "--output_dir", tmp_path / "clone", *TINY, *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "clone" / "policy.json").exists()


def test_the_algorithm_is_checked_before_the_dataset(tmp_path):
    result = run("--dataset", "negotiation/none-v0", "--output_dir", tmp_path / "clone", "--algo", "ppo")
    assert result.exit_code == 2
    assert "unknown algo 'ppo'" in result.stderr


def test_a_command_needs_a_rho_in_the_observations(tmp_path):
    exported(rho=None)
    result = run("--dataset", NAME, "--output_dir", tmp_path / "clone", *TINY, "--rho", "0.5")
    assert result.exit_code == 2, result.output
    assert "has no rho in its observations" in result.stderr


@pytest.mark.parametrize(("rho", "warns"), [("outcome", True), (None, False)])
def test_a_value_function_should_not_see_the_end(tmp_path, rho, warns):
    exported(rho=rho)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = run("--dataset", NAME, "--output_dir", tmp_path / "clone", *TINY, "--algo", "cql")
    assert result.exit_code == 0, result.output
    assert any("the rho that came out" in str(one.message) for one in said) == warns


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (dict.clear, "seat, opponents, seeds"),
        (lambda told: told.pop("seat"), "seat"),
        (lambda told: told.update(seat="buyer_1"), "seat"),
        (lambda told: told.update(opponents="linear", seeds=[]), "opponents, seeds"),
        (lambda told: told.update(seeds=["0"]), "seeds"),
    ],
)
def test_a_dataset_that_says_too_little_of_its_games_is_refused(tmp_path, change, missing):
    exported()
    file = tmp_path / "minari" / NAME / "data" / "metadata.json"
    metadata = json.loads(file.read_text())
    version = metadata["negotiation"]["schema_version"]
    change(metadata["negotiation"])
    metadata["negotiation"]["schema_version"] = version
    file.write_text(json.dumps(metadata))
    result = run("--dataset", NAME, "--output_dir", tmp_path / "clone", *TINY)
    assert result.exit_code == 2, result.output
    assert f"the dataset '{NAME}' does not say its {missing} as" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "clone").exists()
