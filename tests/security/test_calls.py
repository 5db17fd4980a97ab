"""What the packages never call: the syntax trees of all files are searched, and each exception has its reason."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "negotiation_env",
    "policies/negotiation_policies",
    "janus/negotiation_janus",
    "scripts",
)
BUILTINS = frozenset({"eval", "exec", "compile", "__import__"})
MODULES = frozenset(
    [
        "pickle",
        "cPickle",
        "_pickle",
        "cloudpickle",
        "dill",
        "joblib",
        "marshal",
        "shelve",
        "yaml",
        "jsonpickle",
        "code",
        "codeop",
        "runpy",
        "ctypes",
    ]
)
"""Modules that unpickle or run what they are given; every use of one is found."""
FUNCTIONS = frozenset(
    {
        "torch.load", "torch.hub.load", "torch.jit.load", "pandas.read_pickle", "os.system", "os.popen",
        "os.execv", "os.execve", "os.execvp", "os.spawnv", "tempfile.mktemp", "importlib.import_module",
        "d3rlpy.load_learnable", "builtins.eval", "builtins.exec", "subprocess.getoutput", "subprocess.getstatusoutput",
    }
)  # fmt: skip
METHODS = frozenset({"load_learnable", "read_pickle", "mktemp", "import_module", "cloudpickle"})
"""Of the same functions, names that say what they are wherever they are called."""

OUR_OWN = "the bytes were made by this program's own parent process, or by its own Ray, and never come from a file"
OF_OURS = "imports a target that an installed package has registered under a name; no file names one"
TRUSTED = "a library's own file, behind trust_pickle=true, which only a caller can give"
EXCEPTIONS: dict[tuple[str, str], tuple[int, str]] = {
    ("negotiation_env/assignment.py", "pickle"): (6, OUR_OWN),
    ("negotiation_env/ray_transport.py", "pickle"): (2, OUR_OWN),
    ("negotiation_env/ray_transport.py", "cloudpickle"): (1, OUR_OWN),
    ("negotiation_env/ray_actors.py", "cloudpickle"): (2, OUR_OWN),
    ("negotiation_env/__init__.py", "importlib.import_module"): (2, "imports this package's own modules"),
    ("negotiation_env/registry.py", "importlib.import_module"): (1, OF_OURS),
    ("negotiation_env/records/errors.py", "importlib.import_module"): (1, "asks whether a library is installed"),
    ("policies/negotiation_policies/learned/sb3.py", "importlib.import_module"): (1, "of two libraries, from a table"),
    ("scripts/negotiation_cli/reports.py", "importlib.import_module"): (
        2,
        "the reports of a domain, whose name was checked",
    ),
    ("policies/negotiation_policies/learned/d3rlpy_policy.py", "load_learnable"): (1, TRUSTED),
    ("policies/negotiation_policies/learned/sb3.py", "trainer.load"): (1, TRUSTED),
}


def names_of(tree: ast.AST) -> dict[str, str]:
    """What the names of a module stand for, as far as its imports say."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                found[item.asname or item.name.partition(".")[0]] = (
                    item.name if item.asname else item.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}
    return found


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def dangers(source: str) -> Counter[str]:
    """The dangerous names that a source uses, whether it calls them or hands them on."""
    tree = ast.parse(source)
    names, found = names_of(tree), Counter[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            tops = [node.module or ""] if isinstance(node, ast.ImportFrom) else [item.name for item in node.names]
            found.update(top.partition(".")[0] for top in tops if top.partition(".")[0] in MODULES)
            found.update(item.name for item in node.names if item.name in MODULES and isinstance(node, ast.ImportFrom))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            meant = names.get(node.id, node.id)
            if meant in FUNCTIONS or (node.id in BUILTINS and meant == node.id):
                found[meant] += 1
        elif isinstance(node, ast.Attribute):
            meant = dotted(node, names)
            if meant in FUNCTIONS:
                found[meant] += 1
            elif node.attr in METHODS:
                found[node.attr] += 1
            elif meant.partition(".")[0] in MODULES and isinstance(node.value, ast.Name):
                found[meant.partition(".")[0]] += 1
        if isinstance(node, ast.Call):
            found.update(_calls(node, dotted(node.func, names)))
    return found


def _calls(node: ast.Call, meant: str) -> list[str]:
    """What a call makes dangerous by its arguments."""
    given = {item.arg: item.value for item in node.keywords}
    found = []
    if meant == "numpy.load" and not _is(given.get("allow_pickle"), False):
        found.append("numpy.load")
    if "allow_pickle" in given and not _is(given["allow_pickle"], False):
        found.append("allow_pickle")
    if "trust_remote_code" in given and not _is(given["trust_remote_code"], False):
        found.append("trust_remote_code")
    if "shell" in given and not _is(given["shell"], False):
        found.append("shell")
    if "weights_only" in given and not _is(given["weights_only"], True):
        found.append("weights_only")
    if meant.endswith("trainer.load"):
        found.append("trainer.load")
    return found


def _is(node: ast.expr | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def files() -> list[Path]:
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    assert len(found) > 300
    return found


def test_nothing_dangerous_is_called_but_for_the_named_exceptions() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name): count
        for path in files()
        for name, count in dangers(path.read_text(encoding="utf-8")).items()
    }
    assert found == {place: count for place, (count, _) in EXCEPTIONS.items()}
    assert all(len(reason) > 20 for _, reason in EXCEPTIONS.values())


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("eval('1')", "eval"),
        ("run = exec", "exec"),
        ("import builtins\nbuiltins.exec('1')", "builtins.exec"),
        ("from builtins import eval as look\nlook('1')", "builtins.eval"),
        ("__import__('os')", "__import__"),
        ("import pickle as p\np.loads(b'')", "pickle"),
        ("from pickle import loads\nloads(b'')", "pickle"),
        ("import cloudpickle", "cloudpickle"),
        ("import yaml\nyaml.load('')", "yaml"),
        ("from yaml import safe_load", "yaml"),
        ("import torch\ntorch.load('x')", "torch.load"),
        ("import torch as t\nread = t.load", "torch.load"),
        ("from torch import load as fetch\nfetch('x')", "torch.load"),
        ("import numpy as np\nnp.load('x')", "numpy.load"),
        ("import numpy as np\nnp.load('x', allow_pickle=True)", "allow_pickle"),
        ("import pandas as pd\npd.read_pickle('x')", "pandas.read_pickle"),
        ("import subprocess\nsubprocess.run('ls', shell=True)", "shell"),
        ("import os\nos.system('ls')", "os.system"),
        ("Model.from_pretrained('x', trust_remote_code=True)", "trust_remote_code"),
        ("Model.from_pretrained('x', trust_remote_code=given)", "trust_remote_code"),
        ("import importlib\nimportlib.import_module(name)", "importlib.import_module"),
        ("import torch\ntorch.load('x', weights_only=False)", "weights_only"),
        ("import marshal", "marshal"),
    ],
)
def test_the_search_finds_each_of_them(source: str, name: str) -> None:
    assert dangers(source)[name]


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile('x')",
        "model.eval()",
        "import numpy as np\nnp.load('x', allow_pickle=False)",
        "import json\njson.loads('1')",
        "import torch\ntorch.save({}, 'x')",
    ],
)
def test_the_search_finds_nothing_else(source: str) -> None:
    assert not dangers(source)


def test_every_model_of_transformers_is_loaded_without_its_code() -> None:
    """Without the argument transformers asks on the terminal; configurations and adapters of PEFT have no code."""
    calls, plain = 0, 0
    for path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in ("from_pretrained", "from_config"):
                continue
            owner = dotted(node.func.value, {})
            if owner == "LoraConfig" or node.func.attr == "from_config":
                plain += 1
                continue
            calls += 1
            told = any(item.arg == "trust_remote_code" and _is(item.value, False) for item in node.keywords)
            assert told, f"{path}, line {node.lineno}"
    assert (calls, plain) == (7, 2)
