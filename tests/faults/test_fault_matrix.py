"""Commands under faults: nothing lost, nothing torn, and a way on. `fault_matrix.py` makes the whole table."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from fault_kinds import FAULTS, Fault, offering, tried
from fault_matrix import read_counts, table, write_table
from fault_server import FaultServer
from faulted_commands import COMMANDS, Command, make_inputs
from forked import HEAVY, LIGHT, preload
from stage import Stage

QUICK = {
    ("generate, JSONL", "kill -9"): 2,
    ("generate, JSONL", "clock that jumps"): 1,
    ("prepare", "full disk"): 2,
    ("prepare", "read-only folder"): 2,
    ("play", "two processes"): 2,
}
"""Tries of what is tried in the normal tests."""
SLOW_TRIES = 2
CELLS = [
    pytest.param(command, fault, tries, id=f"{command.name}, {fault.name}", marks=() if is_quick else pytest.mark.slow)
    for command in COMMANDS
    for fault in FAULTS
    if command.asks_model or not fault.needs_model
    for is_quick, tries in [((command.name, fault.name) in QUICK, QUICK.get((command.name, fault.name), SLOW_TRIES))]
]


class Stages:
    """The stages by command, each begun when it is first asked for."""

    def __init__(self, inputs, place, servers):
        self._inputs, self._place, self._servers = inputs, place, servers
        self._made: dict[str, Stage] = {}

    def of(self, command: Command) -> Stage:
        if command.name not in self._made:
            server = self._servers.enter_context(FaultServer(offering, models=["llama3"]))
            stage = Stage(command, self._inputs, self._place / str(len(self._made)), server)
            stage.begin()
            self._made[command.name] = stage
        return self._made[command.name]


@pytest.fixture(scope="module")
def stages(request, tmp_path_factory):
    for package in ("pyarrow", "polars"):
        pytest.importorskip(package)
    is_heavy = any(item.get_closest_marker("slow") for item in request.session.items)
    preload(HEAVY if is_heavy else LIGHT)
    place = tmp_path_factory.mktemp("faults")
    with ExitStack() as servers:
        yield Stages(make_inputs(place / "inputs", is_heavy), place, servers)


@pytest.mark.parametrize(("command", "fault", "tries"), CELLS)
def test_a_command_survives_a_fault(stages, command: Command, fault: Fault, tries: int):
    done = list(tried(stages.of(command), fault, tries))
    assert done
    assert not {what: problems for what, problems in done if problems}


def test_counts_go_into_the_table_and_leave_the_rest(tmp_path):
    page = tmp_path / "page.md"
    before = {("play", "kill -9"): (3, 2), ("generate, JSONL", "full disk"): (4, 4)}
    page.write_text(f"# Page\n\n{table(before)}\nAfter it.\n", encoding="utf-8")
    write_table(page, {("play", "kill -9"): (5, 5)})
    text = page.read_text(encoding="utf-8")
    assert read_counts(text) == before | {("play", "kill -9"): (5, 5)}
    assert text.startswith("# Page\n\n| command |")
    assert text.endswith("|\n\nAfter it.\n")
    page.write_text("# Page\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has 0 tables"):
        write_table(page, before)
