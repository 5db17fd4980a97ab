"""The llama.cpp server of a local model, with the real server and the real weights."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from negotiation_policies.llm.backends import llama_launch, llama_server
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.llama_server import RESTARTS, LlamaServerBackend
from negotiation_policies.llm.backends.protocol import BackendError, Request

SELLER = "You are the seller of one item in a negotiation over its price. Answer in one short sentence."
SCHEMA = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "maxLength": 60},
        "action": {"enum": ["offer", "walk"]},
        "price": {"type": "string", "pattern": "^[1-9][0-9]{2,3}$"},
    },
    "required": ["message", "action", "price"],
    "additionalProperties": False,
}

LONG = {"type": "array", "items": {"enum": ["one", "two"]}, "minItems": 300, "maxItems": 300}


def asked(text="The buyer offers 450. What do you say?", **settings):
    settings = {"max_tokens": 30, "seed": 1, **settings}
    return Request(({"role": "system", "content": SELLER}, {"role": "user", "content": text}), **settings)


def is_running(pid):
    """Whether a process is there and not only the entry of a dead one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def is_gone_within(pid, seconds):
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


@pytest.fixture
def own_model(smollm2):
    """A server that no other test uses."""
    backend = LlamaServerBackend(smollm2, "local/own.gguf", slots=1, context=2048)
    yield backend
    run(backend.close())


def test_a_reply_comes_with_its_counts(local_model):
    reply = run(local_model.complete(asked()))
    assert reply.text.strip()
    assert reply.finish_reason in {"stop", "length"}
    assert 30 < reply.prompt_tokens < 80
    assert 0 < reply.completion_tokens <= 30
    assert run(local_model.models()) == ["smollm2"]
    assert local_model.name == "smollm2"


def test_the_same_seed_gives_the_same_reply(local_model):
    first, again = (run(local_model.complete(asked(seed=7))).text for _ in range(2))
    assert first == again
    assert {run(local_model.complete(asked(seed=seed))).text for seed in range(3)} != {first}


def test_a_cut_reply_says_so(local_model):
    reply = run(local_model.complete(asked(max_tokens=2)))
    assert (reply.finish_reason, reply.completion_tokens) == ("length", 2)


def test_a_growing_chat_is_taken_from_the_cache(local_model):
    first = asked("Describe the item, a used bicycle. The buyer offers 450.", temperature=0.0)
    said = run(local_model.complete(first)).text
    more = ({"role": "assistant", "content": said}, {"role": "user", "content": "The buyer now offers 470."})
    second = run(local_model.complete(Request((*first.messages, *more), temperature=0.0, max_tokens=10)))
    assert second.cached_tokens > 0.5 * second.prompt_tokens


@pytest.mark.parametrize("seed", range(5))
def test_a_schema_is_obeyed(local_model, seed):
    reply = run(local_model.complete(asked(schema=SCHEMA, max_tokens=120, temperature=1.5, seed=seed)))
    assert reply.finish_reason == "stop"
    said = json.loads(reply.text)
    assert list(said) == ["message", "action", "price"]
    assert len(said["message"]) <= 60
    assert said["action"] in {"offer", "walk"}
    assert re.fullmatch(r"[1-9][0-9]{2,3}", said["price"])


def test_a_pattern_can_fix_the_amount(local_model):
    worded = {"type": "string", "pattern": "^[A-Za-z ,']{1,60} 523[.]40[A-Za-z ,']{0,40}[.]$"}
    schema = {"type": "object", "properties": {"message": worded}, "required": ["message"]}
    for seed in range(3):
        reply = run(local_model.complete(asked(schema=schema, max_tokens=120, seed=seed)))
        assert re.findall(r"\d+", json.loads(reply.text)["message"]) == ["523", "40"]


def test_four_at_once_beside_four_in_sequence(local_model, record_property):
    def requests(first):
        return [asked(f"The buyer offers {price}.") for price in range(first, first + 4)]

    async def one_by_one():
        return [await local_model.complete(request) for request in requests(450)]

    async def together():
        return await asyncio.gather(*map(local_model.complete, requests(480)))

    times, tokens = [], []
    for way in (one_by_one, together):
        started = time.monotonic()
        replies = run(way())
        times.append(time.monotonic() - started)
        tokens.append(sum(reply.completion_tokens for reply in replies))
        assert len(replies) == 4
        assert all(reply.text.strip() for reply in replies)
    record_property("seconds a token, in sequence and at once", [t / n for t, n in zip(times, tokens, strict=True)])
    print(f"4 in sequence {times[0]:.2f} s for {tokens[0]} tokens, at once {times[1]:.2f} s for {tokens[1]}")


