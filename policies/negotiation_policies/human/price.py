"""A person who buys or sells at the terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.rules import AGENTS, payoff, quantise
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.turns import FLOAT_NOISE
from negotiation_policies.human.decision_point import DecisionPoint
from negotiation_policies.human.person import Person, kinds, messages
from negotiation_policies.llm.parsing import Reply, UnreadableError, parse_price_reply

if TYPE_CHECKING:
    from rich.console import RenderableType

_BARE = re.compile(
    r"(?:(?:i )?offer )?[$€£]? ?(?P<price>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)", re.IGNORECASE
)
_SIDES = {-1: ("buyer", "pay", "at most"), 1: ("seller", "take", "at least")}


class HumanPrice(Person[PriceView, float]):
    """A person at the terminal, who is shown each decision point and asked for a move."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Ask in one row after the other.

        Raises:
            RuntimeError: the input has ended, or there is no terminal.
        """
        moves = self.ask(view)
        price = [math.nan if move.offer is None else move.offer for move in moves]
        return PriceDecision(kinds(moves), np.array(price, dtype=np.float64), messages(view, moves))

    def point(self, view: PriceView, row: int, title: str) -> PricePoint:
        """One row as the person sees it."""
        standing = float(view.standing_offer[row])
        return PricePoint(
            title=title,
            turn=int(view.turn[row]),
            max_turns=int(view.max_turns[row]),
            me=AGENTS[int(view.role[row] > 0)],
            other=f"the {_SIDES[-int(view.role[row])][0]}",
            standing=None if math.isnan(standing) else standing,
            own=_made(view.own_offers[row]),
            theirs=_made(view.opponent_offers[row]),
            messages=None if view.messages is None else view.messages[row],
            role=int(view.role[row]),
            limit=float(view.reservation_price[row]),
            other_limit=float(view.opponent_reservation_price[row]),
            low=float(view.price_low[row]),
            high=float(view.price_high[row]),
            tick=view.tick,
            price_points=view.price_points,
        )


def at_terminal() -> HumanPrice:
    """A person at the terminal, who is shown the game and asked for each move."""
    return HumanPrice()


@dataclass(frozen=True, kw_only=True)
class PricePoint(DecisionPoint[float]):
    """A decision point of the price domain; prices in currency units.

    Attributes:
        role: +1 for the seller, -1 for the buyer.
        limit: the own limit.
        other_limit: the opponent's; NaN if it is not known.
        low: the lower end of the public range.
        high: the upper end.
        tick: the smallest price unit.
        price_points: how many prices there are, evenly over the range; None if every tick is one.
    """

    role: int
    limit: float
    other_limit: float
    low: float
    high: float
    tick: float
    price_points: int | None

    help = """\
450, offer 450    offer a price
accept, a, deal   accept the price on the table
walk, w, quit     walk away: the game ends without a deal
help, ?           this list
anything else     a sentence with one clear move, such as: I can offer 450, no more
Ctrl-C            stop the program"""
    offered = "offer"

    @property
    def example(self) -> str:
        """A price in the middle of the range."""
        return f"{(self.low + self.high) / 2:.0f}"

    def facts(self) -> Sequence[RenderableType]:
        """The role, both limits as far as they are known, and the public range."""
        from rich.text import Text

        side, does, bound = _SIDES[self.role]
        told = Text.assemble(
            "You are the ", (side, "bold"), f" and {does} {bound} ", (_amount(self.limit), "bold"), "."
        )
        if not math.isnan(self.other_limit):
            side, does, bound = _SIDES[-self.role]
            told.append(f" The {side} {does}s {bound} {_amount(self.other_limit)}.")
        return [told.append(f" Prices go from {_amount(self.low)} to {_amount(self.high)}.")]

    def gain(self, offer: float) -> float:
        """What a deal at a price would earn."""
        return payoff(self.role, self.limit, offer)

    def told(self, offer: float) -> str:
        """A price."""
        return _amount(offer)

    def bare_offer(self, typed: str) -> float | None:
        """``450``, ``1,200.50`` or ``offer 450``."""
        found = _BARE.fullmatch(typed)
        return None if found is None else self._checked(float(found["price"].replace(",", "")))

    def sentence(self, typed: str) -> tuple[Reply, float | None]:
        """A sentence as the strict parser reads it."""
        reply = parse_price_reply(typed, self.standing, self.low, self.high, speaker=_SIDES[self.role][0])
        return reply, None if reply.price is None else self._checked(reply.price)

    def _checked(self, price: float) -> float:
        """The same price, if the game knows it; nothing is rounded without being asked."""
        if not self.low <= price <= self.high:
            raise UnreadableError(f"A price must be from {_amount(self.low)} to {_amount(self.high)}.")
        offered, limit, low, high = np.array([[price], [self.limit], [self.low], [self.high]])
        known = float(quantise(offered, self.role, limit, low, high, self.tick, self.price_points)[0])
        if abs(known - price) > FLOAT_NOISE:
            raise UnreadableError(f"{_amount(price)} is no price of this game. Offer {_amount(known)} instead.")
        return known


def _made(offers: Float64) -> list[float]:
    made: list[float] = offers[~np.isnan(offers)].tolist()
    return made


def _amount(price: float) -> str:
    return f"{price:,.2f}" if abs(round(price, 2) - price) < FLOAT_NOISE else f"{price:,}"
