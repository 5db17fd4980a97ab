"""Gated adapters: exact where nothing is learned yet, row by row, saved, frozen, refused."""

from __future__ import annotations

import json

import pytest
import torch
from negotiation_janus.adapters import freeze_at, load_adapters, save_adapters
from negotiation_janus.base_model import BaseModel
from negotiation_janus.hyperlora import HyperLoRA, LoraSettings
from negotiation_janus.hypernet import Hypernet, HypernetSettings, checked_rhos
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

LORA = LoraSettings(rank=4, alpha=8.0)
RHOS = [0.0, 0.3, 1.0, -1.0]
TOKENS = torch.randint(0, 64, (4, 9), generator=torch.Generator().manual_seed(0))


def new_base(**changes):
    torch.manual_seed(0)
    shape = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 32}
    config = LlamaConfig(vocab_size=64, intermediate_size=48, **(shape | changes))
    model = LlamaForCausalLM(config).requires_grad_(False).eval()
    facts = {"name": "tiny", "hidden_size": config.hidden_size, "num_hidden_layers": config.num_hidden_layers}
    return BaseModel(model, None, facts)


def new_model(base=None, trained=True, lora=LORA):
    model = HyperLoRA.fresh((base or new_base()).model, lora, HypernetSettings(hidden=16, head_scale=0.5), seed=1)
    if trained:
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(2)
            for name, weight in model.trainable().items():
                if "lora_B" in name:
                    weight.normal_(std=0.3)
    return model.eval()


def logits(model, rho, tokens=TOKENS, **inputs):
    with torch.no_grad(), model.rho_context(rho):
        return model(input_ids=tokens, **inputs).logits


def test_a_fresh_adapter_is_the_base_model_exactly():
    expected = new_base().model(input_ids=TOKENS).logits
    assert torch.equal(logits(new_model(trained=False), RHOS), expected)


def test_rows_of_different_rhos_equal_one_by_one():
    model = new_model()
    together = logits(model, RHOS)
    alone = torch.cat([logits(model, rho, TOKENS[row : row + 1]) for row, rho in enumerate(RHOS)])
    assert torch.allclose(together, alone, atol=1e-5)
    assert (together[:, -1] - logits(model, 0.5)[:, -1]).abs().amax(dim=1).min() > 1e-3


def test_the_gate_is_the_formula_of_the_docstring():
    model = new_model()
    name, rho = model.hypernet.layers[3], 0.3
    layer = dict(model.model.named_modules())[name]
    x = torch.randn(1, 5, layer.in_features)
    with torch.no_grad(), model.rho_context(rho):
        found = layer(x)
        gate = model.hypernet(torch.tensor([rho]))[3, 0]
        a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        expected = x @ layer.base_layer.weight.T + LORA.alpha / LORA.rank * ((x @ a.T) * gate) @ b.T
    assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_saved_and_loaded_adapters_compute_the_same(tmp_path, dtype):
    model, base = new_model(), new_base()
    with torch.no_grad():
        for weight in model.trainable().values():
            weight.copy_(weight.to(dtype))
    save_adapters(model, tmp_path, base, {"digits": 3}, dtype)
    assert {path.name for path in tmp_path.iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors", "hypernet.safetensors",
    }  # fmt: skip
    assert torch.equal(logits(load_adapters(tmp_path, base), RHOS), logits(model, RHOS))


@pytest.mark.parametrize("rho", RHOS)
def test_frozen_at_a_rho_is_an_ordinary_adapter_that_equals_the_gated_one(tmp_path, rho):
    model, base = new_model(), new_base()
    freeze_at(model, rho, tmp_path, base)
    with torch.no_grad():
        found = PeftModel.from_pretrained(base.model, tmp_path)(input_ids=TOKENS).logits
    assert torch.allclose(found, logits(model, rho), atol=1e-5)
    with pytest.raises(ValueError, match=r"no hypernet\.safetensors"):
        load_adapters(tmp_path, new_base())


def test_gradients_reach_adapters_and_hypernetwork_only():
    model = new_model(trained=False).train()
    assert all("lora_" in name or name.startswith("hypernet.") for name in model.trainable())
    with torch.no_grad():
        for name, weight in model.trainable().items():
            if "lora_B" in name:
                weight.fill_(0.01)
    with model.rho_context(RHOS):
        model(input_ids=TOKENS, labels=TOKENS).loss.backward()
    for name, weight in model.named_parameters():
        assert (weight.grad is not None and bool(weight.grad.any())) == weight.requires_grad, name


def test_gradient_checkpointing_computes_the_same_gradients():
    def gradients(checkpointing):
        model = new_model().train()
        if checkpointing:
            model.model.enable_input_require_grads()
            model.model.gradient_checkpointing_enable({"use_reentrant": False})
        with model.rho_context(RHOS):
            model(input_ids=TOKENS, labels=TOKENS, use_cache=False).loss.backward()
        return {name: weight.grad for name, weight in model.trainable().items()}

    expected = gradients(checkpointing=False)
    for name, found in gradients(checkpointing=True).items():
        assert torch.allclose(found, expected[name], atol=1e-6), name


