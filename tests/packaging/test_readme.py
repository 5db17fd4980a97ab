"""Every command and every example of the README works as it stands there."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import ROOT, Block, blocks_of, check_command, commands_of, examples_of, links_of, run_example

README = blocks_of("README.md")
EXAMPLES = examples_of(("README.md", "janus/README.md"))
COMMANDS = commands_of(("README.md", "CONTRIBUTING.md"))


@pytest.mark.parametrize(("block", "printed"), EXAMPLES)
def test_example_runs_and_prints_what_is_written_below_it(
    block: Block,
    printed: str | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run_example(block, printed, capsys)


def test_first_example_is_short() -> None:
    first = next(block for block in README if block.language == "python")
    assert len([line for line in first.text.splitlines() if line.strip()]) <= 10


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One empty folder for all commands: later ones read what earlier ones wrote."""
    return tmp_path_factory.mktemp("readme")


def test_every_negotiate_command_runs(workplace: Path) -> None:
    commands = [param.values[0] for param in COMMANDS if str(param.values[0]).startswith("negotiate ")]
    assert len(commands) >= 5
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for command in commands:
        done = subprocess.run(
            shlex.split(str(command)),
            cwd=workplace,
            env={**os.environ, "PATH": search},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    written = {path.suffix for path in workplace.rglob("*") if path.is_file()}
    assert {".jsonl", ".parquet", ".png"} <= written


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_what_exists(command: str) -> None:
    check_command(command)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "policies/README.md",
        "policies/LANGUAGE_MODELS.md",
        "examples/README.md",
        "janus/README.md",
    ],
)
def test_links_point_to_files_that_exist(page: str) -> None:
    home = (ROOT / page).parent
    assert [link for link in links_of(page) if not (home / link).exists()] == []
