"""Every example trains, saves, loads and plays, with a small budget."""

import re
import runpy
from pathlib import Path

import pytest

pytest.importorskip("stable_baselines3")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = {"batch": ("sb3_ppo.py", ["--steps", "4096"]), "single": ("sb3_ppo.py", ["--steps", "512", "--single"])}


@pytest.mark.parametrize("name", SMALL)
def test_example_runs(name, tmp_path, capsys):
    file, arguments = SMALL[name]
    runpy.run_path(str(EXAMPLES / file))["main"]([*arguments, "--folder", str(tmp_path / "agent")])
    assert (tmp_path / "agent" / "model.safetensors").is_file()
    assert re.search(r"sb3:path=\S+ against linear: -?\d+ a game", capsys.readouterr().out)


def test_every_example_is_run():
    assert {file for file, _ in SMALL.values()} == {path.name for path in EXAMPLES.glob("*.py")}
