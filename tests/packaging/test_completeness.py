"""What type checkers of other projects see: every public symbol of the environment has a type, by pyright's count."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYRIGHT = shutil.which("pyright", path=str(Path(sys.executable).parent))
UNTYPED_BASES = {
    "negotiation_env.faces.zoo.ParallelFace",
    "negotiation_env.faces.zoo.TurnFace",
    "negotiation_env.multi_item_v0.parallel_env",
    "negotiation_env.multi_item_v0.raw_env",
    "negotiation_env.price_v0.parallel_env",
    "negotiation_env.price_v0.raw_env",
}
"""They derive from PettingZoo's classes, which come without types."""


@pytest.mark.slow
def test_every_symbol_has_a_type_but_those_of_pettingzoo() -> None:
    if PYRIGHT is None:
        pytest.skip("pyright is not installed (make check-completeness)")
    done = subprocess.run(
        [
            PYRIGHT,
            "--pythonpath",
            sys.executable,
            "--verifytypes",
            "negotiation_env",
            "--ignoreexternal",
            "--outputjson",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)["typeCompleteness"]
    assert told["exportedSymbolCounts"]["withKnownType"] > 2500
    unknown = {item["name"] for item in told["symbols"] if item["isExported"] and not item["isTypeKnown"]}
    assert unknown == UNTYPED_BASES
