"""`negotiate play`, `negotiate list`, and what every command shares: spelling, advice, exit codes."""

import json
import pickle
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from negotiation_cli import options
from negotiation_cli.main import app
from typer.testing import CliRunner

from negotiation_env import list_policies, make_policy, play
from negotiation_env.advice import is_advice, judged
from negotiation_env.multi_item.config import MultiItemConfig
from negotiation_env.price.config import PriceConfig
from negotiation_env.scenarios import list_scenarios

CALL = ["play", "--agent1", "boulware_firm", "--agent2", "tit_for_tat", "--seed", "1"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def advice(result):
    """The one line on standard error of a wrong call."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0]


def test_a_game_is_printed_move_by_move():
    result = run(*CALL)
    game = play("price", {"buyer_0": "boulware_firm", "seller_0": "tit_for_tat"}, 1)
    assert result.exit_code == 0, result.output
    assert "buyer    boulware_firm" in result.stdout
    for turn, agent, kind, price, _ in game.moves:
        (row,) = [
            line.split() for line in result.stdout.splitlines() if line.split()[:1] == [str(turn)] and kind in line
        ]
        assert row[1] == agent.removesuffix("_0")
        assert price is None or row[3] == f"{price:,.2f}"
    assert ("accept ✓" in result.stdout) == game.deal
    assert f"rho {game.rho:.3f}" in result.stdout
    assert "boulware_firm" in run("play").stdout


def test_the_gap_is_what_the_last_offers_are_apart():
    result = run(*CALL, "--first_mover", "buyer")
    rows = [line.split() for line in result.stdout.splitlines() if "offer" in line]
    first, second = float(rows[0][3].replace(",", "")), float(rows[1][3].replace(",", ""))
    assert len(rows[0]) == 4
    assert float(rows[1][4].replace(",", "")) == pytest.approx(second - first)


def test_json_holds_the_games_of_the_library():
    result = run(*CALL, "--rounds", 3, "--json")
    written = json.loads(result.stdout)
    game = play("price", {"buyer_0": "boulware_firm", "seller_0": "tit_for_tat"}, 1)
    assert len(written["games"]) == 3
    assert written["games"][0]["price"] == game.price
    assert [tuple(move) for move in written["games"][0]["moves"]] == game.moves
    assert written["run"]["seed"] == 1
    assert written["summary"]["episodes"] == 3
    assert result.stderr == ""


def test_several_rounds_end_in_a_summary():
    result = run(*CALL, "--rounds", 3)
    assert result.stdout.count("Game ") == 3
    assert "buyer gain" in result.stdout
    assert "sound deals" in result.stdout


@pytest.mark.parametrize("spelled", ["--max_turns", "--max-turns"])
def test_options_are_spelled_with_hyphens_or_underscores(spelled):
    written = json.loads(run(*CALL, spelled, 2, "--json").stdout)
    assert written["run"]["max_turns"] == 2
    assert written["games"][0]["turns"] <= 2


def test_settings_reach_the_game():
    arguments = ["--price-range", 0, 10, "--tick", 1, "--buyer_max", 9, "--seller-min", 2, "--first_mover", "seller"]
    written = json.loads(run(*CALL, *arguments, "--information=known", "--json").stdout)
    assert written["run"]["price_range"] == [0, 10]
    assert written["run"]["information"] == "known"
    game = written["games"][0]
    assert (game["buyer_max"], game["seller_min"], game["first_mover"]) == (9, 2, "seller")


def test_a_game_without_surplus_says_so():
    result = run(*CALL, "--buyer_max", 300, "--seller_min", 1000)
    assert "none, 700.00 are missing" in result.stdout
    assert "No deal: the deadline passed on turn 20." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["play", "--agent1", "boulware_frm"], "Did you mean 'boulware_firm'?"),
        (["play", "--agent2", "linear:exponnt=2"], "Did you mean 'exponent'?"),
        (["play", "--agent2", "linear:exponent=soft"], "exponent"),
        (["play", "--agent2", "linear:exponent"], "key=value"),
        (["play", "--agent1", ""], "list of players"),
        (["play", "--scenario", "varid"], "Did you mean 'varied'?"),
        (["play", "--scenario", "catalogue"], "catalogue"),
        (["play", "--max_turns", "many"], "--max_turns"),
        (["play", "--max_turns", "0"], "max_turns"),
        (["play", "--rounds", "0"], "rounds"),
        (["play", "--seed", "-1"], "seed"),
        (["play", "--first_mover", "byer"], "Did you mean 'buyer'?"),
        (["play", "--buyer_max", "1e9"], "buyer_max"),
        (["play", "--price_range", "1"], "--price_range"),
        (["play", "--agent1", "random_zopa"], "known"),
        (["play", "--model", "llama3", "--base_url", "http://127.0.0.1:9"], "ollama serve"),
        (["play", "--modle", "llama3"], "--model"),
        (["plya"], "Did you mean 'play'?"),
        (["list", "polices"], "Did you mean 'policies'?"),
    ],
)
def test_a_wrong_call_gets_one_line_of_advice(arguments, expected):
    assert expected in advice(run(*arguments))


def test_no_llm_plays_the_bare_strategies():
    assert run(*CALL, "--model", "llama3", "--no_llm").exit_code == 0


def test_a_defect_keeps_its_traceback(monkeypatch):
    def broken(*_arguments, **_settings):
        return int("a defect")

    monkeypatch.setattr("negotiation_env.rollouts.play_parts", broken)
    result = run(*CALL)
    assert result.exit_code == 1
    assert isinstance(result.exception, ValueError)


def test_ctrl_c_ends_with_one_line(monkeypatch):
    def interrupted(*_arguments, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("negotiation_env.rollouts.play_parts", interrupted)
    result = run(*CALL)
    assert result.exit_code == 130
    assert result.stderr == "\ninterrupted.\n"


def test_errors_of_worker_processes_are_told_apart():
    with pytest.raises(ValueError, match="lineer") as ours, judged():
        make_policy("lineer")
    with pytest.raises(ValueError, match="a defect") as defect, judged():
        int("a defect")
    assert is_advice(pickle.loads(pickle.dumps(ours.value)))
    assert not is_advice(pickle.loads(pickle.dumps(defect.value)))


def test_a_dead_worker_process_is_advice(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    class Broken(ProcessPoolExecutor):
        def submit(self, *_arguments, **_settings):
            raise BrokenProcessPool

    monkeypatch.setattr("negotiation_env.workers.ProcessPoolExecutor", Broken)
    call = ["generate", "--num_episodes", 5, "--dataset_out", "games.jsonl", "--engine", "process", "--workers", 1]
    assert "a worker process died" in advice(run(*call))


@pytest.mark.parametrize(
    "command",
    [[], ["play"], ["generate"], ["prepare"], ["plot"], ["plot", "concessions"], ["plot", "interactions"], ["list"]],
)
def test_help_teaches(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout
    if command not in ([], ["plot"]):
        assert f"negotiate {' '.join(command)}" in result.stdout.split("Examples")[1]


def test_negotiate_alone_shows_the_commands():
    result = run()
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("play", "generate", "prepare", "plot", "list", "130"))


def test_the_defaults_in_the_help_are_those_of_the_game():
    config, items = PriceConfig(), MultiItemConfig()
    for option, value in [
        (options.Scenario, f"{config.scenario}, for multi_item {items.scenario}"),
        (options.MaxTurns, config.max_turns),
        (options.FirstMover, config.first_mover),
        (options.Information, config.information),
        (options.Discount, config.discount),
        (options.PriceRange, " ".join(f"{end:g}" for end in config.price_range)),
        (options.Tick, config.tick),
        (options.NumItems, items.num_items),
        (options.Opposition, items.opposition),
    ]:
        assert option.__metadata__[0].show_default == str(value)


def test_list_shows_every_policy_with_its_parameters():
    written = json.loads(run("list", "policies", "--json").stdout)
    assert [entry["name"] for entry in written["policies"]] == list_policies("price")
    firm = next(entry for entry in written["policies"] if entry["name"] == "boulware_firm")
    assert firm["params"]["exponent"] == 2.0
    assert all(entry["does"] for entry in written["policies"])
    assert "boulware_firm" in run("list", "policies").stdout


def test_list_shows_every_scenario():
    written = json.loads(run("list", "scenarios", "--json").stdout)
    names = [entry["name"] for entry in written["scenarios"]]
    assert names == list_scenarios("price")
    assert {"catalogue", "private", "seed", "varied"} <= set(names)
    assert "policies" not in written
    other = json.loads(run("list", "scenarios", "--domain", "multi_item", "--json").stdout)
    assert [entry["name"] for entry in other["scenarios"]] == list_scenarios("multi_item")


def test_the_command_line_loads_nothing_heavy():
    code = (
        "import sys, negotiation_cli.main; print(*sorted({'numpy', 'polars', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    started = time.process_time()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert time.process_time() - started < 1.0


def test_the_runnable_file_plays(tmp_path):
    script = Path(__file__).parents[2] / "scripts" / "negotiation.py"
    done = subprocess.run(
        [sys.executable, script, *CALL[1:], "--rounds", "1", "--json"], capture_output=True, text=True, cwd=tmp_path
    )
    assert json.loads(done.stdout)["games"][0]["players"] == {"buyer_0": "boulware_firm", "seller_0": "tit_for_tat"}


def test_multi_item_games_are_played_and_summed_up():
    call = ("play", "--domain", "multi_item", "--rounds", "3", "--seed", "1", "--scenario", "bargaining")
    shown = run(*call).stdout
    assert "agent_0 gets" in shown
    assert "of the greatest welfare" in shown
    assert "Pareto" in shown
    written = json.loads(run(*call, "--json").stdout)
    assert len(written["games"]) == 3
    assert written["summary"]["episodes"] == 3
    assert 0 < written["summary"]["mean_efficiency"] <= 1
    efficiencies = [game["quality"]["efficiency"] for game in written["games"]]
    assert written["summary"]["mean_efficiency"] == pytest.approx(sum(efficiencies) / 3)
    for game in written["games"]:
        for agent, keep in (game["keep"] or {}).items():
            worth = sum(value * count for value, count in zip(game["values"][agent], keep, strict=True))
            assert game["payoffs"][agent] == pytest.approx(worth)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--domain", "multi_item", "--price_range", "1", "2"), "unknown setting 'price_range'"),
        (("--domain", "multi_item", "--num_items", "40"), "from 1 to 12"),
        (("--domain", "multi_item", "--scenario", "file"), "instances=PATH"),
        (("--domain", "chess"), "unknown domain 'chess'"),
        (("--num_items", "3"), "unknown setting 'num_items'"),
    ],
)
def test_what_a_domain_does_not_have_is_refused(arguments, message):
    assert message in advice(run("play", *arguments))
