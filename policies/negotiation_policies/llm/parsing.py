"""The two strict parsers: one reading of a reply, or invalid with the reason.

A reply is one JSON object (``action``, ``price`` or ``keep``, ``message``) or free text. Thinking is taken out, what
follows the first role or end marker is cut, and what is left must state exactly one move. No input raises.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from negotiation_policies.llm.reading.cleaning import cut_at_marker, split_thinking
from negotiation_policies.llm.reading.json_object import action_of, find_object, message_of, price_of
from negotiation_policies.llm.reading.price_text import check_message, read_price_text
from negotiation_policies.llm.reading.reply import Kind, Reply, UnreadableError
from negotiation_policies.llm.reading.skeleton import equals
from negotiation_policies.llm.reading.split_object import keep_of
from negotiation_policies.llm.reading.split_text import Split, check_split_message, read_split_text

__all__ = ["Kind", "Reply", "UnreadableError", "parse_multi_item_reply", "parse_price_reply"]

_PRICE_KEYS = frozenset({"action", "price"})
_SPLIT_KEYS = frozenset({"action", "keep", "give"})


def parse_price_reply(
    text: str,
    standing_offer: float | None,
    price_low: float,
    price_high: float,
    *,
    speaker: str | None = None,
) -> Reply:
    """Read one reply in the price domain.

    Args:
        text: what the model answered, as it came.
        standing_offer: the opponent's price that can be accepted now; None or NaN if there is none.
        price_low: the lowest price that may be offered.
        price_high: the highest.
        speaker: a label of the speaker (``"buyer"``) that is dropped where it opens the reply; without it every label
            counts as the start of someone else's turn.

    Returns:
        The move that the reply states; ``kind`` is ``"invalid"`` and ``reason`` says why where it states none, several,
        or a price outside the range. An offer no better than the standing one is an offer.
    """
    standing = None if standing_offer is None or math.isnan(standing_offer) else float(standing_offer)
    said, thinking = split_thinking(text)
    said = cut_at_marker(said, speaker)
    base = Reply("invalid", message=said, thinking=thinking)
    try:
        kind, price, base = _read_price(said, standing, base)
        if price is not None and not price_low <= price <= price_high:
            raise UnreadableError(f"The price {price:g} is outside the range {price_low:g} to {price_high:g}.")
    except UnreadableError as error:
        return replace(base, reason=str(error))
    return replace(base, kind=kind, price=price)


def parse_multi_item_reply(
    text: str,
    standing_offer: Sequence[int] | None,
    quantities: Sequence[int],
    names: Sequence[str] | None = None,
    *,
    speaker: str | None = None,
) -> Reply:
    """Read one reply in the multi-item domain.

    Args:
        text: what the model answered, as it came.
        standing_offer: what the speaker would get of each type by accepting; None, or holding -1, if nothing stands.
        quantities: how many there are of each type.
        names: a name for each type (singular); without it types are ``item 1``, ``item 2``, ...
        speaker: as in `parse_price_reply`.

    Returns:
        The move; an offer holds in ``keep`` what the speaker keeps of each type.
    """
    pool = tuple(int(quantity) for quantity in quantities)
    offered = None if standing_offer is None else tuple(int(count) for count in standing_offer)
    standing = None if offered is None or any(count < 0 for count in offered) else offered
    said, thinking = split_thinking(text)
    said = cut_at_marker(said, speaker)
    base = Reply("invalid", message=said, thinking=thinking)
    try:
        kind, keep, base = _read_split(said, standing, pool, tuple(names or ()), base)
    except UnreadableError as error:
        return replace(base, reason=str(error))
    return replace(base, kind=kind, keep=keep)


def _read_price(said: str, standing: float | None, base: Reply) -> tuple[Kind, float | None, Reply]:
    found = find_object(said, _PRICE_KEYS)
    if found is None:
        return *read_price_text(said, standing), base
    kind, price, message = action_of(found), price_of(found), cut_at_marker(message_of(found))
    if kind == "offer" and price is None:
        raise UnreadableError("An offer needs the key 'price'.")
    if kind == "walk" and price is not None:
        raise UnreadableError("Walking away has no price.")
    if kind == "accept" and standing is None:
        raise UnreadableError("There is no offer to accept. Make an offer.")
    if kind == "accept" and price is not None and not equals(price, standing):
        raise UnreadableError(f"The standing offer is {standing:g}. Accept it without another price, or make an offer.")
    check_message(message, kind, price, standing)
    return kind, price if kind == "offer" else None, replace(base, message=message)


def _read_split(
    said: str, standing: Split | None, pool: Split, names: tuple[str, ...], base: Reply
) -> tuple[Kind, Split | None, Reply]:
    found = find_object(said, _SPLIT_KEYS)
    if found is None:
        return *read_split_text(said, standing, pool, names), base
    kind, keep, message = action_of(found), keep_of(found, pool, names), cut_at_marker(message_of(found))
    if kind == "offer" and keep is None:
        raise UnreadableError("A proposal needs the key 'keep'.")
    if kind == "walk" and keep is not None:
        raise UnreadableError("Walking away keeps nothing.")
    if kind == "accept" and (standing is None or keep not in (None, standing)):
        raise UnreadableError("Only the standing offer can be accepted, as it stands.")
    check_split_message(message, kind, standing if kind == "accept" else keep, pool, names)
    return kind, keep if kind == "offer" else None, replace(base, message=message)
