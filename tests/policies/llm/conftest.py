"""The model that runs on this machine, started once for all tests that ask it something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.llama_server import LlamaServerBackend
from negotiation_policies.llm.backends.protocol import BackendError
from negotiation_policies.llm.backends.weights import find_model


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The true weights; nothing is downloaded here."""
    pytest.importorskip("xllamacpp", reason="needs pip install 'negotiation-env[llm]'")
    try:
        return find_model("smollm2")
    except BackendError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def local_model(smollm2: Path) -> Iterator[LlamaServerBackend]:
    """The default model behind its running server."""
    backend = LlamaServerBackend(smollm2, "smollm2")
    run(backend.models())
    yield backend
    run(backend.close())
