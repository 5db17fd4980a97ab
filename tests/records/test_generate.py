"""Nothing reported done is lost: equal bytes, resuming, appending, and refusals."""

import gc
import random
import shutil
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from played import every_domain, run_of
from talkers import ERROR, talking_run

from negotiation_env import make_policy
from negotiation_env.engine import play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.records.errors import RecordError
from negotiation_env.records.faults import read_faults
from negotiation_env.records.generate import generate
from negotiation_env.records.journal import play_into
from negotiation_env.run import make_run

RECORD = """
import sys
from played import run_of
from negotiation_env.records.generate import generate
run = run_of(sys.argv[4])
print("ready", flush=True)
generate(run, int(sys.argv[2]), sys.argv[1], shard_size=int(sys.argv[3]))
"""


def bytes_of(path):
    if path.is_dir():
        return {item.name: item.read_bytes() for item in sorted(path.iterdir())}
    return path.read_bytes()


@every_domain
@pytest.mark.parametrize("name", ["games.jsonl", "tables"])
def test_the_same_run_gives_the_same_bytes(tmp_path, domain, name):
    first, again = tmp_path / "one" / name, tmp_path / "two" / name
    generate(run_of(domain), 300, first, shard_size=300)
    generate(run_of(domain), 300, again, shard_size=300)
    assert bytes_of(first) == bytes_of(again)
    assert not list(tmp_path.rglob("*.shards"))
    assert not list(tmp_path.rglob("*.tmp"))


@every_domain
def test_games_go_at_once_when_nobody_wants_them_any_more(domain):
    run, gone = run_of(domain), []
    gc.collect()
    gc.disable()
    try:
        for low in (0, 20):
            games = Episodes(run, play_batch(run, np.arange(low, low + 20), True))
            assert all(len(column) for table in (games.episodes, games.decisions) for column in table.values())
            gone.append(weakref.ref(games.batch))
        assert gone[0]() is None
    finally:
        gc.enable()


@every_domain
def test_bytes_do_not_depend_on_shards_or_workers(tmp_path, domain):
    expected = tmp_path / "expected.jsonl"
    generate(run_of(domain), 300, expected)
    for number, arguments in enumerate(
        [{"shard_size": 7}, {"shard_size": 100, "engine": "process", "workers": 2}, {"engine": "process", "workers": 3}]
    ):
        path = tmp_path / f"{number}.jsonl"
        generate(run_of(domain), 300, path, **arguments)
        assert path.read_bytes() == expected.read_bytes(), arguments


def killed_and_resumed(tmp_path, domain, name, moments, num_episodes=3000, shard_size=300):
    expected = tmp_path / "expected" / name
    generate(run_of(domain), num_episodes, expected, shard_size=shard_size)
    rng = random.Random(0)
    stopped = 0
    for moment in range(moments):
        path = tmp_path / str(moment) / name
        path.parent.mkdir()
        call = [sys.executable, "-c", RECORD, str(path), str(num_episodes), str(shard_size), domain]
        process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0.0, 0.9))
        process.send_signal(signal.SIGKILL)
        stopped += process.wait() == -signal.SIGKILL
        process.stdout.close()
        if path.exists() and not Path(f"{path}.shards").exists():
            assert bytes_of(path) == bytes_of(expected)
            continue
        generate(run_of(domain), num_episodes, path, shard_size=shard_size)
        assert bytes_of(path) == bytes_of(expected)
        assert not Path(f"{path}.shards").exists()
    return stopped


@every_domain
def test_kill_at_a_few_moments(tmp_path, domain):
    assert killed_and_resumed(tmp_path, domain, "games.jsonl", 3) >= 1


@pytest.mark.slow
@every_domain
@pytest.mark.parametrize("name", ["games.jsonl", "tables"])
def test_kill_at_twenty_moments(tmp_path, domain, name):
    assert killed_and_resumed(tmp_path, domain, name, 20) >= 5


