"""The built wheel works in an empty environment, away from the checkout, beside packages with similar names."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=clean, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the packages, so that nothing is left in the checkout."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, source, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, its required dependencies and nothing else."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    interpreter = home / "bin" / "python"
    run(interpreter, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "-c", CONSTRAINTS, wheel, cwd=home)
    return interpreter


def test_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    packages = {"negotiation_env", "negotiation_policies", "negotiation_janus", "negotiation_cli"}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == packages
    assert {f"{package}/py.typed" for package in packages} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    templates = [path for path in (ROOT / "negotiation_env" / "report" / "templates").rglob("*") if path.is_file()]
    assert len(templates) > 10
    assert {path.relative_to(ROOT).as_posix() for path in templates} <= set(names)
    data = {name.partition(".data/data/")[2] for name in names if ".data/" in name}
    recipes = [path.name for path in (ROOT / "datasets" / "recipes").glob("*.toml")]
    assert {"price-mixed.toml", "price-seed.toml", "multi-item-mixed.toml"} <= set(recipes)
    assert data == {f"share/negotiation-env/recipes/{name}" for name in recipes}


def test_wheel_works_from_another_directory(python: Path, tmp_path: Path) -> None:
    code = (
        "import negotiation_env, gymnasium; env = gymnasium.make('negotiation/Price-v0', opponent='tit_for_tat'); "
        "env.reset(seed=0); env.step(env.action_space.sample()); print(negotiation_env.__file__)"
    )
    assert str(python.parents[1]) in run(python, "-c", code, cwd=tmp_path)
    played = run(
        python.parent / "negotiate",
        "play",
        "--agent1",
        "boulware_firm",
        "--agent2",
        "linear",
        "--seed",
        "0",
        cwd=tmp_path,
    )
    assert "buyer" in played.lower()
    assert "linear" in run(python.parent / "negotiate", "list", cwd=tmp_path)


def test_gymnasium_imports_the_package_that_an_id_names(python: Path, tmp_path: Path) -> None:
    # Gymnasium 1 has stopped loading the entry points of group "gymnasium.envs"; this is what it offers instead.
    run(python, "-c", "import gymnasium; gymnasium.make('negotiation_env:negotiation/Price-v0').reset()", cwd=tmp_path)


def test_packages_with_similar_names_keep_working(python: Path, tmp_path: Path) -> None:
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary=:all:",
        "-c",
        CONSTRAINTS,
        "datasets",
        "janus",
        cwd=tmp_path,
    )
    code = (
        "import asyncio, janus, datasets, negotiation_env, negotiation_janus, negotiation_policies\n"
        "assert datasets.Dataset.from_dict({'price': [1.0, 2.0]}).num_rows == 2\n"
        "async def pass_on():\n"
        "    queue = janus.Queue()\n"
        "    queue.sync_q.put(7)\n"
        "    assert await queue.async_q.get() == 7\n"
        "    await queue.aclose()\n"
        "asyncio.run(pass_on())\n"
        "negotiation_env.play('price', {'buyer_0': 'linear', 'seller_0': 'micro_fine'}, seed=0)\n"
    )
    run(python, "-c", code, cwd=tmp_path)
