"""`negotiate generate` and `negotiate prepare`: what they write, what they print, what they refuse."""

import contextlib
import copy
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from negotiation_cli.main import app
from negotiation_cli.price_tally import Tally
from talkers import Talker
from typer.testing import CliRunner

from negotiation_env import list_policies, register_policy, registry
from negotiation_env.records.recipes import load_recipe

SCRIPTS = Path(__file__).parents[2] / "scripts"
SMALL = ["generate", "--num_episodes", "12", "--max_turns", "6", "--dataset_out", "games.jsonl"]
HEADER = "category,title,list_price,current_price,average_price,lowest_price,highest_price"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def advice(result):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line


def decisions(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_generate_writes_every_decision_and_sums_up(tmp_path):
    result = run(*SMALL)
    assert result.exit_code == 0, result.output
    rows = decisions("games.jsonl")
    assert len({row["trajectory_id"] for row in rows}) == 12
    assert max(row["turn"] for row in rows) <= 6
    assert f"{len(rows)}" in result.stdout
    assert "sound deals" in result.stdout
    assert "games.jsonl" in result.stdout
    assert result.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["games.jsonl"]


def test_paths_are_printed_as_they_are():
    folder = "[b]:smile:"
    assert f"{folder}/g.jsonl" in run(*SMALL[:-1], f"{folder}/g.jsonl").stdout
    assert Path(folder, "g.jsonl").is_file()


def test_json_says_what_was_written():
    written = json.loads(run(*SMALL, "--json").stdout)
    assert written["files"] == ["games.jsonl"]
    assert written["episodes"] == 12
    assert written["decisions"] == len(decisions("games.jsonl"))
    outcomes = {row["trajectory_id"]: row["meta"]["episode_outcome"] for row in decisions("games.jsonl")}
    assert written["deal_rate"] == pytest.approx(list(outcomes.values()).count("deal") / 12)


def test_equal_calls_write_equal_bytes_whatever_the_engine_and_the_spelling():
    run(*SMALL)
    first = Path("games.jsonl").read_bytes()
    spelled = [word.replace("_", "-") for word in SMALL[:-1]]
    for engine in ("process", "thread"):
        assert run(*spelled, "other.jsonl", "--engine", engine, "--workers", 2, "--overwrite").exit_code == 0
        assert Path("other.jsonl").read_bytes() == first


def test_the_default_is_the_mixed_recipe():
    run(*SMALL)
    named = ["--recipe", "price-mixed", "--seed", load_recipe("price-mixed").seed]
    run(*SMALL[:-1], "named.jsonl", *named)
    assert Path("named.jsonl").read_bytes() == Path("games.jsonl").read_bytes()


def test_pools_and_settings_override_the_recipe():
    pools = ["--buyers", "linear:exponent=3,opening_margin=400,fair", "--sellers", "tit_for_tat"]
    assert run(*SMALL, *pools, "--seed", 5, "--first_mover", "seller", "--information", "known").exit_code == 0
    rows = decisions("games.jsonl")
    players = {(row["state"]["role"], row["agent"]["strategy"]) for row in rows}
    assert players == {("buyer", "linear"), ("buyer", "fair"), ("seller", "tit_for_tat")}
    assert {row["meta"]["first_mover"] for row in rows} == {"seller"}
    assert {row["meta"]["seed"] for row in rows} == {5}
    assert {row["meta"]["information"] for row in rows} == {"known"}


def test_a_catalogue_is_played_once_by_default():
    lines = [f"toys,thing {price},{price},1,1,{price / 2},1" for price in (20, 40, 60)]
    Path("products.csv").write_text("\n".join([HEADER, *lines]))
    call = ["generate", "--scenario", "catalogue", "--catalogue", "products.csv", "--dataset_out", "games.jsonl"]
    assert json.loads(run(*call, "--json").stdout)["episodes"] == 3
    assert {row["meta"]["product"] for row in decisions("games.jsonl")} == {"thing 20", "thing 40", "thing 60"}


def test_a_recipe_with_a_catalogue_says_how_many_games_are_played():
    Path("products.csv").write_text(f"{HEADER}\ntoys,one,20,20,1,10,1\ntoys,two,20,20,1,10,1\n")
    Path("mine.toml").write_text(
        'name = "mine"\ndescription = "y"\nnum_episodes = 7\nseed = 0\npolicies = ["linear"]\n'
        '[settings]\nscenario = "catalogue"\ncatalogue = "products.csv"\n'
    )
    call = ["generate", "--recipe", "mine.toml", "--json", "--dataset_out"]
    assert json.loads(run(*call, "recipe.jsonl").stdout)["episodes"] == 7
    assert json.loads(run(*call, "given.jsonl", "--catalogue", "products.csv").stdout)["episodes"] == 2


def test_append_adds_another_run():
    run(*SMALL)
    first = Path("games.jsonl").read_bytes()
    assert run(*SMALL, "--append", "--seed", 9).exit_code == 0
    assert Path("games.jsonl").read_bytes().startswith(first)
    assert len({row["trajectory_id"] for row in decisions("games.jsonl")}) == 24
    assert "already holds run" in advice(run(*SMALL, "--append", "--seed", 9))


def test_an_existing_file_is_replaced_only_when_asked():
    run(*SMALL)
    Path("games.jsonl").write_text("mine")
    message = advice(run(*SMALL))
    assert "--overwrite" in message
    assert "--append adds another run to it, with another --seed" in message
    assert Path("games.jsonl").read_text() == "mine"
    assert run(*SMALL, "--overwrite").exit_code == 0
    assert len(decisions("games.jsonl")) > 12


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--buyers", "lineer"], "Did you mean 'linear'?"),
        (["--scenario", "varid"], "Did you mean 'varied'?"),
        (["--recipe", "price-mixd"], "Did you mean 'price-mixed'?"),
        (["--num_episodes", "0"], "num_episodes"),
        (["--num_episodes", "ten"], "--num_episodes"),
        (["--engine", "proces"], "Did you mean 'process'?"),
        (["--engine", "process", "--workers", "0"], "workers"),
        (["--scenario", "catalogue", "--catalogue", "none.csv"], "none.csv"),
        (["--dataset_out", "games.csv"], ".csv"),
        (["--append", "--overwrite"], "--append"),
        (["--domain", "chess"], "unknown domain 'chess'"),
        (["--domain", "multi_item", "--recipe", "price-seed"], "is for domain 'price'"),
        (["--model", "llama3", "--base_url", "http://127.0.0.1:9"], "ollama serve"),
        (["--seed", "-3"], "seed"),
        (["--buyers", "random_zopa"], "known"),
        (["--buyers", "random_zopa", "--engine", "process", "--workers", "1"], "known"),
        (["--buyers", "human", "--engine", "process"], "use the engine 'thread'"),
        (["--model", "llama3", "--base_url", "http://127.0.0.1:9", "--engine", "process"], "use the engine 'thread'"),
    ],
)
def test_a_wrong_call_gets_one_line_of_advice_and_no_file(arguments, expected, tmp_path):
    assert expected in advice(run(*SMALL, *arguments))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def failing(monkeypatch):
    """Registers the price policies ``sometimes`` and ``always``, which fail, and the multi-item policy ``always``."""
    list_policies()  # whatever is installed
    monkeypatch.setattr(registry, "_registry", copy.deepcopy(registry._registry))
    kinds = {
        "sometimes": lambda: Talker("price", "linear", fails=3),
        "always": lambda: Talker("price", "linear", fails=1, patience=1),
        "never": lambda: Talker("multi_item", "boulware", fails=1, patience=1),
    }
    here, elsewhere = {f"here:{name}": make for name, make in kinds.items()}, registry.load_target
    monkeypatch.setattr(registry, "load_target", lambda target: here.get(target) or elsewhere(target))
    register_policy("sometimes", "here:sometimes")
    register_policy("always", "here:always")
    register_policy("always", "here:never", domain="multi_item")


