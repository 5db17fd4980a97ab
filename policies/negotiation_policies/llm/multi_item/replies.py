"""The form of a reply in the multi-item domain: its JSON schema, one's own past moves in it, and its reading."""

from __future__ import annotations

import json
from collections.abc import Mapping

from negotiation_env.policy import JsonValue
from negotiation_policies.llm.asking import Reading
from negotiation_policies.llm.history import PastMove
from negotiation_policies.llm.multi_item.seat import ItemsSeat, Split, listed
from negotiation_policies.llm.parsing import Reply, parse_multi_item_reply
from negotiation_policies.llm.quoting import defused

LONGEST_MESSAGE = 300
"""Characters of a message that a schema allows."""
_DUST = 1e-9


class ItemsBargainer(ItemsSeat):
    """An agent who decides by itself; see `negotiation_policies.llm.free.Bargainer`."""

    @property
    def system_texts(self) -> Mapping[str, str]:
        """Whether values are known."""
        return {
            "knowledge": f"knowledge.{'private' if self.opponent_values is None else 'known'}",
            "discounting": "" if self.discount == 1.0 else "discounting",
        }

    def schema(self) -> Mapping[str, JsonValue]:
        """The JSON schema of a move: counts by item, each one of those that there are."""
        actions = ["offer", "walk"] if self.standing is None else ["offer", "accept", "walk"]
        counts: dict[str, JsonValue] = {
            f"item_{place}": {"type": "integer", "enum": list(range(there + 1))}
            for place, there in enumerate(self.quantities, start=1)
        }
        keep: JsonValue = {"type": "object", "properties": counts, "required": [*counts], "additionalProperties": False}
        return {
            "type": "object",
            "properties": {
                "message": {"type": "string", "maxLength": LONGEST_MESSAGE},
                "action": {"type": "string", "enum": actions},
                "keep": {"anyOf": [keep, {"type": "null"}]},
            },
            "required": ["message", "action", "keep"],
            "additionalProperties": False,
        }

    def read(self, text: str, guard: bool) -> Reading[Reply]:
        """A reply as a move that can be played.

        A proposal that is worth no more to the speaker than the standing one is refused, since accepting is as good.
        """
        reply = parse_multi_item_reply(text, self.standing, self.quantities, speaker=self.role)
        if reply.kind == "invalid":
            return Reading(None, reply.reason, "unreadable")
        settled = self.standing if reply.kind == "accept" else reply.keep
        if reply.keep is not None and self.standing is not None and self._is_no_better(reply.keep, self.standing):
            earned = f"worth {self.worth(reply.keep):g} to you, what you were offered {self.worth(self.standing):g}"
            return Reading(None, f"That is {earned}: accept instead, or ask for more.", "accept_instead")
        if guard and settled is not None and self.worth(settled) < self.disagreement - _DUST:
            return Reading(None, f"That is worth less to you than no deal, {self.disagreement:g}.", "limit")
        return Reading(reply)

    def answered(self, move: PastMove[Split], as_json: bool) -> str:
        """An own past move as the model would have answered it."""
        if not as_json:
            return said_with(move)
        keep = None if move.offer is None else {f"item_{place}": n for place, n in enumerate(move.offer, start=1)}
        said = {"message": defused(move.message or ""), "action": "offer", "keep": keep}
        return json.dumps(said, ensure_ascii=False)

    def _is_no_better(self, split: Split, standing: Split) -> bool:
        return self.worth(split) <= self.worth(standing) + _DUST


def said_with(move: PastMove[Split]) -> str:
    """What was said with an own past proposal, in plain words."""
    return defused(move.message) if move.message else f"I keep {listed(move.offer or ())}."
