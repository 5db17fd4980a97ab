"""Code and commands of Markdown pages: where they stand, and whether they can be run or at least parsed."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCRIPTS = {
    "prepare_data": "prepare",
    "train_janus_hyperlora": "train-janus",
    "evaluate_rho": "evaluate-rho",
    "visualize_concessions": "plot concessions",
    "visualize_interactions": "plot interactions",
    "tournament": "tournament",
}
"""Files of `scripts/` and the subcommands that they are."""
OTHER_PROGRAMS = ("ollama", "ray")
"""What pages may call that is none of ours."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int


def blocks_of(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in FENCE.finditer(text)]


def examples_of(pages: Iterable[str]) -> list:
    """Each block of Python of some pages, with what is printed below it, as parameters of a test."""
    return [
        pytest.param(block, following.text if following.language == "text" else None, id=f"{page}, line {block.line}")
        for page in pages
        for block, following in pairwise([*blocks_of(page), Block("", "", 0)])
        if block.language == "python"
    ]


def commands_of(pages: Iterable[str]) -> list:
    """Each line of the shell of some pages, as parameters of a test."""
    return [
        pytest.param(command.split("  #")[0].strip(), id=f"{page}: {command}")
        for page in pages
        for block in blocks_of(page)
        if block.language == "bash"
        for command in block.text.strip().splitlines()
    ]


def run_example(block: Block, printed: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a block of Python, and compare what it prints."""
    code = compile(block.text, f"example, line {block.line}", "exec", dont_inherit=True)
    exec(code, {"__name__": "example"})
    if printed is not None:
        assert capsys.readouterr().out == printed


def links_of(page: str) -> list[str]:
    """The files that the links of a page name, without those of other sites and of figures made by the build."""
    prose = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    return re.findall(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)#:\s]+)(?:#[^)]*)?\)", prose)


def check_command(command: str) -> None:
    """Whether a command names what exists: targets of make, extras, files, subcommands and their options."""
    program, *arguments = shlex.split(command)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = [word for word in arguments if "=" not in word]
        assert targets
        assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    elif program == "pip":
        _check_install(arguments)
    elif program == "negotiate":
        parse(arguments)
    elif program == "python":
        _check_script(Path(arguments[0]), arguments[1:])
    else:
        assert program in OTHER_PROGRAMS


def _check_install(arguments: list[str]) -> None:
    if "-c" in arguments:
        assert (ROOT / arguments[arguments.index("-c") + 1]).is_file()
    extras = re.search(r"\[(.*)\]", arguments[-1])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extras is not None
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])


def _check_script(path: Path, arguments: list[str]) -> None:
    assert (ROOT / path).is_file()
    if path.parent.name == "scripts":
        is_generate = "--dataset_mode" in arguments
        subcommand = SCRIPTS.get(path.stem, "generate" if is_generate else "play")
        parse([*subcommand.split(), *(word for word in arguments if word != "--dataset_mode")])


def parse(arguments: list[str]) -> None:
    """Parse a call of `negotiate` without running it; raises what a wrong one raises."""
    from negotiation_cli.main import app
    from typer.main import get_command

    command, name, context = get_command(app), "negotiate", None
    while True:
        context = command.make_context(name, list(arguments), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*getattr(context, "_protected_args", []), *context.args]
        name, command, arguments = command.resolve_command(context, rest)
