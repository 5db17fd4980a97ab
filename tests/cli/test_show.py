"""`negotiate show`, and the one way in which games are printed live, afterwards and from a record."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from negotiation_cli.dialogue import LiveDialogue
from negotiation_cli.main import app
from negotiation_cli.notes import note_lines
from negotiation_cli.output import write_json
from negotiation_cli.reports import transcript_of
from rich.console import Console
from talkers import NOTE, talking_run
from typer.testing import CliRunner

from negotiation_env import rollout
from negotiation_env.episodes import Episodes
from negotiation_env.records.generate import generate
from negotiation_env.records.journal import play_into
from negotiation_env.records.recorded import played_game
from negotiation_env.rollouts import play_parts
from negotiation_env.run import make_run
from negotiation_env.threads import play_as_ended

HOSTILE = "I offer [bold]500[/bold].\x1b[2J\x1b]0;owned\x07\x9b31m\u202e \x08\x00\ud800\nAccept!"
SHOWN = ("I offer [bold]500[/bold]. \ufffd", "Accept!")
DOMAINS = ["price", "multi_item"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def show(*arguments):
    result = run("show", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def advice(result):
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture(scope="module", params=DOMAINS)
def folder(request, tmp_path_factory):
    """Games with and without a fault, said with words that no terminal should obey."""
    made = tmp_path_factory.mktemp(request.param)
    play_into(made, talking_run(request.param, message=HOSTILE, fails=3), 8)
    return made


def episodes_of(folder):
    written = json.loads(show(folder, "--json"))["games"]
    return {game["uid"]: game for game in written}


def test_every_game_is_shown_with_what_was_said(folder):
    games, shown = episodes_of(folder), show(folder)
    assert len(games) == 8
    assert shown.count("Game ") == 8
    for uid, game in games.items():
        own = show(folder, "--game", uid)
        assert own in shown
        lines = own.splitlines()
        assert lines[0] == f"Game {game['details']['episode'] + 1}, {uid}"
        assert f"scenario {game['details']['scenario']}, 20 turns at most, {game['first_mover']} opens" in own
        for name in game["players"].values():
            assert name in own
        for turn, agent, kind, offered, _ in game["moves"]:
            (place,) = [place for place, line in enumerate(lines) if re.match(rf" *{turn}  ", line)]
            row = lines[place]
            assert row.split()[1] in (agent, agent.removesuffix("_0"))
            assert row.split()[2] == kind
            assert lines[place + 1].split() == SHOWN[0].split()
            assert lines[place + 2].strip() == SHOWN[1]
            if isinstance(offered, float):
                assert f"{offered:,.2f}" in row
            elif offered is not None:
                assert " ".join(map(str, offered)) in row
        assert ("accept ✓" in own) == game["deal"]
        assert ("No deal" in own) == (not game["deal"])


def test_faults_are_shown_with_their_reason(folder):
    games = episodes_of(folder)
    faults = [game for game in games.values() if game["ended_by"] == "fault"]
    assert 0 < len(faults) < len(games)
    for game in faults:
        own = show(folder, "--game", game["uid"])
        assert f"No deal: a player failed on turn {game['turns']}." in own
        assert "timeout: no answer in 60 s" in own
        assert game["error"]["fault"] == "timeout"
    for game in games.values():
        assert game["ended_by"] == "fault" or game["error"] is None


def test_nothing_that_is_shown_is_a_command_to_the_terminal(folder):
    for options in ((), ("--notes",), ("--json",)):
        shown = show(folder, *options)
        assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", shown) is None
    assert json.loads(show(folder, "--json"))["games"][0]["moves"][0][4] == HOSTILE


def test_notes_are_shown_when_asked_for(folder):
    shown = show(folder, "--game", 1, "--notes")
    assert "reply 1: Hm. (stop, 10 tokens read, 2 written; unusable: no offer in it)" in shown
    assert "reply 2: I offer that. (stop, 15 tokens read, 3 written)" in shown
    assert "model: test/model, prompt basic-1, worded by the model, 2 retries, 1 unusable reply" in shown
    assert "reply 1" not in show(folder, "--game", 1)


def test_json_holds_notes_and_usage(folder):
    for game in episodes_of(folder).values():
        assert len(game["notes"]) == len(game["moves"])
        assert game["notes"][0] == NOTE or game["notes"][0]["error"]
        own = [move for move in game["moves"] if move[1] == next(iter(game["usage"]))]
        assert next(iter(game["usage"].values()))["retries"] == 2 * len(own)
        assert game["sound_deal"] <= game["deal"]


def test_a_file_is_shown_like_its_folder(folder):
    assert show(folder / "games.jsonl") == show(folder)
    copy = folder.parent / f"{folder.name}.jsonl"
    copy.write_bytes((folder / "games.jsonl").read_bytes())
    assert show(copy).count("Game ") == sum(game["ended_by"] != "fault" for game in episodes_of(folder).values())


@pytest.mark.parametrize("domain", DOMAINS)
def test_live_afterwards_and_from_a_record_are_printed_alike(domain, tmp_path):
    def printed(act):
        file = io.StringIO()
        act(Console(file=file, width=160, markup=False, highlight=False, emoji=False))
        return file.getvalue()

    game_run, dialogue = talking_run(domain, message=HOSTILE), transcript_of(domain)
    live = printed(lambda screen: list(play_as_ended(game_run, range(3), 1, watch=LiveDialogue(dialogue, screen, 3))))
    games = [game for part in play_parts(game_run, 0, 3, "serial") for game in part]

    def afterwards(screen):
        for number, game in enumerate(games, 1):
            dialogue.print_game(screen, game, f"Game {number} of 3, seed {game_run.seed}")

    assert live == printed(afterwards)
    generate(game_run, 3, tmp_path / "games.jsonl")
    read = show(tmp_path / "games.jsonl")
    assert [line for line in read.splitlines() if not line.startswith("Game")] == [
        line for line in live.splitlines() if not line.startswith("Game")
    ]


def test_games_played_at_once_are_told_apart():
    file = io.StringIO()
    watch = LiveDialogue(transcript_of("price"), Console(file=file, width=160), 12, mixed=True)
    played = list(play_as_ended(talking_run(pause=0.002, fails=5, message="a\nb"), range(12), 6, watch=watch))
    lines = file.getvalue().splitlines()
    for episodes in played:
        game, number = episodes[0], int(episodes.batch.episodes["episode"][0]) + 1
        own = [line[5:] for line in lines if line.startswith(f"{number:2} | ")]
        assert own[0] == f"Game {number} of 12, seed 3"
        assert sum(line.strip() == "a" for line in own) == len(game.moves)
        assert own[-1].startswith("  ") == (game.ended_by == "fault")
    assert all(re.match(r"[ \d]\d \| ", line) for line in lines)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_summary_tells_what_models_have_used(domain):
    game_run = talking_run(domain, fails=3)
    (games,) = play_parts(game_run, 0, 6, "serial")
    told = [played_game(games, index) for index in range(6)]
    file = io.StringIO()
    table = transcript_of(domain).summary_table([game.episode for game in told], [game.usage for game in told])
    Console(file=file, width=200).print(table)
    shown = file.getvalue()
    assert all(name in shown for name in ("sound", "retries", "fallbacks", "illegal", "tokens", "fault"))
    moves = told[0].episode.turns
    assert f"{25 * moves:,} + {5 * moves:,}" in shown
    bare = io.StringIO()
    Console(file=bare, width=200).print(transcript_of(domain).summary_table(list(games)))
    assert "tokens" not in bare.getvalue()


def test_a_game_of_several_runs_is_found_by_its_id(tmp_path):
    path = tmp_path / "games.jsonl"
    first, second = talking_run(), talking_run(seed=4)
    generate(first, 3, path)
    generate(second, 3, path, append=True)
    assert show(path, "--game", 2).count("Game 2, ") == 2
    assert show(path, "--game", f"{second.run_id}-1").count("Game ") == 1


def test_half_a_game_at_the_end_is_left_out(tmp_path):
    play_into(tmp_path, talking_run(), 3)
    path = tmp_path / "games.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    result = run("show", tmp_path)
    assert result.exit_code == 0
    assert result.stdout.count("Game ") == 2
    assert "ends in the middle of a game" in result.stderr


def test_a_folder_with_nothing_but_faults_is_shown(tmp_path):
    play_into(tmp_path, talking_run(fails=1, patience=1), 2)
    assert show(tmp_path).count("a player failed on turn 1") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere is not a file; give a .jsonl file"),
        (["."], "games.jsonl is not a file"),
        (["made", "--game", "4"], "made holds no game 4 among its 3; --game takes the number"),
        (["made", "--game", "four"], "holds no game four"),
        (["empty.jsonl"], "no records"),
        (["broken.jsonl"], "broken.jsonl, line 1"),
        ([], "RECORD"),
    ],
)
def test_a_wrong_call_gets_one_line_of_advice(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    play_into("made", talking_run(), 3)
    Path("empty.jsonl").touch()
    Path("broken.jsonl").write_text("hello\n")
    assert message in advice(run("show", *arguments))


def test_help_teaches():
    assert "negotiate show" in run("show", "--help").stdout.split("Examples")[1]


def test_a_screen_without_unicode_is_no_reason_to_fail(tmp_path):
    play_into(tmp_path, talking_run(message="\U0001f91d caf\u00e9"), 1)
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    (games,) = play_parts(talking_run(message="\U0001f91d caf\u00e9"), 0, 1, "serial")
    transcript_of("price").print_game(Console(file=file, width=80), games[0], "Game")
    file.flush()
    assert b"? caf?" in file.buffer.getvalue()


@pytest.mark.parametrize(
    ("note", "lines"),
    [
        ({"mood": "good"}, [("note", '{"mood":"good"}')]),
        ({"replies": []}, [("model", "unknown")]),
        (
            {"replies": ["odd"], "model": "m", "fallback": "repeat"},
            [("model", "m, fallback repeat"), ("reply 1", '"odd"')],
        ),
        ({"replies": [], "model": "m", "forgotten": 2}, [("model", "m"), ("note", '{"forgotten":2}')]),
        ({"replies": [], "model": "m", "retries": 1, "illegal": 2}, [("model", "m, 1 retry, 2 unusable replies")]),
    ],
)
def test_notes_of_any_kind_have_lines(note, lines):
    assert list(note_lines(note)) == lines


def test_json_on_the_screen_is_what_was_written(capsys):
    write_json({"text": HOSTILE, "nan": float("nan"), "caf\u00e9": [np.float64(1.0)]})
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"text": HOSTILE, "nan": None, "caf\u00e9": [1.0]}
    assert "caf\u00e9" in shown


def test_a_game_of_a_bare_strategy_has_no_words():
    players = {"buyer_0": "boulware_firm", "seller_0": "tit_for_tat"}
    games = rollout("price", players, 1, seed=1)
    assert isinstance(games, Episodes)
    told = played_game(games, 0)
    assert told.usage[0].tokens == 0
    file = io.StringIO()
    transcript_of("price").print_recorded(Console(file=file, width=100), told, "Game 1", with_notes=True)
    assert len(file.getvalue().splitlines()) == 6 + told.episode.turns + 2
    assert make_run("price", players, 1).run_id in told.episode.uid
