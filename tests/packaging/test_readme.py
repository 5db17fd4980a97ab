"""Every command and every example of the README works as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int


def blocks_of(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in _FENCE.finditer(text)]


README = blocks_of("README.md")
EXAMPLES = [
    pytest.param(block, following.text if following.language == "text" else None, id=f"{page}, line {block.line}")
    for page in ("README.md", "janus/README.md", "docs/from_laptop_to_cluster.md")
    for block, following in pairwise([*blocks_of(page), Block("", "", 0)])
    if block.language == "python"
]
COMMANDS = [
    pytest.param(command.split("  #")[0].strip(), id=f"{page}: {command}")
    for page in ("README.md", "CONTRIBUTING.md")
    for block in blocks_of(page)
    if block.language == "bash"
    for command in block.text.strip().splitlines()
]


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
    exec(compile(block.text, f"example, line {block.line}", "exec"), {"__name__": "example"})
    if printed is not None:
        assert capsys.readouterr().out == printed


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
def test_every_other_command_names_what_exists(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = [word for word in arguments if "=" not in word]
        assert targets
        assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    elif program == "pip":
        assert (ROOT / arguments[arguments.index("-c") + 1]).is_file()
        extras = re.search(r"\[(.*)\]", arguments[-1])
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert extras is not None
        assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
    else:
        assert program == "negotiate"


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
        "docs/from_laptop_to_cluster.md",
    ],
)
def test_links_point_to_files_that_exist(page: str) -> None:
    home = (ROOT / page).parent
    prose = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)#:]+)\)", prose)
    assert [link for link in links if not (home / link).exists()] == []
