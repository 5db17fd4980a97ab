"""Replies as JSON: exactly one flat object with known keys, in a code fence or bare."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

from negotiation_policies.llm.reading.amounts import Role, find_amounts
from negotiation_policies.llm.reading.cleaning import plain_characters
from negotiation_policies.llm.reading.reply import Kind, UnreadableError

_START = re.compile(r"\{\s*(?:[\"'}]|$)")
_FENCE = re.compile(r"```[a-z0-9]*", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:(?:ok|okay|sure|certainly|of course|thanks|thank you|understood)[,.!: ]*)?(?:(?:here is|here's|"
    r"this is)? ?(?:my|the) (?:final |best |next |counter ?)?(?:answer|reply|response|offer|counter-?offer|decision|"
    r"move|json|action|proposal|output)(?: in json| as json)?|json|answer|output|response|reply)?\s*[:.]?",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"\d|\b(?:accept\w*|agree\w*|deal|reject\w*|refus\w*|declin\w*|walk\w*|leav\w*|quit|offer\w*|ignor\w*|instruct\w*|"
    r"said|says?|told|wrote|example|format|schema|like|would|could|should|if|not|no|never|instead|actually|pretend|"
    r"imagine|output|print|respond|reply|system|quot\w*|opponent|your|user|kidding|joking|but|maybe|wrong|template|"
    r"unless|"
    r"either|or)\b|n't",
    re.IGNORECASE,
)
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("offer", "counter", "counteroffer", "counter offer", "propose", "proposal", "bid"), "offer"),
    **dict.fromkeys(("accept", "accepted", "agree"), "accept"),
    **dict.fromkeys(("walk", "walkaway", "walk away", "leave", "quit"), "walk"),
}
NOTES = frozenset(
    {
        "message",
        "reason",
        "reasoning",
        "thought",
        "thoughts",
        "thinking",
        "rationale",
        "explanation",
        "analysis",
        "currency",
    }
)


def find_object(text: str, keys: frozenset[str]) -> dict[str, object] | None:
    """The one JSON object of a reply with its keys in lower case; None if the reply is no JSON at all.

    Raises:
        UnreadableError: It looks like JSON and is broken, holds unknown or repeated keys or numbers that are none, or
            stands beside text that says more.
    """
    opening = _START.search(text)
    if opening is None:
        if "```json" in text.lower() or re.match(r"\[\s*[{\"]", text):
            raise UnreadableError("The reply is not one JSON object.")
        return None
    end = text.rfind("}") + 1
    found = _decode(text[opening.start() : end])
    _check_beside(_FENCE.sub(" ", text[: opening.start()]), _FENCE.sub(" ", text[end:]))
    if unknown := sorted(set(found) - keys - NOTES):
        raise UnreadableError(
            f"The JSON reply holds the unknown key {unknown[0][:40]!r}; use {sorted(keys)} and 'message'."
        )
    return found


def action_of(found: dict[str, object]) -> Kind:
    """The move that the key ``action`` names.

    Raises:
        UnreadableError: It names none.
    """
    action = found.get("action")
    kind = _KINDS.get(re.sub(r"[\s_-]+", " ", action.lower()).strip()) if isinstance(action, str) else None
    if kind is None:
        raise UnreadableError("The key 'action' must be 'offer', 'accept' or 'walk'.")
    return kind


def message_of(found: dict[str, object]) -> str:
    """The text of the key ``message``, empty if it is absent.

    Raises:
        UnreadableError: It is no text.
    """
    message = found.get("message")
    if message is not None and not isinstance(message, str):
        raise UnreadableError("The key 'message' must be text.")
    if message and _START.search(message):
        raise UnreadableError("The key 'message' must be text, not JSON.")
    return message or ""


def price_of(found: dict[str, object]) -> float | None:
    """The number of the key ``price``: a number, or text that is one amount and nothing else; None if absent.

    Raises:
        UnreadableError: It is neither.
    """
    price = found.get("price")
    if price is None:
        return None
    if isinstance(price, (int, float)) and not isinstance(price, bool) and math.isfinite(price):
        return float(price)
    if isinstance(price, str):
        text = plain_characters(price).strip()
        amounts = find_amounts(text)
        if len(amounts) == 1 and amounts[0].role is Role.PRICE and amounts[0].end - amounts[0].start == len(text):
            return amounts[0].value
    raise UnreadableError("The key 'price' must be one number.")


def _check_beside(before: str, after: str) -> None:
    fits = len(before.strip()) < 100 and _LEAD.fullmatch(before.strip())
    if (not fits and _says_something(before)) or _says_something(after):
        raise UnreadableError("The reply says more beside its JSON object. Answer with the object alone.")


def _says_something(text: str) -> bool:
    return bool(_ACTS.search(plain_characters(text)) or re.search(r"[\[\]{}<>/~]", text))


def _decode(text: str) -> dict[str, object]:
    try:
        found = json.loads(
            text, parse_constant=_refuse_constant, parse_int=float, object_pairs_hook=_without_repeats, strict=False
        )
    except UnreadableError:
        raise
    except (ValueError, RecursionError):
        raise UnreadableError("The reply is not one complete JSON object.") from None
    if not isinstance(found, dict):
        raise UnreadableError("The reply is not one JSON object.")
    return found


def _refuse_constant(name: str) -> Callable[[], None]:
    raise UnreadableError(f"{name} is no number.")


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = {key.strip().lower(): value for key, value in pairs}
    if len(found) < len(pairs):
        raise UnreadableError("A key of the JSON reply is repeated.")
    return found
