"""Models by their names: which backend a name means, that it is opened once, and what is said of wrong names."""

import gc
import multiprocessing
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from fault_server import FaultServer
from negotiation_policies.llm.backends import opening
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.ollama_api import OllamaBackend
from negotiation_policies.llm.backends.openai_api import OpenAIBackend
from negotiation_policies.llm.backends.opening import close_all, open_model, register_scheme, split_name
from negotiation_policies.llm.backends.protocol import BackendError, Request
from negotiation_policies.llm.backends.reliable import Model, Reliability

REQUEST = Request(({"role": "system", "content": "You sell."}, {"role": "user", "content": "Your move."}))


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch):
    for variable in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OLLAMA_HOST", "OLLAMA_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(opening, "SCHEMES", dict(opening.SCHEMES))
    yield
    close_all()


@dataclass(eq=True)
class Own:
    """A backend of a user's own, which cannot be hashed."""

    rest: str = ""
    base_url: str | None = None
    closed: bool = False
    name: str = "own"
    has_schema: bool = False

    async def close(self) -> None:
        self.closed = True
        if self.rest == "broken":
            raise OSError("cannot close")


def say(model: Model) -> str:
    async def said():
        async with model.decision() as budget:
            return (await budget.complete(REQUEST)).text

    return run(said())


@pytest.mark.parametrize(
    ("name", "scheme", "rest"),
    [
        ("llama3", "ollama", "llama3"),
        (" llama3:8b ", "ollama", "llama3:8b"),
        ("ollama/llama3", "ollama", "llama3"),
        ("ollama/hf.co/user/model:Q4", "ollama", "hf.co/user/model:Q4"),
        ("hf.co/user/model", "ollama", "hf.co/user/model"),
        ("user/model", "ollama", "user/model"),
        ("openai/gpt-5", "openai", "gpt-5"),
        ("openai/meta-llama/Llama-3", "openai", "meta-llama/Llama-3"),
        ("smollm2", "smollm2", ""),
        ("smollm2:135m", "ollama", "smollm2:135m"),
        ("ollama/smollm2", "ollama", "smollm2"),
        ("local/models/tiny.gguf", "local", "models/tiny.gguf"),
        ("local//models/tiny.gguf", "local", "/models/tiny.gguf"),
        ("transformers/org/name", "transformers", "org/name"),
    ],
)
def test_what_a_name_means(name, scheme, rest):
    assert split_name(name) == (scheme, rest)


@pytest.mark.parametrize("name", ["", "  ", "ollama/", "openai/ ", "/"])
def test_a_model_without_a_name_is_refused(name):
    with pytest.raises(ValueError, match="has no name; write e"):
        open_model(name)


