"""One JSONL line, parsed and checked on its own."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from negotiation_env.policy import OFFER
from negotiation_env.records.games import SIDES, json_text
from negotiation_env.records.jsonl import ACTIONS
from negotiation_env.run import SCHEMA_VERSION

OUTCOMES = {"OFFER": "deadline", "ACCEPT": "deal", "WALK": "walk"}
"""How a game ends whose last action is this."""
_ROUNDING = 1e-6
_NUMBER, _OPTIONAL = (float, int), (float, int, type(None))


class GameFacts(NamedTuple):
    """What every line of a game says alike; prices in currency units, ``None`` for null, parameters as JSON."""

    uid: str
    first: int
    max_turns: int
    seed: int
    buyer_max: float
    seller_min: float
    price_low: float
    price_high: float
    price: float | None
    rho: float | None
    strategy_0: str
    strategy_1: str
    params_0: str
    params_1: str
    scenario: str
    information: str
    episode_outcome: str
    product: str


@dataclass(slots=True)
class Line:
    """One decision: who moved, what it did, and what it says about its game; NaN for null."""

    facts: GameFacts
    turn: int
    seat: int
    offers: list[float]
    kind: int
    price: float
    reward: float
    is_terminal: bool
    rho_commanded: float
    message: str
    notes: str


def parse_line(text: str) -> Line:
    """Parse and check a line.

    Raises:
        ValueError: with the reason, if the line is no record of this schema version.
    """
    record = _parsed(text)
    if record.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"schema_version is {record.get('schema_version')!r}; only version {SCHEMA_VERSION} can be read"
        )
    agent, state, action, meta = (_get(record, name, dict) for name in ("agent", "state", "action", "meta"))
    role = _one_of(state, "role", SIDES)
    kind = ACTIONS.index(_one_of(action, "type", ACTIONS))
    price = _get(action, "price", *(_NUMBER if kind == OFFER else (type(None),)))
    commanded = _get(record, "rho_commanded", *_OPTIONAL)
    if _get(record, "intent_impasse", bool) != (commanded == -1.0):
        raise ValueError("intent_impasse must be true where rho_commanded is -1, and only there")
    line = Line(
        facts=_facts(record, SIDES.index(role), agent, state, meta),
        turn=_get(record, "turn", int),
        seat=SIDES.index(role),
        offers=_offers(state),
        kind=kind,
        price=math.nan if price is None else float(price),
        reward=float(_get(record, "reward", *_NUMBER)),
        is_terminal=_get(record, "is_terminal", bool),
        rho_commanded=math.nan if commanded is None else float(commanded),
        message=_get(record, "message", str, type(None), default=None) or "",
        notes=json_text(record["notes"]) if record.get("notes") is not None else "",
    )
    _check_state(line, state, float(_get(meta, "zopa_width", *_NUMBER)))
    return line


def _parsed(text: str) -> dict[str, Any]:
    try:
        record = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(record, dict):
        raise ValueError(f"a record must be a JSON object, not {type(record).__name__}")
    return record


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON; what has no value is null")


_DECODER = json.JSONDecoder(parse_constant=_not_json)


def _facts(
    record: Mapping[str, Any], seat: int, agent: Mapping[str, Any], state: Mapping[str, Any], meta: Mapping[str, Any]
) -> GameFacts:
    low, high = _pair(state, "price_range")
    own = _get(agent, "strategy", str), _params(agent, "params")
    other = _get(meta, "opponent", str), _params(meta, "opponent_params")
    buyer, seller = (own, other) if seat == 0 else (other, own)
    return GameFacts(
        uid=_get(record, "trajectory_id", str),
        first=SIDES.index(_one_of(meta, "first_mover", SIDES)),
        max_turns=_whole(state, "max_turns", 2**31),
        seed=_whole(meta, "seed", 2**64),
        buyer_max=float(_get(meta, "buyer_max", *_NUMBER)),
        seller_min=float(_get(meta, "seller_min", *_NUMBER)),
        price_low=low,
        price_high=high,
        price=_get(meta, "accepted_price", *_OPTIONAL),
        rho=_get(record, "rho", *_OPTIONAL),
        strategy_0=buyer[0],
        strategy_1=seller[0],
        params_0=buyer[1],
        params_1=seller[1],
        scenario=_get(meta, "scenario", str),
        information=_get(meta, "information", str),
        episode_outcome=_one_of(meta, "episode_outcome", tuple(OUTCOMES.values())),
        product=_get(meta, "product", str, default=""),
    )


def is_width(width: float, facts: GameFacts) -> bool:
    """Whether this is the width of the surplus, but for rounding."""
    return abs(width - (facts.buyer_max - facts.seller_min)) < _ROUNDING


def _check_state(line: Line, state: Mapping[str, Any], width: float) -> None:
    facts = line.facts
    limit = facts.seller_min if line.seat else facts.buyer_max
    expected = {
        "timestep": line.turn - 1,
        "last_offer_price": line.offers[-1] if line.offers else None,
        "reservation_price": limit,
    }
    for name, value in expected.items():
        if _get(state, name, *_OPTIONAL) != value:
            raise ValueError(f"state.{name} is {state[name]!r}; the rest of the line says {value!r}")
    if not is_width(width, facts):
        raise ValueError(f"meta.zopa_width is {width}; the limits are {facts.buyer_max} and {facts.seller_min}")
    if line.kind == OFFER and not facts.price_low <= line.price <= facts.price_high:
        raise ValueError(f"action.price is {line.price}; it must be inside [{facts.price_low}, {facts.price_high}]")


def _offers(state: Mapping[str, Any]) -> list[float]:
    offers: list[float] = _get(state, "offer_history", list)
    if any(type(offer) not in _NUMBER for offer in offers):
        raise ValueError("offer_history must be a list of numbers")
    return offers


def _pair(state: Mapping[str, Any], name: str) -> tuple[float, float]:
    values = _get(state, name, list)
    if len(values) != 2 or any(type(value) not in _NUMBER for value in values) or not values[0] < values[1]:
        raise ValueError(f"{name} is {values!r}; it must be [low, high]")
    return float(values[0]), float(values[1])


def _params(record: Mapping[str, Any], name: str) -> str:
    return json_text(_get(record, name, dict))


def _whole(record: Mapping[str, Any], name: str, limit: int) -> int:
    value: int = _get(record, name, int)
    if not 0 <= value < limit:
        raise ValueError(f"{name} is {value}; it must be at least 0 and below {limit}")
    return value


def _one_of(record: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value: str = _get(record, name, str)
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
    return value


_NEEDED = object()


def _get(record: Mapping[str, Any], name: str, *kinds: type, default: object = _NEEDED) -> Any:  # noqa: ANN401
    """The value of a key if it is of one of the given types; a bool is no number, and numbers are finite."""
    value = record.get(name, default)
    if value is _NEEDED:
        raise ValueError(f"{name!r} is missing")
    if type(value) not in kinds and value is not default:
        names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise ValueError(f"{name} is {value!r}; it must be {names}")
    if type(value) is float and not math.isfinite(value):
        raise ValueError(f"{name} is too large")
    return value
