"""`rho_mlp`: a numeric policy that brings the price to a commanded rho."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.checkpoints import digest, read_checkpoint
from negotiation_env.policy import JsonValue
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.wrappers import check_rho
from negotiation_janus.rho_mlp.bins import BINS, gains_of
from negotiation_janus.rho_mlp.features import FEATURES, FEATURES_VERSION, IMPASSE, features_of, frame_of
from negotiation_janus.rho_mlp.network import LAYERS, NAMES, Network
from negotiation_janus.settling import check_settle, settled, stonewall, warn_of_hidden

KIND = "rho_mlp"
INFORMATION = ("known", "private")
_CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
SHIPPED = {"teacher": _CHECKPOINTS / "rho_mlp", "hindsight": _CHECKPOINTS / "hindsight"}
"""The networks that come with the package: cloned from the teacher, and from whatever came out as a baseline."""


class RhoMlp:
    """A network on numbers that was trained to bring the settlement to a commanded rho.

    What is outside the network: at rho = -1 it offers its own extreme and accepts nothing; it never accepts or offers
    past its own limit; each offer is at least one price step better for the other side than the one before, since some
    only move if they see a move; and the last one asks for no more than the opponent's offers lead to.

    Args:
        rho: the commanded seller's share of the surplus in [0, 1], or -1 for an intended impasse.
        settle: ``"closest"`` also takes what is left in the end, as the network has learned; ``"strict"`` accepts only
            what lies within a hundredth of the surplus of the target and asks for no less; where the opponent's limit
            is hidden, the target is what the network would offer.
        checkpoint: the network: ``"teacher"``, the shipped one that was cloned from the teacher's games;
            ``"hindsight"``, the shipped baseline that was cloned from the recipe ``price-seed`` with the rho that came
            out as if it had been commanded; or the folder of another one.

    Raises:
        ValueError: a bad rho, or no such checkpoint.
    """

    name = KIND

    def __init__(self, rho: float = 0.5, settle: str = "closest", checkpoint: str = "teacher") -> None:
        self.rho, self.settle = check_rho(rho), check_settle(settle)
        tensors, facts = _read(SHIPPED.get(checkpoint, Path(checkpoint)))
        self.network, learned = Network.of_tensors(tensors), facts["information"]
        self.hides, self._learned_hidden = "known" not in learned, "private" in learned
        self.params: dict[str, JsonValue] = {"rho": self.rho, "settle": settle, "weights": digest(tensors)}

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing to prepare: whatever is needed is recomputed from the view."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept, or offer the bin that the network names."""
        rho = np.full(len(view), self.rho)
        frame = frame_of(view, rho, self.hides)
        if self.rho == IMPASSE:
            return stonewall(view, frame)
        warn_of_hidden(self.name, self._learned_hidden, frame)
        likely, place = self.network(features_of(view, rho, frame))
        asked = gains_of(place, frame.base, frame.reach)
        return settled(view, frame, asked, likely >= 0.5, self.settle)


def _read(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The tensors and the facts of a network; raises ``ValueError`` if this version cannot play it."""
    tensors, facts = read_checkpoint(folder, KIND)
    for name, expected in (("features_version", FEATURES_VERSION), ("bins", BINS)):
        if facts.get(name) != expected:
            raise ValueError(
                f"{folder} was trained with {name} {facts.get(name)!r}, and this package has {expected}; train it "
                "again with 'negotiate train-rho-mlp'."
            )
    missing = sorted({*NAMES, "information"} - {*tensors, *facts})
    if missing:
        raise ValueError(f"{folder} holds a network without {', '.join(missing)}; train it again.")
    told = facts["information"]
    if not isinstance(told, list) or not told or any(known not in INFORMATION for known in told):
        raise ValueError(f"{folder} says that information is {told!r}; it must list 'known', 'private' or both.")
    _check_tensors(folder, tensors)
    return tensors, facts


def _check_tensors(folder: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Raise ``ValueError`` if the layers do not follow each other, or hold what is no number."""
    widths = [len(tensors[f"layers.{layer}.bias"].ravel()) for layer in range(LAYERS)]
    expected: dict[str, tuple[int, ...]] = {"mean": (FEATURES,), "scale": (FEATURES,)}
    for layer, (before, width) in enumerate(zip([FEATURES, *widths], [*widths[:-1], BINS + 1], strict=False)):
        expected |= {f"layers.{layer}.weight": (width, before), f"layers.{layer}.bias": (width,)}
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(
                f"{folder}: {name} has the shape {tensors[name].shape}, and this package needs {shape}; train it again."
            )
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"{folder}: {name} holds NaN or infinity; train it again.")
    if (tensors["scale"] <= 0).any():
        raise ValueError(f"{folder}: scale holds {tensors['scale'].min()}; each must be above 0; train it again.")
