"""Counter-based random numbers: every draw is a function of (seed, game, stream, turn).

There is no generator object and no global state, so a game is the same whatever the batch size, the
number of workers or the order of the rows. The mixing function is the finaliser of SplitMix64 (Steele,
Lea, Flood 2014, "Fast splittable pseudorandom number generators"), applied once per counter word.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from negotiation_env.policy import View

UInt64 = NDArray[np.uint64]
Float64 = NDArray[np.float64]

# Streams of a game's own key. Seats are keyed by role, never by who moves first.
SCENARIO, FIRST_MOVER, SAMPLE_FIRST, SAMPLE_SECOND, SEAT_FIRST, SEAT_SECOND, RHO, LEADING_SEAT = range(1, 9)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(shift) for shift in (30, 27, 31, 11))
_TWO_POW_MINUS_53 = 2.0**-53


def check_seed(seed: int | None) -> int:
    """Return ``seed`` as a non-negative integer below 2**64; ``None`` draws one from the system."""
    if seed is None:
        return secrets.randbits(32)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**64:
        raise ValueError(f"seed is {seed!r}; it must be a whole number from 0 to 2**64 - 1, or None for a random one.")
    return int(seed)


def _mix(words: UInt64) -> UInt64:
    words = words ^ (words >> _S30)
    words *= _MULTIPLIER_1
    words ^= words >> _S27
    words *= _MULTIPLIER_2
    words ^= words >> _S31
    return words


def fold(key: UInt64, counter: NDArray[np.integer] | int) -> UInt64:
    """Derive one key a row from ``key`` (B,) and a counter (B,) or scalar."""
    step = np.atleast_1d(counter).astype(np.uint64) + np.uint64(1)
    return _mix(np.atleast_1d(key) + step * _GOLDEN)


def game_keys(seed: int | UInt64, games: NDArray[np.integer]) -> UInt64:
    """The key of each game: uint64 (B,) from a run's seed (or one a row) and game numbers (B,)."""
    root = _mix(np.atleast_1d(seed).astype(np.uint64) + _GOLDEN)
    return fold(root, games)


def seat_seeds(keys: UInt64) -> UInt64:
    """Each seat's own seed in games with the given keys (B,): uint64 (2, B)."""
    return np.stack([fold(keys, SEAT_FIRST), fold(keys, SEAT_SECOND)])


def bits(key: UInt64, stream: int, turn: NDArray[np.integer] | int = 0) -> UInt64:
    """64 random bits a row for a stream and a turn."""
    return fold(fold(key, stream), turn)


def unit(key: UInt64, stream: int, turn: NDArray[np.integer] | int = 0) -> Float64:
    """Uniform float64 (B,) in [0, 1)."""
    return np.asarray((bits(key, stream, turn) >> _S11) * _TWO_POW_MINUS_53, dtype=np.float64)


def normal(key: UInt64, stream: int, turn: NDArray[np.integer] | int = 0) -> Float64:
    """Standard normal float64 (B,), by Box and Muller (1958)."""
    stream_key = fold(fold(key, stream), turn)
    radius = 1.0 - (fold(stream_key, 0) >> _S11) * _TWO_POW_MINUS_53
    angle = (fold(stream_key, 1) >> _S11) * _TWO_POW_MINUS_53
    return np.asarray(np.sqrt(-2.0 * np.log(radius)) * np.cos(2.0 * np.pi * angle), dtype=np.float64)


def permutation(seed: int, epoch: int, size: int, stream: int) -> NDArray[np.int64]:
    """A random order of ``range(size)`` for each (seed, epoch, stream)."""
    key = fold(fold(game_keys(seed, np.array([epoch])), stream), 0)
    return np.argsort(fold(np.broadcast_to(key, (size,)), np.arange(size)), kind="stable").astype(np.int64)


def shuffled(seed: int | UInt64, games: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """One of ``size`` things for each game (B,): each once, then each once in another order, and so on."""
    seeds = np.broadcast_to(np.asarray(seed, dtype=np.uint64), games.shape)
    chosen = np.empty(len(games), dtype=np.int64)
    epochs, places = np.divmod(games, size)
    for run_seed, epoch in {(int(s), int(e)) for s, e in zip(seeds, epochs, strict=True)}:
        rows = (seeds == np.uint64(run_seed)) & (epochs == epoch)
        chosen[rows] = permutation(run_seed, epoch, size, SCENARIO)[places[rows]]
    return chosen


def uniform(view: View, stream: int = 0) -> Float64:
    """Uniform float64 (B,) in [0, 1) for a policy's own use at this decision point.

    Keyed by (``view.game_seed``, ``view.turn``), so the draw does not depend on the batch.
    """
    return unit(view.game_seed, stream, view.turn)


def gaussian(view: View, stream: int = 0) -> Float64:
    """Standard normal float64 (B,) for a policy's own use at this decision point."""
    return normal(view.game_seed, stream, view.turn)


def steady_uniform(view: View, stream: int = 0) -> Float64:
    """Uniform float64 (B,) that stays the same on every turn of a game."""
    return unit(view.game_seed, stream)
