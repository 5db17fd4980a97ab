"""The records of the price domain: one price, and limits in currency units."""

from __future__ import annotations

import numpy as np

from negotiation_env.price.rules import SIDES
from negotiation_env.records.format import Format
from negotiation_env.records.price.reading import PriceReader
from negotiation_env.records.price.tables import PriceTables
from negotiation_env.records.price.telling import PriceTeller
from negotiation_env.records.price.writing import PriceWriter

PRICE = Format(
    domain="price",
    sides=SIDES,
    pools=("buyers", "sellers"),
    last_offer="last_offer_price",
    content="price",
    nothing=np.nan,
    labels=("product",),
    seat_facts=("rho_commanded",),
    dtypes={},
    writer=PriceWriter(),
    reader=PriceReader(),
    tables=PriceTables(),
    teller=PriceTeller(),
)
