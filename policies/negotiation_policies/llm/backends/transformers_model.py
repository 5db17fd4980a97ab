"""A loaded model of transformers, and how it answers several chats in one batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jinja2 import TemplateError
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from negotiation_policies.llm.backends.protocol import BackendError, Completion, Request

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

IsWanted = Callable[[], bool]
"""Whether somebody still waits for a row."""

MIN_P = 0.05
"""Tokens less likely than this share of the likeliest one are never drawn, as in llama.cpp."""

_LOAD_FAULTS = (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError)


@dataclass(frozen=True)
class Row:
    """One chat of a batch, as tokens.

    Attributes:
        tokens: of the prompt.
        max_tokens: the longest reply that is asked for and fits into the context.
        temperature: 0 is greedy.
        seed: of the row's own generator; None is a new one each time.
        is_wanted: whether somebody still waits for it.
    """

    tokens: list[int]
    max_tokens: int
    temperature: float
    seed: int | None
    is_wanted: IsWanted


class TransformersModel:
    """A model and its tokenizer, on one device.

    Args:
        model: in evaluation mode.
        tokenizer: with a chat template.
        name: as messages name it.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str) -> None:
        self._model, self._tokenizer, self._name = model, tokenizer, name
        self._context = getattr(model.config.get_text_config(), "max_position_embeddings", None) or math.inf
        self._ends = _end_tokens(model, tokenizer)

    @classmethod
    def load(cls, source: str, is_folder: bool, name: str) -> TransformersModel:
        """Load a folder, or a name of the hub; raises `BackendError` with the reason if that cannot be done."""
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=is_folder, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                source,
                local_files_only=is_folder,
                trust_remote_code=False,  # by default a terminal is asked
                use_safetensors=True,
                dtype="auto" if device == "cuda" else torch.float32,
            )
        except _LOAD_FAULTS as error:
            reason = " ".join(str(error).split())[:300].replace(source, name) or type(error).__name__
            raise BackendError(
                f"{name}: transformers cannot load it ({reason}). It needs the folder of a causal language model as "
                "save_pretrained writes it, with safetensors and a tokenizer, or a name of huggingface.co and a "
                "connection to it.",
                "model",
            ) from error
        if not tokenizer.chat_template:
            raise BackendError(f"{name}: its tokenizer has no chat template. Take a model made for chats.", "model")
        return cls(model.to(device).eval(), tokenizer, name)

    def answers(self, requests: Sequence[Request], wanted: Sequence[IsWanted]) -> list[Completion | BackendError]:
        """Answer all requests in one batch, each row with its own temperature, length and seed."""
        prepared = [self._row(request, is_wanted) for request, is_wanted in zip(requests, wanted, strict=True)]
        rows = [row for row in prepared if isinstance(row, Row)]
        replies = iter(self._generate(rows) if rows else [])
        return [self._completion(row, next(replies)) if isinstance(row, Row) else row for row in prepared]

    def _row(self, request: Request, is_wanted: IsWanted) -> Row | BackendError:
        try:
            text = self._tokenizer.apply_chat_template(
                [dict(message) for message in request.messages], tokenize=False, add_generation_prompt=True
            )
        except TemplateError as error:
            return BackendError(f"{self._name}: its chat template refuses the chat ({error}).", "model")
        tokens = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        room = self._context - len(tokens)
        if room < 1:
            return BackendError(
                f"{self._name}: the prompt is too long for the model: {len(tokens)} tokens, of {self._context} for "
                "prompt and reply. Shorten the history, or take a model with a longer context.",
                "context",
            )
        return Row(tokens, int(min(request.max_tokens, room)), request.temperature, request.seed, is_wanted)

    @torch.inference_mode()
    def _generate(self, rows: list[Row]) -> list[list[int]]:
        """The tokens of each reply, with its end token if it came to that."""
        width = max(len(row.tokens) for row in rows)
        padding = [width - len(row.tokens) for row in rows]
        device = self._model.device
        tokens = torch.tensor([[self._ends[0]] * pad + row.tokens for pad, row in zip(padding, rows, strict=True)])
        mask = torch.tensor([[0] * pad + [1] * len(row.tokens) for pad, row in zip(padding, rows, strict=True)])
        out = self._model.generate(
            input_ids=tokens.to(device),
            attention_mask=mask.to(device),
            generation_config=GenerationConfig(
                do_sample=False,
                max_new_tokens=max(row.max_tokens for row in rows),
                eos_token_id=self._ends,
                pad_token_id=self._ends[0],
            ),
            logits_processor=LogitsProcessorList([_RowSampling(rows, device)]),
            stopping_criteria=StoppingCriteriaList([_RowEnd(rows, width)]),
        )
        return [self._cut(reply, row) for reply, row in zip(out[:, width:].tolist(), rows, strict=True)]

    def _cut(self, reply: list[int], row: Row) -> list[int]:
        """A row of the batch without what follows its end."""
        reply = reply[: row.max_tokens]
        ends = [place for place, token in enumerate(reply) if token in self._ends]
        return reply[: ends[0] + 1] if ends else reply

    def _completion(self, row: Row, reply: list[int]) -> Completion | BackendError:
        has_ended = bool(reply) and reply[-1] in self._ends
        # Other special tokens stay visible: what follows the marker of another role is not the model's own reply.
        text = str(self._tokenizer.decode(reply[:-1] if has_ended else reply, skip_special_tokens=False))
        if not text.strip():
            by_chance = row.temperature > 0 and row.seed is None
            return BackendError(f"{self._name}: the reply is empty.", "shape", retryable=by_chance)
        finish_reason = "stop" if has_ended else "length"
        return Completion(text, finish_reason, prompt_tokens=len(row.tokens), completion_tokens=len(reply))


class _RowSampling(LogitsProcessor):  # type: ignore[misc]  # transformers has no types here
    """Sampling as an arg max: ``argmax(logits / temperature + gumbel)`` is a draw from the softmax of the first term.

    So every row has its own temperature and its own generator, and nothing touches the global one.
    """

    def __init__(self, rows: list[Row], device: torch.device) -> None:
        self._rows = rows
        self._generators = [_generator(row.seed, device) for row in rows]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Noisy scores, of shape (rows, vocabulary); those of greedy rows stay as they are."""
        scores = scores.float()
        noisy = scores.masked_fill(scores < scores.amax(-1, keepdim=True) + math.log(MIN_P), -math.inf)
        for place, (row, generator) in enumerate(zip(self._rows, self._generators, strict=True)):
            if row.temperature > 0:
                noise = torch.empty_like(noisy[place]).exponential_(generator=generator)
                noisy[place] = noisy[place] / row.temperature - noise.log()
        return noisy


class _RowEnd(StoppingCriteria):  # type: ignore[misc]  # transformers has no types here
    """A row ends at its own length, or when nobody waits for it any more."""

    def __init__(self, rows: list[Row], width: int) -> None:
        self._rows, self._width = rows, width

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        """Which rows are at their end, of shape (rows,)."""
        length = input_ids.shape[1] - self._width
        ended = [length >= row.max_tokens or not row.is_wanted() for row in self._rows]
        return torch.tensor(ended, device=input_ids.device)


def _generator(seed: int | None, device: torch.device) -> torch.Generator:
    generator = torch.Generator(device)
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    return generator


def _end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that end a reply: those of the model's own settings, and the tokenizer's."""
    configured = model.generation_config.eos_token_id
    several = configured if isinstance(configured, list) else [configured]
    ends = [token for token in dict.fromkeys([tokenizer.eos_token_id, *several]) if token is not None]
    return ends or [0]
