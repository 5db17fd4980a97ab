"""Where pools and values come from: named, registered, seedable, extensible.

A scenario is an object with ``shape(config) -> Shape`` and ``__call__(config, seed, games) -> MultiItemSetup``, of
counter-based draws, so that game ``g`` of seed ``s`` is the same in any batch. What each one gives away:

- ``seed`` (default): nothing; values are independent.
- ``bargaining``: both pools are worth 10, so an agent's own values say which of the other's are possible.
- ``opposed``: the closer ``opposition`` is to 1, the more the own values say about the other's.
- ``file``: what the file's games have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.multi_item.config import MultiItemConfig
from negotiation_env.multi_item.rules import DECIMALS
from negotiation_env.multi_item.setup import MultiItemSetup, Shape, check_setup
from negotiation_env.openings import Seed, first_movers
from negotiation_env.policy import Float64, Int64
from negotiation_env.scenarios import find_scenario

OPTION_RANKS = {"quantities": 1, "values": 2, "first_mover": 0}
_TYPES, _UNITS, _POOL_WORTH = 3, range(5, 8), 10
"""Deal or No Deal (Lewis et al. 2017): 3 types, 5 to 7 items, both pools worth 10."""
_REDRAWS = 64


class Scenario(Protocol):
    """Draws pools and values."""

    def shape(self, config: MultiItemConfig) -> Shape:
        """The largest pool that it draws."""

    def __call__(self, config: MultiItemConfig, seed: Seed, games: Int64) -> MultiItemSetup:
        """The pools and values of the given games (B,)."""


def _draws(seed: Seed, games: Int64, count: int, first: int = 0) -> Float64:
    """Uniform draws (B, count) of the scenario's own stream."""
    keys = seeding.fold(seeding.game_keys(seed, games), seeding.SCENARIO)
    return np.stack([seeding.unit(keys, first + draw) for draw in range(count)], axis=1)


class SeedScenario:
    """The original experiments: one item of each type, each value U(0, 1) rounded to one decimal."""

    def shape(self, config: MultiItemConfig) -> Shape:
        """``num_items`` single items."""
        return Shape(config.num_items, 2**config.num_items, 1)

    def __call__(self, config: MultiItemConfig, seed: Seed, games: Int64) -> MultiItemSetup:
        """Values that would all be 0 are drawn again."""
        types = config.num_items
        values = np.zeros((len(games), 2, types))
        for attempt in range(_REDRAWS):
            worthless = values.sum(axis=2) == 0.0
            if not worthless.any():
                break
            rows = np.flatnonzero(worthless.any(axis=1))
            seeds = seed if isinstance(seed, int) else seed[rows]
            drawn = np.round(_draws(seeds, games[rows], 2 * types, 2 * types * attempt), 1).reshape(-1, 2, types)
            values[rows] = np.where(worthless[rows][:, :, None], drawn, values[rows])
        return MultiItemSetup.of(np.ones((len(games), types), dtype=np.int64), values)


class Bargaining:
    """As in Deal or No Deal and OpenSpiel: 3 types, 5 to 7 items, both pools worth 10.

    All pools and integer values in which every type is worth something to somebody, and some type to both, are
    equally likely.
    """

    def shape(self, config: MultiItemConfig) -> Shape:  # a scenario's shape may depend on it
        """The largest pool of all."""
        quantities, _ = _bargaining_games()
        return Shape(_TYPES, int(np.prod(quantities + 1, axis=1).max()), int(quantities.max()))

    def __call__(self, config: MultiItemConfig, seed: Seed, games: Int64) -> MultiItemSetup:
        """One of all such games, each."""
        quantities, values = _bargaining_games()
        chosen = (_draws(seed, games, 1)[:, 0] * len(quantities)).astype(np.int64)
        return MultiItemSetup.of(quantities[chosen], values[chosen])


