"""All outcomes of a tournament side by side: arrays over cells, first movers and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Float64
from negotiation_env.tournament.playing import PlayedCell

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class OutcomeCube:
    """Outcomes of P policies in C = P x P cells, seat 0's first policy first, with D draws.

    Attributes:
        policies: P.
        columns: the columns of ``outcomes.parquet`` by name, (C, 2, D): cell, seat that moves first, draw. In a cell
            that failed, numbers are NaN or 0, and ``fault`` is true.
        failed: (C,).
        means: the domain's own columns -> what their mean is called.
    """

    policies: int
    columns: Mapping[str, Array]
    failed: Bool
    means: Mapping[str, str]

    @cached_property
    def measures(self) -> dict[str, Float64]:
        """What is averaged, by name, (C, 2, D); NaN where a game does not count."""
        columns = self.columns

        def counted(values: Array, rows: Bool | bool = True) -> Float64:
            return np.where(~columns["fault"] & rows, values, np.nan)

        found = {
            "deal_rate": counted(columns["deal"]),
            "deal_rate_possible": counted(columns["deal"], columns["possible"]),
            "deal_rate_impossible": counted(columns["deal"], ~columns["possible"]),
            "turns": counted(columns["turns"]),
            **{mean: counted(columns[name]) for name, mean in self.means.items()},
        }
        for seat in (0, 1):
            for mean, name in SEAT_MEANS.items():
                found[f"{mean}_{seat}"] = counted(columns[f"{name}_{seat}"])
        return found


SEAT_MEANS = {
    "share": "share",
    "payoff": "payoff",
    "violation_rate": "violation",
    "illegal_replies": "illegal",
}
"""What is averaged for each seat -> the columns, both without the seat."""


def make_cube(played: Sequence[PlayedCell], policies: int, draws: int, means: Mapping[str, str]) -> OutcomeCube:
    """Put the outcomes of all cells, in order, side by side.

    Raises:
        ValueError: every cell failed.
    """
    failed = np.array([cell.failure is not None for cell in played])
    failure = played[0].failure
    if failure is not None and failed.all():
        raise ValueError(
            f"every cell failed, so that nothing can be said about any policy; the first: {failure.type}: "
            f"{failure.message}"
        )
    sample = played[int(np.argmin(failed))].outcomes
    columns: dict[str, Array] = {}
    for name, values in sample.items():
        column = np.full((len(played), 2 * draws), np.nan if values.dtype.kind == "f" else 0, dtype=values.dtype)
        for row in np.flatnonzero(~failed).tolist():
            column[row] = played[row].outcomes[name]
        columns[name] = column.reshape(len(played), 2, draws)
    columns["fault"][failed] = True
    return OutcomeCube(policies, columns, failed, means)
