"""`negotiate evaluate-rho`."""

import json
import re
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from negotiation_cli.evaluate_rho import YARDSTICKS, _policy
from negotiation_cli.main import app
from negotiation_cli.rho_report import _finite
from negotiation_janus.families import PARTS
from negotiation_janus.rho_mlp.policy import SHIPPED
from typer.testing import CliRunner

from negotiation_env import list_policies

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
CALL = ("--opponents", "linear,split_difference", "--commands", "-1,0.2,0.8", "--num_episodes", "8")


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate-rho", *map(str, arguments)])


def test_a_table_a_summary_and_figures_are_written(tmp_path):
    folder = tmp_path / "rho"
    call = (*CALL, "--policy", "teacher:settle=strict", "--output_dir", folder)
    result = run(*call, "--information", "known", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["varied"]["known"]
    assert list(told) == ["teacher:settle=strict", *YARDSTICKS]
    assert told["teacher:settle=strict"]["impasse_at_minus_one"] == 1.0
    groups = told["teacher:settle=strict"]["groups"]
    rivals = ["linear", "split_difference"]
    assert [(rival, role) for rival in groups for role in groups[rival]] == [*product(rivals, ("buyer", "seller"))]
    for measure in ("regret", "missed_deals", "spearman", "slope"):
        low, high = groups["linear"]["seller"][f"{measure}_interval"]
        assert low <= groups["linear"]["seller"][measure] <= high
    table = pl.read_parquet(folder / "rho_table.parquet")
    assert len(table) == (1 + len(YARDSTICKS)) * 3 * 2 * 4
    assert {"policy", "scenario", "information", "command", "regret", "missed_deals"} <= set(table.columns)
    assert json.loads((folder / "rho_summary.json").read_text())["varied"]["known"].keys() == told.keys()
    assert (folder / "rho_varied_known.png").read_bytes().startswith(b"\x89PNG")
    again = run(*call)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr


def test_both_kinds_of_information_are_printed(tmp_path):
    result = run(*CALL, "--no_yardsticks", "--output_dir", tmp_path / "rho")
    assert result.exit_code == 0, result.output
    for text in (
        "information known",
        "information private",
        "missed deals",
        "impasse at -1",
        "Spearman achievable",
        "opponents with negative slope",
        "teacher by opponent and by its own role:",
    ):
        assert text in result.stdout
    (page,) = re.findall(r"docs/[\w/]+\.md", result.stdout)
    assert "opponents with negative slope" in (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    rows = [line.split()[:2] for line in result.stdout.splitlines()]
    for row in product(("linear", "split_difference"), ("buyer", "seller")):
        assert rows.count([*row]) == 2
    assert {path.name for path in (tmp_path / "rho").iterdir()} == {
        "rho_table.parquet", "rho_summary.json", "rho_varied_known.png", "rho_varied_private.png",
    }  # fmt: skip


def test_scenarios_side_by_side_and_the_same_bytes_from_worker_processes(tmp_path):
    call = (*CALL, "--scenario", "varied,seed", "--no_yardsticks", "--strict", "--information", "private", "--json")
    serial = run(*call, "--output_dir", tmp_path / "serial")
    shared = run(*call, "--output_dir", tmp_path / "shared", "--engine", "process", "--workers", "2")
    assert serial.exit_code == shared.exit_code == 0, serial.output + shared.output
    assert serial.stdout == shared.stdout
    for name in ("rho_table.parquet", "rho_summary.json"):
        assert (tmp_path / "serial" / name).read_bytes() == (tmp_path / "shared" / name).read_bytes()
    told = json.loads(serial.stdout)
    assert list(told) == ["varied", "seed"]
    for scenario in told:
        summary = told[scenario]["private"]["teacher"]
        assert summary["strict_regret"] >= summary["regret"]
    table = pl.read_parquet(tmp_path / "serial" / "rho_table.parquet")
    assert table["scenario"].unique(maintain_order=True).to_list() == ["varied", "seed"]


def test_the_runnable_file_does_the_same(tmp_path):
    call = (*CALL, "--no_yardsticks", "--information", "known", "--json")
    script = [sys.executable, SCRIPTS / "evaluate_rho.py", *call, "--output_dir", "rho"]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == run(*call, "--output_dir", tmp_path / "other").stdout
    assert (tmp_path / "rho" / "rho_table.parquet").is_file()


def test_a_checkpoint_names_its_policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SHIPPED["hindsight"], "teacher")  # which is the name of another shipped network
    call = (*CALL, "--no_yardsticks", "--information", "known", "--json")
    told = {
        name: run(*call, "--output_dir", name, *arguments)
        for name, arguments in {
            "by_folder": ("--checkpoint", "teacher"),
            "by_name": ("--policy", "rho_mlp:checkpoint=hindsight"),
        }.items()
    }
    found = [json.loads(result.stdout)["varied"]["known"] for result in told.values()]
    assert list(found[0]) == ["rho_mlp:checkpoint=./teacher"]
    assert list(found[0].values()) == list(found[1].values())
    Path("a,b").mkdir()
    Path("a,b/hypernet.safetensors").touch()
    assert _policy(None, Path("a,b")) == 'janus:checkpoint="./a,b"'


@pytest.mark.parametrize("content", [None, "{", "[]", '{"kind": "sb3"}', "\xff"])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    folder = tmp_path / "other"
    if content is not None:
        folder.mkdir()
        (folder / "policy.json").write_bytes(content.encode("latin-1"))
    result = run(*CALL, "--checkpoint", folder, "--output_dir", tmp_path / "rho")
    assert result.exit_code == 2
    assert "is no folder of a janus, with hypernet.safetensors, nor of a rho_mlp" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "rho").exists()


