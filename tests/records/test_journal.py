"""Each game is kept when it ends, and nothing that was reported is lost or written twice."""

import csv
import gc
import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from played import every_domain
from talkers import ERROR, STRATEGIES, Talker, files_of, talking_run

from negotiation_env import seeding
from negotiation_env.records.errors import Interrupted, RecordError
from negotiation_env.records.faults import read_faults
from negotiation_env.records.files import locked
from negotiation_env.records.generate import generate
from negotiation_env.records.journal import play_into
from negotiation_env.run import make_run

PLAY = """
import sys
from talkers import talking_run, files_of
from negotiation_env.records.journal import play_into
def tell(episodes):
    for number in episodes.batch.episodes["episode"].tolist():
        print(number, flush=True)
run = talking_run(sys.argv[2], fails=int(sys.argv[4]), pause=0.01)
print("ready", flush=True)
play_into(sys.argv[1], run, int(sys.argv[3]), workers=8, observe=tell)
"""


def numbers_of(path):
    """The numbers of the games of a file, in its order, each once."""
    ids = [json.loads(line)["trajectory_id"] for line in path.read_text().splitlines()]
    return [int(uid.rpartition("-")[2]) for uid in dict.fromkeys(ids)]


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", params=sorted(STRATEGIES, reverse=True))
def expected(request, tmp_path_factory):
    """A domain, and the bytes that `generate` writes of 40 games, none of which fails."""
    path = tmp_path_factory.mktemp(request.param) / "games.jsonl"
    generate(talking_run(request.param), 40, path, shard_size=40)
    return request.param, path.read_bytes()


@pytest.mark.parametrize("workers", [1, 8])
def test_any_order_of_ending_gives_the_bytes_of_generate(tmp_path, expected, workers):
    domain, written = expected
    seen = []
    result = play_into(
        tmp_path / "games",
        talking_run(domain, pause=0.004),
        40,
        workers=workers,
        observe=lambda episodes: seen.extend(episodes.batch.episodes["episode"].tolist()),
    )
    assert (tmp_path / "games" / "games.jsonl").read_bytes() == written
    assert sorted(seen) == list(range(40))
    assert workers == 1 or seen != sorted(seen)
    assert (result.finished, result.faulted, result.resumed, result.cut) == (40, 0, 0, "")
    assert [path.name for path in result.files] == ["games.jsonl", "games.csv", "turns.csv", "run.json"]
    assert {path.name for path in (tmp_path / "games").iterdir()} == {path.name for path in result.files}


def test_each_game_is_on_the_disk_when_it_is_reported(tmp_path):
    kept = []

    def look(episodes):
        kept.append(int(episodes.batch.episodes["episode"][0]))
        assert kept[-1] in _whole(tmp_path / "games.jsonl")

    play_into(tmp_path, talking_run(pause=0.003), 20, observe=look)
    assert len(kept) == 20


@pytest.mark.parametrize("error", [KeyboardInterrupt, ConnectionError])
def test_games_that_have_ended_are_kept_when_the_first_report_fails(tmp_path, error):
    def stop(_):
        deadline = time.perf_counter() + 10
        while len(_whole(tmp_path / "games.jsonl")) < 6 and time.perf_counter() < deadline:
            time.sleep(0.01)
        raise error

    with pytest.raises(error) as caught:
        play_into(tmp_path, talking_run(), 20, workers=6, observe=stop)
    said = str(caught.value) if error is KeyboardInterrupt else caught.value.__notes__[0]
    assert "6 games are kept in " in said
    assert len(numbers_of(tmp_path / "games.jsonl")) == 6
    assert play_into(tmp_path, talking_run(), 20).resumed == 6


def test_games_that_have_ended_are_kept_when_a_policy_fails(tmp_path):
    others = threading.Semaphore(0)

    class Failing(Talker):
        def decide(self, view):
            if view.game_seed[0] == first:
                for _ in range(5):
                    assert others.acquire(timeout=10)
                raise ConnectionError("the model is gone")
            return super().decide(view)

    def watch(episodes):
        if episodes[0].ended_by:
            others.release()

    run = make_run("price", {"buyer_0": Failing("price", "linear"), "seller_0": "linear"}, 3, chat=True)
    first = seeding.seat_seeds(seeding.game_keys(run.seed, np.array([0])))[0][0]
    with pytest.raises(ConnectionError, match="the model is gone"):
        play_into(tmp_path, run, 6, workers=6, watch=watch, observe=lambda _: time.sleep(0.05))
    assert sorted(numbers_of(tmp_path / "games.jsonl")) == [1, 2, 3, 4, 5]


