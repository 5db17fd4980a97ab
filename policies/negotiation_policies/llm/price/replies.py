"""The form of a reply in the price domain: its JSON schema, how one's own past moves look in it, and its reading."""

from __future__ import annotations

import json
from collections.abc import Mapping

from negotiation_env.policy import JsonValue
from negotiation_policies.llm.asking import Reading
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.parsing import Reply, parse_price_reply
from negotiation_policies.llm.price.seat import PriceSeat, money
from negotiation_policies.llm.quoting import defused
from negotiation_policies.llm.reading.skeleton import equals

LONGEST_MESSAGE = 300
"""Characters of a message that a schema allows."""
CENT = 0.01


class PriceBargainer(PriceSeat):
    """A buyer or seller who decides by itself; see `negotiation_policies.llm.free.Bargainer`."""

    @property
    def system_texts(self) -> Mapping[str, str]:
        """What the role wants, which prices there are, and whether limits are known."""
        step = "step.points" if self.points is not None else "" if self.tick == CENT else "step.tick"
        return {
            "limit": f"{self.role}.limit",
            "objective": f"{self.role}.objective",
            "discounting": "" if self.discount == 1.0 else "discounting",
            "step": step,
            "knowledge": f"knowledge.{'private' if self.opponent_limit is None else 'known'}",
        }

    def schema(self) -> Mapping[str, JsonValue]:
        """The JSON schema of a move.

        ``accept`` is allowed only while an offer stands. A price is bounded by its digits alone: a grammar for a
        range would cut digits off and turn 808 into 80, so the range is checked afterwards.
        """
        actions = ["offer", "walk"] if self.standing is None else ["offer", "accept", "walk"]
        digits = {"type": "string", "pattern": f"^(0|[1-9][0-9]{{0,{self.digits - 1}}})([.][0-9]{{1,2}})?$"}
        return {
            "type": "object",
            "properties": {
                "message": {"type": "string", "maxLength": LONGEST_MESSAGE},
                "action": {"type": "string", "enum": actions},
                "price": {"anyOf": [digits, {"type": "null"}]},
            },
            "required": ["message", "action", "price"],
            "additionalProperties": False,
        }

    def read(self, text: str, guard: bool) -> Reading[Reply]:
        """A reply as a move that can be played.

        An offer that the game would round is refused, so that what is said is what is played; and so is one that is no
        better for the speaker than the standing one, since accepting earns as much.
        """
        reply = parse_price_reply(text, self.standing, self.low, self.high, speaker=self.role)
        if reply.kind == "invalid":
            return Reading(None, reply.reason, "unreadable")
        if reply.price is not None and not equals(played := self.played(reply.price), reply.price):
            return Reading(
                None, f"{money(reply.price)} cannot be offered here; the nearest is {money(played)}.", "step"
            )
        if reply.price is not None and self._is_no_better(reply.price):
            return Reading(None, self._accept_instead(reply.price), "accept_instead")
        settled = self.standing if reply.kind == "accept" else reply.price
        if guard and settled is not None and self.gain(settled) < 0.0:
            return Reading(None, f"{money(settled)} is beyond your own limit of {money(self.limit)}.", "limit")
        return Reading(reply)

    def _accept_instead(self, price: float) -> str:
        standing, better = self.standing or 0.0, "less" if self.role == "buyer" else "more"
        first = "accept instead" if self.gain(standing) >= 0.0 else "walk away"
        theirs = f"the {self.opponent}'s {money(standing)}"
        return f"{money(price)} is no better for you than {theirs}: {first}, or offer a price that is {better}."

    def answered(self, move: PastMove[float], as_json: bool) -> str:
        """An own past move as the model would have answered it."""
        if not as_json:
            return said_with(move)
        price = None if move.offer is None else money(move.offer).lstrip("$").replace(",", "")
        said = {"message": defused(move.message or ""), "action": "offer", "price": price}
        return json.dumps(said, ensure_ascii=False)

    def _is_no_better(self, price: float) -> bool:
        if self.standing is None:
            return False
        return self.sign * (price - self.standing) < 0.0 or equals(price, self.standing)


def said_with(move: PastMove[float]) -> str:
    """What was said with an own past move, in plain words."""
    return defused(move.message) if move.message else f"I offer {money(move.offer or 0.0)}."
