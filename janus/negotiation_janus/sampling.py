"""Which transcripts come together in a batch, and what each of them weighs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_janus.labels import IMPASSE

_RHO_BINS = 11
_MOST = 4.0
"""The highest weight of a rare rho; the commonest has less than 1."""
_BUCKET = 32
"""So many batches are sorted by length together."""


def rho_weights(rho: NDArray[np.float32]) -> Float64:
    """Weights (n,) of mean 1 that make rare rhos count as much as common ones, up to a bound."""
    if not len(rho):
        return np.zeros(0)
    bins = np.where(rho == IMPASSE, _RHO_BINS, np.rint(np.maximum(rho, 0.0) * (_RHO_BINS - 1))).astype(np.int64)
    counts = np.bincount(bins, minlength=_RHO_BINS + 1)
    weights = np.minimum(len(rho) / (np.count_nonzero(counts) * counts[bins]), _MOST)
    return np.asarray(weights / weights.mean())


class Sampler:
    """Batches of rows by the number of the step: the same seed gives the same batch at the same step, always.

    Sequences of nearly the same length come together, and each once before any comes again.

    Args:
        lengths: (n,) of the sequences.
        batch_size: of a batch; the last one of an epoch has as many.
        seed: of the order.

    Raises:
        ValueError: there are fewer sequences than a batch has.
    """

    def __init__(self, lengths: Int64, batch_size: int, seed: int) -> None:
        if len(lengths) < batch_size:
            raise ValueError(
                f"there are {len(lengths)} sequences to learn from, and a step takes {batch_size}; give more games, a "
                "smaller batch_size or held_out, or a larger max_length."
            )
        self._lengths, self._size, self._seed = lengths, batch_size, seed
        self._per_epoch = len(lengths) // batch_size
        self._epoch, self._rows = -1, np.zeros((0, batch_size), dtype=np.int64)

    def __call__(self, step: int) -> Int64:
        """The rows (batch_size,) of a step, from 0 on."""
        epoch, place = divmod(step, self._per_epoch)
        if epoch != self._epoch:
            self._epoch, self._rows = epoch, self._order(epoch)
        return np.asarray(self._rows[place])

    def _order(self, epoch: int) -> Int64:
        generator = np.random.default_rng([self._seed, epoch])
        order = generator.permutation(len(self._lengths))[: self._per_epoch * self._size]
        bucket = _BUCKET * self._size
        parts = (order[low : low + bucket] for low in range(0, len(order), bucket))
        alike = np.concatenate([part[np.argsort(self._lengths[part], kind="stable")] for part in parts])
        return np.asarray(generator.permutation(alike.reshape(-1, self._size)))