def test_faults_are_told_apart_and_played_again(tmp_path, expected):
    domain, written = expected
    result = play_into(tmp_path, talking_run(domain, fails=3, pause=0.002), 40)
    faults = list(read_faults(tmp_path / "faults.jsonl"))
    finished = numbers_of(tmp_path / "games.jsonl")
    assert 0 < result.faulted == len(faults) < 40
    assert sorted([*finished, *(game.number for game in faults)]) == list(range(40))
    assert finished == sorted(finished)
    assert [game.number for game in faults] == sorted(game.number for game in faults)
    line = json.loads((tmp_path / "faults.jsonl").read_text().splitlines()[0])
    assert line["error"] == ERROR
    assert line["turn"] == len(line["game"]["moves"]) >= 3
    assert line["agent"] == line["game"]["moves"][-1][1]
    assert {row["ended_by"] for row in rows_of(tmp_path / "games.csv")} <= {"deal", "walk", "deadline"}

    seen = []
    again = play_into(tmp_path, talking_run(domain), 40, observe=lambda episodes: seen.append(len(episodes)))
    assert (again.finished, again.faulted, again.resumed) == (40, 0, len(finished))
    assert seen == [len(finished)] + [1] * len(faults)
    assert (tmp_path / "games.jsonl").read_bytes() == written
    assert not (tmp_path / "faults.jsonl").exists()


def test_only_faults_leave_no_games(tmp_path):
    result = play_into(tmp_path, talking_run(fails=1, patience=1), 5)
    assert (result.finished, result.faulted) == (0, 5)
    assert [path.name for path in result.files] == ["faults.jsonl", "run.json"]
    assert play_into(tmp_path, talking_run(), 5).finished == 5


def killed_and_resumed(tmp_path, expected, moments, fails):
    domain, written = expected
    rng, cuts = random.Random(1), 0
    for moment in range(moments):
        folder, seed_of_chance = tmp_path / str(moment), rng.uniform(0.0, 1.2)
        call = [sys.executable, "-c", PLAY, str(folder), domain, "40", str(fails)]
        with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(seed_of_chance)
            process.send_signal(signal.SIGKILL)
            reported = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        files = [folder / name for name in ("games.jsonl", "faults.jsonl") if (folder / name).exists()]
        there = {number for path in files for number in _whole(path)}
        assert set(reported) <= there, moment
        result = play_into(folder, talking_run(domain), 40)
        cuts += bool(result.cut)
        assert (folder / "games.jsonl").read_bytes() == written, moment
        assert {path.name for path in folder.iterdir()} == {path.name for path in result.files}
    return cuts


def _whole(path):
    lines = path.read_text().split("\n")[:-1]
    return {int(json.loads(line)["trajectory_id"].rpartition("-")[2]) for line in lines}


def test_kill_at_a_few_moments(tmp_path, expected):
    killed_and_resumed(tmp_path, expected, 2, fails=5)


@pytest.mark.slow
@pytest.mark.parametrize("fails", [0, 4])
def test_kill_at_many_moments(tmp_path, expected, fails):
    killed_and_resumed(tmp_path, expected, 20, fails)


def torn_places(text):
    """Where a game can be torn: in its first line, between lines, in a later line, before its last newline."""
    last = text.rfind(b'{"schema_version":1,"trajectory_id":"', 0, text.rfind(b',"turn":1,'))
    lines = [last + place for place, byte in enumerate(text[last:], 1) if byte == 10]
    return [last + 5, last + 45, last + 300, lines[0], lines[0] + 9, lines[-2], lines[-2] + 100, len(text) - 1]