@pytest.mark.parametrize(
    ("name", "meant"), [("olama/llama3", "ollama"), ("OpenAI/gpt-5", "openai"), ("transformer/x/y", "transformers")]
)
def test_a_slip_in_a_scheme_is_refused(name, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'.* is 'ollama/{name}'"):
        open_model(name)


def test_a_file_without_its_scheme_is_refused(tmp_path):
    for name in ("tiny.gguf", str(tmp_path / "tiny.gguf")):
        (tmp_path / "tiny.gguf").touch()
        with pytest.raises(ValueError, match=f"write 'local/{name}'"):
            split_name(name)
    assert split_name("hf.co/somebody/Tiny:tiny.gguf") == ("ollama", "hf.co/somebody/Tiny:tiny.gguf")


def test_names_give_their_backends(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nothing")
    assert isinstance(open_model("llama3").backend, OllamaBackend)
    assert isinstance(open_model("openai/gpt-5").backend, OpenAIBackend)
    assert open_model("hf.co/user/model").name == "ollama/hf.co/user/model"


def test_a_base_url_is_where_the_server_is():
    with FaultServer() as server:
        assert say(open_model("openai/llama3", base_url=server.base_url)) == "I offer 500."
        assert say(open_model("ollama/llama3", base_url=server.ollama_host)) == "I offer 500."


@pytest.mark.parametrize("name", ["smollm2", "local/x.gguf", "transformers/x"])
def test_what_needs_no_server_takes_no_address(name):
    with pytest.raises(ValueError, match="takes no base_url"):
        open_model(name, base_url="http://127.0.0.1:1/v1")


def test_smollm2_stands_alone():
    with pytest.raises(ValueError, match="'ollama/smollm2'"):
        open_model("smollm2/135m")


def test_a_file_is_named_without_its_folder(monkeypatch):
    made = []
    monkeypatch.setattr(opening, "load_target", lambda target: lambda *arguments: made.append((target, *arguments)))
    opening.local_backend("~/models/tiny.gguf", None)
    opening.smollm2_backend("", None)
    opening.transformers_backend("org/name", None)
    assert made == [
        (f"{opening._HERE}.llama_server:LlamaServerBackend", Path.home() / "models" / "tiny.gguf", "local/tiny.gguf"),
        (f"{opening._HERE}.llama_server:LlamaServerBackend", None, "smollm2"),
        (f"{opening._HERE}.transformers_local:TransformersBackend", "org/name"),
    ]


def test_equal_arguments_give_the_same_model():
    first = open_model("llama3")
    assert open_model(" llama3 ") is first
    assert open_model("llama3", reliability=Reliability()) is first
    other = open_model("llama3", reliability=Reliability(retries=1))
    assert other is not first
    assert other.backend is first.backend
    assert open_model("llama3", base_url="127.0.0.1:1").backend is not first.backend


def test_another_environment_gives_another_model(monkeypatch):
    first = open_model("llama3")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    assert open_model("llama3").backend is not first.backend


def test_a_backend_has_one_model_for_as_long_as_it_is_used():
    own, other = Own(), Own()
    model = open_model(own)
    assert model.backend is own
    assert open_model(own) is model
    assert open_model(other) is not model
    del model
    gc.collect()
    assert open_model(own).backend is own


def test_schemes_are_added_in_one_line():
    register_scheme("own", f"{__name__}:Own")
    sys.modules.setdefault(__name__, sys.modules[Own.__module__])
    assert open_model("own/thing", base_url="there").backend == Own("thing", "there")
    register_scheme("own", f"{__name__}:Own")
    with pytest.raises(ValueError, match="scheme 'own' is taken"):
        register_scheme("own", "other:Own")
    with pytest.raises(ValueError, match="must be non-empty and without a slash"):
        register_scheme("a/b", "other:Own")
    with pytest.raises(ValueError, match="must be 'module:function'"):
        register_scheme("third", "other")


def test_closing_closes_all_by_name_and_reopens_later():
    register_scheme("own", f"{__name__}:Own")
    sound, broken, given = open_model("own/sound"), open_model("own/broken"), open_model(Own("given"))
    with pytest.raises(OSError, match="cannot close"):
        close_all()
    assert sound.backend.closed
    assert broken.backend.closed
    assert not given.backend.closed
    assert open_model("own/sound") is not sound


@pytest.mark.parametrize(
    ("package", "module", "name"),
    [("openai", "openai_api", "openai/gpt-5"), ("ollama", "ollama_api", "llama3"), ("tenacity", None, Own())],
)
def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch, package, module, name):
    if module:
        monkeypatch.delitem(sys.modules, f"{opening._HERE}.{module}")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BackendError, match=rf'{package}.*pip install "negotiation-env\[llm\]"') as caught:
        open_model(name)
    assert caught.value.fault == "setup"


def ask_in_fork(name: str, base_url: str, answers) -> None:
    answers.put(say(open_model(name, base_url=base_url)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_starts_anew():
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    with FaultServer() as server:
        assert say(open_model("openai/llama3", base_url=server.base_url)) == "I offer 500."
        child = context.Process(target=ask_in_fork, args=("openai/llama3", server.base_url, answers))
        with opening._lock:  # as if another thread were opening a model just then
            child.start()
        child.join(10.0)
        child.kill()
    assert child.exitcode == 0
    assert answers.get() == "I offer 500."
