"""`rho_mlp`: a numeric policy that brings the price to a commanded rho."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.checkpoints import digest, read_checkpoint
from negotiation_env.policy import Float64, JsonValue
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.wrappers import check_rho
from negotiation_janus.rho_mlp.bins import BINS, gains_of
from negotiation_janus.rho_mlp.features import FEATURES_VERSION, IMPASSE, Frame, features_of, frame_of
from negotiation_janus.rho_mlp.network import NAMES, Network

KIND = "rho_mlp"
_CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
SHIPPED = {"teacher": _CHECKPOINTS / "rho_mlp", "hindsight": _CHECKPOINTS / "hindsight"}
"""The networks that come with the package: cloned from the teacher, and from whatever came out as a baseline."""
SETTLE = ("closest", "strict")
_WITHIN = 0.01
_NOISE = 1e-9


class RhoMlp:
    """A network on numbers that was trained to bring the settlement to a commanded rho.

    What is outside the network: at rho = -1 it offers its own extreme and accepts nothing; it never accepts or offers
    past its own limit; and each offer is at least one price step better for the other side than the one before, since
    some only move if they see a move.

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
        if settle not in SETTLE:
            raise ValueError(f"settle is {settle!r}; it must be 'closest' or 'strict'.")
        self.rho, self.settle = check_rho(rho), settle
        tensors, facts = _read(SHIPPED.get(checkpoint, Path(checkpoint)))
        self.network, self.hides = Network.of_tensors(tensors), "known" not in facts["information"]
        self.params: dict[str, JsonValue] = {"rho": self.rho, "settle": settle, "weights": digest(tensors)}

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing to prepare: whatever is needed is recomputed from the view."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept, or offer the bin that the network names."""
        rho = np.full(len(view), self.rho)
        frame = frame_of(view, rho, self.hides)
        if self.rho == IMPASSE:
            return _decision(view, frame, frame.reach, np.zeros(len(view), dtype=np.bool_))
        likely, place = self.network(features_of(view, rho, frame))
        asked = gains_of(place, frame.base, frame.reach)
        accept = (likely >= 0.5) & (frame.standing >= -_NOISE)
        if self.settle == "strict":
            accept &= self._is_near(frame, asked)
            asked = np.where(np.isnan(frame.width), asked, np.maximum(asked, frame.base))
        return _decision(view, frame, asked, accept)

    def _is_near(self, frame: Frame, asked: Float64) -> NDArray[np.bool_]:
        """Whether (n,) what can be accepted is the target, to a hundredth of the surplus or of the asked gain."""
        hidden = np.isnan(frame.width)
        target = np.where(hidden, asked, frame.base)
        return np.asarray(np.abs(frame.standing - target) <= _WITHIN * np.where(hidden, asked, frame.width) + _NOISE)


def _decision(view: PriceView, frame: Frame, asked: Float64, accept: NDArray[np.bool_]) -> PriceDecision:
    made = (~np.isnan(view.own_offers)).sum(axis=1)
    last = np.where(made > 0, frame.own[np.arange(len(view)), np.maximum(made - 1, 0)], np.inf)
    gain = np.maximum(np.minimum(asked, last - _price_step(view) / frame.unit), 0.0)
    price = view.reservation_price + view.role * gain * frame.unit
    return PriceDecision(kind=accept.astype(np.int8), price=np.clip(price, view.price_low, view.price_high))


def _price_step(view: PriceView) -> Float64:
    """The smallest difference (n,) of prices, currency units; 0 on a grid, where a step costs more than it brings."""
    return np.full(len(view), view.tick if view.price_points is None else 0.0)


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
    return tensors, facts
