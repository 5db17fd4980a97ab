"""What a folder of kept games may hold when a run begins: torn ends, other runs, foreign files."""

import json
import os
import shutil

import pytest
from talkers import STRATEGIES, files_of, talking_run

from negotiation_env.records.errors import RecordError
from negotiation_env.records.generate import generate
from negotiation_env.records.journal import play_into


def test_a_torn_first_game_leaves_none(tmp_path):
    play_into(tmp_path, talking_run(), 2)
    whole = (tmp_path / "games.jsonl").read_bytes()
    (tmp_path / "games.jsonl").write_bytes(whole[:700])
    result = play_into(tmp_path, talking_run(), 2)
    assert (result.cut, result.resumed) == (f"{talking_run().run_id}-0", 0)
    assert (tmp_path / "games.jsonl").read_bytes() == whole


def test_a_torn_fault_is_dropped(tmp_path):
    play_into(tmp_path, talking_run(fails=1, patience=1), 3)
    text = (tmp_path / "faults.jsonl").read_text()
    (tmp_path / "faults.jsonl").write_text(text[:-40])
    assert play_into(tmp_path, talking_run(fails=1, patience=1), 3).faulted == 3
    assert (tmp_path / "faults.jsonl").read_text() == text


def changed(text, place):
    """The file with a line of its own, a broken line, another price or half a line."""
    lines = text.splitlines(keepends=True)
    return {
        "a note": [*lines, "mine\n"],
        "half a note": [*lines, "mine"],
        "a broken line": [*lines[:1], lines[1][:50] + "\n", *lines[2:]],
        "another price": [lines[0].replace('"price":', '"price":1', 1), *lines[1:]],
        "a missing line": [*lines[:1], *lines[2:]],
        "a game twice": [*lines, *lines],
        "spaces at the end": [*lines, "  "],
        "wider lines": [json.dumps(json.loads(line)) + "\n" for line in lines],
        "a wider last line": [*lines[:-1], json.dumps(json.loads(lines[-1])) + "\n"],
        "sorted keys": [json.dumps(json.loads(line), sort_keys=True) + "\n" for line in lines],
        "many lines each": [json.dumps(json.loads(line), indent=2) + "\n" for line in lines],
        "one list": [json.dumps([json.loads(line) for line in lines])],
        "sorted lines": sorted(lines),
        "a mark of the encoding": ["\ufeff", *lines],
    }[place]


CHANGES = [
    "a note", "half a note", "a broken line", "another price", "a missing line", "a game twice", "spaces at the end",
    "wider lines", "a wider last line", "sorted keys", "many lines each", "one list", "sorted lines",
    "a mark of the encoding",
]  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_no_torn_game_is_refused_before_any_game_and_left_alone(tmp_path, what):
    play_into(tmp_path, talking_run(), 3)
    path = tmp_path / "games.jsonl"
    path.write_text("".join(changed(path.read_text(), what)), encoding="utf-8")
    before, seen = path.read_bytes(), []
    with pytest.raises(RecordError, match=r"games\.jsonl, line \d+: "):
        play_into(tmp_path, talking_run(), 4, watch=seen.append)
    assert path.read_bytes() == before
    assert seen == []


@pytest.mark.parametrize("ending", ["\n\n", " \r\n\n", "\r\n"])
def test_blank_lines_and_other_ends_of_lines_are_passed_over(tmp_path, ending):
    play_into(tmp_path, talking_run(), 3)
    path = tmp_path / "games.jsonl"
    path.write_bytes(path.read_bytes().replace(b"\n", ending.encode()))
    result = play_into(tmp_path, talking_run(), 5)
    assert (result.resumed, result.finished) == (3, 5)
    lines = [json.loads(line)["trajectory_id"] for line in path.read_text().splitlines() if line.strip()]
    assert list(dict.fromkeys(lines)) == [f"{talking_run().run_id}-{number}" for number in range(5)]


