"""A package that is not installed is named with the extra that brings it, and never ends in a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_WITHOUT = """
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from negotiation_cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("torch", "play --agent1 janus:rho=0.2 --agent2 linear --no_llm", "janus"),
        ("safetensors", "play --agent1 rho_mlp:rho=0.5 --agent2 linear --no_llm", "janus"),
        ("torch", "train-janus --output_dir out", "janus"),
        ("torch", "calibrate-janus --checkpoint out", "janus"),
        ("safetensors", "evaluate-rho --policy rho_mlp", "janus"),
        ("matplotlib", "plot concessions --output_dir out", "plot"),
        ("polars,pyarrow", "tournament --policies linear,boulware --num_episodes 4 --output_dir out", "datasets"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(missing: str, command: str, extra: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, missing, *command.split()], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert f"negotiation-env[{extra}]" in line
