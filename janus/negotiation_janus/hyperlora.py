"""HyperLoRA: LoRA adapters on a frozen language model, gated by a hypernetwork of rho.

``y = W x + (alpha / r) * B (g_l(rho) * (A x))``, with ``W`` frozen and one gate ``g_l(rho)`` (r,) for each layer l and
each row of the batch. The adapters are PEFT's own; a hook on each ``lora_A`` multiplies what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import nn

from negotiation_janus.hypernet import Hypernet, HypernetSettings, checked_rhos

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ADAPTER = "default"
"""The name that PEFT gives to a model's only adapter."""
Rho = float | Sequence[float] | torch.Tensor


@dataclass(frozen=True)
class LoraSettings:
    """Which layers get an adapter, and how large it is.

    Attributes:
        rank: the inner width r.
        alpha: adapters are scaled by alpha / r.
        dropout: of what goes into an adapter, in training.
        targets: the names of the linear layers that get one.
        layers: the numbers of the transformer layers that get them; ``None`` for all.
    """

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    targets: tuple[str, ...] = PROJECTIONS
    layers: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.rank < 1 or not self.alpha > 0.0 or not 0.0 <= self.dropout < 1.0 or not self.targets:
            raise ValueError(
                f"rank {self.rank}, alpha {self.alpha}, dropout {self.dropout} or targets {','.join(self.targets)!r} "
                "is out of range: rank from 1, alpha above 0, dropout in [0, 1), some targets."
            )
        known = tuple(name for name in PROJECTIONS if name in self.targets)
        others = tuple(sorted(set(self.targets) - set(known)))
        object.__setattr__(self, "targets", known + others)  # one order, so that equal settings are equal

    def config(self) -> LoraConfig:
        """The same in PEFT's terms."""
        layers = None if self.layers is None else list(self.layers)
        return LoraConfig(
            task_type="CAUSAL_LM",
            r=self.rank,
            lora_alpha=self.alpha,  # type: ignore[arg-type]  # a number as good as a whole one
            lora_dropout=self.dropout,
            target_modules=list(self.targets),
            layers_to_transform=layers,
        )


