"""`negotiate export-minari`."""

import json

import pytest
from typer.testing import CliRunner

minari = pytest.importorskip("minari", reason="needs pip install 'negotiation-env[offline]'")

from negotiation_cli.main import app  # noqa: E402  # after the skip

from negotiation_env.minari_folder import hdf5_explained  # noqa: E402
from negotiation_env.records.errors import RecordError  # noqa: E402


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])


def test_a_record_becomes_a_dataset(run, tmp_path):
    games = tmp_path / "games.jsonl"
    run("generate", "--num_episodes", 30, "--dataset_out", games, "--seed", 1, "--max_turns", 6)
    call = ("export-minari", "--path", games, "--seat", "buyer", "--dataset_id", "negotiation/x-v0")
    result = run(*call, "--num-prices", 51, "--rho", "none", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    dataset = minari.load_dataset("negotiation/x-v0")
    assert (told["episodes"], told["steps"]) == (len(dataset), dataset.total_steps)
    assert dataset.action_space.n == 54
    again = run(*call)
    assert again.exit_code == 2
    assert "give another version" in again.stderr
    assert run(*call, "--overwrite").exit_code == 0
    assert minari.load_dataset("negotiation/x-v0").observation_space.shape[0] == dataset.observation_space.shape[0] + 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--path", "nowhere.jsonl"), "is no record"),
        (("--dataset_id", "noversion"), "ends with a version"),
        (("--dataset_id", "a/b-v0"), "at least two characters between slashes"),
        (("--rho", "best"), "must be 'outcome', 'commanded' or None"),
        (("--seat", "agent_0"), "unknown --seat 'agent_0'. Known: buyer, seller."),
    ],
)
def test_wrong_calls_end_with_one_line_of_advice(run, tmp_path, args, message):
    games = tmp_path / "games.jsonl"
    run("generate", "--num_episodes", 3, "--dataset_out", games, "--seed", 1)
    given = {"--path": str(games), "--seat": "seller", "--dataset_id": "negotiation/x-v0"}
    given |= dict([args])
    result = run("export-minari", *[part for pair in given.items() for part in pair])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("args", [("--num_prices", "50"), ("--action_mode", "discrete"), ("--rho", "commanded")])
def test_what_is_for_prices_is_refused_for_items(run, tmp_path, args):
    games = tmp_path / "games.jsonl"
    run("generate", "--domain", "multi_item", "--num_episodes", 3, "--dataset_out", games, "--seed", 1)
    result = run("export-minari", "--path", games, "--seat", "agent_0", "--dataset_id", "negotiation/x-v0", *args)
    assert result.exit_code == 2, result.output
    assert "multi_item games" in result.stderr


def test_the_folder_of_datasets_may_be_relative(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINARI_DATASETS_PATH", "mine")
    run("generate", "--num_episodes", 3, "--dataset_out", "games.jsonl", "--seed", 1)
    result = run("export-minari", "--path", "games.jsonl", "--seat", "seller", "--dataset_id", "negotiation/x-v0")
    assert result.exit_code == 0, result.output
    assert len(minari.load_dataset("negotiation/x-v0")) == 3


@pytest.mark.parametrize("kind", [OSError, RuntimeError])
def test_what_hdf5_says_of_a_full_disk_is_advice(tmp_path, kind):
    said = "Disable slist on flush dest failure failed (file write failed: errno = 28, error message = 'No space left')"
    with pytest.raises(RecordError, match=r"cannot write .*: the disk is full"), hdf5_explained(tmp_path):
        raise kind(said)
    with pytest.raises(RuntimeError, match="something else"), hdf5_explained(tmp_path):
        raise RuntimeError("something else")
