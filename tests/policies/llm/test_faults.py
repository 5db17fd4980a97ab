"""Every fault of a model server, met with both clients: what is raised, after how many requests, and how soon."""

import asyncio
import json
import time
import traceback
from collections.abc import Iterator

import pytest
from fault_server import FaultServer
from negotiation_policies.llm.backends.ollama_api import OllamaBackend
from negotiation_policies.llm.backends.openai_api import OpenAIBackend
from negotiation_policies.llm.backends.protocol import Backend, BackendError, Request
from negotiation_policies.llm.backends.reliable import Model, Reliability
from server_faults import FAULTS, Reply, refused_address

KEY = "sk-a-key-that-nobody-may-see"
QUICK = Reliability(deadline=5.0, retries=2, backoff=0.01)
HASTY = Reliability(deadline=0.5, retries=2, backoff=0.01)
REQUEST = Request(({"role": "system", "content": "You sell."}, {"role": "user", "content": "Your move."}), seed=3)
CLIENTS = ("openai", "ollama")

# One row: the fault, what its error is about, how many requests are made with two retries, words of the message.
OUTCOMES = [
    ("reset", "connection", 3, ["broke off", "Connection reset by peer", "Sent 3 times."]),
    ("no answer", "timeout", 1, ["no whole answer within the deadline of 0.5 s"]),
    ("500", "status", 3, ["HTTP 500", "out of order"]),
    ("502 page", "status", 3, ["HTTP 502", "a page, Bad Gateway nginx & co"]),
    ("503 loading", "status", 3, ["HTTP 503", "Loading model"]),
    ("429 after 300", "status", 1, ["HTTP 429", "asks to wait 300.", "of the deadline of 5 s are left"]),
    ("404", "model", 1, ["404"]),
    ("401", "key", 1, ["_API_KEY", "HTTP 401", "bad key"]),
    ("403", "key", 1, ["_API_KEY", "HTTP 403"]),
    ("400", "status", 1, ["HTTP 400", "bad request"]),
    ("400 context", "context", 1, ["too long for the model", "Shorten the history"]),
    ("broken json", "shape", 3, ["not JSON", "I offer 5"]),
    ("page", "shape", 3, ["not JSON", "Bad Gateway"]),
    ("string", "shape", 3, ["I offer 500."]),
    ("list", "shape", 3, ["[]"]),
    ("null", "shape", 3, ["null"]),
    ("deep", "shape", 3, ["[[["]),
    ("error with 200", "shape", 3, ["overloaded"]),
    ("empty choices", "shape", 3, []),
    ("choices of text", "shape", 3, []),
    ("null message", "shape", 3, []),
    ("null content", "shape", 3, ["no text"]),
    ("number content", "shape", 3, []),
    ("list content", "shape", 3, []),
    ("empty content", "shape", 3, ["no text"]),
    ("blank content", "shape", 3, ["no text"]),
    ("cut body", "connection", 3, ["broke off", "without sending complete message body"]),
    ("cut chunks", "connection", 3, ["broke off", "without sending complete message body"]),
    ("silent stream", "shape", 3, ["not JSON"]),
    ("drip", "timeout", 1, ["no whole answer within the deadline of 0.5 s"]),
]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_BASE_URL", "OLLAMA_HOST"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("OPENAI_API_KEY", "OLLAMA_API_KEY"):
        monkeypatch.setenv(variable, KEY)


@pytest.fixture(scope="module")
def running() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def server(running: FaultServer) -> FaultServer:
    running.script([])
    running.always(None)
    return running


def backend_at(client: str, address: str, model: str = "llama3") -> Backend:
    return OpenAIBackend(model, f"http://{address}/v1") if client == "openai" else OllamaBackend(model, address)


def backend_of(client: str, server: FaultServer, model: str = "llama3") -> Backend:
    return backend_at(client, f"127.0.0.1:{server.port}", model)


def ask(backend: Backend, reliability: Reliability = QUICK):
    async def asked():
        async with Model(backend, reliability).decision() as budget:
            return await budget.complete(REQUEST)

    async def closed():
        try:
            return await asked()
        finally:
            await backend.close()

    return asyncio.run(closed())


def fail(backend: Backend, reliability: Reliability = QUICK) -> BackendError:
    """The error of a request, which says nothing of the key."""
    with pytest.raises(BackendError) as caught:
        ask(backend, reliability)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert KEY not in shown
    assert KEY[:12] not in shown
    assert backend.name in str(caught.value)
    assert len(str(caught.value)) < 1000
    return caught.value


def test_every_fault_has_its_outcome():
    assert {name for name, *_ in OUTCOMES} | {"429 after 2"} == set(FAULTS)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("name", "about", "requests", "words"), OUTCOMES, ids=[row[0] for row in OUTCOMES])
