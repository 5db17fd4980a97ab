"""The columns of price games in the two tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Float64
from negotiation_env.price.rules import SIDES
from negotiation_env.records.games import Games
from negotiation_env.records.price.facts import zopa_widths
from negotiation_env.records.rows import Column, Rows

if TYPE_CHECKING:
    import pyarrow as pa

IMPASSE_RHO = -1.0


class PriceTables:
    """See `negotiation_env.records.format.Tables`."""

    def decisions(self, rows: Rows, k_history: int) -> dict[str, Column]:
        """Prices in currency units and, as ``*_norm``, on [-1, 1] over the public range."""
        low, high = rows.fact("price_low"), rows.fact("price_high")
        history = [rows.offer_before(lag, np.nan) for lag in range(1, k_history + 1)]
        raw = {
            "reservation_price": rows.own("buyer_max", "seller_min"),
            "last_offer_price": rows.offer_before(1, np.nan),
            **{f"history_{lag}": offers for lag, offers in enumerate(history, 1)},
            "action_price": rows.games.offer,
        }
        scaled = {f"{name}_norm": normalised(price, low, high) for name, price in raw.items()}
        return {"price_low": low, "price_high": high, **raw, **scaled}

    def results(self, rows: Rows) -> dict[str, Column]:
        """The rho that came out, and the one that was commanded."""
        commanded = rows.own("rho_commanded_0", "rho_commanded_1")
        return {
            "rho_outcome": rows.fact("rho"),
            "rho_commanded": commanded,
            "intent_impasse": commanded == IMPASSE_RHO,
        }

    def episodes(self, games: Games) -> dict[str, Column]:
        """The limits of both sides, and what they agreed on."""
        facts = games.facts
        deal = ~np.isnan(facts["price"])
        paid = np.where(deal, facts["price"], 0.0)
        return {
            **{name: facts[name] for name in ("price_low", "price_high", "buyer_max", "seller_min")},
            "zopa_width": zopa_widths(facts["buyer_max"], facts["seller_min"]),
            "deal": deal,
            "accepted_price": facts["price"],
            "rho": facts["rho"],
            "rho_commanded_buyer": facts["rho_commanded_0"],
            "rho_commanded_seller": facts["rho_commanded_1"],
            "payoff_buyer": np.where(deal, facts["buyer_max"] - paid, 0.0),
            "payoff_seller": np.where(deal, paid - facts["seller_min"], 0.0),
        }

    def facts(self, episodes: pa.Table) -> dict[str, Array]:
        """Limits, price and rho."""
        from negotiation_env.records.parquet_games import numbers

        same = ("buyer_max", "seller_min", "price_low", "price_high", "rho")
        commands = {f"rho_commanded_{seat}": f"rho_commanded_{side}" for seat, side in enumerate(SIDES)}
        names = {**{name: name for name in same}, "price": "accepted_price", **commands}
        return {name: numbers(episodes, column) for name, column in names.items()}

    def offers(self, decisions: pa.Table, facts: Mapping[str, Array]) -> Array:
        """Prices, NaN where a move offers none."""
        from negotiation_env.records.parquet_games import numbers

        return numbers(decisions, "action_price")

    def check(self, games: Games, agreed: Array) -> None:
        """Prices inside the public range; the accepted price is the last one."""
        facts, offered = games.facts, ~np.isnan(games.offer)
        low, high = (np.repeat(facts[name], facts["turns"])[offered] for name in ("price_low", "price_high"))
        prices = games.offer[offered]
        if not ((low <= prices) & (prices <= high)).all():
            raise ValueError("a price is outside the public range")
        if not np.array_equal(agreed, facts["price"], equal_nan=True):
            raise ValueError("an accepted price is not the one that was offered last")


def normalised(price: Float64, low: Float64, high: Float64) -> NDArray[np.float32]:
    """Prices (N,) on [-1, 1] over the public range [low, high]."""
    return (2.0 * (price - low) / (high - low) - 1.0).astype(np.float32)
