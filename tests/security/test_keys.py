"""Keys of the environment and passwords of addresses: in no log, message, traceback, record, table, figure or page."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import traceback
import warnings
from base64 import b64encode
from contextlib import suppress

import pytest
from fault_server import FaultServer
from negotiation_cli.main import main
from negotiation_policies.llm.backends import weights
from negotiation_policies.llm.backends.llama_launch import _environment
from negotiation_policies.llm.backends.ollama_api import OllamaBackend
from negotiation_policies.llm.backends.openai_api import OpenAIBackend
from negotiation_policies.llm.backends.opening import close_all
from negotiation_policies.llm.backends.protocol import BackendError, Request
from negotiation_policies.llm.backends.reliable import Model, Reliability
from server_faults import FAULTS, refused_address

from negotiation_env import make_policy

KEY = "sk-FAKEKEY0123456789nobodymayseethis"
PASSWORD = "FAKEPASSWORD0123456789"
SECRETS = (KEY, PASSWORD, KEY[:14], b64encode(f"me:{PASSWORD}".encode()).decode())
REQUEST = Request(({"role": "system", "content": "You sell."}, {"role": "user", "content": "Your move."}), seed=3)
QUICK = Reliability(deadline=0.3, retries=1, backoff=0.01)


def exposed(text: str | bytes) -> list[str]:
    """The secrets that a text gives away."""
    return [secret for secret in SECRETS if (secret in text if isinstance(text, str) else secret.encode() in text)]


async def echo(exchange):
    """A server that repeats what it was sent, key and all, in the message of an error."""
    said = f"Incorrect API key provided: {exchange.headers.get('authorization')}. {exchange.headers}"
    await exchange.send(json.dumps({"error": {"message": said} if exchange.dialect == "openai" else said}), 401)


async def echo_page(exchange):
    await exchange.send(f"<html><body>{exchange.headers}</body></html>", 500, "text/html")


async def echo_shape(exchange):
    await exchange.send(json.dumps({"error": str(exchange.headers)}))


ECHOES = {"echo": echo, "echo page": echo_page, "echo shape": echo_shape}


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for variable in ("OPENAI_BASE_URL", "OLLAMA_HOST"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("OPENAI_API_KEY", "OLLAMA_API_KEY", "HF_TOKEN", "SOME_SECRET"):
        monkeypatch.setenv(variable, KEY)


@pytest.fixture
def logged():
    """Everything that any library logs, at the lowest level."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    named = {name: logging.getLogger(name) for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "ollama")}
    before = {name: logger.level for name, logger in named.items()}
    root.addHandler(handler)
    root.setLevel(1)
    for logger in named.values():
        logger.setLevel(1)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    for name, logger in named.items():
        logger.setLevel(before[name])


@pytest.fixture(scope="module")
def running():
    with FaultServer() as server:
        yield server


def backend_at(client: str, address: str):
    if client == "openai":
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            made = OpenAIBackend("llama3", f"http://{address}/v1?api_key={PASSWORD}")
        assert not exposed(" ".join(str(item.message) for item in warned))
        return made
    return OllamaBackend("llama3", f"http://{address}")


def ask(backend) -> str:
    async def asked():
        async with Model(backend, QUICK).decision() as budget:
            return (await budget.complete(REQUEST)).text

    async def closed():
        try:
            return await asked()
        finally:
            await backend.close()

    return asyncio.run(closed())


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


@pytest.mark.parametrize("client", ["openai", "ollama"])
@pytest.mark.parametrize("login", ["", f"me:{PASSWORD}@"], ids=["key", "password"])
@pytest.mark.parametrize("fault", ["none", "refused", *ECHOES, "reset", "500", "401", "broken json", "no answer"])
def test_no_fault_of_a_server_gives_a_key_away(running, logged, capfd, client, login, fault):
    running.script([])
    running.always(None if fault in ("none", "refused") else ECHOES.get(fault) or FAULTS[fault])
    place = refused_address() if fault == "refused" else f"127.0.0.1:{running.port}"
    backend = backend_at(client, f"{login}{place}")
    if fault == "none":
        assert ask(backend) == "I offer 500."
        sent = running.requests[-1].headers["authorization"]
        assert sent.startswith("Basic" if login and client == "openai" else "Bearer")  # the key does reach the server
    else:
        with pytest.raises(BackendError) as caught:
            ask(backend)
        assert not exposed(shown(caught.value))
    assert not exposed(repr(backend) + repr(backend._server))
    assert not exposed("".join(capfd.readouterr()))
    assert logged.getvalue() or fault == "refused"
    assert not exposed(logged.getvalue())


