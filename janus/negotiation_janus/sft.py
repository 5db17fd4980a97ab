"""Supervised fine-tuning of gated adapters on transcripts: one loop, for one process or several of torchrun."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from negotiation_env.policy import Float64, Int64
from negotiation_janus.gate_losses import closeness, smoothness
from negotiation_janus.hyperlora import HyperLoRA
from negotiation_janus.processes import Processes
from negotiation_janus.prompts import PriceText
from negotiation_janus.sampling import Sampler, rho_weights
from negotiation_janus.transcripts import ACCEPTS, Transcripts

_LEAST = 0.02
"""The learning rate at the end, as a share of the highest."""


@dataclass(frozen=True)
class SftSettings:
    """How adapters are trained.

    Attributes:
        max_steps: steps of the optimizer.
        batch_size: sequences of a step for each of its ``grad_accum`` parts, over all processes.
        grad_accum: parts of a step that are computed one after the other.
        lr: the highest learning rate of AdamW; it falls as a cosine to a fiftieth.
        warmup_steps: in which it rises.
        max_norm: gradients are clipped to it.
        seed: same seed, same batches and same dropout.
        save_every: steps between checkpoints.
        eval_every: steps between evaluations.
        lambda_sep: weight of `gate_losses.closeness`, which pushes the gates of different commands apart.
        lambda_smooth: weight of `gate_losses.smoothness`.
        accept_weight: weight of an answer that accepts; there is one for some thirty that do not.
        digit_weight: weight of each digit against that of the digit before it, which moves the price ten times as far.
        gradient_checkpointing: compute the forward pass twice instead of keeping all of it.
        bf16: compute in bfloat16; the trained weights stay in float32.
    """

    max_steps: int = 3000
    batch_size: int = 32
    grad_accum: int = 1
    lr: float = 2e-3
    warmup_steps: int = 100
    max_norm: float = 1.0
    seed: int = 0
    save_every: int = 500
    eval_every: int = 500
    lambda_sep: float = 0.0
    lambda_smooth: float = 0.0
    accept_weight: float = 1.0
    digit_weight: float = 1.0
    gradient_checkpointing: bool = False
    bf16: bool = False

    def __post_init__(self) -> None:
        for name in ("max_steps", "batch_size", "grad_accum", "save_every", "eval_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least 1.")
        for name in ("lr", "max_norm", "accept_weight", "digit_weight"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be above 0 and finite.")
        for name in ("seed", "warmup_steps", "lambda_sep", "lambda_smooth"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least 0 and finite.")

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0 on."""
        rise = min((step + 1) / max(self.warmup_steps, 1), 1.0)
        fall = 0.5 * (1.0 + math.cos(math.pi * step / self.max_steps))
        return self.lr * rise * (_LEAST + (1.0 - _LEAST) * fall)


