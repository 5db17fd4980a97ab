"""Other libraries in virtual environments of their own, run as other programs and never imported."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path
from typing import Any


def install(folder: Path, requirement: str) -> Path:
    """A virtual environment with one package; its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--prefer-binary", requirement],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return python


def ask(python: Path, script: str, task: object) -> Any:  # what the script prints as JSON
    """Run a script beside this file in another environment: JSON in, JSON out."""
    path = Path(__file__).with_name(script)
    done = subprocess.run([python, path], input=json.dumps(task), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
