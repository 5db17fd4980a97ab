"""Price games, read from lines and checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from negotiation_env.records.fields import NUMBER, OPTIONAL, get, number, numbers
from negotiation_env.records.format import GameFacts, OwnPattern, OwnText, Record, SeatFacts
from negotiation_env.records.price.facts import PriceFacts, commanded_rho
from negotiation_env.records.price.writing import own_text
from negotiation_env.records.recognising import FLOAT, NULLABLE, TEXT
from negotiation_env.records.recognising import NUMBER as NUMBER_TEXT
from negotiation_env.records.text import number_text
from negotiation_env.turns import FLOAT_NOISE

_ROUNDING = 1e-6
_DECODER = json.JSONDecoder()


class PriceReader:
    """See `negotiation_env.records.format.Reader`."""

    pattern: OwnPattern = OwnPattern(
        state=rf'"reservation_price":[^,]*,"price_range":\[{NUMBER_TEXT},{NUMBER_TEXT}\]',
        outcome=rf'"rho":{NULLABLE},"rho_commanded":{NULLABLE},"intent_impasse":\w*,',
        meta=rf'"buyer_max":{NUMBER_TEXT},"seller_min":{NUMBER_TEXT},"zopa_width":{NUMBER_TEXT},'
        rf'"accepted_price":{NULLABLE}',
        end=rf'(?:,"product":{TEXT})?',
        state_end=r'"reservation_price":[^"]*"price_range":[^"}]*',
        offers=r"[\d.,]*",
        offer=FLOAT,
    )

    def recognised(
        self, found: Sequence[str], seat: int, opponent_params: str
    ) -> tuple[PriceFacts, list[SeatFacts], OwnText]:
        """Limits, price and rho; the opponent's commanded rho is what its parameters say."""
        low, high, rho, command, buyer_max, seller_min, width, price, product = found
        facts = PriceFacts(
            float(buyer_max), float(seller_min), float(low), float(high), _value(price), _value(rho), product[1:-1]
        )
        _check_limits(facts, float(width))
        other = _command_text(opponent_params)
        one, two = (other, command) if seat else (command, other)
        own = own_text(buyer_max, seller_min, width, low, high, price, rho, one, two, product)
        return facts, [(_value(one),), (_value(two),)], own

    def moves(self, history: str, offered: str, own: PriceFacts) -> tuple[list[float], list[str], list[str]]:
        """Prices and their texts."""
        texts = [*history.split(","), offered] if history else [offered]
        prices = texts if offered != "null" else texts[:-1]
        return _inside(_DECODER.raw_decode(f"[{','.join(prices)}]")[0], own), texts, texts

    def facts(self, record: Record, state: Record, meta: Record, seat: int) -> PriceFacts:
        """Limits, price and rho."""
        low, high = numbers(state, "price_range", 2)
        facts = PriceFacts(
            buyer_max=number(meta, "buyer_max"),
            seller_min=number(meta, "seller_min"),
            price_low=low,
            price_high=high,
            price=get(meta, "accepted_price", *OPTIONAL),
            rho=get(record, "rho", *OPTIONAL),
            product=get(meta, "product", str, default=""),
        )
        _check_limits(facts, number(meta, "zopa_width"))
        limit, said = facts[seat], number(state, "reservation_price")
        if said != limit:
            raise ValueError(f"state.reservation_price is {said!r}; the rest of the line says {limit!r}")
        return facts

    def seat_facts(self, record: Record) -> SeatFacts:
        """The commanded rho."""
        commanded = get(record, "rho_commanded", *OPTIONAL)
        if get(record, "intent_impasse", bool) != (commanded == -1.0):
            raise ValueError("intent_impasse must be true where rho_commanded is -1, and only there")
        return (commanded,)

    def expected_seat_facts(self, params: str) -> SeatFacts:
        """The commanded rho."""
        return (_command(params),)

    def offers(self, shown: Sequence[Any], own: PriceFacts, is_mine: bool) -> list[float]:
        """Prices inside the public range."""
        if any(type(price) not in NUMBER for price in shown):
            raise ValueError(f"offers are {list(shown)!r}; they must be numbers")
        return _inside(list(shown), own)

    def check_outcome(self, facts: GameFacts, agreed: float | None, seat: int) -> tuple[float, float]:
        """The price is the one that was agreed on, and rho its place between the limits."""
        own: PriceFacts = facts.own
        if own.price != agreed:
            raise ValueError(f"the moves of episode {facts.uid} lead to the price {agreed}, not to {own.price}")
        width = own.buyer_max - own.seller_min
        rho = -1.0 if agreed is None else (agreed - own.seller_min) / width if width > 0.0 else None
        if own.rho != rho and (own.rho is None or rho is None or abs(rho - own.rho) > FLOAT_NOISE):
            raise ValueError(f"rho of episode {facts.uid} is {own.rho}; its limits and price say {rho}")
        if agreed is None:
            return 0.0, 0.0
        span = own.price_high - own.price_low
        return (own.buyer_max - agreed) / span, (agreed - own.seller_min) / span

    def discounts(self, own: PriceFacts) -> None:
        """Price records do not hold them."""


def _inside(prices: list[float], own: PriceFacts) -> list[float]:
    """The same prices, if they are inside the public range."""
    if prices and not own.price_low <= min(prices) <= max(prices) <= own.price_high:
        raise ValueError(f"offers are {prices}; they must be inside [{own.price_low}, {own.price_high}]")
    return prices


def _check_limits(facts: PriceFacts, width: float) -> None:
    if not facts.price_low < facts.price_high:
        raise ValueError(f"price_range is {[facts.price_low, facts.price_high]!r}; it must be [low, high]")
    if not abs(width - (facts.buyer_max - facts.seller_min)) < _ROUNDING:
        raise ValueError(f"meta.zopa_width is {width}; the limits are {facts.buyer_max} and {facts.seller_min}")


def _value(text: str) -> float | None:
    return None if text == "null" else float(text)


@lru_cache(maxsize=4096)
def _command(params: str) -> float | None:
    return commanded_rho(json.loads(params))


@lru_cache(maxsize=4096)
def _command_text(params: str) -> str:
    return number_text(_command(params))
