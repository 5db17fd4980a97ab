"""A model of transformers in this process, with a tiny one of random weights that the tests build themselves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter

import pytest
from negotiation_policies.llm.backends import transformers_local
from negotiation_policies.llm.backends.event_loop import run
from negotiation_policies.llm.backends.protocol import BackendError, Request
from negotiation_policies.llm.backends.transformers_local import TransformersBackend

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="needs pip install 'negotiation-env[janus]'")

CONTEXT = 256
WORDS = ["I", "offer", "accept", "walk", "the", "price", "of", "450", "500", "buyer", "seller", "no", "yes", "more"]
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|> {{ message.content }} <|end|> {% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKERS = ["<|unknown|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def tiny_tokenizer(template=TEMPLATE):
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {word: place for place, word in enumerate([*MARKERS, *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unknown|>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.add_special_tokens(MARKERS)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<|end|>", unk_token=MARKERS[0])
    tokenizer.chat_template = template
    return tokenizer


def save_tiny_model(folder, template=TEMPLATE):
    """A Llama with random weights that are large enough for its words to differ in likelihood."""
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.LlamaConfig(
        vocab_size=len(MARKERS) + len(WORDS), max_position_embeddings=CONTEXT, eos_token_id=1, **size
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.LlamaForCausalLM(config)
        with torch.no_grad():
            model.lm_head.weight.normal_(0.0, 0.4)
    model.save_pretrained(folder)
    tiny_tokenizer(template).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture
def tiny(folder):
    backend = TransformersBackend(str(folder))
    run(backend.models())
    yield backend
    run(backend.close())


def asked(text="the buyer offer 450", **settings):
    settings = {"temperature": 1.0, "max_tokens": 12, "seed": 0, **settings}
    return Request(({"role": "system", "content": "the seller"}, {"role": "user", "content": text}), **settings)


def together(backend, requests):
    async def work():
        return await asyncio.gather(*map(backend.complete, requests), return_exceptions=True)

    return run(work())


def batches_of(backend, monkeypatch):
    """The sizes of the batches that are computed from now on."""
    sizes, compute = [], backend._answers
    monkeypatch.setattr(backend, "_answers", lambda batch: sizes.append(len(batch)) or compute(batch))
    return sizes


def test_a_reply_comes_with_its_counts(tiny):
    reply = run(tiny.complete(asked()))
    assert set(reply.text.split()) <= {*WORDS, *MARKERS}
    assert reply.prompt_tokens == len(
        ["<s>", "the", "seller", "<e>", "<u>", "the", "buyer", "offer", "450", "<e>", "<a>"]
    )
    assert reply.completion_tokens == len(reply.text.split()) + (reply.finish_reason == "stop")
    assert tiny.name == "transformers/tiny-llama"
    assert not tiny.has_schema
    assert run(tiny.models()) == ["transformers/tiny-llama"]


def test_how_a_reply_ends_is_told_apart(tiny):
    replies = together(tiny, [asked(seed=seed, max_tokens=20) for seed in range(16)])
    replies = [reply for reply in replies if not isinstance(reply, BackendError)]
    assert {reply.finish_reason for reply in replies} == {"stop", "length"}
    assert all((reply.completion_tokens == 20) >= (reply.finish_reason == "length") for reply in replies)
    assert not any("<|end|>" in reply.text for reply in replies)


def test_rows_do_not_depend_on_their_batch(tiny):
    requests = [
        asked(" ".join(["the buyer offer 450"] * (1 + seed)), seed=seed, max_tokens=5 + seed, temperature=seed / 4)
        for seed in range(6)
    ]
    alone = [together(tiny, [request])[0] for request in requests]
    assert [str(reply) for reply in together(tiny, requests)] == [str(reply) for reply in alone]
    lengths = [reply.completion_tokens for reply in alone if not isinstance(reply, BackendError)]
    assert all(length <= 5 + seed for seed, length in enumerate(lengths))


def test_greedy_replies_are_those_of_generate(tiny, folder):
    model, tokenizer = transformers.LlamaForCausalLM.from_pretrained(folder), tiny_tokenizer()
    request = asked(temperature=0.0)
    prompt = tokenizer.apply_chat_template(list(request.messages), add_generation_prompt=True, return_tensors="pt")
    expected = model.generate(**prompt, do_sample=False, max_new_tokens=12, pad_token_id=1)[0]
    text = tokenizer.decode(expected[prompt["input_ids"].shape[1] :]).removesuffix(" <|end|>")
    assert {run(tiny.complete(request)).text, run(tiny.complete(asked(temperature=0.0, seed=5))).text} == {text}


def test_draws_have_the_likelihoods_of_the_model(tiny, folder):
    model, tokenizer = transformers.LlamaForCausalLM.from_pretrained(folder), tiny_tokenizer()
    prompt = tokenizer.apply_chat_template(list(asked().messages), add_generation_prompt=True, return_tensors="pt")
    likelihoods = torch.softmax(model(**prompt).logits[0, -1] / 0.8, -1)
    logits = model(**prompt).logits[0, -1]
    kept = torch.where(logits >= logits.max() + torch.tensor(0.05).log(), likelihoods, 0.0)
    kept = kept / kept.sum()
    draws = 800
    replies = together(tiny, [asked(temperature=0.8, max_tokens=1, seed=seed) for seed in range(draws)])
    counts = Counter(reply.text.strip() for reply in replies if not isinstance(reply, BackendError))
    for word, share in zip(WORDS, kept[len(MARKERS) :].tolist(), strict=True):
        assert abs(counts[word] - draws * share) <= 5 * (draws * share * (1 - share)) ** 0.5


def test_without_a_seed_replies_differ_and_the_global_generator_stays(tiny):
    before = torch.random.get_rng_state()
    replies = together(tiny, [asked(seed=None) for _ in range(8)])
    assert len({str(reply) for reply in replies}) > 1
    assert torch.equal(before, torch.random.get_rng_state())


def test_requests_that_arrive_meanwhile_go_together(tiny, monkeypatch):
    sizes = batches_of(tiny, monkeypatch)

    async def work():
        first = asyncio.create_task(tiny.complete(asked(max_tokens=100)))
        while not sizes:
            await asyncio.sleep(0.001)
        return await asyncio.gather(first, *(tiny.complete(asked(seed=seed)) for seed in range(20)))

    assert len(run(work())) == 21
    assert sizes == [1, 16, 4]


def test_the_event_loop_stays_free(tiny):
    async def work():
        reply, turns = asyncio.create_task(tiny.complete(asked(max_tokens=200, seed=3))), 0
        while not reply.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert run(work()) > 20


def test_a_cancelled_request_leaves_the_queue(tiny, monkeypatch):
    sizes = batches_of(tiny, monkeypatch)

    async def work():
        first = asyncio.create_task(tiny.complete(asked()))
        while not sizes:
            await asyncio.sleep(0.001)
        second, third = (asyncio.create_task(tiny.complete(asked(seed=seed))) for seed in (1, 2))
        await asyncio.sleep(0)
        second.cancel()
        return await asyncio.gather(first, second, third, return_exceptions=True)

    first, second, third = run(work())
    assert first.text
    assert isinstance(second, asyncio.CancelledError)
    assert third == run(tiny.complete(asked(seed=2)))
    assert sizes == [1, 1, 1]


def test_a_row_that_nobody_waits_for_ends_early(tiny, monkeypatch):
    forever = Request(asked().messages, temperature=1.0, max_tokens=200, seed=0)
    steps = []
    end = transformers_local.Waiting.is_wanted
    monkeypatch.setattr(transformers_local.Waiting, "is_wanted", lambda self: steps.append(1) or end(self))
    monkeypatch.setattr(tiny._loaded(), "_ends", [len(MARKERS) + len(WORDS) - 1])

    async def impatient():
        async with asyncio.timeout(0.05):
            await tiny.complete(forever)

    with pytest.raises(TimeoutError):
        run(impatient())
    assert run(tiny.complete(asked(seed=1, max_tokens=3))).text
    assert len(steps) < 200


def test_all_computing_is_done_on_one_thread(tiny, monkeypatch):
    threads, answers = set(), tiny._answers
    monkeypatch.setattr(tiny, "_answers", lambda batch: threads.add(threading.current_thread().name) or answers(batch))
    together(tiny, [asked(seed=seed) for seed in range(3)])
    together(tiny, [asked(seed=seed) for seed in range(3)])
    assert [name.rsplit("_", 1)[0] for name in threads] == ["negotiation-transformers"]


def test_a_prompt_that_is_too_long_fails_alone(tiny):
    long, short = together(tiny, [asked("more " * CONTEXT), asked()])
    assert isinstance(long, BackendError)
    assert long.fault == "context"
    assert f"of {CONTEXT} for prompt and reply" in str(long)
    assert short.text


def test_a_reply_ends_where_the_context_does(tiny):
    rest = CONTEXT - 7 - 2  # <s> the seller <e> <u> ... <e> <a>
    replies = together(tiny, [asked("more " * rest, max_tokens=50, seed=seed) for seed in range(8)])
    replies = [reply for reply in replies if not isinstance(reply, BackendError)]
    assert max(reply.completion_tokens for reply in replies) == 2


def test_an_empty_reply_is_a_fault(tiny, monkeypatch):
    monkeypatch.setattr(tiny._loaded(), "_ends", list(range(len(MARKERS) + len(WORDS))))
    monkeypatch.setattr(tiny._loaded()._tokenizer, "decode", lambda *_, **__: " ")
    with pytest.raises(BackendError, match="the reply is empty") as error:
        run(tiny.complete(asked()))
    assert (error.value.fault, error.value.retryable) == ("shape", False)


def test_a_schema_is_refused(tiny):
    with pytest.raises(BackendError, match="cannot be held to a schema"):
        run(tiny.complete(asked(schema={"type": "object"})))


def test_a_closed_model_is_loaded_again(folder):
    backend = TransformersBackend(str(folder))
    first = run(backend.complete(asked(seed=2)))
    run(backend.close())
    assert run(backend.complete(asked(seed=2))) == first
    run(backend.close())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "cannot load it"),
        ({"config.json": "{}"}, "cannot load it"),
        ({"config.json": "not JSON"}, "cannot load it"),
        ({"model.safetensors": "no weights"}, "cannot load it"),
    ],
    ids=["empty", "no model", "no JSON", "no weights"],
)
def test_a_folder_that_is_no_model_is_named_without_its_path(folder, tmp_path, files, said):
    place = tmp_path / "broken"
    place.mkdir()
    if "model.safetensors" in files:
        for file in folder.iterdir():
            (place / file.name).write_bytes(file.read_bytes())
    for name, content in files.items():
        (place / name).write_text(content)
    backend = TransformersBackend(str(place))
    for ask in (backend.models(), backend.complete(asked())):
        with pytest.raises(BackendError, match=said) as error:
            run(ask)
        assert error.value.fault == "model"
        assert "transformers/broken" in str(error.value)
        assert str(tmp_path) not in str(error.value)
    run(backend.close())


@pytest.mark.parametrize(
    ("template", "said"),
    [(None, "no chat template"), ("{{ raise_exception('no system role') }}", "no system role")],
    ids=["none", "refuses"],
)
def test_a_model_that_cannot_chat_says_so(tmp_path, template, said):
    backend = TransformersBackend(str(save_tiny_model(tmp_path / "mute", template)))
    with pytest.raises(BackendError, match=said) as error:
        run(backend.complete(asked()))
    assert error.value.fault == "model"
    run(backend.close())


def test_a_name_that_cannot_be_downloaded_is_a_fault_with_advice(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    started = time.monotonic()
    backend = TransformersBackend("nobody/no-such-model")
    with pytest.raises(BackendError, match=r"transformers/nobody/no-such-model: transformers cannot load it") as error:
        run(backend.models())
    assert error.value.fault == "model"
    assert time.monotonic() - started < 20
    run(backend.close())


@pytest.mark.parametrize("path", ["./missing", "/no/such/folder", "a/b/c", "~/missing model"])
def test_a_folder_that_is_not_there_is_named(path):
    with pytest.raises(BackendError, match="there is no folder") as error:
        TransformersBackend(path)
    assert error.value.fault == "setup"


def test_what_is_not_installed_is_named(monkeypatch):
    find_spec = transformers_local.importlib.util.find_spec
    hidden = lambda name: None if name == "transformers" else find_spec(name)  # noqa: E731
    monkeypatch.setattr(transformers_local.importlib.util, "find_spec", hidden)
    with pytest.raises(BackendError, match=r"transformers must be installed .*negotiation-env\[janus\]"):
        TransformersBackend("some/model")
