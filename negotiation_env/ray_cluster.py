"""The Ray that this process works with: the user's own, a cluster, or one of this machine that is shut down again."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from negotiation_env.workers import one_thread_each

_REACHED_WITHIN = 5.0
"""Seconds; Ray itself tries for a minute."""
_lock = threading.Lock()
_users = 0
_is_ours = False


@contextmanager
def connected(workers: int | None = None, address: str | None = None) -> Iterator[ModuleType]:
    """Be connected while the block runs; gives the module ``ray``.

    If the user, or a block around this one, is connected already, that connection is used and stays. Else this connects
    to the cluster of ``address`` or of ``RAY_ADDRESS``, or starts a Ray of this machine, which ends with the block.

    Args:
        workers: how many CPUs a Ray of this machine gets; by default all.
        address: ``"HOST:PORT"``, ``"ray://HOST:PORT"``, or ``"auto"`` for a cluster that runs on this machine.

    Raises:
        ImportError: Ray is not installed.
        ConnectionError: the cluster cannot be reached, or refuses this Python or Ray.
    """
    global _users, _is_ours
    ray = _imported()
    with _lock:
        if not ray.is_initialized():
            _connect(ray, workers, address or os.environ.get("RAY_ADDRESS"))
            _is_ours = True
            _tell_of_lost_workers(ray, False)
        _users += 1
    try:
        yield ray
    finally:
        with _lock:
            _users -= 1
            if _is_ours and not _users:
                _is_ours = False
                ray.shutdown()
                _tell_of_lost_workers(ray, True)


def cpus(ray: ModuleType) -> int:
    """How many workers there can be at once."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _imported() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ImportError("engine 'ray' needs ray; install it with: pip install \"negotiation-env[ray]\"") from error
    module: ModuleType = ray
    return module


def _connect(ray: ModuleType, workers: int | None, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "critical", "include_dashboard": None}
    if address is None or address == "local":
        with one_thread_each(), on_loopback(ray):
            ray.init("local", num_cpus=workers, **{**quiet, "include_dashboard": False})
        return
    _check_reachable(address)
    try:
        ray.init(address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        first_line = str(error).strip().partition("\n")[0].rstrip(".")
        raise ConnectionError(
            f"no connection to the Ray cluster at {address!r}: {first_line}. A cluster that asks for a token needs "
            "RAY_AUTH_MODE=token, see the documentation of Ray."
        ) from error


@contextmanager
def on_loopback(ray: ModuleType) -> Iterator[None]:
    """Let Ray's servers, which run what they are sent, listen to this machine alone, and not to the whole network.

    Ray does so where it knows no clusters; on Linux ``_node_ip_address="127.0.0.1"`` becomes the machine's own address.
    """
    constants = ray._private.ray_constants
    before = constants.ENABLE_RAY_CLUSTER
    constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = before


def _tell_of_lost_workers(ray: ModuleType, is_wanted: bool) -> None:
    """Whether Ray may print, among the results of a command, that it does again what a lost worker had to do."""
    ray._private.worker._worker_logs_enabled = is_wanted  # no option has a say in these messages


def _check_reachable(address: str) -> None:
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if not colon or not port.isdecimal():
        raise ConnectionError(
            f"the Ray address is {address!r}; it must be HOST:PORT (the port is 6379 unless the cluster has another "
            "one), ray://HOST:PORT, or auto."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACHED_WITHIN).close()
    except (OSError, OverflowError) as error:
        raise ConnectionError(
            f"the Ray cluster at {address!r} cannot be reached ({error}); start one there with 'ray start --head', or "
            "leave the address out to use this machine."
        ) from error