def test_a_prompt_that_is_too_long_is_named(local_model):
    with pytest.raises(BackendError, match="too long") as error:
        run(local_model.complete(asked("word " * 5000)))
    assert error.value.fault == "context"
    assert not error.value.retryable


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the sockets of Linux")
def test_the_server_listens_on_this_machine_only(local_model):
    links = (str(link.readlink()) for link in Path(f"/proc/{local_model.pid}/fd").iterdir())
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    listening = [line[1].split(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets]
    assert listening == ["0100007F"]


def test_backends_of_one_file_share_a_server(local_model, smollm2):
    other = LlamaServerBackend(smollm2, "smollm2")
    assert run(other.models()) == ["smollm2"]
    assert other.pid == local_model.pid
    run(other.close())
    assert is_running(local_model.pid)


def test_the_last_close_stops_the_server(own_model):
    run(own_model.models())
    pid = own_model.pid
    run(own_model.close())
    assert own_model.pid is None
    assert not is_running(pid)
    assert run(own_model.complete(asked(max_tokens=3))).completion_tokens == 3


def test_a_cancelled_request_leaves_its_slot(own_model):
    async def impatient():
        async with asyncio.timeout(0.5):
            await own_model.complete(asked("Count to three hundred.", schema=LONG, max_tokens=1900))

    run(own_model.models())
    with pytest.raises(TimeoutError):
        run(impatient())
    started = time.monotonic()
    run(own_model.complete(asked(max_tokens=3)))
    print(f"the next one took {time.monotonic() - started:.2f} s")
    assert time.monotonic() - started < 10.0


def test_a_server_that_dies_is_started_again_and_not_for_ever(own_model):
    async def die_in_the_middle():
        work = asyncio.create_task(own_model.complete(asked("Count to three hundred.", schema=LONG, max_tokens=1500)))
        await asyncio.sleep(0.3)
        os.kill(own_model.pid, signal.SIGKILL)
        await work

    pids = set()
    for death in range(RESTARTS + 1):
        assert run(own_model.complete(asked(max_tokens=3))).completion_tokens == 3
        pids.add(own_model.pid)
        with pytest.raises(BackendError, match=r"own.gguf: the local model server has ended \(killed by signal 9") as e:
            run(die_in_the_middle())
        assert e.value.fault == "connection"
        assert e.value.retryable == (death < RESTARTS)
    assert len(pids) == RESTARTS + 1
    with pytest.raises(BackendError, match="not any more"):
        run(own_model.complete(asked()))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "failed"), (b"no weights at all", "invalid magic"), (None, "incomplete")],
    ids=["empty", "text", "cut"],
)
def test_a_file_that_is_no_model_is_named_without_its_folder(smollm2, tmp_path, content, said):
    file = tmp_path / "bad.gguf"
    file.write_bytes(smollm2.read_bytes()[:3_000_000] if content is None else content)
    backend = LlamaServerBackend(file, "local/bad.gguf")
    with pytest.raises(BackendError, match=rf"llama.cpp cannot load bad.gguf \(.*{said}.*whole GGUF") as error:
        run(backend.complete(asked()))
    assert error.value.fault == "model"
    assert str(tmp_path) not in str(error.value)
    with pytest.raises(BackendError, match="cannot load"):
        run(backend.models())
    run(backend.close())


def test_a_file_that_is_mended_loads_later(smollm2, tmp_path):
    file = tmp_path / "mended.gguf"
    file.write_bytes(b"no weights at all")
    backend = LlamaServerBackend(file, "local/mended.gguf", context=512)
    with pytest.raises(BackendError, match="cannot load"):
        run(backend.models())
    file.unlink()
    file.symlink_to(smollm2)
    assert run(backend.models()) == ["local/mended.gguf"]
    run(backend.close())


def test_the_server_neither_needs_nor_sees_a_key(smollm2, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "no key\x7f")
    monkeypatch.setenv("HF_TOKEN", "hidden")
    backend = LlamaServerBackend(smollm2, "smollm2", context=768)
    assert run(backend.complete(asked(max_tokens=4))).text
    environment = Path(f"/proc/{backend.pid}/environ")
    if environment.exists():
        assert not {b"OPENAI_API_KEY", b"HF_TOKEN"} & {
            line.partition(b"=")[0] for line in environment.read_bytes().split(b"\0")
        }
    run(backend.close())


