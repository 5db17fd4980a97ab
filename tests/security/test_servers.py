"""Every server that the packages or the tests start listens to this machine alone."""

from __future__ import annotations

import ast
import ipaddress
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from fault_server import FaultServer

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("negotiation_env", "policies", "janus", "scripts", "benchmarks", "examples", "tests")
_RAY = """
import json, os, psutil, sys
sys.path.insert(0, os.environ["HERE"])
from negotiation_env.ray_cluster import connected
from test_servers import heard
with connected(workers=1) as ray:
    assert ray.get(ray.remote(lambda: 3).remote()) == 3
    print(json.dumps([heard(os.getpid()), ray._private.worker._global_node.webui_url]))
"""


def heard(pid: int) -> list[str]:
    """The addresses at which a process and its children listen."""
    top = psutil.Process(pid)
    found = []
    for process in (top, *top.children(recursive=True)):
        found += [item.laddr.ip for item in process.net_connections("inet") if item.status == psutil.CONN_LISTEN]
    return found


def is_loopback(address: str) -> bool:
    known = ipaddress.ip_address(address)
    mapped = getattr(known, "ipv4_mapped", None)
    return (mapped or known).is_loopback


def test_what_loopback_is() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.0.2.2", "::ffff:192.0.2.2")))


def test_a_listener_is_seen() -> None:
    with FaultServer() as server:
        assert server.port
        assert heard(os.getpid())
        assert all(map(is_loopback, heard(os.getpid())))


@pytest.mark.slow
def test_ray_of_this_machine_is_heard_by_no_other(tmp_path: Path) -> None:
    """Its servers run what they are sent; the dashboard is not started at all."""
    pytest.importorskip("ray")
    environment = {**os.environ, "HERE": str(Path(__file__).parent)}
    environment["PYTHONPATH"] = os.pathsep.join(["tests/policies/llm", environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", _RAY], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    addresses, dashboard = json.loads(done.stdout.splitlines()[-1])
    assert len(addresses) >= 4
    assert [address for address in addresses if not is_loopback(address)] == []
    assert not dashboard


def test_the_local_model_server_is_heard_by_no_other() -> None:
    pytest.importorskip("xllamacpp")
    from negotiation_policies.llm.backends.event_loop import run
    from negotiation_policies.llm.backends.llama_server import LlamaServerBackend
    from negotiation_policies.llm.backends.protocol import BackendError

    try:
        backend = LlamaServerBackend(context=256, slots=1)
    except BackendError as error:
        pytest.skip(str(error))
    try:
        address = run(backend.base_url())
        assert address.startswith("http://127.0.0.1:")
        assert backend.pid is not None
        found = heard(backend.pid)
        assert found
        assert all(map(is_loopback, found))
    finally:
        run(backend.close())


def test_no_source_names_all_addresses_of_a_machine() -> None:
    """Whatever is bound is bound by name, and no name in the sources means every network."""
    strings = [
        (path.relative_to(ROOT).as_posix(), node.lineno, node.value)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != Path(__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(strings) > 10_000
    assert [found for found in strings if found[2] in ("0.0.0.0", "::", "[::]", "0.0.0.0:0")] == []
