"""`negotiate play` with language models: what is shown, kept, resumed, and said when something is wrong."""

from __future__ import annotations

import csv
import json
import threading
import time
import tomllib
from importlib import resources

import pytest
from fault_server import FaultServer
from negotiation_cli.main import app
from negotiation_policies.llm.backends.opening import close_all
from server_faults import Reply
from test_play_and_list import advice, run
from typer.testing import CliRunner

LIMITS = ("--buyer_max", 1400, "--seller_min", 300)


def offering(body):
    """The buyer far down and the seller far up, as JSON where a schema is asked for."""
    buyer = "You are the buyer" in str(body["messages"])
    price = "410" if buyer else "1290"
    if "response_format" not in body and "format" not in body:
        return f"I offer {price}."
    if "You write what" not in str(body["messages"]):
        return json.dumps({"message": "Let us see.", "action": "offer", "price": price})
    asked = body["messages"][-1]["content"].partition("Say as the ")[2].partition("\n")[0]
    amount = asked[asked.index("$") :].removesuffix(".") if "$" in asked else ""
    said = {"offer": f"I offer {amount}.", "accept": f"I accept {amount}.", "walk": "I walk away."}
    return json.dumps({"message": next(text for word, text in said.items() if word in asked)})


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
    with FaultServer(offering, models=["llama3"]) as made:
        yield made
    close_all()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "record"


