"""Every split of a pool of items as one number: the arithmetic that environments and solutions share.

A pool is ``I`` item types with quantities; a split is how many of each type one side keeps, the other gets the rest.
Its index is mixed-radix over the quantities, the first type slowest: with quantities ``[2, 1]`` the splits 0 to 5
keep ``[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]``. What is left has the index ``count_splits - 1 - index``, so
that a proposal of either side, told as what the proposer keeps, is easily seen from the other side.

Functions take any leading dimensions, e.g. B games with a pool each: ``quantities`` (B, I). Only the ``check``
functions check; the others trust their arguments.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from negotiation_env.policy import Float64, Int64

MAX_SPLITS = 4096
"""The largest number of splits of one pool that is enumerated, e.g. that of 12 single items."""


def count_splits(quantities: Int64) -> Int64:
    """How many splits pools (..., I) have: the product of ``quantity + 1``, (...)."""
    return np.asarray(np.prod(quantities + 1, axis=-1))


def strides(quantities: Int64) -> Int64:
    """How far apart the indices of two splits are that differ by one item of a type; (..., I) as the quantities."""
    steps = np.ones_like(quantities)
    steps[..., :-1] = np.cumprod(quantities[..., :0:-1] + 1, axis=-1)[..., ::-1]
    return steps


def index_of(keep: Int64, quantities: Int64) -> Int64:
    """The index (...) of splits given as what one side keeps (..., I)."""
    return np.asarray(np.sum(keep * strides(quantities), axis=-1))


def keep_of(index: Int64, quantities: Int64) -> Int64:
    """What one side keeps (..., I) in the splits of the given indices (...)."""
    return np.asarray(index[..., None] // strides(quantities) % (quantities + 1))


def all_splits(quantities: ArrayLike) -> Int64:
    """What one side keeps in every split of a pool (I,), in the order of the index: (S, I).

    Raises:
        ValueError: as `check_quantities`.
    """
    pool = check_quantities(quantities)
    if pool.ndim != 1:
        raise ValueError(f"all_splits takes one pool of shape (types,), not {pool.shape}; call it for each pool.")
    return keep_of(np.arange(int(count_splits(pool))), pool)


def check_quantities(quantities: ArrayLike) -> Int64:
    """Quantities (..., I) as int64.

    Raises:
        ValueError: a quantity is no whole number of at least 0, a pool has no item, or it has more than `MAX_SPLITS`
            splits.
    """
    numbers = as_numbers(quantities, "quantities")
    if numbers.ndim == 0 or numbers.shape[-1] == 0:
        raise ValueError(f"quantities must be a list with a number for each item type, not {quantities!r}.")
    whole = (numbers >= 0.0) & (numbers == np.floor(numbers)) & np.isfinite(numbers)
    if not whole.all():
        pool = _first(numbers, ~whole.all(axis=-1))
        raise ValueError(f"quantities {pool} must be whole numbers of at least 0; leave out what there is none of.")
    empty = numbers.sum(axis=-1) == 0.0
    if empty.any():
        raise ValueError(f"quantities {_first(numbers, empty)} leave nothing to split; give at least one item.")
    large = np.log2(numbers + 1.0).sum(axis=-1) > math.log2(MAX_SPLITS + 0.5)
    if large.any():
        pool = _first(numbers, large)
        size = math.prod(int(quantity) + 1 for quantity in pool)
        raise ValueError(
            f"quantities {pool} can be split in {size:,} ways, and at most {MAX_SPLITS:,} are enumerated; "
            "use fewer items or fewer types."
        )
    return numbers.astype(np.int64)


def check_keep(keep: ArrayLike, quantities: Int64) -> Int64:
    """What one side keeps (..., I) of pools that broadcast with it, as int64.

    Raises:
        ValueError: the shapes do not fit, or a number is not whole or not between 0 and the quantity.
    """
    numbers = as_numbers(keep, "keep")
    if numbers.ndim == 0 or numbers.shape[-1] != quantities.shape[-1]:
        raise ValueError(f"keep must have a number for each of {quantities.shape[-1]} item types, not {keep!r}.")
    numbers, pools = np.broadcast_arrays(numbers, quantities)
    possible = (numbers >= 0.0) & (numbers <= pools) & (numbers == np.floor(numbers))
    if not possible.all():
        wrong = ~possible.all(axis=-1)
        raise ValueError(
            f"keep {_first(numbers, wrong)} must be whole numbers between 0 and the quantities {_first(pools, wrong)}."
        )
    return numbers.astype(np.int64)


def as_numbers(given: ArrayLike, name: str) -> Float64:
    """What was given as an array of floats.

    Raises:
        ValueError: it is not numeric, or its rows differ in length.
    """
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be numbers in lists of equal length, not {given!r}.") from error


def _first(table: np.ndarray, wrong: np.ndarray) -> list[float]:
    """The first row of (..., I) that is marked in (...), for a message: whole numbers without a decimal point."""
    row = table[wrong][0].tolist() if table.ndim > 1 else table.tolist()
    return [int(number) if math.isfinite(number) and number == int(number) else number for number in row]
