"""What records say of a price game."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.policy import JsonValue


class PriceFacts(NamedTuple):
    """The facts of a game in currency units; ``None`` for null, ``product`` empty unless the scenario names it."""

    buyer_max: float
    seller_min: float
    price_low: float
    price_high: float
    price: float | None
    rho: float | None
    product: str


def commanded_rho(params: Mapping[str, JsonValue]) -> float | None:
    """The rho that a player with these parameters is commanded to reach, if any."""
    rho = params.get("rho")
    return float(rho) if isinstance(rho, int | float) and not isinstance(rho, bool) and math.isfinite(rho) else None


def zopa_width(buyer_max: float, seller_min: float) -> float:
    """Width of the surplus in currency units, negative if it is empty, without floating-point dust."""
    return round(buyer_max - seller_min, 9) + 0.0


def zopa_widths(buyer_max: Array, seller_min: Array) -> Array:
    """`zopa_width` of each pair of limits (E,)."""
    return np.array([zopa_width(*limits) for limits in zip(buyer_max.tolist(), seller_min.tolist(), strict=True)])
