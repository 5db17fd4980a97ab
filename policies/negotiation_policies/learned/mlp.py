"""Plain networks, trained in a loop of one's own, as policies: linear layers with activations between them.

The network of a checkpoint is computed with NumPy, in float64, so playing it needs no library that trained it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.checkpoints import digest, read_checkpoint, write_checkpoint
from negotiation_env.domain import Array, Float32
from negotiation_env.policy import View
from negotiation_policies.learned.coding import Coding, coding_of
from negotiation_policies.learned.policy import LearnedPolicy, best_legal

KIND = "mlp"
LINEAR = "Linear"
ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {"ReLU": lambda x: np.maximum(x, 0.0), "Tanh": np.tanh}
"""The layers of `torch.nn` that may stand between linear ones."""


def save_mlp(network: Iterable[Any], env: Any, folder: str | Path, overwrite: bool = False) -> Path:  # noqa: ANN401
    """Write a network so that ``make_policy("mlp", path=folder)`` plays it.

    Args:
        network: a `torch.nn.Sequential` of `Linear` layers and `ACTIVATIONS`, from flat observations (n, size) to the
            scores (n, A) of a `Discrete` space, or to the actions of a Box.
        env: the environment that it was trained on, or one made with the same arguments.
        folder: where; it is made if it is not there.
        overwrite: replace a checkpoint that is there.

    Returns:
        The folder.

    Raises:
        TypeError: ``env`` is no environment of this package.
        ValueError: the network has other layers, or does not fit the environment, or the folder is taken.
    """
    coding, layers = Coding.of_env(env), list(network)
    names = [type(layer).__name__ for layer in layers]
    tensors: dict[str, NDArray[Any]] = {}
    for place, layer in enumerate(layers):
        parts = layer.state_dict()
        if names[place] not in (LINEAR, *ACTIVATIONS):
            raise ValueError(
                f"layer {place} is a {names[place]}, which a checkpoint cannot keep; "
                f"use {', '.join((LINEAR, *ACTIVATIONS))}."
            )
        tensors |= {f"{place}.{name}": tensor.detach().cpu().numpy() for name, tensor in parts.items()}
    _check_sizes(names, tensors, coding)
    return write_checkpoint(folder, KIND, tensors, {"layers": list(names), "coding": coding.as_json()}, overwrite)


def _check_sizes(names: list[str], tensors: Mapping[str, NDArray[Any]], coding: Coding) -> None:
    """Raise ``ValueError`` unless the layers lead from an observation to an action."""
    space = coding.encoder.space
    last = int(space.n) if coding.is_discrete else int(space.shape[0])
    size = coding.observation_size
    for place, name in enumerate(names):
        if name == LINEAR:
            weight, bias = tensors.get(f"{place}.weight"), tensors.get(f"{place}.bias")
            if weight is None or bias is None or weight.shape != (len(bias), size):
                raise ValueError(f"layer {place} does not take the {size} numbers that come before it, with a bias.")
            size = len(bias)
    if size != last:
        raise ValueError(f"the network ends in {size} numbers, and the actions of these games need {last}.")


class MLP(LearnedPolicy):
    """Plays what a plain network has learned: the best legal action, or its output for a Box."""

    def __init__(self, path: str, rho: float | None = None, domain: str = "price") -> None:
        """Load a network that `save_mlp` wrote.

        Args:
            path: the folder.
            rho: the command, where the environment had ``append_rho=True``.
            domain: what is to be played.

        Raises:
            ValueError: there is no such network, it cannot be read, or it does not play this domain.
        """
        tensors, facts = read_checkpoint(path, KIND)
        names = facts.get("layers")
        coding = coding_of(path, facts, ("layers",), domain)
        if not isinstance(names, list) or not set(names) <= {LINEAR, *ACTIVATIONS}:
            raise ValueError(f"{path} has layers {names!r}; a checkpoint keeps {', '.join((LINEAR, *ACTIVATIONS))}.")
        try:
            _check_sizes(names, tensors, coding)
        except ValueError as error:
            raise ValueError(f"{path} cannot be played: {error}") from None
        super().__init__(coding, KIND, rho, {"weights": digest(tensors)})
        self.names = names
        self.tensors = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}

    def act(self, observations: Float32, legal: NDArray[np.bool_] | None, view: View) -> Array:
        """The best legal actions (n,), or the actions (n, 2) of a Box."""
        found: Array = observations.astype(np.float64)
        for place, name in enumerate(self.names):
            if name == LINEAR:
                found = found @ self.tensors[f"{place}.weight"].T + self.tensors[f"{place}.bias"]
            else:
                found = ACTIVATIONS[name](found)
        return np.clip(found, -1.0, 1.0) if legal is None else best_legal(found, legal)
