"""Price games from records, told one by one."""

from __future__ import annotations

import math
from typing import Any

from negotiation_env.price import rules
from negotiation_env.price.domain import PriceEpisode
from negotiation_env.records.games import Games
from negotiation_env.turns import FLOAT_NOISE


class PriceTeller:
    """See `negotiation_env.records.format.Teller`."""

    episode_type = PriceEpisode

    def own_fields(self, games: Games, index: int) -> dict[str, Any]:
        """Limits, price, rho and payoffs."""
        names = ("buyer_max", "seller_min", "price_low", "price_high", "price", "rho")
        buyer_max, seller_min, low, high, price, rho = (float(games.facts[name][index]) for name in names)
        deal = not math.isnan(price)
        gains = [
            rules.payoff(role, limit, price) for role, limit in zip(rules.ROLES, (buyer_max, seller_min), strict=True)
        ]
        product = games.labels["product"].take(slice(index, index + 1)).tolist()[0]
        return {
            "buyer_max": buyer_max,
            "seller_min": seller_min,
            "deal": deal,
            "price": price if deal else None,
            "rho": rho,
            "payoffs": dict(zip(rules.AGENTS, gains if deal else (0.0, 0.0), strict=True)),
            "surplus_share": rules.surplus_shares(deal, rho),
            "details": {"price_low": low, "price_high": high} | ({"product": product} if product else {}),
        }

    def shown(self, games: Games, index: int, offer: float) -> float:
        """The price."""
        return float(offer)

    def is_sound(self, episode: PriceEpisode) -> bool:
        """Whether a price inside both limits was agreed on."""
        return episode.deal and min(episode.payoffs.values()) >= -FLOAT_NOISE

    def log(self, episode: PriceEpisode) -> dict[str, object]:
        """Product, limits, price and rho."""
        names = ("buyer_max", "seller_min", "price", "rho")
        return {"product": episode.details.get("product"), **{name: getattr(episode, name) for name in names}}
