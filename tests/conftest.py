"""What all tests share: where the independent references are, and the environments of each mode."""

from pathlib import Path

import pytest

collect_ignore = ["fuzz/fuzz.py"]  # a script that needs Atheris, which `make fuzz` installs
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the folder of independent references is not here")
    return SHARED
