"""The repository's layout, metadata and contracts, and what an import costs."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOMES = ("policies", "janus", "scripts", "datasets", "tests", "benchmarks")
PACKAGES = ("negotiation_env", "negotiation_policies", "negotiation_janus", "negotiation_cli")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOR_DEVELOPERS = ("docs", "dev")
EXTRAS = (
    "datasets", "plot", "report", "llm", "rl", "offline", "janus", "qlora", "tournament", "ray", "all", *FOR_DEVELOPERS,
)  # fmt: skip
HEAVY = (
    "torch",
    "polars",
    "pyarrow",
    "matplotlib",
    "typer",
    "rich",
    "stable_baselines3",
    "supersuit",
    "scipy",
    "pandas",
    "statsmodels",
    "nashpy",
    "plotly",
    "httpx",
    "ollama",
    "openai",
    "transformers",
    "xllamacpp",
    "ray",
)
_IMPORT_AND_LIST = "import time; t = time.process_time(); import negotiation_env; {more}; \
import sys; print(time.process_time() - t); print(*sys.modules)"


def run_python(code: str, cwd: Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "more",
    [
        "pass",
        "from negotiation_env import price_v0; price_v0.parallel_env().reset(seed=0)",
        "negotiation_env.play('price', {'buyer_0': 'linear', 'seller_0': 'tit_for_tat'}, seed=0)",
    ],
    ids=["import", "environment", "play"],
)
def test_nothing_heavy_is_imported(more: str, tmp_path: Path) -> None:
    loaded = set(run_python(_IMPORT_AND_LIST.format(more=more), tmp_path)[1].split())
    assert "negotiation_env" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_import_takes_under_a_second(tmp_path: Path) -> None:
    assert min(float(run_python(_IMPORT_AND_LIST.format(more="pass"), tmp_path)[0]) for _ in range(3)) < 1.0


@pytest.mark.parametrize("home", HOMES)
def test_home_folders_are_not_packages(home: str) -> None:
    assert (ROOT / home).is_dir()
    assert not (ROOT / home / "__init__.py").exists()


def test_datasets_holds_no_python() -> None:
    assert list((ROOT / "datasets").rglob("*.py")) == []


def test_packages_come_from_this_checkout_and_are_typed() -> None:
    for name in PACKAGES:
        origin = importlib.import_module(name).__file__
        assert origin is not None
        assert ROOT in Path(origin).parents
        assert (Path(origin).parent / "py.typed").is_file()


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("console_scripts", "negotiate"),
        ("gymnasium.envs", "negotiation"),
        ("negotiation_env.policies", "negotiation_policies"),
    ],
)
def test_entry_points_resolve(group: str, name: str) -> None:
    found = [entry for entry in entry_points(group=group, name=name) if entry.value.startswith("negotiation_")]
    assert found
    assert callable(found[0].load())


def test_registered_environment_is_named_by_strings() -> None:
    import gymnasium

    import negotiation_env  # noqa: F401  # registers

    spec = gymnasium.spec("negotiation/Price-v0")
    assert isinstance(spec.entry_point, str)
    assert isinstance(spec.vector_entry_point, str)


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    if not linter.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_extras_are_there_and_all_holds_the_runtime_ones() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(extras) == set(EXTRAS)
    (everything,) = extras["all"]
    assert set(everything.split("[")[1].rstrip("]").split(",")) == set(EXTRAS) - {"all", *FOR_DEVELOPERS}


def test_constraints_pin_every_dependency_that_is_named() -> None:
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    pinned = {plain(line.split("==")[0]) for line in lines}
    project = PROJECT["project"]
    ranges = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    named = {plain(re.split(r"[\[<>=!~ ;]", item)[0]) for item in ranges} - {"negotiation-env"}
    assert named <= pinned


def test_versions_agree() -> None:
    import negotiation_env

    assert PROJECT["project"]["version"] == negotiation_env.__version__


def test_continuous_integration_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text(encoding="utf-8")


def test_test_command_plans_every_step() -> None:
    planned = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for step in ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"):
        assert step in planned
