"""The ``catalogue`` scenario: products with real prices from a CSV file.

As in the AmazonHistoryPrice benchmark (Xia et al. 2024, "Measuring Bargaining Abilities of LLMs"), the
buyer's budget is .8 x list price and the seller's cost is the lowest price; the public range is [0, list
price]. Each epoch of ``n`` games plays each of the ``n`` products once, in a random order.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.openings import Seed
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Float64, Int64, on_tick
from negotiation_env.price.scenarios import PriceSetup

COLUMNS = ("category", "title", "list_price", "current_price", "average_price", "lowest_price", "highest_price")
BUDGET_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The products of a file: titles and, in currency units, list and lowest prices, each (n,)."""

    titles: NDArray[np.object_]
    list_price: Float64
    lowest_price: Float64
    digest: str

    def __len__(self) -> int:
        return len(self.titles)


def read_catalogue(path: str) -> Catalogue:
    """Read and check a product file.

    Raises:
        ValueError: with file, line and reason, for a missing column, a quote that is left open, a price that is no
            positive number, or a lowest price above the list price.
    """
    stat = Path(path).stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _read(path: str, _modified: int, _size: int) -> Catalogue:
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}).") from None
    rows = [(row["title"], *_prices(path, line, row)) for line, row in _rows(path, text)]
    if not rows:
        raise ValueError(f"{path}: no products; give at least one line below the header.")
    titles, lists, lowest = zip(*rows, strict=True)
    return Catalogue(
        np.array(titles, dtype=object), np.array(lists), np.array(lowest), hashlib.sha256(content).hexdigest()
    )


def _rows(path: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each product, with the number of its last line."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"{path}, line 1: column {missing[0]!r} is missing; the columns are {','.join(COLUMNS)}.")
        line = reader.line_num + 1
        width = len(reader.fieldnames or [])
        for row in reader:
            found = len(row) - 1 + len(row[None]) if None in row else sum(value is not None for value in row.values())
            if found != width:
                raise ValueError(
                    f"{path}, line {reader.line_num}: {found} fields, and the header has {width}; put a title with "
                    "a comma into quotes."
                )
            yield reader.line_num, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {line}: {error}; close each quote, and write a quote in a title twice."
        ) from None


def _prices(path: str, line: int, row: dict[str, str]) -> tuple[float, float]:
    values = []
    for name in ("list_price", "lowest_price"):
        try:
            value = float(row[name])
        except (TypeError, ValueError):
            raise ValueError(f"{path}, line {line}: {name} is {row[name]!r}; it must be a number.") from None
        if not (np.isfinite(value) and value > 0.0):
            raise ValueError(f"{path}, line {line}: {name} is {row[name]!r}; it must be above 0.")
        values.append(value)
    if values[1] > values[0]:
        raise ValueError(f"{path}, line {line}: lowest_price {values[1]} is above list_price {values[0]}.")
    return values[0], values[1]


def public_high(list_price: Float64, tick: float) -> Float64:
    """The upper end (B,) of the public range: the list price, on the tick and at least one tick."""
    return np.maximum(on_tick(list_price, tick), tick)


def catalogue_scenario(config: PriceConfig, seed: Seed, games: Int64) -> PriceSetup:
    """Product prices drawn without replacement until all are used, then again in another order."""
    catalogue = read_catalogue(str(config.catalogue))
    product = seeding.shuffled(seed, games, len(catalogue))
    high = public_high(catalogue.list_price[product], config.tick)
    budget = on_tick(BUDGET_SHARE * catalogue.list_price[product], config.tick)
    cost = np.minimum(on_tick(catalogue.lowest_price[product], config.tick), high)
    return PriceSetup(budget, cost, np.zeros(len(games)), high, {"product": catalogue.titles[product]})
