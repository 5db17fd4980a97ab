"""Recorded decisions as what `rho_mlp` learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import ACCEPT
from negotiation_env.records.sources import open_source
from negotiation_env.trajectories import decision_points
from negotiation_janus.labels import Label, check_label, rho_labels
from negotiation_janus.rho_mlp.bins import places_of
from negotiation_janus.rho_mlp.features import features_of, frame_of

ACCEPTED = -1.0
"""The target that stands for ACCEPT."""


@dataclass(frozen=True, eq=False)
class Examples:
    """N decisions.

    Attributes:
        features: float32 (N, F).
        targets: float32 (N,), the place of an offer among the bins, or -1 for an acceptance.
    """

    features: NDArray[np.float32]
    targets: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.targets)


def read_examples(path: str | Path, label: Label, hide: bool) -> Examples:
    """The decisions of a record that have a rho.

    Args:
        path: a ``.jsonl`` record of price games or a folder of their Parquet tables.
        label: ``"commanded"``: decisions of commanded agents, with their command; ``"outcome"``: all decisions, with
            the rho that came out (plain hindsight).
        hide: leave out the opponent's limit, whether the agent was told it or not.

    Raises:
        ValueError: an unknown label, no price games, or no decision that has a rho.
        RecordError: the record cannot be read.
    """
    check_label(label)
    source, features, targets = open_source(path), [], []
    if source.domain != "price":
        raise ValueError(f"{path} holds {source.domain} games; rho_mlp learns from price games.")
    if not hide and source.config.information == "private":
        raise ValueError(
            f"{path} holds games with information 'private', in which nobody saw the opponent's limit; learn from them "
            "with that limit hidden (private_path)."
        )
    for games in source.blocks():
        for point in decision_points(games, source.config):
            rho = rho_labels(games, point.seat, label)[point.game]
            rows = np.flatnonzero(~np.isnan(rho))
            view, kind = point.view.take(rows), point.kind[rows]
            frame = frame_of(view, rho[rows], hide)
            asked = view.role * (point.offer[rows] - view.reservation_price) / frame.unit
            learned = kind <= ACCEPT
            features.append(features_of(view, rho[rows], frame)[learned])
            targets.append(np.where(kind == ACCEPT, ACCEPTED, places_of(asked, frame.base, frame.reach))[learned])
    found = Examples(np.concatenate(features), np.concatenate(targets).astype(np.float32))
    if not len(found):
        raise ValueError(
            f"no decision of {path} has a rho of the kind {label!r}; generate a recipe such as price-teacher-known."
        )
    return found
