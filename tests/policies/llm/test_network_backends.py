"""What the two clients send and read, the keys and addresses that they take, and what they do without."""

import asyncio
import json
import warnings
from collections.abc import Iterator

import pytest
from fault_server import FaultServer
from negotiation_policies.llm.backends.faults import shown_address
from negotiation_policies.llm.backends.ollama_api import OllamaBackend
from negotiation_policies.llm.backends.openai_api import OpenAIBackend
from negotiation_policies.llm.backends.protocol import Backend, BackendError, Request
from negotiation_policies.llm.backends.reliable import Model, Reliability
from server_faults import Reply, refused_address

CLIENTS = ("openai", "ollama")
SCHEMA = {"type": "object", "properties": {"action": {"enum": ["offer"]}}, "required": ["action"]}
MESSAGES = ({"role": "system", "content": "You sell."}, {"role": "user", "content": "Ваш ход? 👍\x00"})
REQUEST = Request(MESSAGES, schema=SCHEMA, temperature=0.3, max_tokens=50, seed=5)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OLLAMA_HOST", "OLLAMA_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def client_of(client: str, server: FaultServer, model: str = "llama3") -> Backend:
    return OpenAIBackend(model, server.base_url) if client == "openai" else OllamaBackend(model, server.ollama_host)


def complete(backend: Backend, request: Request = REQUEST) -> str:
    async def completed():
        try:
            return (await backend.complete(request)).text
        finally:
            await backend.close()

    return asyncio.run(completed())


def check(backend: Backend) -> None:
    async def checked():
        await Model(backend, Reliability(retries=0)).check()
        await backend.close()

    asyncio.run(checked())


def test_what_is_sent_to_openai(server):
    backend = client_of("openai", server)
    assert complete(backend) == "I offer 500."
    body = server.requests[0].body
    assert body["messages"] == list(MESSAGES)
    assert {name: body[name] for name in body if name not in ("messages", "response_format")} == {
        "model": "llama3",
        "max_tokens": 50,
        "temperature": 0.3,
        "seed": 5,
    }
    assert body["response_format"]["json_schema"] == {"name": "reply", "schema": SCHEMA, "strict": True}
    assert server.requests[0].headers["authorization"] == "Bearer none"
    assert (backend.name, backend.has_schema) == ("openai/llama3", True)


def test_what_is_sent_to_ollama(server):
    backend = client_of("ollama", server)
    assert complete(backend) == "I offer 500."
    body = server.requests[0].body
    assert body["messages"] == list(MESSAGES)
    assert body["options"] == {"temperature": 0.3, "num_predict": 50, "seed": 5}
    assert (body["format"], body["stream"]) == (SCHEMA, False)
    assert "authorization" not in server.requests[0].headers
    assert (backend.name, backend.has_schema) == ("ollama/llama3", True)


@pytest.mark.parametrize("client", CLIENTS)
def test_without_schema_and_seed_none_is_sent(server, client):
    complete(client_of(client, server), Request(MESSAGES))
    sent = json.dumps(server.requests[0].body)
    assert not [word for word in ("seed", "response_format", "format", "null") if f'"{word}"' in sent]


@pytest.mark.parametrize("client", CLIENTS)
def test_models_are_listed(server, client):
    assert asyncio.run(client_of(client, server).models()) == ["llama3", "qwen3"]


def test_addresses_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.port}")
    assert complete(OpenAIBackend("llama3")) == "I offer 500."
    assert complete(OllamaBackend("llama3")) == "I offer 500."


