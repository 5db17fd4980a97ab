"""The private and public facts of multi-item games."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from negotiation_env.multi_item.rules import DECIMALS, MAX_POOL, utility
from negotiation_env.policy import Float64, Int64
from negotiation_env.splits import as_numbers, check_quantities, count_splits


@dataclass(frozen=True)
class Shape:
    """The largest pool that a scenario draws: what spaces are made for.

    Attributes:
        types: the number of item types, the same in all games.
        splits: the most splits of a pool.
        quantity: the most items of one type.
    """

    types: int
    splits: int
    quantity: int


@dataclass(frozen=True, eq=False)
class MultiItemSetup:
    """The facts of B games with I item types.

    Attributes:
        quantities: (B, I) int64, how many items of each type there are.
        values: (B, 2, I) float64, what one item of each type is worth to each seat; 0 where there is none.
        splits: (B,) int64, how many splits the pool has.
        pool: (B, 2) float64, what the whole pool is worth to each seat.
    """

    quantities: Int64
    values: Float64
    splits: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    pool: Float64 = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(cls, quantities: Int64, values: Float64) -> MultiItemSetup:
        """A setup of pools and values that are known to be sound."""
        values = values * (quantities > 0)[:, None, :]
        return cls(quantities, values, count_splits(quantities), utility(values, quantities[:, None, :]))


def check_setup(quantities: ArrayLike, values: ArrayLike, shape: Shape) -> MultiItemSetup:
    """A setup of pools (B, I) and values (B, 2, I) that somebody gave.

    Raises:
        ValueError: they do not fit the shape, or a value is negative, not finite, too finely divided or too large, or
            all of an agent's values are 0.
    """
    pools, numbers = check_quantities(quantities), as_numbers(values, "values")
    large = (count_splits(pools) > shape.splits) | (pools.max(axis=-1) > shape.quantity)
    if pools.shape[-1] != shape.types or large.any():
        raise ValueError(
            f"quantities {pools[large.argmax()].tolist()} do not fit this scenario, which has {shape.types} item "
            f"types, at most {shape.quantity} of each and at most {shape.splits:,} splits; use another scenario or "
            "more num_items."
        )
    if numbers.shape != (len(pools), 2, shape.types):
        raise ValueError(
            f"values have shape {numbers.shape[1:]}; give two lists, one an agent, of {shape.types} numbers each."
        )
    if not (np.isfinite(numbers) & (numbers >= 0.0)).all():
        bad = numbers[~(np.isfinite(numbers) & (numbers >= 0.0))][0]
        raise ValueError(f"values contain {bad}; each must be a finite number of at least 0.")
    fine = (np.abs(numbers - np.round(numbers, DECIMALS)) > 1e-9).any(axis=(1, 2))
    if fine.any():
        raise ValueError(f"values {numbers[fine.argmax()].tolist()} have more than {DECIMALS} decimals; round them.")
    setup = MultiItemSetup.of(pools, np.round(numbers, DECIMALS))
    worthless = (setup.pool <= 0.0) | (setup.pool > MAX_POOL)
    if worthless.any():
        row, seat = np.argwhere(worthless)[0]
        raise ValueError(
            f"the pool is worth {setup.pool[row, seat]} to agent_{seat}; it must be above 0 and at most "
            f"{MAX_POOL:,.0f}."
        )
    return setup
