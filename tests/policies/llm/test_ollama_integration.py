"""The official clients against live servers: Ollama's API and OpenAI's, with a true model behind both.

There is an Ollama server wherever ``OLLAMA_HOST`` says so, and then these tests ask its first model, or the one named
in ``NEGOTIATION_OLLAMA_MODEL``. Else a proxy that speaks Ollama's API stands before the model of this machine.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import os
import re
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.ollama_api import OllamaBackend
from negotiation_policies.llm.backends.openai_api import OpenAIBackend
from negotiation_policies.llm.backends.protocol import BackendError, Request

import negotiation_env

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


def asked(text="The buyer offers 450. What do you say?", **settings):
    settings = {"max_tokens": 30, "seed": 1, **settings}
    return Request(({"role": "system", "content": SELLER}, {"role": "user", "content": text}), **settings)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address, process, seconds=60.0):
    deadline, opener = time.monotonic() + seconds, build_opener(ProxyHandler({}))
    while True:
        try:
            return opener.open(address, timeout=5).read()
        except URLError:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def ollama_model(request, tmp_path_factory):
    """The address of a server with Ollama's API (None: as the environment says), and a model that it has."""
    if os.environ.get("OLLAMA_HOST"):
        named = os.environ.get("NEGOTIATION_OLLAMA_MODEL")
        yield None, named or run(OllamaBackend("any").models())[0]
        return
    if importlib.util.find_spec("ollama_proxy") is None:
        pytest.skip("needs pip install 'negotiation-env[dev]', or OLLAMA_HOST")
    address = f"http://127.0.0.1:{free_port()}"
    local = run(request.getfixturevalue("local_model").base_url())
    behind = {"PROVIDERS_LOCAL_BASE_URL": local, "PROVIDERS_LOCAL_API_KEY": "none", "EXTRA_MODELS": "local/smollm2"}
    proxy = subprocess.Popen(
        [sys.executable, "-m", "ollama_proxy", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]],
        env={**os.environ, **behind},
        cwd=tmp_path_factory.mktemp("proxy"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(address, proxy)
        yield address, "local/smollm2"
    finally:
        proxy.terminate()
        proxy.communicate(timeout=20)


@pytest.fixture(params=["ollama", "openai"])
def backend(request):
    """A backend of each official client, before a live server."""
    if request.param == "ollama":
        host, model = request.getfixturevalue("ollama_model")
        made = OllamaBackend(model, host=host)
    else:
        base_url = run(request.getfixturevalue("local_model").base_url())
        made = OpenAIBackend("smollm2", base_url=base_url)
    yield made
    run(made.close())


def test_a_reply_comes_with_its_counts(backend):
    reply = run(backend.complete(asked()))
    assert reply.text.strip()
    assert reply.finish_reason in {"stop", "length"}
    assert reply.prompt_tokens > 20
    assert 0 < reply.completion_tokens <= 40


def test_the_models_are_listed(backend):
    assert backend.name.partition("/")[2] in run(backend.models())


@pytest.mark.parametrize("seed", range(3))
def test_a_schema_is_obeyed(backend, seed):
    said = json.loads(run(backend.complete(asked(schema=SCHEMA, max_tokens=120, temperature=1.2, seed=seed))).text)
    assert sorted(said) == ["action", "message", "price"]
    assert len(said["message"]) <= 60
    assert said["action"] in {"offer", "walk"}
    assert re.fullmatch(r"[1-9][0-9]{2,3}", said["price"])


def test_several_are_asked_at_once(backend):
    async def work():
        return await asyncio.gather(*(backend.complete(asked(f"I offer {price}.")) for price in range(400, 406)))

    assert all(reply.text.strip() for reply in run(work()))


def test_an_ollama_model_that_is_not_there_is_a_fault(ollama_model):
    backend = OllamaBackend("nobody/no-such-model", host=ollama_model[0])
    with pytest.raises(BackendError, match=r"no-such-model|nobody") as error:
        run(backend.complete(asked()))
    assert error.value.fault in {"model", "status"}  # the proxy answers 400, Ollama 404
    assert not error.value.retryable
    run(backend.close())


@pytest.fixture(params=["smollm2", "ollama", "openai"])
def model(request, monkeypatch):
    """What a player's spec string says of its model."""
    if request.param == "ollama":
        host, name = request.getfixturevalue("ollama_model")
        if host is not None:
            monkeypatch.setenv("OLLAMA_HOST", host)
        return f"model=ollama/{name}"
    local = request.getfixturevalue("local_model")
    return "model=smollm2" if request.param == "smollm2" else f"model=openai/smollm2,base_url={run(local.base_url())}"


def test_a_game_is_played_in_words(model):
    players = {"buyer_0": "boulware_firm", "seller_0": f"price_strategy:strategy=linear,{model}"}
    played = negotiation_env.rollout("price", players, num_episodes=1, seed=3, max_turns=4, chat=True)
    assert played.episodes["ended_by"][0] in {"deal", "deadline"}
    told = [note for note in played.decisions["notes"] if note]
    assert told
    assert {f"model={note['model']}" for note in told} == {model.partition(",")[0]}
    assert {note["narration"] for note in told} <= {"model", "template"}
    for note, text, price in zip(*(played.decisions[name] for name in ("notes", "message", "price")), strict=True):
        assert not note or math.isnan(price) or f"{price:.2f}" in text.replace(",", "")
