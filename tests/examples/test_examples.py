"""Every example trains, saves, loads and plays, with a small budget."""

import re
import runpy
from pathlib import Path

import pytest

from negotiation_env import make_policy

for library in ("stable_baselines3", "sb3_contrib", "supersuit", "torchrl"):
    pytest.importorskip(library)
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = {
    "batch": ("sb3_ppo.py", ["--steps", "4096"]),
    "single": ("sb3_ppo.py", ["--steps", "512", "--single"]),
    "items": ("sb3_maskable_ppo.py", ["--steps", "4096"]),
    "one file": ("cleanrl_ppo.py", ["--steps", "8192"]),
    "self-play": ("self_play_supersuit.py", ["--steps", "512", "--games", "2"]),
    "torchrl": ("torchrl_pettingzoo.py", ["--steps", "600", "--batch", "200"]),
}


@pytest.mark.parametrize("name", SMALL)
def test_example_runs(name, tmp_path, capsys):
    file, arguments = SMALL[name]
    folder = tmp_path / "agent"
    runpy.run_path(str(EXAMPLES / file))["main"]([*arguments, "--folder", str(folder)])
    printed = capsys.readouterr().out.splitlines()
    spec = next(found[0] for line in printed if (found := re.search(r"\w+:path=\S+", line)))
    assert spec.endswith(str(folder))
    make_policy(spec, "multi_item" if name == "items" else "price")
    assert [line for line in printed if spec in line and re.search(r": .*\d.* (a game|worth)$", line)]


def test_what_a_step_earned_is_what_its_game_ended_with():
    torch = pytest.importorskip("torch")
    rewards = torch.tensor([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    over = torch.tensor([False, True, False, True, False])
    earned, ended = runpy.run_path(str(EXAMPLES / "torchrl_pettingzoo.py"))["returns_of"](rewards, over)
    assert earned.tolist() == [[1.0, 2.0], [1.0, 2.0], [3.0, 4.0], [3.0, 4.0], [0.0, 0.0]]
    assert ended.tolist() == [True, True, True, True, False]


def test_every_example_is_run_and_named():
    files = {path.name for path in EXAMPLES.glob("*.py")}
    assert {file for file, _ in SMALL.values()} == files
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"]({file})" in page for file in files)
