"""How a price move is put into words: what a message must say, the pattern that fixes it, and the templates.

A message is valid only if the strict parser reads exactly the mandated move in it, and it holds exactly one amount:
the price. A model free to choose its words rarely manages that when it is small, so where the backend has schemas a
pattern fixes the phrase that makes the move, and leaves to the model what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from negotiation_env.policy import ACCEPT, OFFER, WALK, JsonValue
from negotiation_policies.llm.asking import Reading
from negotiation_policies.llm.parsing import parse_price_reply
from negotiation_policies.llm.price.seat import PriceSeat, money
from negotiation_policies.llm.reading.amounts import Role, find_amounts
from negotiation_policies.llm.reading.cleaning import plain_characters
from negotiation_policies.llm.reading.skeleton import equals

_TASKS = {OFFER: "offer", ACCEPT: "accept", WALK: "walk"}
_PHRASES = {
    "buyer.offer": ("I offer {price}", "I can pay {price}", "I propose {price}", "My offer is {price}"),
    "seller.offer": ("I can sell it for {price}", "I propose {price}", "My price is {price}", "I am asking {price}"),
    "buyer.accept": ("I accept your price of {price}", "I accept your offer of {price}", "I accept {price}"),
    "seller.accept": ("I accept your offer of {price}", "I accept {price}"),
    "buyer.walk": ("I walk away", "I am walking away from this negotiation"),
    "seller.walk": ("I walk away", "I am walking away from this negotiation"),
}
_WORD = "[a-z']{1,14}"
_THANKS = "(Thank you|Thanks|Very well|All right|Good|Great|Wonderful)"
LEADS = {
    "offer": f"([A-Z][a-z']{{0,14}}(,? {_WORD}){{1,9}}[.!] )?",
    "accept": f"({_THANKS}(,? {_WORD}){{0,4}}[.!] )?",
    "walk": f"({_THANKS}(,? {_WORD}){{0,4}}[.!] )?",
}
"""Patterns of what may stand before the phrase; what ends the game is short, for few words do not take it back."""
_TAIL = "( for it| for this item)?[.!]"
_TEMPLATES = {
    "buyer.offer": ("I offer {price}.", "I can pay {price}.", "My offer is {price}."),
    "seller.offer": ("I can sell it for {price}.", "My price is {price}.", "I am asking {price} for it."),
    "buyer.accept": ("I accept your offer of {price}.", "Thank you, I accept your price of {price}."),
    "seller.accept": ("I accept your offer of {price}.", "Thank you, I accept your offer of {price}."),
    "buyer.walk": ("I walk away.",),
    "seller.walk": ("I walk away.",),
}


@dataclass(frozen=True)
class Task:
    """What a message has to say.

    Attributes:
        seat: who says it.
        kind: 0 offer, 1 accept, 2 walk.
        price: what is offered or accepted; ``None`` for walking away.
    """

    seat: PriceSeat
    kind: int
    price: float | None

    @property
    def name(self) -> str:
        """``offer``, ``accept`` or ``walk``."""
        return _TASKS[self.kind]

    @property
    def fields(self) -> dict[str, str]:
        """What a prompt can say of it."""
        return {"price": "" if self.price is None else money(self.price)}

    def schema(self) -> Mapping[str, JsonValue]:
        """The JSON schema of a message that says it: free words before a phrase that is fixed."""
        plain = "|".join(re.escape(phrase).replace("\\ ", " ") for phrase in self.phrases)
        tail = _TAIL if self.kind == OFFER and self.seat.role == "seller" else "[.!]"
        pattern = f"^{LEADS[self.name]}({plain}){tail}$"
        return {
            "type": "object",
            "properties": {"message": {"type": "string", "pattern": pattern}},
            "required": ["message"],
            "additionalProperties": False,
        }

    def template(self, choice: int) -> str:
        """A sentence of ours that says it; ``choice`` picks one of several."""
        texts = self._filled(_TEMPLATES)
        return texts[choice % len(texts)]

    def read(self, text: str) -> Reading[str]:
        """The message, if it says the move and nothing else."""
        seat = self.seat
        reply = parse_price_reply(text, seat.standing, seat.low, seat.high, speaker=seat.role)
        if reply.kind == "invalid":
            return Reading(None, reply.reason, "unreadable")
        stated = seat.standing if reply.kind == "accept" else reply.price
        same = stated is None if self.price is None else stated is not None and equals(stated, self.price)
        if reply.kind != self.name or not same:
            return Reading(None, f"It says {reply.kind}{'' if stated is None else f' {money(stated)}'}.", "other_move")
        if reply.message != text.strip():  # of JSON, or cut: what is delivered must say it by itself
            return self.read(reply.message) if reply.message else Reading(None, "Say it in words.", "unreadable")
        return self._checked(reply.message)

    def _checked(self, message: str) -> Reading[str]:
        amounts = find_amounts(plain_characters(message))
        prices = [amount.value for amount in amounts if amount.role is Role.PRICE]
        wanted = [] if self.price is None else [self.price]
        if len(amounts) != len(wanted) or not all(map(equals, prices, wanted)) or len(prices) != len(wanted):
            return Reading(None, f"Name {self.fields['price'] or 'no amount'} once and no other number.", "amounts")
        return Reading(message)

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases that say it."""
        return self._filled(_PHRASES)

    def _filled(self, texts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(text.format(**self.fields) for text in texts[f"{self.seat.role}.{self.name}"])
