"""A Ray cluster that runs already: the commands that are given its address write what one process writes."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contestants import results_of

pytest.importorskip("ray", reason="needs pip install 'negotiation-env[ray]'")
RAY = Path(sys.executable).with_name("ray")
STARTED_WITHIN, ENDED_WITHIN = 90.0, 30.0
GENERATE = ("generate", "--num_episodes", "300", "--seed", "4", "--buyers", "linear,random", "--sellers", "tit_for_tat")
TOURNAMENT = ("tournament", "--policies", "linear,random,tit_for_tat", "--num_episodes", "40", "--keep_episodes", "4")


WITH_TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@pytest.fixture(scope="module")
def address():
    """``ray start --head`` on this machine, ended with the test by its process group alone."""
    port = free_port()
    command = [
        RAY, "start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=2",
        "--object-store-memory=83886080", "--include-dashboard=false", "--disable-usage-stats",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env={**os.environ, **WITH_TOKEN},
    ) as head:  # fmt: skip
        try:
            until(lambda: reached(port) or head.poll() is not None)
            assert head.poll() is None, head.stdout.read()
            yield f"127.0.0.1:{port}"
        finally:
            head.send_signal(signal.SIGTERM)
            try:
                head.wait(ENDED_WITHIN)
            finally:
                if head.poll() is None:
                    os.killpg(head.pid, signal.SIGKILL)


def until(happens):
    limit = time.monotonic() + STARTED_WITHIN
    while not happens():
        assert time.monotonic() < limit, "the cluster has not started"
        time.sleep(0.2)


def reached(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def negotiate(*arguments):
    command = [sys.executable, "-m", "negotiation_cli.main", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **WITH_TOKEN})
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "output"), [(GENERATE, ("--dataset_out", "games.jsonl")), (TOURNAMENT, ("--output_dir", "results"))]
)
def test_an_existing_cluster_writes_the_same_bytes(address, tmp_path, command, output):
    option, name = output
    negotiate(*command, option, tmp_path / "serial" / name, "--engine", "serial")
    negotiate(*command, option, tmp_path / "ray" / name, "--engine", "ray", "--ray_address", address)
    assert results_of(tmp_path / "serial") == results_of(tmp_path / "ray")
