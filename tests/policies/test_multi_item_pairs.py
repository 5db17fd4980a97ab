"""The command that plays every ordered pair, with few games."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "multi_item_pairs.py"


@pytest.fixture
def pairs(monkeypatch):
    spec = importlib.util.spec_from_file_location("multi_item_pairs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "multi_item_pairs", module)
    spec.loader.exec_module(module)
    return module


def test_all_pairs_are_played_printed_and_written(pairs, monkeypatch, tmp_path, capsys):
    page = tmp_path / "README.md"
    page.write_text(f"Before.\n{pairs.BEGIN}\nold\n{pairs.END}\nAfter.\n", encoding="utf-8")
    monkeypatch.setattr(pairs, "README", page)
    monkeypatch.setattr(pairs, "contestants", lambda: ["linear", "hardliner"])
    pairs.main(["--games", "20", "--scenario", "seed", "--write"])
    assert "every ordered pair, 20 games each" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.")
    assert text.endswith("After.\n")
    assert "old" not in text
    for one in ("linear", "hardliner"):
        assert f"| linear | {one} | " in text
        assert f"| hardliner | {one} | " in text
    pairs.main(["--games", "20", "--scenario", "seed", "--write"])
    assert page.read_text(encoding="utf-8") == text


def test_policies_that_play_the_same_are_played_once(pairs):
    names = pairs.contestants()
    assert {"boulware", "linear", "trade_off"} <= set(names)
    assert "time_dependent" not in names


def test_intervals(pairs):
    import numpy as np

    assert pairs.rate(np.array([True] * 50 + [False] * 50)) == "50.0% [40.4, 59.6]"
    assert pairs.rate(np.ones(100, dtype=bool)) == "100.0% [96.3, 100.0]"
    assert pairs.mean(np.array([1.0, 2.0, 3.0]), 2) == "2.00 [-0.48, 4.48]"
