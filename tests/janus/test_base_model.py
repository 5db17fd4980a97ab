"""The default base model out of its GGUF file, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import negotiation_janus.base_model as base_model
import pytest
import torch
from negotiation_janus.base_model import converted_default, load_base
from negotiation_janus.hyperlora import HyperLoRA, LoraSettings
from negotiation_policies.llm.backends.protocol import BackendError
from negotiation_policies.llm.backends.weights import find_model
from transformers import AutoModelForCausalLM

WORDS = "The price is 450, or 500"


@pytest.fixture(scope="module")
def two_layers():
    return load_base(num_layers=2)


def test_the_default_model_computes_what_its_file_says():
    source = find_model("smollm2")
    original = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    base = load_base()
    tokens = base.tokenizer(WORDS, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        assert torch.equal(base.model(input_ids=tokens).logits, original(input_ids=tokens).logits)
    assert base.tokenizer.decode(tokens[0]) == WORDS
    assert base.tokenizer.chat_template
    assert not any(weight.requires_grad for weight in base.model.parameters())


def test_a_shorter_model_has_the_first_layers(two_layers):
    assert two_layers.facts["num_hidden_layers"] == 2
    assert len(two_layers.model.model.layers) == 2
    whole = load_base().model.model.layers[1].mlp.up_proj.weight
    assert torch.equal(two_layers.model.model.layers[1].mlp.up_proj.weight, whole)


@pytest.mark.parametrize("num_layers", [0, 31])
def test_a_wrong_number_of_layers_is_refused(num_layers):
    with pytest.raises(ValueError, match=f"num_layers is {num_layers}; smollm2 has 30"):
        load_base(num_layers=num_layers)


def test_a_model_in_four_bits_trains_on_the_cpu():
    model = HyperLoRA.fresh(load_base(num_layers=2, use_qlora=True, device="cpu").model, LoraSettings(rank=4)).train()
    optimizer = torch.optim.AdamW(model.trainable().values(), lr=3e-3)
    tokens = torch.arange(40).view(4, 10)
    losses = []
    for _ in range(4):
        with model.rho_context([0.0, 0.3, 1.0, -1.0]):
            loss = model(input_ids=tokens, labels=tokens).loss
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)
    assert "4bit" in type(model.model.get_base_model().model.layers[0].mlp.up_proj).__name__


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache that holds the weights' file alone."""
    (tmp_path / "models").mkdir()
    file = find_model("smollm2")
    (tmp_path / "models" / file.name).symlink_to(file)
    monkeypatch.setenv("NEGOTIATION_CACHE", str(tmp_path))
    return tmp_path / "models"


@pytest.fixture
def quick(monkeypatch):
    """A conversion that writes little."""
    written = []

    def convert(source: Path, folder: Path):
        written.append(source)
        (folder / "model.safetensors").write_bytes(b"weights")

    monkeypatch.setattr(base_model, "_convert", convert)
    return written


def test_weights_are_converted_once_and_again_when_they_are_damaged(own_cache, quick):
    folder = converted_default()
    base_model._converted.cache_clear()
    assert converted_default() == folder
    assert len(quick) == 1
    (folder / "model.safetensors").write_bytes(b"changed")
    base_model._converted.cache_clear()
    assert converted_default() == folder
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert sorted(path.name for path in own_cache.iterdir()) == sorted([find_model("smollm2").name, folder.name])


def test_a_conversion_that_fails_leaves_nothing(own_cache, monkeypatch):
    def fails(source, folder):
        (folder / "half").write_bytes(b"")
        raise OSError("no space left")

    monkeypatch.setattr(base_model, "_convert", fails)
    with pytest.raises(OSError, match="no space left"):
        converted_default()
    assert [path.name for path in own_cache.iterdir()] == [find_model("smollm2").name]


def test_whoever_comes_second_takes_what_the_first_has_written(own_cache, quick, monkeypatch):
    whole = base_model._convert

    def overtaken(source, folder):
        whole(source, folder)
        monkeypatch.setattr(base_model, "_convert", whole)
        base_model._converted.cache_clear()
        converted_default()

    monkeypatch.setattr(base_model, "_convert", overtaken)
    assert (converted_default() / "model.safetensors").read_bytes() == b"weights"
    assert len(list(own_cache.iterdir())) == 2


def test_without_weights_the_command_that_fetches_them_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("NEGOTIATION_CACHE", str(tmp_path))
    with pytest.raises(BackendError, match="negotiate fetch-model smollm2"):
        load_base()


def test_without_a_connection_a_name_of_the_hub_is_one_clear_error(tmp_path):
    code = "from negotiation_janus.base_model import load_base; load_base('nobody/nothing')"
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=offline, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: the base model 'nobody/nothing' cannot be loaded")
    assert "Give 'smollm2'" in last


@pytest.mark.parametrize("place", ["/nowhere/at/all", "./nowhere", "~/nowhere-at-all"])
def test_a_folder_that_is_not_there_is_named_as_one(place):
    with pytest.raises(ValueError, match=f"there is no folder {place}"):
        load_base(place)
