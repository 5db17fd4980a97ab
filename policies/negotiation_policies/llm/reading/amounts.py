"""Amounts in plain text: where each stands, what it is worth, and whether it is a price at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from negotiation_policies.llm.reading import amount_context as context


class Role(Enum):
    """What a number is for."""

    PRICE = auto()
    CHANGE = auto()  # a percentage or a difference
    NEUTRAL = auto()  # a quantity, a duration, a year, a model, a list number
    NEGATIVE = auto()
    UNCLEAR = auto()


@dataclass(frozen=True, slots=True)
class Amount:
    """One number of a text.

    Attributes:
        start, end: its place, with its currency and its multiplier.
        digits: as written.
        value: what it is worth in currency units; NaN if its digits have no one reading.
        role: what it is for.
    """

    start: int
    end: int
    digits: str
    value: float
    role: Role


_RUN = re.compile(r"\d+(?:[.,']\d+| (?=\d{3}(?!\d))\d{3})*")
_MULTIPLIERS = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "hundred": 1e2, "million": 1e6, "billion": 1e9}
_MULTIPLIERS |= {"mn": 1e6, "mio": 1e6, "bn": 1e9, "lakh": 1e5, "crore": 1e7}
_LONGEST = 20


def find_amounts(text: str) -> list[Amount]:
    """Every number of plain text (`cleaning.plain_characters`) in its order, with its role."""
    return [_amount(text, match) for match in _RUN.finditer(text)]


def value_of(digits: str) -> float:
    """What a run of digits and separators is worth; NaN where that is not one number.

    One separator before one or two final digits is the decimal one; groups of three are thousands.
    """
    *heads, last = re.split(r"[., ']", digits)
    marks = [mark for mark in digits if not mark.isdigit()]
    cents = "0"
    if marks and marks[-1] in ".," and len(last) < 3 and marks[-1] not in marks[:-1]:
        cents = last
        marks.pop()
    else:
        heads.append(last)
    whole = "".join(heads)
    grouped = not marks or (len(set(marks)) == 1 and len(heads[0]) <= 3 and all(len(g) == 3 for g in heads[1:]))
    if not grouped or len(digits) > _LONGEST or (whole[0] == "0" and whole != "0"):
        return float("nan")
    return float(f"{whole}.{cents}")


def _amount(text: str, run: re.Match[str]) -> Amount:
    digits, start, end = run.group(), run.start(), run.end()
    value = value_of(digits)
    if multiplier := context.MULTIPLIER.match(text, end):
        if re.search(r"[.,]\d{3}$", digits):
            value = float("nan")
        value *= _MULTIPLIERS[multiplier.group(1).lower()]
        end = multiplier.end()
    unit_end = end
    after = context.CURRENCY_AFTER.match(text, end)
    before = context.CURRENCY_BEFORE.search(text[max(0, start - 12) : start])
    end = after.end() if after else end
    start -= len(before.group()) if before else 0
    place = context.Place(text, start, end, unit_end, digits, value, money=bool(after or before))
    return Amount(start, end, digits, round(value, 2), _role(place))


def _role(place: context.Place) -> Role:
    if place.value != place.value:
        return Role.NEUTRAL if context.is_neutral(place) and len(place.digits) < _LONGEST else Role.UNCLEAR
    if context.is_negative(place):
        return Role.NEGATIVE
    if context.is_percentage(place):
        return Role.CHANGE
    if context.is_part_of_something(place):
        return Role.UNCLEAR
    if context.is_change(place):
        return Role.CHANGE
    if place.money:
        return Role.PRICE
    if context.is_neutral(place):
        return Role.NEUTRAL
    return Role.PRICE if context.follows_price_word(place) else Role.UNCLEAR
