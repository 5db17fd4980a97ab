"""Splits as JSON: lists of counts, or counts by item name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from negotiation_policies.llm.reading.reply import UnreadableError


def keep_of(found: dict[str, object], pool: tuple[int, ...], names: Sequence[str]) -> tuple[int, ...] | None:
    """What the speaker keeps by the keys ``keep`` and ``give``; None if both are absent.

    Raises:
        UnreadableError: A count is no whole number of what there is, or the two do not add up.
    """
    keep, give = (_counts(found.get(key), pool, names) for key in ("keep", "give"))
    if give is not None:
        rest = tuple(there - count for there, count in zip(pool, give, strict=True))
        if keep is not None and keep != rest:
            raise UnreadableError("The keys 'keep' and 'give' do not add up to the pool.")
        keep = rest
    return keep


def _counts(value: object, pool: tuple[int, ...], names: Sequence[str]) -> tuple[int, ...] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        value = _by_name(value, len(pool), names)
    if not isinstance(value, list) or len(value) != len(pool):
        raise UnreadableError(f"A split has one count for each of the {len(pool)} item types.")
    return tuple(_whole(count, there) for count, there in zip(value, pool, strict=True))


def _whole(count: object, there: int) -> int:
    if isinstance(count, bool) or not isinstance(count, (int, float)) or not 0 <= count <= there or count != int(count):
        raise UnreadableError("Each count is a whole number from 0 to what there is.")
    return int(count)


def _by_name(value: dict[str, object], types: int, names: Sequence[str]) -> list[object]:
    places = {name.strip().lower(): place for place, name in enumerate(names)}
    found: dict[int, object] = {}
    for key, count in value.items():
        number = re.fullmatch(r"(?:item[ _]?)?(\d{1,4})", key)
        place = places.get(key, places.get(key.removesuffix("s"), int(number.group(1)) - 1 if number else None))
        if place is None or not 0 <= place < types or place in found:
            raise UnreadableError(f"The item {key[:40]!r} is unknown or named twice.")
        found[place] = count
    return [found.get(place) for place in range(types)]