def test_an_existing_output_is_refused(tmp_path):
    path = tmp_path / "games.jsonl"
    generate(run_of(), 5, path)
    before = path.read_bytes()
    with pytest.raises(RecordError, match="--overwrite"):
        generate(run_of(seed=6), 5, path)
    assert path.read_bytes() == before
    generate(run_of(seed=6), 5, path, overwrite=True)
    assert path.read_bytes() != before


def test_append_adds_another_run_and_refuses_one_that_is_there(tmp_path):
    path, other = tmp_path / "games.jsonl", tmp_path / "other.jsonl"
    generate(run_of(), 5, path)
    before = path.read_bytes()
    generate(run_of(seed=6), 5, other)
    generate(run_of(seed=6), 5, path, append=True)
    assert path.read_bytes() == before + other.read_bytes()
    for seed in (5, 6):
        with pytest.raises(RecordError, match="already"):
            generate(run_of(seed=seed), 9, path, append=True)
    assert path.read_bytes() == before + other.read_bytes()


def test_games_of_another_domain_are_not_appended(tmp_path):
    path = tmp_path / "games.jsonl"
    generate(run_of(), 5, path)
    before = path.read_bytes()
    with pytest.raises(RecordError, match="holds 'price' games"):
        generate(run_of("multi_item"), 5, path, append=True)
    assert path.read_bytes() == before


def test_a_full_disk_is_said_and_loses_nothing(tmp_path, monkeypatch):
    from negotiation_env.records import shards

    real, calls = shards.flush, []

    def full(file):
        calls.append(file)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        real(file)

    path, expected = tmp_path / "games.jsonl", tmp_path / "expected.jsonl"
    generate(run_of(), 60, expected, shard_size=10)
    with monkeypatch.context() as patch:
        patch.setattr(shards, "flush", full)
        with pytest.raises(RecordError, match="the disk is full"):
            generate(run_of(), 60, path, shard_size=10)
    assert not path.exists()
    result = generate(run_of(), 60, path, shard_size=10)
    assert result.resumed > 0
    assert path.read_bytes() == expected.read_bytes()


def test_an_unfinished_recording_of_another_run_is_not_mixed_in(tmp_path):
    path = tmp_path / "games.jsonl"

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="the same command goes on"):
        generate(run_of(), 30, path, shard_size=10, progress=stop)
    with pytest.raises(RecordError, match="something else: seed 5, not 6"):
        generate(run_of(seed=6), 30, path, shard_size=10)
    generate(run_of(), 30, path, shard_size=10)
    assert len({line.split('"')[5] for line in path.read_text().splitlines()}) == 30


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def killed_before(monkeypatch, name, call, number=1):
    """Make a call that ends before the ``number``-th time that a file gets the name ``name``."""
    real, left = Path.replace, [number]

    def replace(self, target):
        left[0] -= Path(target).name == name
        if Path(target).name == name and not left[0]:
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(Killed):
            call()


def test_what_was_added_before_an_append_got_its_name_is_kept(tmp_path, monkeypatch):
    path, one, two = (tmp_path / f"{name}.jsonl" for name in ("games", "one", "two"))
    for seed, file in ((5, path), (6, one), (7, two)):
        generate(run_of(seed=seed), 30, file)
    before = path.read_bytes()
    killed_before(monkeypatch, path.name, lambda: generate(run_of(seed=6), 30, path, append=True))
    with path.open("ab") as file:
        file.write(two.read_bytes())
    result = generate(run_of(seed=6), 30, path, append=True)
    assert path.read_bytes() == before + two.read_bytes() + one.read_bytes()
    assert result.counts.episodes == 30
    assert not Path(f"{path}.shards").exists()