def test_a_file_of_blank_lines_holds_no_game(tmp_path):
    play_into(tmp_path, talking_run(), 2)
    (tmp_path / "games.jsonl").write_text("\n\n")
    assert play_into(tmp_path, talking_run(), 2).resumed == 0


def test_a_run_that_was_killed_before_its_first_game_makes_way(tmp_path):
    run = talking_run()
    told = json.dumps({"run_id": run.run_id, "run": run.identity}, default=str)
    (tmp_path / "run.json").write_text(told)
    (tmp_path / "games.jsonl").write_text("")
    assert play_into(tmp_path, talking_run(seed=4), 2).finished == 2
    play_into(tmp_path / "expected", talking_run(seed=4), 2)
    expected = files_of(tmp_path / "expected")
    assert {name: (tmp_path / name).read_bytes() for name in expected} == expected


def test_a_file_of_the_same_name_that_is_none_of_ours_stays(tmp_path):
    (tmp_path / "run.json").write_text('{"mine": 1}')
    with pytest.raises(RecordError, match=r"run\.json, but not what run it is of"):
        play_into(tmp_path, talking_run(), 2)
    assert (tmp_path / "run.json").read_text() == '{"mine": 1}'


@pytest.mark.parametrize("when", [2, 8])
@pytest.mark.parametrize("what", ["the folder", "the folder, made anew", "the file", "some lines"])
def test_a_folder_that_is_deleted_or_changed_meanwhile_is_said(tmp_path, what, when):
    folder, seen = tmp_path / "games", []

    def interfere(_):
        seen.append(1)
        if len(seen) != when:
            return
        if what.startswith("the folder"):
            shutil.rmtree(folder)
        if what == "the folder, made anew":
            folder.mkdir()
        elif what == "the file":
            (folder / "games.jsonl").unlink()
        elif what == "some lines":
            os.truncate(folder / "games.jsonl", 100)

    with pytest.raises(RecordError, match=f"{folder} was deleted, or changed by another program, while games"):
        play_into(folder, talking_run(), 8, workers=1, observe=interfere)
    shutil.rmtree(folder, ignore_errors=True)
    assert play_into(folder, talking_run(), 8).finished == 8


def test_games_that_the_run_would_not_have_played_are_refused(tmp_path):
    play_into(tmp_path, talking_run(), 3)
    path = tmp_path / "games.jsonl"
    text = path.read_text()
    limit = json.loads(text.splitlines()[0])["meta"]["buyer_max"]
    path.write_text(text.replace(f"talking_{STRATEGIES['price'][0]}", "talking_other"))
    with pytest.raises(RecordError, match="not what its run plays"):
        play_into(tmp_path, talking_run(), 4)
    assert limit > 0


def test_another_run_is_refused_with_what_differs(tmp_path):
    play_into(tmp_path, talking_run(), 2)
    before = files_of(tmp_path)
    with pytest.raises(RecordError, match=r"the games of another run: seed 3, not 4\. .*--overwrite"):
        play_into(tmp_path, talking_run(seed=4), 2)
    assert files_of(tmp_path) == before
    play_into(tmp_path, talking_run(seed=4), 2, overwrite=True)
    other = files_of(tmp_path)
    assert set(other) == set(before)
    assert all(other[name] != before[name] for name in other)


def test_a_file_that_says_of_no_run_is_refused(tmp_path):
    generate(talking_run(), 3, tmp_path / "games.jsonl")
    with pytest.raises(RecordError, match=r"games\.jsonl, but not what run it is of"):
        play_into(tmp_path, talking_run(), 3)
    assert play_into(tmp_path, talking_run(), 3, overwrite=True).resumed == 0


def test_games_of_another_run_in_the_file_are_refused(tmp_path):
    play_into(tmp_path, talking_run(), 3)
    generate(talking_run(seed=4), 3, tmp_path / "games.jsonl", append=True)
    before = files_of(tmp_path)
    with pytest.raises(RecordError, match="not of run"):
        play_into(tmp_path, talking_run(), 4)
    assert files_of(tmp_path) == before