def test_a_torn_last_game_is_cut_off_and_played_again(tmp_path, expected):
    domain, written = expected
    for number, place in enumerate(torn_places(written)):
        folder = tmp_path / str(number)
        play_into(folder, talking_run(domain), 3)
        (folder / "games.jsonl").write_bytes(written[:place])
        result = play_into(folder, talking_run(domain), 40)
        assert re.fullmatch("[0-9a-f]{12}-39|unknown", result.cut), place
        assert result.resumed == 39
        assert (folder / "games.jsonl").read_bytes() == written
    folder = tmp_path / "zeros"
    play_into(folder, talking_run(domain), 3)
    (folder / "games.jsonl").write_bytes(written + b"\0" * 4096)
    assert play_into(folder, talking_run(domain), 40).cut == "unknown"
    assert (folder / "games.jsonl").read_bytes() == written


def test_overwriting_replaces_what_is_done_and_goes_on_with_what_is_not(tmp_path):
    def stop(episodes):
        if len(episodes) == 1 and episodes.batch.episodes["episode"][0] == 4:
            raise KeyboardInterrupt

    run = talking_run()
    with pytest.raises(Interrupted, match=r"interrupted: 5 games are kept in .*; the same command goes on"):
        play_into(tmp_path, run, 8, workers=1, observe=stop)
    assert not (tmp_path / "games.csv").exists()
    assert play_into(tmp_path, run, 8, overwrite=True).resumed == 5
    assert play_into(tmp_path, run, 8).resumed == 8
    assert play_into(tmp_path, run, 8, overwrite=True).resumed == 0


def test_a_longer_run_goes_on_and_a_shorter_one_keeps_all(tmp_path, expected):
    domain, written = expected
    play_into(tmp_path, talking_run(domain), 10)
    assert play_into(tmp_path, talking_run(domain), 40).resumed == 10
    assert (tmp_path / "games.jsonl").read_bytes() == written
    assert play_into(tmp_path, talking_run(domain), 4).finished == 40
    assert (tmp_path / "games.jsonl").read_bytes() == written
    assert len(rows_of(tmp_path / "games.csv")) == 40


def test_a_shorter_run_keeps_later_faults(tmp_path):
    first = play_into(tmp_path, talking_run(fails=1, patience=1), 4)
    assert first.faulted == 4
    result = play_into(tmp_path, talking_run(), 2)
    assert (result.finished, result.faulted) == (2, 2)
    assert [game.number for game in read_faults(tmp_path / "faults.jsonl")] == [2, 3]


def test_one_process_at_a_time(tmp_path):
    with locked(tmp_path / "journal.lock", "held"), pytest.raises(RecordError, match="another process is playing"):
        play_into(tmp_path, talking_run(), 2)


def test_what_else_is_in_the_folder_stays(tmp_path):
    (tmp_path / "settings.toml").write_text("mine")
    play_into(tmp_path, talking_run(), 2)
    play_into(tmp_path, talking_run(seed=4), 2, overwrite=True)
    assert (tmp_path / "settings.toml").read_text() == "mine"