def test_a_redirection_to_another_place_takes_no_key_along(running):
    with FaultServer() as elsewhere:

        async def redirect(exchange):
            place = "/v1/chat/completions" if exchange.dialect == "openai" else "/api/chat"
            await exchange.send("{}", 307, location=f"http://localhost:{elsewhere.port}{place}")

        running.always(redirect)
        for client in ("openai", "ollama"):
            with suppress(BackendError):  # what it says is tested above
                ask(backend_at(client, f"127.0.0.1:{running.port}"))
        assert elsewhere.requests
        assert all(not exposed(str(request.headers)) for request in elsewhere.requests)


@pytest.mark.parametrize(
    "spec",
    [
        f"basic:model=openai/llama3,base_url=http://me:{PASSWORD}@127.0.0.1:1/v1",
        f"basic:model=openai/llama3,base_url=me:{PASSWORD}@127.0.0.1:1/v1",
        f"basic:model=openai/llama3,base_url=http://127.0.0.1:1/v1?api_key={PASSWORD}",
        f"basic:model=openai/llama3,api_key={KEY}",
        f"basic:model=smollm2,base_url=http://me:{PASSWORD}@127.0.0.1:1/v1",
        f"price_strategy:strategy=linear,model=openai/llama3,base_url=ftp://me:{PASSWORD}@h/v1",
    ],
)
def test_a_spec_with_a_password_is_refused_without_showing_it(spec, capfd):
    with pytest.raises((ValueError, TypeError, BackendError)) as caught:
        make_policy(spec)
    assert not exposed(shown(caught.value))
    assert not exposed("".join(called("play", "--agent1", spec, "--agent2", "linear", capfd=capfd, code=2)))


def called(*arguments: object, capfd, code: int | None = 0) -> tuple[str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    assert code is None or (left.value.code or 0) == code, err
    return out, err


def test_nothing_that_is_written_or_printed_holds_a_key(tmp_path, monkeypatch, logged, capfd):
    """Every command that plays with a model, with retries and faults on the way, and the report of it all."""
    pytest.importorskip("nashpy")
    monkeypatch.chdir(tmp_path)
    with FaultServer(lambda body: "I offer 500.") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://me:{PASSWORD}@127.0.0.1:{server.port}/v1")
        llm = ("--model", "openai/llama3")
        agent = "basic:model=openai/llama3,reply=text,retries=1,reasks=1,deadline=5"
        said = []
        server.script(["500", echo, echo_page])
        play = ("play", "--agent1", "linear", "--agent2", agent, *llm, "--max_turns", 4, "--seed", 1, "--rounds", 3)
        said += called(*play, "--output_dir", "spoken", capfd=capfd, code=None)
        said += called("show", "spoken", "--notes", capfd=capfd, code=None)
        server.script(["500", echo])
        generate = ("generate", "--buyers", agent, "--sellers", "linear", "--num_episodes", 3, "--max_turns", 4)
        said += called(*generate, "--dataset_out", "games.jsonl", capfd=capfd)
        said += called("prepare", "--jsonl_path", "games.jsonl", "--output_dir", "prepared", capfd=capfd)
        server.script(["500", echo])
        said += called(
            "tournament", "--policies", f"linear,{agent}", "--num_episodes", 2, "--keep_episodes", 2, "--max_turns", 4,
            "--output_dir", "tournament", capfd=capfd, code=None,
        )  # fmt: skip
        said += called("report", "tournament", capfd=capfd, code=None)
        assert len(server.requests) > 10
    close_all()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    names = {path.name for path in written}
    assert {"games.jsonl", "faults.jsonl", "settings.toml", "turns.csv", "episodes.parquet", "report.html"} <= names
    assert not [path for path in written if exposed(path.read_bytes())]
    assert not exposed("".join(said))
    assert "http" in logged.getvalue()
    assert not exposed(logged.getvalue())


def test_the_local_server_and_the_download_are_given_no_key(monkeypatch, tmp_path, logged):
    assert KEY not in _environment().values()
    monkeypatch.setenv("NEGOTIATION_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:{PASSWORD}@{refused_address()}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(BackendError, match="pip could not download") as caught:
        weights.fetch_model("smollm2")
    assert not exposed(shown(caught.value))
    assert not exposed(logged.getvalue())