class Trainer:
    """Makes steps on transcripts; the state after a step depends on the state before it and its number only.

    Args:
        model: whose adapters and hypernetwork are trained.
        text: how the transcripts were written.
        data: to learn from.
        settings: how.
        processes: those that share each step.
    """

    def __init__(
        self,
        model: HyperLoRA,
        text: PriceText,
        data: Transcripts,
        settings: SftSettings,
        processes: Processes | None = None,
    ) -> None:
        self.model, self.text, self.data, self.settings = model, text, data, settings
        self.processes = processes or Processes()
        self.optimizer = torch.optim.AdamW(model.trainable().values(), settings.lr, betas=(0.9, 0.98), weight_decay=0.0)
        self._answers = torch.as_tensor(text.answers, device=model.device)
        self._weights = rho_weights(data.rho)
        self._sampler = Sampler(data.lengths, settings.batch_size * settings.grad_accum, settings.seed)
        if settings.gradient_checkpointing:
            model.model.gradient_checkpointing_enable({"use_reentrant": False})

    def run(self, start: int = 0, after: Callable[[int, float], None] | None = None) -> None:
        """Make the steps from ``start`` to the last; ``after`` is called with the number of steps made and the loss.

        Raises:
            ValueError: the loss is no finite number; it names the step and the games.
        """
        for step in range(start, self.settings.max_steps):
            loss = self.step(step)
            if after is not None:
                after(step + 1, loss)

    def step(self, step: int) -> float:
        """Make one step and return its loss, without the terms of the gates."""
        rows = self._sampler(step)
        torch.manual_seed(hash((self.settings.seed, step, self.processes.rank)) % 2**63)
        self.model.train()
        self.optimizer.zero_grad()
        parts = np.array_split(rows, self.settings.grad_accum)
        total = float(sum(self._answer_weights(part).sum() for part in parts))
        loss = torch.zeros((), device=self.model.device)
        for part in self._parts(rows):
            loss += self._learn(part, total)
        self._learn_gates()
        weights = list(self.model.trainable().values())
        self.processes.sum([loss, *_gradients(weights)])
        if not torch.isfinite(loss):
            games = ", ".join(map(str, self.data.game[rows][:8]))
            raise ValueError(
                f"the loss is {loss.item()} in step {step}, on games {games} and others; lower lr, or go on from the "
                "last checkpoint with another seed."
            )
        torch.nn.utils.clip_grad_norm_(weights, self.settings.max_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(step)
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def measure(self, data: Transcripts) -> dict[str, float]:
        """The mean loss of an answer on other transcripts, and the share of answers that are right."""
        self.model.eval()
        losses, right = [], []
        for low in range(0, len(data), self.settings.batch_size):
            rows = np.arange(low, min(low + self.settings.batch_size, len(data)))
            with self._context(data, rows):
                scores, targets, _ = self._scores(data, rows)
            losses.append(functional.cross_entropy(scores, targets, reduction="none"))
            right.append((scores.argmax(dim=1) == targets).float())
        return {"loss": torch.cat(losses).mean().item(), "right": torch.cat(right).mean().item()}

    def _parts(self, rows: Int64) -> Iterator[Int64]:
        """What of a step's rows falls to this process, in ``grad_accum`` parts."""
        for part in np.array_split(rows, self.settings.grad_accum):
            mine = part[self.processes.rank :: self.processes.count]
            if len(mine):
                yield mine

    def _answer_weights(self, rows: Int64) -> Float64:
        """The weight (b, L) of the answer after each token of some rows: of its row's rho, its kind and its place."""
        targets = self.data.padded(rows)[1]
        is_answer = targets >= 0
        weights = self._weights[rows][:, None] * is_answer
        follows = is_answer
        for _ in range(1, self.text.digits):
            follows = is_answer & np.pad(follows, ((0, 0), (1, 0)))[:, :-1]
            weights = weights * np.where(follows, self.settings.digit_weight, 1.0)
        return np.asarray(weights * np.where(targets == ACCEPTS, self.settings.accept_weight, 1.0))

    def _learn(self, rows: Int64, total: float) -> torch.Tensor:
        """Add the gradients of some rows, whose share of the loss is returned."""
        with self._context(self.data, rows):
            scores, targets, where = self._scores(self.data, rows)
            weight = torch.as_tensor(self._answer_weights(rows), dtype=torch.float32, device=self.model.device)[where]
            loss = (weight * functional.cross_entropy(scores, targets, reduction="none")).sum() / total
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        return loss.detach()

    def _learn_gates(self) -> None:
        """Add the gradients of the terms of the gates, in one process for all."""
        settings, hypernet = self.settings, self.model.hypernet
        if self.processes.is_first and (settings.lambda_sep or settings.lambda_smooth):
            loss = settings.lambda_sep * closeness(hypernet) + settings.lambda_smooth * smoothness(hypernet)
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own

    def _context(self, data: Transcripts, rows: Int64) -> AbstractContextManager[None]:
        return self.model.rho_context(torch.as_tensor(data.rho[rows]))

    def _scores(self, data: Transcripts, rows: Int64) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The scores (m, answers) of the m answers of some rows, which are right, and where (b, L) they follow."""
        device = self.model.device
        tokens, targets = (torch.as_tensor(part, device=device) for part in data.padded(rows))
        where = targets >= 0
        with torch.autocast(device.type, torch.bfloat16, enabled=self.settings.bf16):
            scores = answer_scores(self.model, tokens, self._answers, where)
        return scores, targets[where], where


def _gradients(weights: Sequence[torch.nn.Parameter]) -> Iterator[torch.Tensor]:
    """All of them; zeros where a process had no row to learn from."""
    for weight in weights:
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
        yield weight.grad


def has_fast_bf16() -> bool:
    """Whether this machine multiplies in bfloat16 faster than in float32: a GPU, or a CPU with AMX or AVX-512."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())  # no public way to ask


def answer_scores(model: HyperLoRA, tokens: torch.Tensor, answers: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """The scores (m, len(answers)) of what may follow, in float32, at the m places of a mask (b, L); in a rho context.

    Sequences are padded at the end, where no earlier token looks, so there is no need for a mask of attention.
    """
    causal: Any = model.model.get_base_model()
    hidden = causal.model(input_ids=tokens, use_cache=False).last_hidden_state[where]
    scores: torch.Tensor = (hidden @ causal.lm_head.weight[answers].T).float()
    return scores
