"""What is loaded to begin with: a check of modules and not of time, which is in benchmarks/start_up.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_CLI = """
import sys
from negotiation_cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    assert not left.code, left.code
print(*sys.modules, file=sys.stderr)
"""
NETWORKS = {"torch", "transformers", "peft", "bitsandbytes", "stable_baselines3", "d3rlpy", "minari", "ray", "scipy"}
SERVERS = {"httpx", "httpx2", "openai", "ollama", "xllamacpp"}
TABLES = {"polars", "pyarrow", "pandas", "matplotlib", "plotly", "jinja2"}
GAMES = {"numpy", "gymnasium", "pettingzoo", "negotiation_env", "negotiation_policies", "negotiation_janus"}


def loaded(code: str, *arguments: str, cwd: Path) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    assert done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("command", [["--help"], ["play", "--help"], ["tournament", "--help"], ["plot", "--help"]])
def test_help_loads_no_games(command: list[str], tmp_path: Path) -> None:
    """Only Typer and Rich, which print it, and the commands' own modules."""
    found = loaded(_CLI, *command, cwd=tmp_path)
    assert "negotiation_cli.play" in found
    assert not found & (GAMES | NETWORKS | SERVERS | TABLES)


def test_the_package_loads_gymnasium_and_nothing_else(tmp_path: Path) -> None:
    found = loaded("import sys, negotiation_env; print(*sys.modules, file=sys.stderr)", cwd=tmp_path)
    ours = {name for name in found if name.startswith("negotiation_")}
    assert ours == {"negotiation_env", "negotiation_env.registration"}
    tops = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
    others = {name for name in tops if not name.startswith(("_", "cython")) and name != "sitecustomize"}
    assert others <= {
        "negotiation_env",
        "gymnasium",
        "numpy",
        "farama_notifications",
        "typing_extensions",
        "cloudpickle",
    }


def test_a_list_of_policies_loads_no_network(tmp_path: Path) -> None:
    """It shows every policy's parameters, those of networks too."""
    found = loaded(_CLI, "list", "policies", cwd=tmp_path)
    assert "negotiation_janus.policy" in found
    assert not found & (NETWORKS | SERVERS | TABLES)