@pytest.mark.usefixtures("failing")
def test_games_that_end_by_a_fault_are_counted_and_told():
    result = run(*SMALL, "--buyers", "sometimes", "--sellers", "linear")
    assert result.exit_code == 0, result.output
    faults = [json.loads(line) for line in Path("games.faults.jsonl").read_text().splitlines()]
    assert f"{12 - len(faults)} and {len(faults)} with a fault" in result.stdout
    assert "games.faults.jsonl" in result.stdout
    assert {line["error"]["message"] for line in faults} == {"no answer in 60 s"}
    written = json.loads(run(*SMALL, "--buyers", "sometimes", "--sellers", "linear", "--overwrite", "--json").stdout)
    assert written["files"] == ["games.jsonl", "games.faults.jsonl"]
    assert written["faults"] == len(faults) > 0


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("domain", ["price", "multi_item"])
def test_only_faults_are_an_error_with_the_reason(domain):
    players = ["--buyers", "always", "--sellers", "always"]
    call = ["generate", "--domain", domain, *players, "--num_episodes", "5", "--dataset_out", "games.jsonl"]
    result = run(*call)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: every game ended by a fault (5), as game ")
    assert "timeout: no answer in 60 s. All reasons are in games.faults.jsonl" in line
    assert "0 and 5 with a fault" in result.stdout
    assert "nan" not in result.stdout
    again = run(*call, "--json", "--overwrite")
    assert again.exit_code == 1
    assert json.loads(again.stdout)["faults"] == 5
    assert "no answer in 60 s" in again.stderr


