"""How a split is put into words: what a message must say, the pattern that fixes it, and the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from negotiation_env.policy import ACCEPT, OFFER, WALK, JsonValue
from negotiation_policies.llm.asking import Reading
from negotiation_policies.llm.multi_item.seat import ItemsSeat, Split, listed
from negotiation_policies.llm.parsing import parse_multi_item_reply
from negotiation_policies.llm.price.wording import LEADS

_TASKS = {OFFER: "offer", ACCEPT: "accept", WALK: "walk"}
_PHRASES = {
    "offer": ("I keep {split}", "I take {split}", "I would like to keep {split}"),
    "accept": ("I accept your proposal", "I accept your offer", "I accept"),
    "walk": ("I walk away", "I am walking away from this negotiation"),
}


@dataclass(frozen=True)
class Task:
    """What a message has to say.

    Attributes:
        seat: who says it.
        kind: 0 offer, 1 accept, 2 walk.
        keep: what the speaker gets by the move; ``None`` for walking away.
    """

    seat: ItemsSeat
    kind: int
    keep: Split | None

    @property
    def name(self) -> str:
        """``offer``, ``accept`` or ``walk``."""
        return _TASKS[self.kind]

    @property
    def fields(self) -> dict[str, str]:
        """What a prompt can say of it."""
        return {"split": "" if self.keep is None else listed(self.keep)}

    def schema(self) -> Mapping[str, JsonValue]:
        """The JSON schema of a message that says it: free words before a sentence that is fixed."""
        fixed = "|".join(re.escape(phrase).replace("\\ ", " ") for phrase in self.phrases)
        return {
            "type": "object",
            "properties": {"message": {"type": "string", "pattern": f"^{LEADS[self.name]}({fixed})[.]$"}},
            "required": ["message"],
            "additionalProperties": False,
        }

    def template(self, choice: int) -> str:
        """A sentence of ours that says it; ``choice`` picks one of several."""
        return f"{self.phrases[choice % len(self.phrases)]}."

    def read(self, text: str) -> Reading[str]:
        """The message, if it says the move and nothing else."""
        reply = parse_multi_item_reply(text, self.seat.standing, self.seat.quantities, speaker=self.seat.role)
        if reply.kind == "invalid":
            return Reading(None, reply.reason, "unreadable")
        if reply.kind != self.name or (reply.kind == "offer" and reply.keep != self.keep):
            said = "" if reply.keep is None else f" to keep {listed(reply.keep)}"
            return Reading(None, f"It says {reply.kind}{said}.", "other_move")
        if reply.message != text.strip():  # of JSON, or cut: what is delivered must say it by itself
            return self.read(reply.message) if reply.message else Reading(None, "Say it in words.", "unreadable")
        return Reading(reply.message)

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases that say it."""
        return tuple(phrase.format(**self.fields) for phrase in _PHRASES[self.name])
