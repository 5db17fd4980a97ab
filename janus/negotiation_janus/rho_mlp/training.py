"""Training `rho_mlp` by behaviour cloning, with a rho as what is asked for (RvS: Emmons et al. 2022)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.checkpoints import write_checkpoint
from negotiation_env.policy import JsonValue
from negotiation_janus.rho_mlp.bins import BINS, EXTREME, soft_targets
from negotiation_janus.rho_mlp.examples import Examples
from negotiation_janus.rho_mlp.features import FEATURES_VERSION
from negotiation_janus.rho_mlp.network import LAYERS
from negotiation_janus.rho_mlp.policy import KIND

if TYPE_CHECKING:
    import torch

_WARM_UP = 0.1
_ANCHORS = 0.25
"""The share of the decisions to hold the anchor that is learned from, at so much more weight: most are alike."""
_CONSTANT = 1e-3
"""A feature that spreads less is not scaled."""


@dataclass(frozen=True)
class Settings:
    """How a network is trained.

    Attributes:
        num_epochs: how often each decision is seen.
        batch_size: decisions a step.
        learning_rate: the highest, of one cycle of AdamW.
        hidden: units of each of the two hidden layers.
        seed: same seed, same weights on the same machine.
    """

    num_epochs: float = 6.0
    batch_size: int = 256
    learning_rate: float = 1.5e-3
    hidden: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("num_epochs", "batch_size", "learning_rate", "hidden"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be above 0 and finite.")

    def steps(self, size: int) -> int:
        """How many steps the training takes on so many decisions."""
        return max(int(self.num_epochs * size / self.batch_size), 1)


def train(
    examples: Sequence[Examples], settings: Settings, progress: Callable[[int], None] | None = None
) -> tuple[dict[str, NDArray[Any]], float]:
    """Train a network on one thread.

    Args:
        examples: what to learn from, all together.
        settings: how.
        progress: called with the number of steps that were made since the last call.

    Returns:
        The tensors of a checkpoint, its weights in float16, and the mean loss of the last tenth of the steps.

    Raises:
        ValueError: the features hold NaN, or the loss became NaN.
    """
    import torch

    features = torch.from_numpy(np.concatenate([part.features for part in examples]))
    targets = torch.from_numpy(np.concatenate([part.targets for part in examples]))
    if not (torch.isfinite(features).all() and torch.isfinite(targets).all()):
        raise ValueError("the decisions hold NaN or infinity; check the record that they come from.")
    torch.manual_seed(settings.seed)
    is_anchor = targets == EXTREME
    kept = ~is_anchor | (torch.rand(len(targets)) < _ANCHORS)
    features, targets = features[kept], targets[kept]
    weights = torch.where(is_anchor[kept], 1.0 / _ANCHORS, 1.0)
    mean, spread = features.mean(dim=0), features.std(dim=0)
    scale = torch.where(spread > _CONSTANT, spread, 1.0)
    layers = _layers(features.shape[1], settings.hidden)
    steps = settings.steps(len(targets))
    optimizer = torch.optim.AdamW(layers.parameters(), settings.learning_rate, weight_decay=1e-4)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps + 1, pct_start=_WARM_UP
    )
    losses = []
    with _one_thread():
        for step, rows in zip(range(steps), _batches(len(targets), settings.batch_size), strict=False):
            loss = _loss(layers((features[rows] - mean) / scale), targets[rows], weights[rows])
            if not torch.isfinite(loss):
                raise ValueError(f"the loss is {loss.item()} in step {step}; lower the learning rate.")
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
            optimizer.step()
            cycle.step()
            losses.append(loss.item())
            if progress is not None:
                progress(1)
    return _tensors(layers, mean, scale), float(np.mean(losses[-max(steps // 10, 1) :]))


def save(
    folder: str | Path, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, JsonValue], overwrite: bool = False
) -> Path:
    """Write a network that `RhoMlp` reads; ``facts`` say how it was made, and ``information`` what it was told."""
    known = {"features_version": FEATURES_VERSION, "bins": BINS, **facts}
    return write_checkpoint(folder, KIND, tensors, known, overwrite)


def _layers(features: int, hidden: int) -> torch.nn.Sequential:
    from torch import nn

    return nn.Sequential(
        nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, BINS + 1)
    )


def _batches(size: int, batch_size: int) -> Iterator[torch.Tensor]:
    """Rows of one batch after the other, each row once before any comes again."""
    import torch

    while True:
        order = torch.randperm(size)
        yield from (order[low : low + batch_size] for low in range(0, size, batch_size))


def _loss(scores: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The weighted cross-entropy to ACCEPT or to the soft bins."""
    import torch

    likely, accepts = torch.log_softmax(scores, dim=1), targets < 0
    offers = (likely[:, :-1] * soft_targets(targets)).sum(dim=1)
    return -(weights * torch.where(accepts, likely[:, -1], offers)).sum() / weights.sum()


def _tensors(layers: torch.nn.Sequential, mean: torch.Tensor, scale: torch.Tensor) -> dict[str, NDArray[Any]]:
    whole = {"mean": mean.numpy(), "scale": scale.numpy()}
    for place in range(LAYERS):
        for name, tensor in layers[2 * place].named_parameters():
            whole[f"layers.{place}.{name}"] = tensor.detach().numpy().astype(np.float16)
    return whole


class _one_thread:  # noqa: N801  # used like a function
    """One thread for torch, and afterwards as many as before: sums come out in the same order everywhere."""

    def __enter__(self) -> None:
        import torch

        self._before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        import torch

        torch.set_num_threads(self._before)