def call(server, folder, *arguments):
    base = ("--model", "openai/llama3", "--base_url", server.base_url, "--output_dir", folder, "--seed", 1, *LIMITS)
    return run("play", "--agent1", "boulware_firm", "--agent2", "basic", "--max_turns", 4, *base, *arguments)


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_dialogue_is_shown_and_kept(server, folder):
    result = call(server, folder, "--first_mover", "buyer")
    assert result.exit_code == 0, result.stderr
    shown = result.stdout
    assert "Game 1 of 1" in shown
    assert "I offer $" in shown
    assert "Let us see." in shown
    for column in ("sound", "retries", "fallbacks", "illegal", "tokens"):
        assert column in shown
    written = {path.name for path in folder.iterdir()}
    assert {"games.jsonl", "games.csv", "turns.csv", "settings.toml"} <= written
    lines = lines_of(folder / "games.jsonl")
    assert [line["agent"]["strategy"] for line in lines] == ["price_strategy", "basic"] * 2
    assert lines[0]["notes"]["narration"] == "model"
    assert lines[1]["notes"]["replies"][0]["text"].startswith("{")
    with (folder / "turns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["message"] for row in rows] == [line["message"] for line in lines]
    assert run("show", folder).stdout.count("Let us see.") == 2


def test_no_record_holds_the_key_or_the_address(server, folder):
    server.script(["401"])
    call(server, folder, "--rounds", 2)
    call(server, folder, "--rounds", 2)
    assert folder.is_dir()
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "sk-secret-of-the-test" not in text
        assert path.name in ("settings.toml", "faults.jsonl") or str(server.port) not in text


def test_settings_come_from_a_file_and_are_written_down(server, folder, tmp_path):
    config = tmp_path / "experiment.toml"
    config.write_text(
        f"""
        rounds = 3
        agent1 = "linear"
        max_turns = 2
        seed = 5
        first_mover = "seller"
        buyer_max = 1400.0
        seller_min = 300.0
        [agent2]
        name = "basic"
        temperature = 0.1
        [llm]
        model = "openai/llama3"
        base_url = "{server.base_url}"
        reply = "text"
        fallback = "walk"
        max_tokens = 77
        """,
        encoding="utf-8",
    )
    result = run("play", "--config", config, "--rounds", 2, "--output_dir", folder, "--json")
    assert result.exit_code == 0, result.stderr
    assert len(json.loads(result.stdout)["games"]) == 2
    written = tomllib.loads((folder / "settings.toml").read_text(encoding="utf-8"))
    assert (written["rounds"], written["max_turns"], written["seed"]) == (2, 2, 5)
    (seller,) = written["resolved"]["agent2"]
    assert (seller["temperature"], seller["fallback"], seller["max_tokens"]) == (0.1, "walk", 77)
    (buyer,) = written["resolved"]["agent1"]
    assert buyer["strategy"].startswith("linear")
    assert {request.body["temperature"] for request in server.requests} == {0.1, 0.7}
    again = run("play", "--config", folder / "settings.toml", "--output_dir", folder, "--json")
    assert json.loads(again.stdout)["resumed"] == 2
    assert json.loads(again.stdout)["games"] == json.loads(result.stdout)["games"]


def test_concurrent_games_are_the_same_as_games_in_sequence(server, tmp_path):
    games = []
    for place, concurrency in enumerate((1, 6)):
        folder = tmp_path / str(place)
        result = call(server, folder, "--rounds", 6, "--concurrency", concurrency)
        assert result.exit_code == 0, result.stderr
        games.append((folder / "games.jsonl").read_bytes())
    assert games[0] == games[1]
    assert server.highest <= 6


def test_faults_are_told_apart_and_played_again(server, folder):
    server.script(["401"])
    first = call(server, folder, "--rounds", 4, "--concurrency", 1)
    assert first.exit_code == 0, first.stderr
    assert "1 game ended by a fault" in first.stdout
    assert len(lines_of(folder / "faults.jsonl")) == 1
    assert len({line["trajectory_id"] for line in lines_of(folder / "games.jsonl")}) == 3
    second = call(server, folder, "--rounds", 4)
    assert "3 games had been played before" in second.stdout
    assert len({line["trajectory_id"] for line in lines_of(folder / "games.jsonl")}) == 4
    assert not (folder / "faults.jsonl").exists() or not lines_of(folder / "faults.jsonl")


def test_a_server_that_dies_leaves_what_has_ended(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    deadline, rounds = 2.0, 20
    with FaultServer(offering, models=["llama3"], delay=0.05) as server:

        def die():
            while len(server.requests) < 25:
                time.sleep(0.01)
            server.stop()

        killer = threading.Thread(target=die)
        killer.start()
        config = folder.with_name("c.toml")
        config.write_text(f"[llm]\ndeadline = {deadline}\nretries = 1\n", encoding="utf-8")
        start = time.monotonic()
        result = call(server, folder, "--rounds", rounds, "--concurrency", 4, "--config", config)
        took = time.monotonic() - start
        killer.join()
    close_all()
    assert result.exit_code == 0, result.stderr
    finished = {line["trajectory_id"] for line in lines_of(folder / "games.jsonl")}
    faulted = lines_of(folder / "faults.jsonl")
    assert 0 < len(finished) < rounds
    assert len(finished) + len(faulted) == rounds
    assert {line["trajectory_id"] for line in faulted}.isdisjoint(finished)
    assert all("connection" in json.dumps(line["error"]) for line in faulted)
    assert took < (rounds / 4 + 2) * deadline + 5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--model", "openai/lama3"), "Did you mean 'llama3'"),
        (("--agent2", "basic", "--no_llm"), "--no_llm leaves none"),
        (("--agent2", "basic:temperatur=1"), "Did you mean 'temperature'"),
        (("--concurrency", "0"), "--concurrency"),
        (("--base_url", "http://me:secret@127.0.0.1:1/v1"), "OPENAI_API_KEY"),
        (("--model", "openia/llama3"), "scheme"),
        (("--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_a_wrong_call_gets_one_line_of_advice(server, folder, arguments, expected):
    assert expected in advice(call(server, folder, *arguments))
    assert not folder.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ronds = 3", "Did you mean 'rounds'"),
        ("[llm]\ntemprature = 3", "Did you mean 'temperature'"),
        ("[agent1]\ntemperature = 3", "the key 'name'"),
        ("llm = 3", "must be a table"),
        ("rounds = ", "cannot be read"),
        ("rounds = 'two'", "rounds is 'two'; it must be a whole number"),
        ("agent1 = 3", "agent1 is 3; it must be a policy"),
        ("agent1 = [3]", "agent1 is 3; it must be a policy"),
        ("scenario = ['seed']", "it must be a text"),
        ("tick = 'x'", "tick is 'x'; it must be a number"),
        ("model = 3", "model is 3; it must be a text"),
        ("seed = 2026-01-01", "it must be a whole number"),
        ("price_range = 3", "a pair of numbers"),
        ("no_llm = 1", "it must be true or false"),
        ("[llm]\nno_llm = true", "stands above the tables"),
        ("[llm]\nmodel = ['a']", "llm.model is ['a']"),
        ("[llm]\nbase_url = 'http://127.0.0.1:1/v1'", "--base_url is given without --model"),
        ("tick = -1", "wrong.toml"),
    ],
)
def test_a_wrong_file_of_settings_gets_one_line_of_advice(tmp_path, text, expected):
    config = tmp_path / "wrong.toml"
    config.write_text(text, encoding="utf-8")
    assert expected in advice(run("play", "--config", config))


def test_several_players_of_a_seat_stand_in_a_list(tmp_path):
    config = tmp_path / "many.toml"
    config.write_text(
        'rounds = 30\nseed = 1\nagent1 = ["linear", {name = "hold_rho", rho = 0.5, assumed_width = 500}]\n',
        encoding="utf-8",
    )
    played = json.loads(run("play", "--config", config, "--json").stdout)
    assert {game["players"]["buyer_0"] for game in played["games"]} == {"linear", "hold_rho"}


def test_files_are_written_down_with_whole_paths(server, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (resources.files("negotiation_policies.llm") / "prompts" / "price_basic.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    (tmp_path / "c.toml").write_text("[llm]\nprompt = 'mine.toml'\n", encoding="utf-8")
    result = call(server, folder, "--agent1", "basic", "--config", "c.toml")
    assert result.exit_code == 0, result.stderr
    written = tomllib.loads((folder / "settings.toml").read_text(encoding="utf-8"))
    assert written["llm"]["prompt"] == str(tmp_path / "mine.toml")
    monkeypatch.chdir("/")
    again = run("play", "--config", folder / "settings.toml", "--output_dir", folder, "--json")
    assert json.loads(again.stdout)["resumed"] == 1


def test_an_address_is_that_of_its_model(server, folder):
    with FaultServer(offering, models=["other"]) as another:
        other = f"basic:model=openai/other,base_url={another.base_url}"
        result = run(
            "play", "--agent1", "basic", "--agent2", other, "--model", "openai/llama3", "--base_url", server.base_url,
            "--output_dir", folder, "--seed", 1, "--max_turns", 2, *LIMITS,
        )  # fmt: skip
        assert result.exit_code == 0, result.stderr
        assert {request.body["model"] for request in another.requests} == {"other"}
    assert {request.body["model"] for request in server.requests} == {"llama3"}
    ollama = run(
        "play", "--agent1", "basic", "--agent2", "basic:model=ollama/llama3", "--model", "openai/llama3",
        "--base_url", server.base_url, "--output_dir", folder.with_name("second"), "--seed", 1,
    )  # fmt: skip
    assert "127.0.0.1:11434" in ollama.stderr or ollama.exit_code == 0


def test_if_every_game_fails_the_exit_code_and_the_reason_say_so(server, folder):
    server.always("500")
    config = folder.with_name("c.toml")
    config.write_text("[llm]\nretries = 0\n", encoding="utf-8")
    server.script([Reply("I offer 500.")] * 2)  # the model answers when it is looked for
    result = call(server, folder, "--rounds", 2, "--config", config)
    assert result.exit_code == 1
    assert "nan" not in result.stdout
    assert "no game was played to its end: " in result.stderr
    assert "HTTP 500" in result.stderr
    assert (folder / "settings.toml").is_file()


def test_settings_are_there_before_the_first_game_has_ended(server, folder):
    found = []

    def look(body):
        found.append((folder / "settings.toml").is_file())
        return offering(body)

    with FaultServer(look, models=["llama3"]) as watching:
        assert call(watching, folder).exit_code == 0
    assert all(found)


def person(folder, typed, *arguments):
    base = ("--seed", 1, "--max_turns", 4, "--output_dir", folder)
    return CliRunner().invoke(app, ["play", *map(str, (*arguments, *base))], input=typed)


def test_a_person_sees_nothing_of_the_other_side_before_the_end(folder):
    limits = ("--buyer_max", 1234.56, "--seller_min", 345.67, "--first_mover", "buyer")
    result = person(folder, "400\n\nwalk\n\n", "--agent1", "human", "--agent2", "hardliner", *limits)
    assert result.exit_code == 0, result.stderr
    before, _, last = result.stdout.partition("3  buyer   walk")
    assert "1,234.56" in before
    assert "345.67" not in before
    assert "surplus" not in before
    assert "345.67" in last, "all is told in the end"
    known = person(folder.with_name("k"), "walk\n\n", "--agent1", "human", "--agent2", "linear", *limits,
                   "--information", "known")  # fmt: skip
    assert "345.67" in known.stdout.partition("1  buyer   walk")[0]


def test_a_person_sees_no_values_of_the_other_agent(folder):
    items = ("--domain", "multi_item", "--agent1", "human", "--agent2", "hardliner", "--scenario", "bargaining")
    result = person(folder, "walk\n\n", *items, "--first_mover", "agent_1")
    assert result.exit_code == 0, result.stderr
    before, _, last = result.stdout.partition("2  agent_0")
    assert "agent_0" in before
    assert before.count("values one of each") == 1
    assert last.count("values one of each") == 2
    offer = next(line for line in before.splitlines() if "offer" in line and "agent_1" in line)
    assert len(offer.split()) == 3 + 3 + 1 + 3, "turn, who, move; both bundles, and one worth"


def test_generate_records_what_models_say(server, tmp_path):
    path = tmp_path / "games.jsonl"
    arguments = ("--agent1", "linear", "--agent2", "basic", "--model", "openai/llama3", "--base_url", server.base_url)
    result = run("generate", "--num_episodes", 4, "--max_turns", 4, "--dataset_out", path, *arguments)
    assert result.exit_code == 0, result.stderr
    lines = lines_of(path)
    assert all(line["notes"]["model"] == "openai/llama3" for line in lines)
    assert {line["agent"]["strategy"] for line in lines} == {"price_strategy", "basic"}
    prepared = run("prepare", "--jsonl_path", path, "--output_dir", tmp_path / "prepared")
    assert prepared.exit_code == 0, prepared.stderr
