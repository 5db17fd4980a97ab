"""`negotiate tournament`: what it prints and writes, and how it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from negotiation_cli.main import app
from typer.testing import CliRunner

from negotiation_env.tournament import load_results

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
CALL = ("--policies", "boulware_firm,linear,tit_for_tat", "--num_episodes", "20")


def run(*arguments):
    return CliRunner().invoke(app, ["tournament", *map(str, arguments)])


def test_it_prints_a_summary_and_writes_the_results(tmp_path):
    result = run(*CALL, "--output_dir", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for part in ("boulware_firm", "3 policies, 9 ordered pairs, 180 games", "Nash equilibrium", "Moving first"):
        assert part in result.stdout
    assert "no deal is half a win to both" in " ".join(result.stdout.split())
    found = load_results(tmp_path / "out")
    assert found.settings.names == ("boulware_firm", "linear", "tit_for_tat")
    assert found.is_complete


def test_json_is_the_same_with_hyphens_and_workers(tmp_path):
    one = run(*CALL, "--json", "--output_dir", tmp_path / "one")
    two = run(
        "--policies", "boulware_firm,linear,tit_for_tat", "--num-episodes", "20", "--json", "--engine", "process",
        "--workers", "2", "--output-dir", tmp_path / "two",
    )  # fmt: skip
    assert one.exit_code == two.exit_code == 0, one.output + two.output
    told = [json.loads(result.stdout) for result in (one, two)]
    for each in told:
        del each["folder"]
        for row in each["policies"]:
            assert row.pop("seconds_a_decision") > 0.0
    assert told[0] == told[1]
    assert [row["rank"] for row in told[0]["policies"]] == [1, 2, 3]
    assert sum(told[0]["equilibrium"].values()) == pytest.approx(1.0)


def test_multi_item_and_failures_are_told(tmp_path):
    call = ("--domain", "multi_item", "--policies", "linear,micro", "--scenario", "bargaining", "--num_episodes", "10")
    result = run(*call, "--output_dir", tmp_path / "items")
    assert result.exit_code == 0, result.output
    assert "Pareto" in result.stdout
    result = run("--policies", "linear,hold_rho", "--num_episodes", "4", "--output_dir", tmp_path / "price")
    assert result.exit_code == 0, result.output
    assert "pairs failed and count nowhere" in result.stdout
    assert "needs the width of the surplus" in " ".join(result.stdout.split())


def test_the_runnable_file_does_the_same(tmp_path):
    script = [sys.executable, SCRIPTS / "tournament.py", *CALL, "--json", "--output_dir", "out"]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["policies"]) == 3
    assert (tmp_path / "out" / "cells.parquet").is_file()


def test_help_teaches():
    text = " ".join(run("--help").stdout.split())
    for part in ("--policies", "negotiate tournament --policies all", "same command goes on"):
        assert part in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--policies", "linaer,fair:x=1"), "2 mistakes in the list of policies"),
        (("--policies", "linear,linear"), "2 policies are called 'linear'"),
        (("--policies", "linear"), "at least two policies"),
        (("--num_episodes", "3"), "it must be an even number"),
        (("--engine", "proces"), "Did you mean 'process'"),
        (("--workers", "2", "--engine", "serial"), "needs --engine process"),
        (("--scenario", "private", "--num_episodes", "2"), "no deal is possible in any"),
        (("--domain", "prices"), "Did you mean 'price'"),
        (("--policies", "hold_rho,concede_to_rho"), "every cell failed"),
    ],
)
def test_wrong_calls_end_with_one_line_of_advice(tmp_path, arguments, message):
    result = run(*CALL, "--output_dir", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_folder_of_other_settings_and_a_file_are_refused(tmp_path):
    assert run(*CALL, "--output_dir", tmp_path / "out").exit_code == 0
    result = run(*CALL, "--output_dir", tmp_path / "out", "--seed", "1")
    assert result.exit_code == 2
    assert "holds a tournament of other settings: seed 0, not 1" in result.stderr
    (tmp_path / "taken").write_text("kept")
    result = run(*CALL, "--output_dir", tmp_path / "taken" / "deeper")
    assert result.exit_code == 2
    assert "taken is a file; name another" in result.stderr