def test_the_parts_of_the_families_are_known_and_share_nothing():
    names = [name for part in PARTS.values() for name in part]
    assert set(names) <= set(list_policies("price"))
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--policy", "linear"), "a policy with a parameter rho; those that have it: concede_to_rho, "),
        (("--policy", "teacher:rho=0.5"), "leave it open: leave out rho=0.5; --commands sets it"),
        (("--policy", "teacher", "--checkpoint", "rho"), "give one of them"),
        (("--commands", "a"), "give numbers from 0 to 1"),
        (("--commands", "2"), "rho is 2.0; it must be in [0, 1]"),
        (("--scenario", "catalogue"), "private, seed, varied"),
        (("--scenario", "varied,sed"), "Did you mean 'seed'"),
        (("--engine", "proces"), "Did you mean 'process'"),
        (("--workers", "2"), "needs --engine process"),
        (("--information", "secret"), "unknown --information"),
        (("--opponents", "linaer"), "Did you mean 'linear'"),
    ],
)
def test_wrong_calls_end_with_one_line_of_advice(tmp_path, arguments, message):
    result = run(*CALL, "--output_dir", tmp_path / "rho", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "rho").exists()


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_a_file_is_no_output_dir(tmp_path, monkeypatch, inside):
    monkeypatch.setattr("negotiation_janus.evaluation.evaluate_policies", None)
    (tmp_path / "taken").write_text("kept")
    result = run(*CALL, "--output_dir", tmp_path / "taken" / inside)
    assert result.exit_code == 2
    assert "taken is a file; name another" in result.stderr
    assert (tmp_path / "taken").read_text() == "kept"


def test_impasses_alone_give_no_figure(tmp_path):
    call = ("--opponents", "linear", "--commands=-1", "--num_episodes", "2", "--information", "known")
    result = run(*call, "--no_yardsticks", "--output_dir", tmp_path)
    assert result.exit_code == 0, result.output
    assert "no figure" in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"rho_table.parquet", "rho_summary.json"}


@pytest.mark.parametrize(("episodes", "size"), [(1, "1 opponent, 1 episode a row:"), (10, "1 opponent, 10 episodes a")])
def test_intervals_are_printed_of_enough_episodes(tmp_path, episodes, size):
    call = ("--opponents", "linear", "--commands=0.2,0.8", "--num_episodes", episodes, "--information", "known")
    result = run(*call, "--no_yardsticks", "--output_dir", tmp_path)
    assert result.exit_code == 0, result.output
    few = episodes < 10
    assert size in result.stdout
    assert (f"too few episodes a row for intervals ({episodes}; at least 10)" in result.stdout) == few
    rows = [line for line in result.stdout.splitlines() if line.split()[:1] in (["regret"], ["Spearman"], ["linear"])]
    assert len(rows) == 5
    assert all((" to " in row) != few for row in rows)


def test_parts_and_policies_are_opponents_side_by_side(tmp_path):
    call = ("--commands", "0.5", "--num_episodes", "1", "--information", "known", "--no_yardsticks", "--json")
    result = run(*call, "--opponents", "val,linear,fair,hold_rho:rho=.5,test", "--output_dir", tmp_path)
    assert result.exit_code == 0, result.output
    table = pl.read_parquet(tmp_path / "rho_table.parquet")
    opponents = dict(table.select("opponent", "part").rows())
    assert list(opponents) == [*PARTS["val"], "linear", "hold_rho", *PARTS["test"]]
    assert [opponents[name] for name in ("fair", "linear", "hold_rho", "micro_fine")] == [
        "val",
        "train",
        "other",
        "test",
    ]


def test_the_summary_holds_null_for_what_is_no_number():
    found = {"slope": -np.inf, "slope_interval": (np.nan, np.inf), "regret": 0.5}
    assert _finite(found) == {"slope": None, "slope_interval": [None, None], "regret": 0.5}