def test_only_named_layers_and_targets_get_adapters():
    model = new_model(lora=LoraSettings(rank=2, targets=("q_proj", "down_proj"), layers=(1,)))
    assert [name.split(".", 3)[3] for name in model.hypernet.layers] == [
        "layers.1.self_attn.q_proj", "layers.1.mlp.down_proj",
    ]  # fmt: skip


def test_a_cache_belongs_to_the_rhos_that_filled_it():
    model, cache = new_model(), DynamicCache()
    first = logits(model, RHOS, TOKENS[:, :5], past_key_values=cache)
    rest = logits(model, RHOS, TOKENS[:, 5:], past_key_values=cache)
    assert torch.allclose(torch.cat([first, rest], dim=1), logits(model, RHOS), atol=1e-5)
    with pytest.raises(ValueError, match="one cache belongs to one rho"):
        logits(model, 0.5, TOKENS[:, :1], past_key_values=cache)


@pytest.mark.parametrize("rho", [1.5, -0.5, float("nan"), [0.3, 2.0], [[0.1]], []])
def test_a_wrong_rho_is_refused(rho):
    with pytest.raises(ValueError, match="rho"):
        checked_rhos(rho)


def test_a_batch_of_another_length_and_no_rho_are_refused():
    model = new_model()
    with pytest.raises(ValueError, match="4 rows, and rho 3"):
        logits(model, RHOS[:3])
    with pytest.raises(RuntimeError, match="rho_context"):
        model(input_ids=TOKENS)
    with pytest.raises(RuntimeError, match="rho_context"):
        model.model(input_ids=TOKENS)


def test_contexts_nest_and_end_with_an_error():
    model = new_model()
    with model.rho_context(0.2):
        with pytest.raises(KeyError), model.rho_context(0.9):
            raise KeyError
        inside = model(input_ids=TOKENS).logits
    assert torch.equal(inside, logits(model, 0.2))


def test_layers_that_the_model_does_not_have_are_refused():
    with pytest.raises(ValueError, match="no_proj"):
        new_model(lora=LoraSettings(targets=("no_proj",)))


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"alpha": 0.0}, {"dropout": 1.0}, {"targets": ()}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="out of range"):
        LoraSettings(**wrong)


def test_merging_is_refused():
    with pytest.raises(RuntimeError, match="freeze_at"):
        new_model().model.merge_and_unload()


def test_an_impasse_is_a_mode_of_its_own():
    features = Hypernet(["a"], 2).features(torch.tensor([-1.0, 0.0, 1.0]))
    assert features[0].tolist() == [0.0, 1.0] + [0.0] * (features.shape[1] - 2)
    assert (features[1] - features[2]).abs().max() == pytest.approx(1.0, abs=1e-6)


@pytest.fixture
def saved(tmp_path):
    return save_adapters(new_model(), tmp_path / "saved", new_base())


@pytest.mark.parametrize("name", ["hypernet.safetensors", "adapter_model.safetensors", "adapter_config.json"])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(ValueError, match=f"no {name}"):
        load_adapters(saved, new_base())


@pytest.mark.parametrize("name", ["hypernet.safetensors", "adapter_model.safetensors"])
@pytest.mark.parametrize("kept", [0, 100, -10])
def test_a_truncated_file_is_named(saved, name, kept):
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[:kept])
    with pytest.raises(ValueError, match=f"{name} is not whole"):
        load_adapters(saved, new_base())


@pytest.mark.parametrize("change", [{"hidden_size": 64}, {"num_hidden_layers": 3}])
def test_another_base_model_is_refused(saved, change):
    with pytest.raises(ValueError, match=f"another base model: {next(iter(change))}"):
        load_adapters(saved, new_base(**change))


@pytest.mark.parametrize(("key", "value"), [("r", 8), ("layers_to_transform", [0])])
def test_a_configuration_of_another_rank_or_other_layers_is_refused(saved, key, value):
    path = saved / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ValueError, match=r"rank|do not belong together"):
        load_adapters(saved, new_base())


def test_weights_of_other_tensors_are_refused(saved):
    tensors = load_file(saved / "adapter_model.safetensors")
    tensors.pop(next(iter(tensors)))
    save_file(tensors, saved / "adapter_model.safetensors")
    with pytest.raises(ValueError, match="do not belong together"):
        load_adapters(saved, new_base())


def test_what_is_there_stays_unless_asked(saved):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    with pytest.raises(ValueError, match="overwrite"):
        save_adapters(new_model(), saved, new_base())
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    (saved / "notes.txt").write_text("mine")
    save_adapters(new_model(), saved, new_base(), overwrite=True)
    assert (saved / "notes.txt").exists()