def test_what_was_added_while_an_append_was_recorded_is_kept(tmp_path):
    path, one, two = (tmp_path / f"{name}.jsonl" for name in ("games", "one", "two"))
    for seed, file in ((6, one), (7, two)):
        generate(run_of(seed=seed), 30, file)

    def add(_):
        path.write_bytes(two.read_bytes())

    with pytest.raises(RecordError, match="changed meanwhile"):
        generate(run_of(seed=6), 30, path, append=True, progress=add)
    assert path.read_bytes() == two.read_bytes()
    generate(run_of(seed=6), 30, path, append=True)
    assert path.read_bytes() == two.read_bytes() + one.read_bytes()


def test_a_finished_recording_does_not_replace_a_later_file(tmp_path, monkeypatch):
    path = tmp_path / "games.jsonl"
    killed_before(monkeypatch, path.name, lambda: generate(run_of(), 30, path))
    path.write_text("mine")
    with pytest.raises(RecordError, match="exists already"):
        generate(run_of(), 30, path)
    assert path.read_text() == "mine"
    path.unlink()
    assert generate(run_of(), 30, path).resumed == 30


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["episodes.parquet", "decision_steps.parquet"])
def test_tables_are_finished_after_a_kill_between_their_renames(tmp_path, monkeypatch, name, overwrite):
    path, expected = tmp_path / "tables", tmp_path / "expected"
    generate(run_of(), 30, expected)
    if overwrite:
        generate(run_of(seed=6), 30, path)
    killed_before(monkeypatch, name, lambda: generate(run_of(), 30, path, overwrite=overwrite))
    assert not (path / "decision_steps.parquet").exists()
    generate(run_of(), 30, path, overwrite=overwrite)
    assert bytes_of(path) == bytes_of(expected)


def test_a_finished_recording_is_left_to_the_process_that_names_it(tmp_path, monkeypatch):
    from negotiation_env.records.files import locked

    path = tmp_path / "games.jsonl"
    killed_before(monkeypatch, path.name, lambda: generate(run_of(), 30, path))
    with (
        locked(Path(f"{path}.shards") / "lock", "held"),
        pytest.raises(RecordError, match="another process is recording"),
    ):
        generate(run_of(), 30, path)
    generate(run_of(), 30, path)


def test_the_advice_on_an_interrupted_append_works(tmp_path, monkeypatch):
    path = tmp_path / "games.jsonl"
    generate(run_of(), 30, path)
    killed_before(monkeypatch, path.name, lambda: generate(run_of(seed=6), 30, path, append=True))
    with pytest.raises(RecordError, match="delete that folder"):
        generate(run_of(seed=7), 30, path, append=True)
    shutil.rmtree(f"{path}.shards")
    generate(run_of(seed=7), 30, path, append=True)


def test_a_refused_output_leaves_no_folder(tmp_path):
    path = tmp_path / "games.jsonl"
    generate(run_of(), 5, path)
    with pytest.raises(RecordError, match="--overwrite"):
        generate(run_of(seed=6), 5, path)
    assert [item.name for item in tmp_path.iterdir()] == ["games.jsonl"]


@pytest.mark.parametrize("name", [".", "..", "inner/.."])
def test_tables_can_be_written_into_a_folder_without_a_name(tmp_path, monkeypatch, name):
    home = tmp_path / "home"
    (home / "inner").mkdir(parents=True)
    monkeypatch.chdir(home)
    result = generate(run_of(), 5, name)
    assert {file.parent for file in result.files} == {Path(name).resolve()}
    assert all(file.is_file() for file in result.files)


def test_the_root_folder_is_refused():
    with pytest.raises(RecordError, match="root folder"):
        generate(run_of(), 5, "/")


@pytest.mark.filterwarnings("error")
def test_stopped_tables_leave_nothing_behind_and_say_nothing(tmp_path):
    def stop(_):
        raise Killed

    with pytest.raises(Killed):
        generate(run_of(), 20_000, tmp_path / "tables", shard_size=10_000, progress=stop)
    gc.collect()  # what complains then has not been closed
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("arguments", "name"), [({"num_episodes": 0}, "num_episodes"), ({"shard_size": 0}, "shard_size")]
)
def test_wrong_numbers_are_refused(tmp_path, arguments, name):
    with pytest.raises(ValueError, match=name):
        generate(run_of(), **{"num_episodes": 5, "path": tmp_path / "games.jsonl", **arguments})