def test_a_malformed_catalogue_is_named_with_its_line():
    Path("products.csv").write_text(f"{HEADER}\ntoys,thing,free,1,1,1,1\n")
    call = [*SMALL, "--scenario", "catalogue", "--catalogue", "products.csv"]
    assert "products.csv, line 2" in advice(run(*call))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('toys,"never closed,20,20,1,10,1\n' + "toys,thing,20,20,1,10,1\n" * 9000, "products.csv, line 3: "),
        ('toys,thing,20,20,1,10,"1\ntoys,thing,20,20,1,10,1\n', "products.csv, line 3: "),
        ('toys,"thing"s,20,20,1,10,1\n', "products.csv, line 3: "),
        ('\n\n"two\nlines",thing,20,20,1,10,1\n"open', "products.csv, line 7: "),
    ],
)
def test_a_quote_that_is_left_open_is_named_with_its_line(rows, expected):
    Path("products.csv").write_text(f"{HEADER}\ntoys,thing,20,20,1,10,1\n{rows}")
    assert expected in advice(run(*SMALL, "--scenario", "catalogue", "--catalogue", "products.csv"))


def test_titles_may_hold_any_separator_of_lines():
    titles = ["one\u2028line", "one\x85line", 'two\nlines, and a "quote"']
    with Path("products.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER.split(","), *(["toys", title, 20, 20, 1, 10, 1] for title in titles)])
    call = ["generate", "--scenario", "catalogue", "--catalogue", "products.csv", "--dataset_out", "games.jsonl"]
    assert run(*call).exit_code == 0
    assert {row["meta"]["product"] for row in decisions("games.jsonl")} == set(titles)


@pytest.mark.parametrize("engine", ["serial", "process"])
def test_ctrl_c_says_how_to_resume_and_the_same_command_does(engine):
    call = [sys.executable, "-m", "negotiation_cli.main", "generate", "--buyers", "linear", "--sellers", "linear_noisy"]
    call += ["--num_episodes", "60000", "--dataset_out", "games.jsonl", "--engine", engine, "--workers", "1"]
    process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(list(Path().glob("games.jsonl.shards/games-*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    try:
        _, told = process.communicate(timeout=30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers, if it left any
    assert process.returncode == 130
    (line,) = told.strip().splitlines()
    assert line.startswith("interrupted: ")
    assert "same command" in line
    assert not Path("games.jsonl").exists()


def test_prepare_writes_two_tables():
    pytest.importorskip("polars")
    run(*SMALL)
    result = run("prepare", "--jsonl-path", "games.jsonl", "--output_dir", "tables", "--k_history", 3, "--json")
    written = json.loads(result.stdout)
    assert written["decisions"] == len(decisions("games.jsonl"))
    assert written["episodes"] == 12
    assert {path.name for path in Path("tables").iterdir()} == {"decision_steps.parquet", "episodes.parquet"}
    assert run("prepare", "--jsonl_path", "games.jsonl").exit_code == 0
    assert Path("games/episodes.parquet").is_file()


def test_prepare_finds_the_games_of_a_folder_that_was_played_into():
    assert run("play", "--rounds", 5, "--seed", 1, "--output_dir", "record").exit_code == 0
    result = run("prepare", "--jsonl_path", "record", "--json")
    assert result.exit_code == 0, result.output
    written = json.loads(result.stdout)
    assert written["episodes"] == 5
    assert written["files"] == ["record/games/decision_steps.parquet", "record/games/episodes.parquet"]


def test_the_progress_bar_of_prepare_moves(monkeypatch):
    moved = []
    run(*SMALL)
    monkeypatch.setattr("negotiation_cli.output.progress_bar", lambda *_: contextlib.nullcontext(moved.append))
    assert run("prepare", "--jsonl_path", "games.jsonl").exit_code == 0
    assert sum(moved) == 12


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "--jsonl_path"),
        (["--jsonl_path", ".."], "a folder without games.jsonl"),
        (["--jsonl_path", "none.jsonl"], "none.jsonl"),
        (["--jsonl_path", "games.jsonl", "--k_history", "-1"], "k_history"),
        (["--jsonl_path", "games.jsonl", "--split", "pairs"], "Did you mean 'pair'?"),
        (["--jsonl_path", "games.jsonl", "--split_fractions", "1", "1", "1"], "fractions"),
        (["--jsonl_path", "torn.jsonl"], "torn.jsonl, line 1"),
    ],
)
def test_prepare_refuses_with_one_line_and_no_table(arguments, expected, tmp_path):
    run(*SMALL)
    Path("torn.jsonl").write_text('{"schema_version"\n')
    assert expected in advice(run("prepare", *arguments))
    assert not list(tmp_path.rglob("*.parquet"))


def test_prepare_replaces_tables_only_when_asked():
    run(*SMALL)
    call = ["prepare", "--jsonl_path", "games.jsonl", "--output_dir", "tables"]
    assert run(*call).exit_code == 0
    assert "there is nothing to prepare" in advice(run("prepare", "--jsonl_path", "tables"))
    for command in (["prepare", "--jsonl_path"], ["show"]):
        message = advice(run(*command, "tables/episodes.parquet"))
        assert "tables/episodes.parquet is a Parquet table" in message
        assert "the .jsonl file" in message
    assert "--overwrite" in advice(run(*call))
    assert run(*call, "--overwrite").exit_code == 0


@pytest.mark.parametrize(("rhos", "shown"), [([0.4, 1.0], "0.700 (95 % interval 0.000 to 1.000)"), ([0.5], "0.500")])
def test_the_printed_interval_of_rho_lies_where_rho_does(rhos, shown):
    tally = Tally()
    tally.settled.add(np.array(rhos))
    assert [*tally.as_table().columns[1].cells][-1] == shown


def test_the_runnable_files_do_the_same(tmp_path):
    def script(name, *arguments):
        done = subprocess.run(
            [sys.executable, SCRIPTS / name, *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    script("negotiation.py", "--dataset_mode", *SMALL[1:], "--agent1", "linear", "--agent2", "fair")
    written = Path("games.jsonl").read_bytes()
    script("negotiation.py", *SMALL[1:], "--dataset-mode", "--buyers", "linear", "--sellers", "fair", "--overwrite")
    assert Path("games.jsonl").read_bytes() == written
    pools = ["--agent1", "linear", "--agent2", "fair", "--engine", "process", "--workers", "2"]
    script("negotiation.py", "--dataset_mode", *SMALL[1:-1], "in_processes.jsonl", *pools)
    assert Path("in_processes.jsonl").read_bytes() == written
    assert "decision_steps.parquet" in script("prepare_data.py", "--jsonl_path", "games.jsonl")
    quick = ["--formats", "svg", "--max_turns", "4"]
    script("visualize_concessions.py", "--strategies", "linear", "--num_episodes", "2", *quick)
    script("visualize_interactions.py", "--agent1", "linear", *quick)
    assert Path("concession_plots/concessions.svg").is_file()
    assert Path("interaction_plots/linear_vs_boulware_firm.svg").is_file()


def test_list_shows_the_recipes():
    written = json.loads(run("list", "recipes", "--json").stdout)
    assert {"price-mixed", "price-seed"} <= {entry["name"] for entry in written["recipes"]}


def test_multi_item_games_become_a_dataset_without_further_arguments():
    result = run("generate", "--domain", "multi_item", "--num_episodes", "30", "--json")
    assert result.exit_code == 0, result.output
    written = json.loads(result.stdout)
    assert written["files"] == ["datasets/local/multi_item_domain.jsonl"]
    assert written["episodes"] == 30
    assert 0 < written["mean_efficiency"] <= 1
    again = run("generate", "--domain", "multi_item", "--num_episodes", "30", "--dataset_out", "tables", "--json")
    assert again.exit_code == 0, again.output
    prepared = run("prepare", "--jsonl_path", written["files"][0], "--output_dir", "prepared")
    assert prepared.exit_code == 0, prepared.output
    for name in ("decision_steps.parquet", "episodes.parquet"):
        assert Path("tables", name).read_bytes() == Path("prepared", name).read_bytes()
