"""A language model of a few thousand weights, with a tokenizer of single characters."""

from __future__ import annotations

import torch
from negotiation_janus.base_model import BaseModel
from negotiation_janus.hyperlora import HyperLoRA, LoraSettings
from negotiation_janus.hypernet import HypernetSettings
from negotiation_janus.prompts import PriceText
from transformers import LlamaConfig, LlamaForCausalLM


class Letters:
    """A tokenizer that writes each character as one token."""

    bos_token_id, eos_token_id = 1, 2

    def __call__(self, text, add_special_tokens=True):
        return {"input_ids": [ord(letter) for letter in text]}


TEXT = PriceText(Letters())


def new_base():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=128, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2,
    )  # fmt: skip
    return BaseModel(LlamaForCausalLM(config).requires_grad_(False).eval(), Letters(), {"name": "tiny"})


def new_model(base, dropout=0.1, head_scale=0.02):
    lora = LoraSettings(rank=4, alpha=8.0, dropout=dropout)
    return HyperLoRA.fresh(base.model, lora, HypernetSettings(hidden=16, head_scale=head_scale))


def scrambled(base):
    """A model whose adapters are far from doing nothing."""
    model = new_model(base, dropout=0.0, head_scale=0.5)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(2)
        for name, weight in model.trainable().items():
            if "lora_B" in name:
                weight.normal_(std=0.5)
    return model.eval()