def test_a_server_that_cannot_be_started_is_a_fault(smollm2, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(llama_launch.subprocess, "Popen", refuse)
    backend = LlamaServerBackend(smollm2, "smollm2", context=896)
    with pytest.raises(BackendError, match="Cannot allocate memory") as error:
        run(backend.models())
    assert error.value.fault == "setup"


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(BackendError, match=r"there is no file missing.gguf. Name a GGUF file") as error:
        LlamaServerBackend("missing.gguf", "local/missing.gguf")
    assert error.value.fault == "setup"


def test_loading_has_a_deadline(smollm2):
    backend = LlamaServerBackend(smollm2, "smollm2", start_within=0.01)
    with pytest.raises(BackendError, match=r"not loaded within 0.01 s") as error:
        run(backend.models())
    assert error.value.fault == "timeout"
    assert not is_running(backend.pid)
    run(backend.close())


def test_what_is_not_installed_is_named(smollm2, monkeypatch):
    find_spec = llama_server.importlib.util.find_spec
    hidden = lambda name: None if name == "xllamacpp" else find_spec(name)  # noqa: E731
    monkeypatch.setattr(llama_server.importlib.util, "find_spec", hidden)
    with pytest.raises(BackendError, match=r"xllamacpp must be installed .*negotiation-env\[llm\]") as error:
        LlamaServerBackend(smollm2, "smollm2")
    assert error.value.fault == "setup"


def test_a_library_that_cannot_be_imported_is_named(smollm2, tmp_path, monkeypatch):
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    backend = LlamaServerBackend(smollm2, "smollm2", context=1024)
    with pytest.raises(BackendError, match=r"\(ImportError: libgomp.so.1: cannot open"):
        run(backend.models())
    run(backend.close())


@pytest.mark.parametrize("number", [{"slots": 0}, {"context": -1}, {"threads": 0}, {"start_within": 0.0}], ids=str)
def test_numbers_out_of_range_are_refused(smollm2, number):
    with pytest.raises(ValueError, match=next(iter(number))):
        LlamaServerBackend(smollm2, "smollm2", **number)


@pytest.mark.parametrize("threads", ["none", "0", "1.5", ""])
def test_the_variable_for_threads_is_checked(smollm2, monkeypatch, threads):
    monkeypatch.setenv("NEGOTIATION_LLAMA_THREADS", threads)
    with pytest.raises(ValueError, match="NEGOTIATION_LLAMA_THREADS is '"):
        LlamaServerBackend(smollm2, "smollm2")


PROGRAM = """
import asyncio, os, sys, time
from pathlib import Path
from negotiation_policies.llm.backends.llama_launch import LlamaServer, ServerSettings

server = LlamaServer(Path(sys.argv[1]), "smollm2", ServerSettings(1, 512, 1, 60.0))
asyncio.run(server.address())
way = sys.argv[2]
if way == "fork" and os.fork() == 0:  # it keeps the pipe open when its parent is gone
    time.sleep(20)
    os._exit(0)
if way == "fork that ends":
    if os.fork() == 0:
        sys.exit()
    os.wait()
    time.sleep(0.3)
    print("alive" if not server.has_ended() else "dead", flush=True)
try:
    print(server.pid, flush=True)
    if way == "raise":
        raise SystemExit("an error")
    time.sleep(0 if way in ("end", "fork that ends") else 60)
except KeyboardInterrupt:
    time.sleep(0.3)
    print("alive" if not server.has_ended() else "dead", flush=True)
    raise
"""
"""Starts a server, tells its process, and ends in the way that it is told to."""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes where Linux has them")
@pytest.mark.parametrize("way", ["end", "raise", "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "fork", "fork that ends"])
def test_the_server_ends_with_the_program(smollm2, way):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, smollm2, way], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        if way == "fork that ends":
            assert program.stdout.readline() == "alive\n"
        pid = int(program.stdout.readline())
        if way.startswith("SIG"):
            assert is_running(pid)
            os.killpg(program.pid, signal.Signals[way])
        elif way == "fork":
            program.kill()
        if way == "SIGINT":
            assert program.stdout.readline() == "alive\n"
        program.wait(10)
        assert is_gone_within(pid, 5)
    finally:
        program.kill()
        if way == "fork":
            os.killpg(program.pid, signal.SIGKILL)
        program.stdout.close()
