"""Checked access to the keys of a parsed line; every function raises ``ValueError`` with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from negotiation_env.records.format import Record
from negotiation_env.records.text import json_text

NUMBER, OPTIONAL = (float, int), (float, int, type(None))
_LARGEST = 1e308
"""Greater whole numbers have no place among floats."""
_DEEPEST = 100
"""How far lists and objects are nested at most; more than anybody means, and less than Python can follow."""
_NEEDED = object()


def parsed(text: str) -> dict[str, Any]:
    """A line as a JSON object."""
    try:
        record = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at column {error.colno})") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if not isinstance(record, dict):
        raise ValueError(f"a record must be a JSON object, not {type(record).__name__}")
    return record


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON; what has no value is null")


_TOO_DEEP = f"a value is nested more than {_DEEPEST} deep"
_DECODER = json.JSONDecoder(parse_constant=_not_json)


def get(record: Record, name: str, *kinds: type, default: object = _NEEDED) -> Any:  # noqa: ANN401  # of these types
    """The value of a key if it is of one of the given types; a bool is no number, and numbers are finite."""
    value = record.get(name, default)
    if value is _NEEDED:
        raise ValueError(f"{name!r} is missing")
    if type(value) not in kinds and value is not default:
        names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise ValueError(f"{name} is {value!r}; it must be {names}")
    if type(value) in NUMBER and not -_LARGEST <= value <= _LARGEST:
        raise ValueError(f"{name} is too large")
    return value


def number(record: Record, name: str) -> float:
    """A number."""
    return float(get(record, name, *NUMBER))


def numbers(record: Record, name: str, length: int | None = None) -> tuple[float, ...]:
    """A list of numbers, perhaps of a given length."""
    values = get(record, name, list)
    wrong = any(type(value) not in NUMBER or not -_LARGEST <= value <= _LARGEST for value in values)
    if wrong or length not in (None, len(values)):
        raise ValueError(f"{name} is {values!r}; it must be a list of {length or 'finite'} numbers")
    return tuple(map(float, values))


def whole(record: Record, name: str, limit: int) -> int:
    """A whole number of at least 0 and below ``limit``."""
    value: int = get(record, name, int)
    if not 0 <= value < limit:
        raise ValueError(f"{name} is {value}; it must be at least 0 and below {limit}")
    return value


def one_of(record: Record, name: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed texts."""
    value: str = get(record, name, str)
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
    return value


def params(record: Record, name: str) -> str:
    """An object, as JSON text."""
    return kept_text(get(record, name, dict))


def kept_text(value: object) -> str:
    """JSON text of a value that is kept as it is, unless it is nested too deeply."""
    level, depth = [value], 0
    while level:
        level, depth = [part for holder in level for part in _parts(holder)], depth + 1
        if depth > _DEEPEST:
            raise ValueError(_TOO_DEEP)
    return json_text(value)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