@pytest.mark.parametrize("client", CLIENTS)
def test_a_proxy_of_the_environment_has_no_part_in_reaching_this_machine(server, client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{refused_address()}")
    monkeypatch.setenv("ALL_PROXY", f"http://{refused_address()}")
    assert complete(client_of(client, server)) == "I offer 500."


def test_keys_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai \n")
    monkeypatch.setenv("OLLAMA_API_KEY", "\tsk-ollama\n")
    for client in CLIENTS:
        complete(client_of(client, server))
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer sk-openai", "Bearer sk-ollama"]


@pytest.mark.parametrize("key", ["", "  "])
def test_openai_itself_needs_a_key(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(BackendError, match="OPENAI_API_KEY is not set") as caught:
        OpenAIBackend("gpt-5")
    assert caught.value.fault == "key"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("key", ["sk-secret\nX-Other: header", "sk-secrét", "sk secret", "sk-secret\x7f"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(server, client, key, monkeypatch):
    monkeypatch.setenv(f"{client.upper()}_API_KEY", key)
    with pytest.raises(BackendError, match=f"{client.upper()}_API_KEY") as caught:
        client_of(client, server)
    assert "secr" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["localhost:8000/v1", "ftp://localhost/v1", "me:secret@localhost", "http://[::1", "http://me:secret@h:port/v1",
     "http://"],
)  # fmt: skip
def test_an_address_without_http_is_refused(address):
    with pytest.raises(ValueError, match=r"it must be like 'http://127\.0\.0\.1:8000/v1'") as caught:
        OpenAIBackend("llama3", address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["localhost:abc", "http://me:secret@h:["])
def test_an_ollama_host_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match=r"it must be like '127\.0\.0\.1:11434'") as caught:
        OllamaBackend("llama3", address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:secret@h:1/v1?api_key=hidden", "http://h:1/v1"),
        ("http://me:se@secret@h:1/v1#hidden", "http://h:1/v1"),
        ("http://me:se#secret@h:1/v1/", "http://h:1/v1"),
        ("http://me:se/secret@h:1", "http://h:1"),
        ("me:secret@h:1", "h:1"),
    ],
)
def test_addresses_are_shown_without_secrets(url, shown):
    assert shown_address(url) == shown


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_a_list_of_models_is_asked(status):
    class Listless(OpenAIBackend):
        async def models(self):
            raise BackendError("no such service", "model", status=status)

    with FaultServer() as server:
        check(Listless("llama3", server.base_url))
        assert server.requests[-1].body["max_tokens"] == 5
        with pytest.raises(BackendError, match="gemma"):
            check(Listless("gemma", server.base_url))


def test_a_password_and_a_query_of_an_address_are_not_shown():
    backend = OpenAIBackend("llama3", f"http://me:secret@{refused_address()}/v1?api_key=hidden")
    with pytest.raises(BackendError, match="cannot be reached at http://127") as caught:
        complete(backend)
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def refuse(*parameters: str, code: str | None = "unsupported_parameter"):
    """Answer 400 to a request that holds one of the parameters, as a hosted API does."""

    def answer(body):
        strict = body.get("response_format", {}).get("json_schema", {}).get("strict", False)
        for name in parameters:
            if strict if name == "response_format" else name in body:
                error = {"message": f"Unsupported parameter: '{name}'", "param": name, "code": code}
                return lambda exchange: exchange.send(json.dumps({"error": error}), 400)
        return Reply()

    return answer


def test_what_a_model_refuses_is_done_without_from_then_on():
    async def asked(backend):
        texts = [completion.text for completion in await asyncio.gather(*(backend.complete(REQUEST) for _ in range(3)))]
        first = len(server.requests)
        await backend.complete(REQUEST)
        await backend.close()
        return texts, first

    server = FaultServer(refuse("max_tokens", "temperature", "response_format"))
    with server, pytest.warns(UserWarning, match="openai/llama3 refuses") as warned:
        texts, first = asyncio.run(asked(client_of("openai", server)))
    last = server.requests[-1].body
    assert texts == ["I offer 500."] * 3
    assert len([warning for warning in warned if "refuses" in str(warning.message)]) == 3
    assert first <= 12
    assert len(server.requests) == first + 1
    assert last["max_completion_tokens"] == 50
    assert "temperature" not in last
    assert last["response_format"]["json_schema"]["strict"] is False


@pytest.mark.parametrize(
    ("parameters", "code"), [(("seed",), "unsupported_parameter"), (("temperature",), "decimal_above_max_value")]
)
def test_what_is_merely_wrong_is_a_fault(parameters, code):
    with FaultServer(refuse(*parameters, code=code)) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BackendError, match="HTTP 400"):
            complete(client_of("openai", server))
    assert len(server.requests) == 1


def test_what_is_refused_even_so_is_a_fault():
    always = {"message": "never", "param": "response_format", "code": None}
    with FaultServer(lambda body: lambda exchange: exchange.send(json.dumps({"error": always}), 400)) as server:
        with pytest.warns(UserWarning, match="as strict"), pytest.raises(BackendError, match="never"):
            complete(client_of("openai", server))
        assert len(server.requests) == 2


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_that_is_listed_is_there_without_asking_it(server, client):
    check(client_of(client, server))
    assert not server.requests


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_with_a_tag_is_found_without_it(client):
    with FaultServer(models=["llama3:latest"]) as server:
        check(client_of(client, server))
        assert not server.requests


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("content", ["Yes.", ""])
def test_a_model_that_answers_is_there_though_not_listed(server, client, content):
    server.always(Reply(content))
    check(client_of(client, server, "any"))
    assert len(server.requests) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_that_is_not_there_is_found_out(server, client):
    with pytest.raises(BackendError, match="Did you mean 'llama3'"):
        check(client_of(client, server, "lama3"))


@pytest.mark.parametrize("client", CLIENTS)
def test_a_server_that_is_not_there_is_found_out(server, client):
    backend = client_of(client, server)
    server.stop()
    with pytest.raises(BackendError, match="cannot be reached"):
        check(backend)
