"""A person who splits items at the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.multi_item.rules import AGENTS
from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView
from negotiation_env.policy import Int64
from negotiation_policies.human.decision_point import DecisionPoint
from negotiation_policies.human.person import Person, kinds, messages
from negotiation_policies.human.terminal import table
from negotiation_policies.llm.parsing import Reply, UnreadableError, parse_multi_item_reply

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Split = tuple[int, ...]
_BARE = re.compile(r"(?:(?:i )?keep )?\[?(?P<counts>[0-9]{1,9}(?:(?: ?[,;] ?| )[0-9]{1,9})*)\]?", re.IGNORECASE)


class HumanMultiItem(Person[MultiItemView, Split]):
    """A person at the terminal, who is shown each decision point and asked for a move."""

    def decide(self, view: MultiItemView) -> MultiItemDecision:
        """Ask in one row after the other.

        Raises:
            RuntimeError: the input has ended, or there is no terminal.
        """
        moves = self.ask(view)
        keep = np.full(view.quantities.shape, -1)
        for row, move in enumerate(moves):
            if move.offer is not None:
                keep[row] = move.offer
        return MultiItemDecision(kinds(moves), keep, messages(view, moves))

    def point(self, view: MultiItemView, row: int, title: str) -> SplitPoint:
        """One row as the person sees it."""
        standing, other_values = _split(view.standing_offer[row]), view.opponent_values[row]
        return SplitPoint(
            title=title,
            turn=int(view.turn[row]),
            max_turns=int(view.max_turns[row]),
            me=AGENTS[int(view.role[row])],
            standing=None if min(standing) < 0 else standing,
            own=_made(view.own_offers[row]),
            theirs=_made(view.opponent_offers[row]),
            messages=None if view.messages is None else view.messages[row],
            other=AGENTS[1 - int(view.role[row])],
            quantities=_split(view.quantities[row]),
            values=tuple(view.values[row].tolist()),
            other_values=None if np.isnan(other_values).any() else tuple(other_values.tolist()),
            disagreement=float(np.broadcast_to(view.disagreement, len(view))[row]),
        )


def at_terminal() -> HumanMultiItem:
    """A person at the terminal, who is shown the game and asked for each move."""
    return HumanMultiItem()


@dataclass(frozen=True, kw_only=True)
class SplitPoint(DecisionPoint[Split]):
    """A decision point of the multi-item domain; splits are told as what I would have.

    Attributes:
        quantities: how many there are of each type.
        values: what one of each type is worth to me.
        other_values: what it is worth to the other agent; None if that is not known.
        disagreement: my utility without a deal.
    """

    quantities: Split
    values: tuple[float, ...]
    other_values: tuple[float, ...] | None
    disagreement: float

    help = """\
1 0 2, keep 1 0 2   propose to keep so many of each type; the other gets the rest
accept, a, deal     accept the split on the table
walk, w, quit       walk away: the game ends without a deal
help, ?             this list
anything else       a sentence with one clear move, such as: I keep 1 of item 1, you get the rest
Ctrl-C              stop the program"""
    offered = "you would have"

    @property
    def example(self) -> str:
        """To keep everything."""
        return " ".join(map(str, self.quantities))

    def facts(self) -> Sequence[RenderableType]:
        """The role, and a table of the types with what they are worth."""
        from rich.text import Text

        told = Text.assemble("You are ", (self.me, "bold"), f". Without a deal you have {self.disagreement:g}.")
        return [told, self._items()]

    def gain(self, offer: Split) -> float:
        """What a split is worth beyond having no deal."""
        return _worth(self.values, offer) - self.disagreement

    def told(self, offer: Split) -> str:
        """What I would have."""
        return " ".join(map(str, offer))

    def bare_offer(self, typed: str) -> Split | None:
        """``1 0 2``, ``1,0,2`` or ``keep 1 0 2``."""
        found = _BARE.fullmatch(typed)
        if found is None:
            return None
        keep = tuple(int(count) for count in re.findall("[0-9]+", found["counts"]))
        if len(keep) != len(self.quantities):
            raise UnreadableError(f"Write {len(self.quantities)} numbers, one for each item; you wrote {len(keep)}.")
        for item, (count, there) in enumerate(zip(keep, self.quantities, strict=True), start=1):
            if count > there:
                raise UnreadableError(f"You cannot keep {count} of item {item}: there {_are(there)}.")
        return keep

    def sentence(self, typed: str) -> tuple[Reply, Split | None]:
        """A sentence as the strict parser reads it."""
        reply = parse_multi_item_reply(typed, self.standing, self.quantities, speaker=self.me)
        return reply, reply.keep

    def _items(self) -> Table:
        """One row a type: how many, what one is worth, and who would get how many by accepting."""
        mine, known, pool = self.standing, self.other_values, self.quantities
        columns: dict[str, list[str]] = {
            "item": [*(f"item {place}" for place in range(1, len(pool) + 1)), "in all"],
            "how many": [*map(str, pool), str(sum(pool))],
            "worth each": [*(f"{value:g}" for value in self.values), f"{_worth(self.values, pool):g}"],
        }
        if known is not None:
            columns[f"each to {self.other}"] = [*(f"{value:g}" for value in known), f"{_worth(known, pool):g}"]
        if mine is not None:
            rest = tuple(there - count for there, count in zip(pool, mine, strict=True))
            columns["you would get"] = [*map(str, mine), f"worth {_worth(self.values, mine):g}"]
            total = "" if known is None else f"worth {_worth(known, rest):g}"
            columns[f"{self.other} would get"] = [*map(str, rest), total]
        made = table(*columns, numbers=tuple(columns)[1:])
        for place, cells in enumerate(zip(*columns.values(), strict=True)):
            made.add_row(*cells, style="bold" if place == len(pool) else "")
        return made


def _worth(values: Sequence[float], items: Split) -> float:
    return round(sum(value * count for value, count in zip(values, items, strict=True)), 9)


def _split(counts: Int64) -> Split:
    return tuple(counts.tolist())


def _made(offers: Int64) -> list[Split]:
    return [_split(counts) for counts in offers if counts[0] >= 0]


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"
