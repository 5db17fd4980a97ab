"""The network of `rho_mlp`: two hidden layers, and one score for each price bin and for ACCEPT.

It is trained by torch and plays in NumPy, in float64, so that playing needs no torch and a game does not depend on the
batch that it is played in. An offer is read as the bin of the median of its distribution: the best guess of a price if
what counts is the distance from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64

LAYERS = 3
NAMES = ("mean", "scale", *(f"layers.{layer}.{part}" for layer in range(LAYERS) for part in ("weight", "bias")))
"""The tensors of a checkpoint."""


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network.

    Attributes:
        mean: (F,) of the features in training.
        scale: (F,) by which they are divided.
        weights: the matrices (inputs, outputs) of the layers.
        biases: (outputs,) of the layers.
    """

    mean: Float64
    scale: Float64
    weights: tuple[Float64, ...]
    biases: tuple[Float64, ...]

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Network:
        """The network of a checkpoint's tensors, all of `NAMES`."""
        whole = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
        layers = range(LAYERS)
        weights = tuple(whole[f"layers.{layer}.weight"].T.copy() for layer in layers)
        return cls(whole["mean"], whole["scale"], weights, tuple(whole[f"layers.{layer}.bias"] for layer in layers))

    def __call__(self, features: NDArray[np.float32]) -> tuple[Float64, Int64]:
        """How likely ACCEPT is (n,), and the bin (n,) that is offered otherwise, from features (n, F)."""
        values = (features - self.mean) / self.scale
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = (np.maximum(values, 0.0) if layer else values) @ weight + bias
        likely = np.exp(values - values.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        reached = np.cumsum(likely[:, :-1], axis=1)
        median = (reached < reached[:, -1:] / 2.0).sum(axis=1)
        return likely[:, -1], np.asarray(median)