@every_domain
@pytest.mark.parametrize(("name", "beside"), [("games.jsonl", "games.faults.jsonl"), ("tables", "tables/faults.jsonl")])
@pytest.mark.parametrize("shard_size", [1, 7, 40])
def test_faults_are_told_beside_the_output(tmp_path, domain, name, beside, shard_size):
    run = talking_run(domain, fails=3)
    result = generate(run, 40, tmp_path / name, shard_size=shard_size)
    assert result.files[-1] == tmp_path / beside
    play_into(tmp_path / "journal", run, 40)
    assert (tmp_path / beside).read_bytes() == (tmp_path / "journal" / "faults.jsonl").read_bytes()
    faults = list(read_faults(tmp_path / beside))
    assert len(faults) == result.counts.faults == 40 - result.counts.episodes > 0
    assert {str(game.error) for game in faults} == {str(ERROR)}
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("name", ["games.jsonl", "tables"])
def test_faults_of_what_is_replaced_go(tmp_path, name):
    generate(talking_run(fails=3), 10, tmp_path / name)
    result = generate(talking_run(), 10, tmp_path / name, overwrite=True)
    assert {item for item in tmp_path.rglob("*") if item.is_file()} == set(result.files)
    assert not list(tmp_path.rglob("*faults.jsonl"))


def test_a_file_of_faults_is_not_replaced_unasked(tmp_path):
    (tmp_path / "games.faults.jsonl").write_text("mine")
    with pytest.raises(RecordError, match=r"games\.faults\.jsonl exists already; --overwrite"):
        generate(talking_run(fails=3), 10, tmp_path / "games.jsonl")
    assert [item.name for item in tmp_path.iterdir()] == ["games.faults.jsonl"]


def test_faults_of_several_runs_stand_in_one_file(tmp_path):
    path, faults = tmp_path / "games.jsonl", tmp_path / "games.faults.jsonl"
    generate(talking_run(fails=3), 10, path)
    first = faults.read_bytes()
    generate(talking_run(seed=4), 10, path, append=True)
    assert faults.read_bytes() == first
    failing = {"fails": 1, "patience": 1, "seed": 5}
    for _ in range(2):  # nothing was appended to the games, so that it can be tried again
        assert generate(talking_run(**failing), 10, path, append=True).counts.episodes == 0
    assert faults.read_bytes().startswith(first)
    added = list(read_faults(faults))[first.count(b"\n") :]
    assert [game.episode.uid for game in added] == [f"{talking_run(**failing).run_id}-{number}" for number in range(10)]


@pytest.mark.parametrize("name", ["games.jsonl", "games.faults.jsonl"])
def test_faults_are_told_after_a_kill_between_the_renames(tmp_path, monkeypatch, name):
    run, path = talking_run(fails=3), tmp_path / "one" / "games.jsonl"
    killed_before(monkeypatch, name, lambda: generate(run, 20, path))
    result = generate(run, 20, path)
    generate(run, 20, tmp_path / "two" / "games.jsonl")
    assert [file.name for file in result.files] == ["games.jsonl", "games.faults.jsonl"]
    assert bytes_of(path.parent) == bytes_of(tmp_path / "two")


def test_players_that_wait_are_not_sent_to_worker_processes(tmp_path):
    waiting = make_policy("linear")
    object.__setattr__(waiting, "games_at_once", 4)
    run = make_run("price", {"buyer_0": "fair", "seller_0": waiting}, 0)
    with pytest.raises(
        ValueError, match=r"player 'TimeDependent' waits for a server or a person.*use the engine 'thread'"
    ):
        generate(run, 5, tmp_path / "games.jsonl", engine="process", workers=1)
    assert list(tmp_path.iterdir()) == []
