"""A tournament that is killed at any moment goes on to the same files."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contestants import THREE, Faulty, results_of

from negotiation_env.records.errors import Interrupted, RecordError
from negotiation_env.report import write_report
from negotiation_env.tournament import load_results, play_tournament
from negotiation_env.tournament.folder import ResultFolder
from negotiation_env.tournament.plan import make_plan
from negotiation_env.tournament.playing import play_cell

MOMENTS = 10
PLAY = """
import sys
import polars, statsmodels.genmod.generalized_linear_model, nashpy, scipy.optimize
from contestants import THREE
from negotiation_env.tournament import play_tournament
print("ready", flush=True)
play_tournament(THREE, sys.argv[1], 400)
print("done", flush=True)
"""


def start(folder):
    call = [sys.executable, "-c", PLAY, str(folder)]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_at_ten_moments_it_gives_the_same_files(tmp_path):
    whole = start(tmp_path / "expected" / "out")
    began = time.monotonic()
    assert whole.stdout.readline() == "done\n"
    seconds = time.monotonic() - began
    whole.wait()
    expected, rng, killed = results_of(tmp_path / "expected" / "out"), random.Random(0), 0
    for moment in range(MOMENTS):
        folder = tmp_path / str(moment) / "out"
        process = start(folder)
        time.sleep(rng.uniform(0.0, seconds))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
        assert play_tournament(THREE, folder, 400).is_complete
        assert results_of(folder) == expected
    assert killed >= MOMENTS // 2
    pages = [write_report(tmp_path / place / "out").read_bytes() for place in ("expected", "0")]
    assert pages[0] == pages[1]


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.mark.parametrize("name", ["settings.json", "00001-00002.npz", "episodes.parquet", "cells.parquet",
                                  "failures.json", "cells.finished"])  # fmt: skip
def test_killed_before_a_file_gets_its_name(tmp_path, monkeypatch, name):
    play_tournament(THREE, tmp_path / "expected", 20)
    with monkeypatch.context() as patch:
        for way in ("replace", "rename"):
            real = getattr(Path, way)

            def stopped(self, target, real=real):
                if Path(target).name == name:
                    raise Killed
                return real(self, target)

            patch.setattr(Path, way, stopped)
        with pytest.raises(Killed):
            play_tournament(THREE, tmp_path / "killed", 20)
    play_tournament(THREE, tmp_path / "killed", 20)
    assert results_of(tmp_path / "killed") == results_of(tmp_path / "expected")


def test_killed_while_results_replace_those_of_an_earlier_run(tmp_path, monkeypatch):
    """What is there then is of two runs, and is not read as one."""
    monkeypatch.setattr(Faulty, "is_mended", False)
    play_tournament(["hardliner", Faulty()], tmp_path, 20)
    load_results(tmp_path)
    monkeypatch.setattr(Faulty, "is_mended", True)
    with monkeypatch.context() as patch:
        real = Path.replace

        def stopped(self, target):
            if Path(target).name == "policies.parquet":
                raise Killed
            return real(self, target)

        patch.setattr(Path, "replace", stopped)
        with pytest.raises(Killed):
            play_tournament(["hardliner", Faulty()], tmp_path, 20)
    with pytest.raises(RecordError, match="is not finished"):
        load_results(tmp_path)
    assert play_tournament(["hardliner", Faulty()], tmp_path, 20).is_complete


def test_finished_cells_are_not_played_again(tmp_path, monkeypatch):
    play_tournament(THREE, tmp_path / "expected", 20)
    played = []

    def interrupted(plan, cell, **arguments):
        if len(played) == 4:
            raise KeyboardInterrupt
        played.append(cell)
        return play_cell(plan, cell, **arguments)

    with monkeypatch.context() as patch:
        patch.setattr("negotiation_env.tournament.playing.play_cell", interrupted)
        with pytest.raises(Interrupted, match="4 of 9 cells are kept"):
            play_tournament(THREE, tmp_path / "cut", 20)
    damaged = sorted((tmp_path / "cut" / "cells").iterdir())[1]
    damaged.write_bytes(damaged.read_bytes()[:-40])

    def counted(plan, cell, **arguments):
        played.append(cell)
        return play_cell(plan, cell, **arguments)

    monkeypatch.setattr("negotiation_env.tournament.playing.play_cell", counted)
    play_tournament(THREE, tmp_path / "cut", 20)
    assert played == [(0, 0), (0, 1), (0, 2), (1, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
    assert results_of(tmp_path / "cut") == results_of(tmp_path / "expected")


def test_two_processes_do_not_play_into_one_folder(tmp_path):
    folder = ResultFolder(tmp_path, make_plan(THREE, 10, "price", 0, 0, {}))
    with folder.opened(False), pytest.raises(RecordError, match="another process is playing into"):
        play_tournament(THREE, tmp_path, 10)
    shutil.rmtree(tmp_path)