def test_a_refused_or_failed_start_leaves_no_folder(tmp_path):
    player = Talker("price", "linear")
    player.handle = sys.stdout
    run = make_run("price", {"buyer_0": player, "seller_0": "linear"}, 0, chat=True)
    for wrong in ({"num_episodes": 0}, {"workers": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            play_into(tmp_path / "games", talking_run(), **{"num_episodes": 3, **wrong})
    with pytest.raises(TypeError, match="cannot be copied"):
        play_into(tmp_path / "games", run, 3)
    assert not (tmp_path / "games").exists()


def test_an_error_of_a_policy_is_its_own_and_says_what_is_kept(tmp_path):
    class Failing(Talker):
        def decide(self, view):
            if view.turn[0] >= 3 and view.game_seed[0] % 9 == 1:
                raise ConnectionError("the model is gone")
            return super().decide(view)

    run = make_run("price", {"buyer_0": Failing("price", "linear"), "seller_0": "linear"}, 3, chat=True)
    with pytest.raises(ConnectionError, match="the model is gone") as caught:
        play_into(tmp_path, run, 40, workers=1)
    assert "of game " in caught.value.__notes__[0]
    count = len(numbers_of(tmp_path / "games.jsonl"))
    assert count > 0
    assert caught.value.__notes__[1].startswith(f"{count} games are kept in ")


def test_games_end_when_keeping_them_fails(tmp_path):
    def fail(_):
        raise OSError("the screen is gone")

    with pytest.raises(OSError, match="the screen is gone") as caught:
        play_into(tmp_path, talking_run(pause=0.05), 8, observe=fail)
    deadline = time.perf_counter() + 10
    while any(thread.name.startswith("negotiation-game") for thread in threading.enumerate()):
        assert time.perf_counter() < deadline
        time.sleep(0.01)
    assert caught.value.__notes__


def test_a_full_disk_is_said_and_loses_nothing(tmp_path, monkeypatch):
    from negotiation_env.records import journal_folder

    real, calls = journal_folder.flush, []

    def full(file):
        calls.append(file)
        if len(calls) > 6:
            raise OSError(28, "No space left on device")
        real(file)

    play_into(tmp_path / "expected", talking_run(), 10)
    with monkeypatch.context() as patch:
        patch.setattr(journal_folder, "flush", full)
        with pytest.raises(RecordError, match="the disk is full"):
            play_into(tmp_path / "games", talking_run(), 10)
    assert play_into(tmp_path / "games", talking_run(), 10).resumed >= 5
    assert files_of(tmp_path / "games") == files_of(tmp_path / "expected")


@pytest.mark.parametrize("fails", [0, 1])
def test_memory_does_not_grow_with_the_games(tmp_path, fails):
    counts, held = [], {}

    def look(_):
        counts.append(1)
        if len(counts) in (50, 300):
            gc.collect()
            held[len(counts)] = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        play_into(tmp_path, talking_run(fails=fails), 300, observe=look)
    finally:
        tracemalloc.stop()
    kept = sum(len(content) for content in files_of(tmp_path).values())
    assert held[300] - held[50] < min(200_000, kept / 5)


@every_domain
def test_the_spreadsheets_tell_every_game_and_move(tmp_path, domain):
    run = talking_run(domain, message="=HYPERLINK(1)\x1b[31m\n-5, \ud800 and \U0001f600", fails=4)
    play_into(tmp_path, run, 20)
    lines = [json.loads(line) for line in (tmp_path / "games.jsonl").read_text().splitlines()]
    games, turns = rows_of(tmp_path / "games.csv"), rows_of(tmp_path / "turns.csv")
    assert [row["trajectory_id"] for row in games] == list(dict.fromkeys(line["trajectory_id"] for line in lines))
    assert len(turns) == len(lines)
    content = {"price": "price", "multi_item": "keep"}[domain]
    for row, line in zip(turns, lines, strict=True):
        offered = line["action"][content]
        assert (row["trajectory_id"], row["turn"]) == (line["trajectory_id"], str(line["turn"]))
        assert row["strategy"] == line["agent"]["strategy"]
        assert row["action"] == line["action"]["type"].lower()
        assert row[content] == ("" if offered is None else json.dumps(offered, separators=(",", ":")))
        assert row["message"] == "'=HYPERLINK(1)\n-5, \ufffd and \U0001f600"
    for row in games:
        own = [line for line in lines if line["trajectory_id"] == row["trajectory_id"]]
        sides = {"price": ("buyer", "seller"), "multi_item": ("agent_0", "agent_1")}[domain]
        for side in sides:
            moves = sum(line["state"]["role"] == side for line in own)
            counts = {"retries": 2, "fallbacks": 0, "illegal_replies": 1, "prompt_tokens": 25, "completion_tokens": 5}
            assert {name: int(row[f"{name}_{side}"]) for name in counts} == {
                name: moves * count for name, count in counts.items()
            }
        outcome = own[0]["meta"]["episode_outcome"]
        assert (row["ended_by"], row["deal"]) == (outcome, "true" if outcome == "deal" else "false")
        assert row["turns"] == str(len(own))
        assert (row["price"] != "") == (outcome == "deal") if domain == "price" else row["quantities"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\uff1d1", "\x1b[0m=1"])
def test_no_message_becomes_a_formula(tmp_path, text):
    play_into(tmp_path, talking_run(message=text), 1)
    for row in rows_of(tmp_path / "turns.csv"):
        assert row["message"].startswith("'")


def test_the_record_holds_no_time_host_or_path(tmp_path):
    for name in ("one", "another"):
        play_into(tmp_path / name / "deep", talking_run(fails=4), 6)
    assert files_of(tmp_path / "one" / "deep") == files_of(tmp_path / "another" / "deep")