def test_what_a_fault_comes_to(server, client, name, about, requests, words):
    before = len(server.requests)
    server.always(name)
    started = time.monotonic()
    error = fail(backend_of(client, server), HASTY if about == "timeout" else QUICK)
    taken = time.monotonic() - started
    assert error.fault == about
    assert len(server.requests) - before == requests
    assert not [word for word in words if word not in str(error)], str(error)
    assert "<" not in str(error)
    assert "\n" not in str(error)
    assert taken < (0.8 if about == "timeout" else 1.5)
    assert about != "timeout" or taken > 0.45


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ["reset", "500", "503 loading", "broken json", "empty content", "cut body"])
def test_a_fault_that_passes_is_not_seen(server, client, name):
    before = len(server.requests)
    server.script([name])
    assert ask(backend_of(client, server)).text == "I offer 500."
    assert len(server.requests) - before == 2


@pytest.mark.parametrize("client", CLIENTS)
def test_the_server_is_waited_for_as_long_as_it_asks(server, client):
    server.script(["429 after 2"])
    started = time.monotonic()
    assert ask(backend_of(client, server)).text == "I offer 500."
    assert 2.0 <= time.monotonic() - started < 2.5


@pytest.mark.parametrize(("client", "start"), [("openai", "vllm serve llama3"), ("ollama", "ollama serve")])
def test_without_a_server_the_address_and_the_command_that_starts_one_are_named(client, start):
    address = refused_address()
    error = fail(backend_at(client, address))
    assert error.fault == "connection"
    assert error.retryable
    assert address in str(error)
    assert start in str(error)
    assert "Connection refused" in str(error)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_unknown_host_is_no_connection(client):
    error = fail(backend_at(client, "no-such-host.invalid:80"))
    assert error.fault == "connection"
    assert "no-such-host.invalid" in str(error)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_unknown_model_is_answered_with_those_that_exist_and_the_nearest(server, client):
    error = fail(backend_of(client, server, "lama3"))
    assert (error.fault, error.status, error.retryable) == ("model", 404, False)
    assert "unknown model 'lama3'. Did you mean 'llama3'? Known: llama3, qwen3." in str(error)


@pytest.mark.parametrize("client", CLIENTS)
def test_of_very_many_models_the_nearest_are_listed(client):
    with FaultServer(models=[f"model-{number}" for number in range(400)]) as many:
        error = fail(backend_of(client, many, "model-3999"))
    assert "Did you mean 'model-399'?" in str(error)
    assert "And 370 more." in str(error)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_address_without_the_service_says_so(server, client):
    address = f"http://127.0.0.1:{server.port}/elsewhere"
    backend = OpenAIBackend("llama3", address) if client == "openai" else OllamaBackend("llama3", address)
    error = fail(backend)
    assert error.fault == "model"
    assert "check the address" in str(error)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
def test_a_server_that_repeats_the_key_does_not_make_it_seen(server, client, status):
    async def tell(exchange):
        assert KEY in exchange.headers["authorization"]
        body = json.dumps({"error": {"message": f"{'x' * 180} {KEY} {KEY}"}})
        await exchange.send(body, status)

    server.always(tell)
    assert "***" in str(fail(backend_of(client, server), Reliability(retries=0))) or status == 404


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("reply", [Reply(finish_reason=None), Reply(finish_reason="")])
def test_a_reply_that_breaks_off_silently_is_a_fault(server, client, reply):
    server.script([reply] * 3)
    assert fail(backend_of(client, server)).fault == "shape"


@pytest.mark.parametrize("client", CLIENTS)
def test_an_answer_is_its_text_its_end_and_its_tokens(server, client):
    server.script([Reply("I offer", "length")])
    completion = ask(backend_of(client, server))
    assert (completion.text, completion.finish_reason) == ("I offer", "length")
    assert (completion.prompt_tokens, completion.completion_tokens) == (11, 7)
    assert completion.cached_tokens == (5 if client == "openai" else 0)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_model_thinks_is_kept_before_what_it_says(server, client):
    server.script([Reply("I offer 500.", thinking="They are eager.")])
    assert ask(backend_of(client, server)).text == "<think>They are eager.</think>I offer 500."


@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_that_is_cut_before_it_begins_is_a_reply(server, client):
    before = len(server.requests)
    server.script([Reply("", "length"), Reply(None if client == "openai" else "", "length", thinking="Hm, they")])
    assert [ask(backend_of(client, server)).text for _ in range(2)] == ["", "<think>Hm, they</think>"]
    assert len(server.requests) == before + 2


def test_a_refusal_is_a_reply(server):
    server.script([Reply(None, refusal="I cannot sell this."), Reply("", "content_filter", refusal="No.")])
    assert ask(backend_of("openai", server)).text == "I cannot sell this."
    assert ask(backend_of("openai", server)).finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("This model's maximum context length is 2048 tokens. However, you requested 2100 tokens.", 400),
        ("the request exceeds the available context size, try increasing it", 400),
        ("input length exceeds the context length", 400),
        ("`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 + 200", 422),
        ("Please reduce the length of the messages or completion.", 413),
        ("prompt is too long: 210000 tokens > 200000 maximum", 400),
        ("input length exceeds maximum context length", 500),
    ],
)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_prompt_that_is_too_long_is_known_by_the_words_of_each_server(server, client, words, code):
    async def refuse(exchange):
        await exchange.send(json.dumps({"error": {"message": words}}), code)

    server.script([refuse])
    error = fail(backend_of(client, server))
    assert (error.fault, error.retryable) == ("context", False)
