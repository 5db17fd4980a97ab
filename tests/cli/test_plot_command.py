"""`negotiate plot`: which files it writes, and what it refuses."""

import json

import pytest
from negotiation_cli.main import app
from typer.testing import CliRunner

pytest.importorskip("matplotlib")
QUICK = ["--num_episodes", "3", "--max_turns", "6"]


def run(*arguments):
    return CliRunner().invoke(app, ["plot", *map(str, arguments)])


def advice(result):
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_concessions_need_no_argument(tmp_path):
    result = run("concessions", "--num-episodes", 3)
    assert result.exit_code == 0, result.output
    written = sorted(path.name for path in (tmp_path / "concession_plots").iterdir())
    assert written == ["concessions.pdf", "concessions.png"]
    assert all(name in result.stdout for name in written)


def test_interactions_need_no_argument(tmp_path):
    result = run("interactions", "--formats", "svg")
    assert result.exit_code == 0, result.output
    written = [path.name for path in (tmp_path / "interaction_plots").iterdir()]
    assert "boulware_firm_vs_tit_for_tat.svg" in written
    assert "interactions.svg" in written
    assert len(written) == 7


@pytest.mark.parametrize("side", ["buyer", "seller", "both"])
def test_concessions_of_one_side(side, tmp_path):
    options = [
        "--strategies",
        "linear,fair:early_bonus=0.2",
        "--opponent",
        "hardliner",
        "--output-dir",
        tmp_path / side,
    ]
    result = run("concessions", *options, "--side", side, "--formats", "png", "--json", *QUICK)
    (file,) = json.loads(result.stdout)["files"]
    assert file == str(tmp_path / side / "concessions.png")


def test_concessions_of_a_scenario():
    assert (
        run("concessions", "--scenario", "private", "--strategies", "linear", "--formats", "png", *QUICK).exit_code == 0
    )


def test_each_buyer_meets_each_seller():
    result = run("interactions", "--agent1", "linear,fair", "--agent2", "hardliner,fair", "--formats", "png", "--json")
    names = [file.rpartition("/")[2] for file in json.loads(result.stdout)["files"]]
    assert names == [
        "linear_vs_hardliner.png",
        "linear_vs_fair.png",
        "fair_vs_hardliner.png",
        "fair_vs_fair.png",
        "interactions.png",
    ]


def test_pairs_may_have_parameters():
    result = run("interactions", "--pairs", "linear:exponent=3,noise=0.1 vs fair", "--formats", "png", "--json")
    names = [file.rpartition("/")[2] for file in json.loads(result.stdout)["files"]]
    assert names == ["linear_exponent=3_noise=0.1_vs_fair.png", "interactions.png"]


def test_an_existing_figure_is_replaced_only_when_asked(tmp_path):
    call = ["concessions", "--strategies", "linear", "--formats", "png", *QUICK]
    assert run(*call).exit_code == 0
    file = tmp_path / "concession_plots" / "concessions.png"
    file.write_bytes(b"mine")
    assert "--overwrite" in advice(run(*call))
    assert file.read_bytes() == b"mine"
    assert run(*call, "--overwrite").exit_code == 0
    assert file.read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["concessions", "--strategies", "lineer"], "Did you mean 'linear'?"),
        (["concessions", "--strategies", ""], "--strategies"),
        (["concessions", "--opponent", "fairr"], "Did you mean 'fair'?"),
        (["concessions", "--side", "buyers"], "Did you mean 'buyer'?"),
        (["concessions", "--formats", "pgn"], "Did you mean 'png'?"),
        (["concessions", "--formats", ""], "format"),
        (["concessions", "--num_episodes", "0"], "num_episodes"),
        (["concessions", "--scenario", "varid"], "Did you mean 'varied'?"),
        (["concessions", "--buyer_max", "nan"], "buyer_max"),
        (["interactions", "--pairs", "linear fair"], "AGENT1 vs AGENT2"),
        (["interactions", "--pairs", "linear vs fairr"], "Did you mean 'fair'?"),
        (["interactions", "--pairs", "linear vs fair", "--agent1", "fair"], "--pairs"),
        (["interactions", "--first_mover", "me"], "first_mover"),
        (["interaction"], "Did you mean 'interactions'?"),
    ],
)
def test_a_wrong_call_gets_one_line_of_advice_and_no_file(arguments, expected, tmp_path):
    assert expected in advice(run(*arguments))
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_says_which_figures_are_written(tmp_path, monkeypatch):
    from negotiation_env import chart

    real = chart.save_figure

    def stop_at_the_pdf(figure, path):
        if path.suffix == ".pdf":
            raise KeyboardInterrupt
        return real(figure, path)

    monkeypatch.setattr(chart, "save_figure", stop_at_the_pdf)
    result = run("concessions", "--strategies", "linear", *QUICK)
    assert result.exit_code == 130
    assert "written of 2 files: concession_plots/concessions.png." in result.stderr
    assert (tmp_path / "concession_plots" / "concessions.png").is_file()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "taken").write_text("a file")
    assert "taken" in advice(run("concessions", "--output_dir", "taken/here", "--formats", "png", *QUICK))


def test_without_matplotlib_the_advice_is_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    assert "negotiation-env[plot]" in advice(run("concessions", *QUICK))


def test_multi_item_games_are_drawn_in_utility_space(tmp_path):
    call = ["interactions", "--domain", "multi_item", "--scenario", "bargaining", "--pairs", "boulware vs trade_off"]
    result = run(*call, "--output_dir", tmp_path, "--formats", "svg", "--json")
    assert result.exit_code == 0, result.output
    files = json.loads(result.stdout)["files"]
    assert files == [str(tmp_path / "boulware_vs_trade_off.svg"), str(tmp_path / "interactions.svg")]


def test_outcomes_of_many_games_are_drawn(tmp_path):
    result = run("outcomes", "--num_episodes", 50, "--output_dir", tmp_path, "--formats", "png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "outcomes.png").stat().st_size > 10_000
    assert "exists already" in advice(run("outcomes", "--output_dir", tmp_path, "--formats", "png"))
    assert "unknown setting 'price_range'" not in advice(run("outcomes", "--scenario", "nowhere", "--formats", "svg"))


@pytest.mark.parametrize("command", ["payoffs", "records", "offers"])
def test_many_games_are_drawn(command, tmp_path):
    call = [command, "--num_episodes", 5, "--formats", "svg", "--json"]
    result = run(*call)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["files"] == [f"{command[:-1]}_plots/{command}.svg"]
    assert "exists already" in advice(run(*call))


def test_every_strategy_can_be_drawn(tmp_path):
    assert run("concessions", "--strategies", "all", "--formats", "svg", *QUICK).exit_code == 0
    drawn = (tmp_path / "concession_plots" / "concessions.svg").read_text()
    assert all(name in drawn for name in ("teacher", "hold_rho", "micro_coarse", "tit_for_tat"))


def test_payoffs_of_split_items():
    call = ["payoffs", "--domain", "multi_item", "--strategies", "linear,boulware", "--opponents", "all"]
    assert run(*call, "--num_episodes", 4, "--formats", "png").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["payoffs", "--strategies", "lineer"], "Did you mean 'linear'?"),
        (["payoffs", "--opponents", ""], "--opponents"),
        (["records", "--tie", "1.5"], "--tie"),
        (["records", "--domain", "prices"], "price"),
        (["offers", "--pairs", "linear"], "AGENT1 vs AGENT2"),
    ],
)
def test_a_wrong_call_for_many_games_gets_one_line_of_advice(arguments, expected):
    assert expected in advice(run(*arguments))
