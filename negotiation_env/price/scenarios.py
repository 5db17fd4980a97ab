"""Where the private limits come from: named, registered, seedable, extensible.

A scenario is a function ``(config, seed, games) -> PriceSetup`` of counter-based draws, so that game
``g`` of seed ``s`` is the same in any batch. What each one gives away:

- ``seed``: the surplus is always 500 wide, so each side can infer the other's limit from its own.
- ``varied`` (default): nothing but that the surplus is between 50 and 900 wide.
- ``private``: nothing; the surplus is often empty, and then no deal should happen.
- ``catalogue``: the list price is public and the buyer's budget is always .8 of it, so a seller that
  knows the scenario knows the buyer's limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.openings import Seed, first_movers
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Float64, Int64, on_tick
from negotiation_env.scenarios import find_scenario

_ORIGINAL_WIDTH = 1300.0
OPTION_RANKS = {"buyer_max": 0, "seller_min": 0, "first_mover": 0}


@dataclass(frozen=True, eq=False)
class PriceSetup:
    """The private and public facts of B games.

    Attributes:
        buyer_max: (B,) float64, the most each buyer pays.
        seller_min: (B,) float64, the least each seller takes.
        low: (B,) float64, lower end of the public price range.
        high: (B,) float64, upper end of the public price range.
        details: further columns (B,) for the episode table.
    """

    buyer_max: Float64
    seller_min: Float64
    low: Float64
    high: Float64
    details: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


Scenario = Callable[[PriceConfig, Seed, Int64], PriceSetup]


def _keys(seed: Seed, games: Int64) -> NDArray[np.uint64]:
    return seeding.fold(seeding.game_keys(seed, games), seeding.SCENARIO)


def _public(config: PriceConfig, size: int) -> tuple[Float64, Float64]:
    low, high = config.price_range
    return np.full(size, low), np.full(size, high)


def seed_scenario(config: PriceConfig, seed: Seed, games: Int64) -> PriceSetup:
    """The original experiments: buyer_max ~ N(900, 50) clipped to [700, 1500], seller_min = buyer_max - 500."""
    low, high = _public(config, len(games))
    buyer_max = on_tick(np.clip(900.0 + 50.0 * seeding.normal(_keys(seed, games), 0), 700.0, 1500.0), config.tick)
    return PriceSetup(buyer_max, on_tick(buyer_max - 500.0, config.tick), low, high)


def varied_scenario(config: PriceConfig, seed: Seed, games: Int64) -> PriceSetup:
    """Never empty: width ~ U(50, 900), seller_min ~ U(200, 1500 - width); scaled with the price range."""
    low, high = _public(config, len(games))
    keys, scale = _keys(seed, games), (high - low) / _ORIGINAL_WIDTH
    width = (50.0 + 850.0 * seeding.unit(keys, 0)) * scale
    seller_min = on_tick(low + (high - low - width) * seeding.unit(keys, 1), config.tick)
    return PriceSetup(np.minimum(on_tick(seller_min + width, config.tick), high), seller_min, low, high)


def private_scenario(config: PriceConfig, seed: Seed, games: Int64) -> PriceSetup:
    """Both limits ~ U(price range), independently: often no deal should happen."""
    low, high = _public(config, len(games))
    keys = _keys(seed, games)
    limits = [on_tick(low + (high - low) * seeding.unit(keys, draw), config.tick) for draw in (0, 1)]
    return PriceSetup(limits[0], limits[1], low, high)


def deal_setup(
    config: PriceConfig, seed: Seed, games: Int64, options: Mapping[str, object] | None = None
) -> tuple[PriceSetup, Int64]:
    """The setups of the given games, and the seat (B,) that moves first in each.

    ``options`` fix what they name (``buyer_max``, ``seller_min``, ``first_mover``), as scalars or as arrays
    with one value a row. Limits are rounded to the tick, wherever they come from.

    Raises:
        ValueError: an option has a bad value, or a limit lies outside the public price range.
    """
    scenario: Scenario = find_scenario(config.scenario, "price")
    setup = scenario(config, seed, games)
    if (
        config.catalogue is None
        and not ((setup.low == config.price_range[0]) & (setup.high == config.price_range[1])).all()
    ):
        raise ValueError(
            f"scenario {config.scenario!r} draws public ranges other than price_range {config.price_range}; only a "
            "catalogue may, so that observations and actions can be read."
        )
    first = first_movers(config, seed, games, options)
    if options:
        limits = {
            name: _limit_option(name, options[name], len(games))
            for name in ("buyer_max", "seller_min")
            if options.get(name) is not None
        }
        setup = replace(setup, **limits)  # type: ignore[arg-type]  # both are limits
    with np.errstate(invalid="ignore"):  # what is not finite is refused below
        buyer_max, seller_min = (on_tick(limit, config.tick) for limit in (setup.buyer_max, setup.seller_min))
    setup = replace(setup, buyer_max=buyer_max, seller_min=seller_min)
    check_limits(setup, config.scenario)
    return setup, first


def check_limits(setup: PriceSetup, scenario: str) -> None:
    """Raise ``ValueError`` if a limit lies outside the public price range of its game."""
    for name, limit in (("buyer_max", setup.buyer_max), ("seller_min", setup.seller_min)):
        inside = (limit >= setup.low) & (limit <= setup.high)
        if not inside.all():
            row = int(np.flatnonzero(~inside)[0])
            raise ValueError(
                f"{name} is {limit[row]} in row {row}; it must be inside the public price range "
                f"[{setup.low[row]}, {setup.high[row]}]. Change it, price_range or the scenario ({scenario!r})."
            )


def _limit_option(name: str, value: object, size: int) -> Float64:
    try:
        limit = np.asarray(value, dtype=np.float64)
        return np.broadcast_to(limit, (size,)).copy()
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"option {name} is {value!r}; it must be a number, or {size} numbers (one a game).") from None