class HyperLoRA(nn.Module):
    """A causal language model with gated adapters.

    It computes inside `rho_context` only, the backward pass included, since gradient checkpointing runs the model
    again; threads take turns there. A cache of keys and values belongs to the rhos that it was filled with.

    Args:
        model: a model of PEFT with one LoRA adapter.
        hypernet: for its layers, in the order of `gated_layers`.

    Raises:
        ValueError: the hypernetwork is for other layers or another rank.
    """

    def __init__(self, model: PeftModel, hypernet: Hypernet) -> None:
        super().__init__()
        layers = gated_layers(model)
        ranks = {layer.r[ADAPTER] for layer in layers.values()}
        if tuple(layers) != hypernet.layers or ranks != {hypernet.rank}:
            raise ValueError(
                f"the hypernetwork gates {len(hypernet.layers)} layers of rank {hypernet.rank}, and the model has "
                f"{len(layers)} of rank {', '.join(map(str, sorted(ranks))) or 'none'}; both must name the same."
            )
        self.model, self.hypernet = model, hypernet
        self._gates: tuple[torch.Tensor, ...] | None = None
        self._rho: torch.Tensor | None = None
        self._turn = RLock()
        self._caches: WeakKeyDictionary[object, torch.Tensor] = WeakKeyDictionary()
        for place, layer in enumerate(layers.values()):
            layer.lora_A[ADAPTER].register_forward_hook(self._hook(place))
            layer.merge = _refuse_to_merge  # type: ignore[method-assign]

    @classmethod
    def fresh(
        cls, base: nn.Module, lora: LoraSettings, hypernet: HypernetSettings | None = None, seed: int = 0
    ) -> HyperLoRA:
        """New adapters on a base model, which is changed in place and computes what it did before.

        Raises:
            ValueError: the model has none of the layers that are named, has adapters already, or lies on several
                devices.
        """
        if any("lora_" in name for name, _ in base.named_parameters()):
            raise ValueError("the base model has adapters already; load it again for others.")
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            try:
                model = get_peft_model(base, lora.config())
            except ValueError as error:
                raise ValueError(
                    f"no adapters can be put on {', '.join(lora.targets)}: {error} Name linear layers of the model."
                ) from None
            gates = Hypernet(list(gated_layers(model)), lora.rank, hypernet)
        return cls(model, gates.to(device_of(model)))

    @property
    def device(self) -> torch.device:
        """Where the adapters are."""
        return self.hypernet.head.weight.device

    @property
    def lora(self) -> LoraSettings:
        """Which layers have an adapter, and how large it is."""
        config = self.model.peft_config[ADAPTER]
        layers = config.layers_to_transform
        return LoraSettings(
            config.r,
            float(config.lora_alpha),
            config.lora_dropout,
            tuple(config.target_modules),
            None if layers is None else tuple(layers),
        )

    @contextmanager
    def rho_context(self, rho: Rho) -> Iterator[None]:
        """Compute at a rho: one number for every row, or one for each row of the batch (n,).

        Raises:
            ValueError: a rho is neither in [0, 1] nor -1.
        """
        rhos = checked_rhos(rho).to(self.device)
        with self._turn:
            before = self._gates, self._rho
            self._gates, self._rho = self.hypernet(rhos.reshape(-1)).unbind(), rhos
            try:
                yield
            finally:
                self._gates, self._rho = before

    def forward(self, **inputs: Any) -> Any:  # noqa: ANN401  # what transformers takes and returns
        """The base model's forward pass with gated adapters.

        Raises:
            RuntimeError: outside `rho_context`.
            ValueError: the batch has another length than the rhos, or a cache was filled at other rhos.
        """
        rho = self._current_rho()
        tokens = inputs["input_ids"] if "input_ids" in inputs else inputs["inputs_embeds"]
        if rho.ndim and len(rho) != len(tokens):
            raise ValueError(f"the batch has {len(tokens)} rows, and rho {len(rho)}; give one for each row.")
        self._check_cache(inputs.get("past_key_values"), rho)
        outputs = self.model(**inputs)
        self._claim_cache(getattr(outputs, "past_key_values", None), rho)
        return outputs

    def trainable(self) -> dict[str, nn.Parameter]:
        """The weights of the adapters and of the hypernetwork, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}

    def folded(self, rho: float) -> dict[str, torch.Tensor]:
        """The state of an ordinary adapter that computes what this one does at one rho.

        ``B (g * (A x)) = B (diag(g) A) x``, so the gate goes into ``A``.

        Raises:
            ValueError: rho is neither in [0, 1] nor -1.
        """
        from peft import get_peft_model_state_dict

        state: dict[str, torch.Tensor] = get_peft_model_state_dict(self.model)
        with torch.no_grad():
            gates = self.hypernet(checked_rhos(rho).to(self.device).reshape(1))[:, 0]
            for gate, name in zip(gates, self.hypernet.layers, strict=True):
                key = f"{name}.lora_A.weight"
                state[key] = (gate[:, None] * state[key].float()).to(state[key].dtype)
        return state

    def _current_rho(self) -> torch.Tensor:
        if self._rho is None:
            raise RuntimeError("no rho is set: compute inside 'with model.rho_context(rho):', the backward pass too.")
        return self._rho

    def _hook(self, place: int) -> Any:  # noqa: ANN401  # a hook of torch
        def gated(_: nn.Module, __: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
            self._current_rho()
            assert self._gates is not None
            gate = self._gates[place].to(output.dtype)
            return output * gate.view(len(gate), *(1,) * (output.ndim - 2), self.hypernet.rank)

        return gated

    def _check_cache(self, cache: Any, rho: torch.Tensor) -> None:  # noqa: ANN401
        if cache is None or not cache.get_seq_length():
            return
        filled = self._caches.get(cache)
        if filled is None or not torch.equal(filled, rho):
            raise ValueError("this cache of keys and values was filled at other rhos; one cache belongs to one rho.")

    def _claim_cache(self, cache: Any, rho: torch.Tensor) -> None:  # noqa: ANN401
        if cache is not None:
            self._caches[cache] = rho


def gated_layers(model: PeftModel) -> dict[str, LoraLayer]:
    """The LoRA layers of a model by the names that PEFT's state dict gives them."""
    found: Mapping[str, nn.Module] = dict(model.named_modules())
    return {name: layer for name, layer in found.items() if isinstance(layer, LoraLayer) and ADAPTER in layer.lora_A}


def device_of(model: PeftModel) -> torch.device:
    """Where a model's adapters are; raises ``ValueError`` if they are in several places."""
    places = {weight.device for name, weight in model.named_parameters() if "lora_" in name}
    if len(places) != 1:
        raise ValueError(f"the adapters lie on {len(places)} devices; load the model on one.")
    return places.pop()


def _refuse_to_merge(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(
        "gated adapters cannot be merged, since they depend on rho: export one rho with freeze_at, and merge that."
    )
