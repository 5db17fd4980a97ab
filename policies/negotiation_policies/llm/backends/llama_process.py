"""A llama.cpp server as a process of its own, so that neither its end nor its threads touch the program that uses it.

It says where it listens in one line on standard output, and ends when its standard input does or its parent is gone,
however that came about.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from xllamacpp import CommonParams

ANNOUNCEMENT = "listening on "
"""What the line begins with that names the address."""

_HOST = "127.0.0.1"
_ERRORS_ONLY = 1
_HOST_CACHE_MIB = 256
_HTTP_THREADS = 64
"""The server keeps a thread for each open connection, and a request that finds none free waits for seconds."""


def main() -> None:
    """Serve one model until standard input ends."""
    arguments, parent = _parser().parse_args(), os.getppid()
    threading.Thread(target=_end_with_input, daemon=True).start()
    import xllamacpp

    server = xllamacpp.Server(_params(arguments))
    _wait_for_health(server.listening_address)
    print(f"\n{ANNOUNCEMENT}{server.listening_address}", flush=True)  # noqa: T201  # the parent reads it
    while os.getppid() == parent:  # a fork of the parent may hold the pipe open
        time.sleep(1.0)
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="path of the GGUF file")
    parser.add_argument("--name", required=True, help="what the server calls the model, in place of its path")
    parser.add_argument("--slots", type=int, required=True, help="requests that are computed at once")
    parser.add_argument("--context", type=int, required=True, help="tokens a slot; llama.cpp knows the model's limit")
    parser.add_argument(
        "--threads",
        type=int,
        required=True,
        help="threads for one reply; twice as many for prompts and several replies",
    )
    return parser


def _params(arguments: argparse.Namespace) -> CommonParams:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = arguments.model, {arguments.name}
    params.hostnames, params.port = [_HOST], 0
    params.n_parallel, params.n_ctx = arguments.slots, arguments.slots * arguments.context
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = max(arguments.threads, min(2 * arguments.threads, os.cpu_count() or 1))
    params.n_threads_http = _HTTP_THREADS
    params.cache_ram_mib = _HOST_CACHE_MIB
    params.ui = params.endpoint_slots = params.fit_params = False
    params.cors_origins = ""  # no web page may ask it
    params.verbosity = _ERRORS_ONLY
    return params


def _end_with_input() -> None:
    """Leave at once when the parent closes the pipe or ends; there is nothing to save."""
    while os.read(sys.stdin.fileno(), 1 << 10):
        pass
    os._exit(0)


def _wait_for_health(address: str) -> None:
    """Return when the server answers that it is ready; a proxy of the environment has no part in this."""
    with build_opener(ProxyHandler({})).open(f"{address}/health", timeout=60) as answer:
        answer.read()


if __name__ == "__main__":
    main()