@cache
def _bargaining_games() -> tuple[Int64, Float64]:
    """All pools (G, 3) and values (G, 2, 3) of the scenario."""
    pools, pairs = [], []
    for pool in product(range(1, max(_UNITS)), repeat=_TYPES):
        if sum(pool) in _UNITS:
            vectors = np.array(
                [v for v in product(range(_POOL_WORTH + 1), repeat=_TYPES) if np.dot(v, pool) == _POOL_WORTH]
            )
            one, two = (vectors[index] for index in np.indices((len(vectors), len(vectors))).reshape(2, -1))
            sound = ((one + two) > 0).all(axis=1) & ((one > 0) & (two > 0)).any(axis=1)
            pairs.append(np.stack([one, two], axis=1)[sound])
            pools.append(np.broadcast_to(np.array(pool), (int(sound.sum()), _TYPES)))
    return np.concatenate(pools), np.concatenate(pairs).astype(np.float64)


class Opposed:
    """From no conflict (``opposition=0``) to zero-sum (1): one item of each type, both pools worth about 10.

    Values are ``(1 - opposition) * own + opposition * shared``: ``own`` is worth something only on the agent's half of
    the items, ``shared`` is the same for both; each is random, and sums to 10 before rounding to three decimals.
    """

    def shape(self, config: MultiItemConfig) -> Shape:
        """``num_items`` single items."""
        return Shape(config.num_items, 2**config.num_items, 1)

    def __call__(self, config: MultiItemConfig, seed: Seed, games: Int64) -> MultiItemSetup:
        """Who gets which half is random too."""
        types, share = config.num_items, config.opposition
        draws = 0.05 + 0.95 * _draws(seed, games, 4 * types)
        order = np.argsort(np.argsort(draws[:, :types], axis=1), axis=1)
        seat_0 = order < (types + 1) // 2
        shared = _worth_ten(draws[:, types : 2 * types])
        own_0 = _worth_ten(draws[:, 2 * types : 3 * types] * seat_0)
        own_1 = _worth_ten(draws[:, 3 * types :] * ~seat_0) if types > 1 else shared
        values = np.stack([(1.0 - share) * own + share * shared for own in (own_0, own_1)], axis=1)
        return MultiItemSetup.of(np.ones((len(games), types), dtype=np.int64), np.round(values, DECIMALS))


def _worth_ten(values: Float64) -> Float64:
    return np.asarray(_POOL_WORTH * values / values.sum(axis=1, keepdims=True))


class FromFile:
    """The games of a file, ``count value count value ...``, two lines a game; each once, then in another order."""

    def shape(self, config: MultiItemConfig) -> Shape:
        """The largest pool of the file."""
        from negotiation_env.multi_item.instances import read_instances

        return read_instances(str(config.instances)).shape

    def __call__(self, config: MultiItemConfig, seed: Seed, games: Int64) -> MultiItemSetup:
        """Games drawn without replacement until all are used."""
        from negotiation_env.multi_item.instances import read_instances

        file = read_instances(str(config.instances))
        chosen = seeding.shuffled(seed, games, len(file.setup.splits))
        return MultiItemSetup.of(file.setup.quantities[chosen], file.setup.values[chosen])


seed_scenario: SeedScenario = SeedScenario()
bargaining: Bargaining = Bargaining()
opposed: Opposed = Opposed()
from_file: FromFile = FromFile()


def deal_setup(
    config: MultiItemConfig, seed: Seed, games: Int64, options: Mapping[str, object] | None = None
) -> tuple[MultiItemSetup, Int64]:
    """The setups of the given games, and the seat (B,) that moves first in each.

    ``options`` fix what they name: ``quantities`` (I,) or (B, I), ``values`` (2, I) or (B, 2, I), ``first_mover``.

    Raises:
        ValueError: an option, or what a registered scenario draws, has a bad value or does not fit the scenario's
            spaces.
    """
    scenario: Scenario = find_scenario(config.scenario, "multi_item")
    setup = scenario(config, seed, games)
    given = {name: value for name, value in (options or {}).items() if value is not None}
    size, types = setup.quantities.shape
    quantities = _repeated("quantities", given.get("quantities", setup.quantities), (size, types))
    values = _repeated("values", given.get("values", setup.values), (size, 2, types))
    return check_setup(quantities, values, config.shape), first_movers(config, seed, games, given)


def _repeated(name: str, value: object, shape: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty(0)
    if numbers.shape not in (shape[-1:], shape[1:], shape):
        raise ValueError(
            f"option {name} is {value!r}; it must be numbers of shape {shape[1:]}, or one such list a game."
        )
    return np.broadcast_to(numbers, shape)
