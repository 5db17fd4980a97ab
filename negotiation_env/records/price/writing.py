"""Price games as columns and as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.records.format import OwnText
from negotiation_env.records.games import Games, Labels, label
from negotiation_env.records.price.facts import commanded_rho, zopa_widths
from negotiation_env.records.text import number_texts

NUMBERS = (
    "buyer_max", "seller_min", "zopa_width", "price_low", "price_high", "price", "rho",
    "rho_commanded_0", "rho_commanded_1",
)  # fmt: skip
_IMPASSE = "-1.0"
_TRUTH = {True: "true", False: "false"}


class PriceWriter:
    """See `negotiation_env.records.format.Writer`."""

    def facts(self, episodes: Episodes, keep: NDArray[np.bool_]) -> dict[str, Array]:
        """buyer_max, seller_min, price_low, price_high, price, rho, rho_commanded_0, rho_commanded_1, each (E,).

        ``price`` is NaN without a deal, ``rho`` -1 without a deal and NaN with an empty surplus, and
        ``rho_commanded`` NaN unless the seat is commanded.
        """
        raw = episodes.batch.episodes
        facts = {name: raw[name][keep] for name in ("buyer_max", "seller_min", "price_low", "price_high", "price")}
        facts["rho"] = episodes.episodes["rho"][keep]
        for seat, players in enumerate(episodes.run.players):
            commands = np.array([commanded_rho(player.params) for player in players], dtype=np.float64)
            facts[f"rho_commanded_{seat}"] = commands[raw[f"player_{seat}"][keep]]
        return facts

    def labels(self, episodes: Episodes) -> dict[str, Labels]:
        """The product, empty unless the scenario names products."""
        raw = episodes.batch.episodes
        if "product" in raw:
            return {"product": label([str(title) for title in raw["product"]])}
        return {"product": Labels(np.zeros(len(episodes), dtype=np.int32), ("",))}

    def own_texts(self, games: Games) -> Iterator[OwnText]:
        """Limits, rho and product of each game."""
        facts = {**games.facts, "zopa_width": zopa_widths(games.facts["buyer_max"], games.facts["seller_min"])}
        columns = [number_texts(facts[name]) for name in NUMBERS]
        products = games.labels["product"]
        titles = [json.dumps(title) for title in products.names]
        texts = [titles[code] for code in products.codes.tolist()]
        return map(own_text, *columns, texts)

    def offer_texts(self, games: Games) -> tuple[list[str], list[str]]:
        """Both agents see the same price."""
        texts = number_texts(games.offer)
        return texts, texts


def own_text(
    buyer_max: str, seller_min: str, width: str, low: str, high: str, price: str, rho: str,
    command_0: str, command_1: str, product: str,
) -> OwnText:  # fmt: skip
    """The text of one game, from the JSON text of `NUMBERS` and of the product."""
    span, outcome = f',"price_range":[{low},{high}]', f'"rho":{rho},"rho_commanded":'
    return OwnText(
        (f'"reservation_price":{buyer_max}{span}', f'"reservation_price":{seller_min}{span}'),
        (
            f'{outcome}{command_0},"intent_impasse":{_TRUTH[command_0 == _IMPASSE]},',
            f'{outcome}{command_1},"intent_impasse":{_TRUTH[command_1 == _IMPASSE]},',
        ),
        f'"buyer_max":{buyer_max},"seller_min":{seller_min},"zopa_width":{width},"accepted_price":{price}',
        "" if product == '""' else f',"product":{product}',
    )
