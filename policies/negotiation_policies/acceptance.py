"""When to accept: the rules of Baarslag, Hindriks, Jonker (2013), as parts that combine with any offers.

"Acceptance Conditions in Automated Negotiation". A rule sees a `Situation` in gains over no deal (currency units
above the own limit, or utility above that of disagreement; the source's utility = gain / opening gain) and answers a
bool a row. No rule accepts an offer that gains less than nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from negotiation_env.policy import Float64, View
from negotiation_policies.clock import elapsed
from negotiation_policies.parameters import check_number
from negotiation_policies.strategy import NOISE, Bool, count_true


@dataclass(frozen=True, eq=False)
class Situation:
    """What an acceptance rule looks at; gains (B,) over no deal, in the domain's own unit.

    Attributes:
        view: the decision points.
        aspiration: the gain that the strategy aims at now.
        next_offer: the unrounded gain of the offer it would make now.
        opening: the gain of its opening, which counts as utility 1.
        standing: the gain of the offer that can be accepted now; NaN if there is none.
        read_received: gives the gains (B, K) of the opponent's offers so far, NaN after the last.
    """

    view: View
    aspiration: Float64
    next_offer: Float64
    opening: Float64
    standing: Float64
    read_received: Callable[[], Float64]

    @cached_property
    def received(self) -> Float64:
        """The gains (B, K) of the opponent's offers so far, NaN after the last."""
        return self.read_received()

    def at_least(self, level: Float64) -> Bool:
        """Whether the standing offer exists, is rational and gains at least ``level``."""
        return self.standing >= np.maximum(level, 0.0) - NOISE


class AcceptanceRule(Protocol):
    """Anything that says in which rows to accept."""

    def accepts(self, situation: Situation) -> Bool:
        """True (B,) where the standing offer is to be accepted."""


@dataclass(frozen=True)
class ByAspiration:
    """Accept what gains at least the current aspiration."""

    def accepts(self, situation: Situation) -> Bool:
        """``standing >= aspiration``."""
        return situation.at_least(situation.aspiration)


@dataclass(frozen=True)
class Next:
    """AC_next(alpha, beta): accept what is at least as good as the offer that I would make."""

    scale: float = 1.0
    shift: float = 0.0

    def accepts(self, situation: Situation) -> Bool:
        """``scale * standing + shift * opening >= next offer``."""
        if self.scale == 1.0 and self.shift == 0.0:
            return situation.at_least(situation.next_offer)
        raised = self.scale * situation.standing + self.shift * situation.opening
        return (raised >= situation.next_offer - NOISE) & (situation.standing >= -NOISE)


@dataclass(frozen=True)
class Constant:
    """AC_const(alpha): accept what gains at least a fixed share of the opening."""

    share: float = 0.5

    def accepts(self, situation: Situation) -> Bool:
        """``standing >= share * opening``."""
        return situation.at_least(self.share * situation.opening)


@dataclass(frozen=True)
class After:
    """AC_time(T): accept anything rational once the share ``after`` of the game is reached."""

    after: float = 0.95

    def accepts(self, situation: Situation) -> Bool:
        """``turn / max_turns >= after``."""
        return (elapsed(situation.view) >= self.after) & (situation.standing >= -NOISE)


@dataclass(frozen=True)
class BestOfWindow:
    """MAX^W: accept what no offer beats in a window of the past as long as the time that remains.

    On turn t of T the window holds the turns from ``2 t - T`` on, and always the standing offer. The
    opponent's j-th last offer is taken to be made on turn ``t - 1 - 2 j``.
    """

    def accepts(self, situation: Situation) -> Bool:
        """``standing >= max(the opponent's offers in the window)``."""
        view = situation.view
        gains = situation.received
        last = count_true(~np.isnan(gains)) - 1
        oldest = last - np.maximum((view.max_turns - view.turn - 1) // 2, 0)
        column = np.arange(gains.shape[1])
        inside = (column >= oldest[:, None]) & (column <= last[:, None])
        return situation.at_least(np.where(inside, gains, -np.inf).max(axis=1, initial=-np.inf))


@dataclass(frozen=True)
class AnyOf:
    """Accept where at least one of the rules accepts."""

    rules: tuple[AcceptanceRule, ...]

    def accepts(self, situation: Situation) -> Bool:
        """The union of the rules."""
        return np.asarray(np.logical_or.reduce([rule.accepts(situation) for rule in self.rules]))


@dataclass(frozen=True)
class AllOf:
    """Accept where all rules accept."""

    rules: tuple[AcceptanceRule, ...]

    def accepts(self, situation: Situation) -> Bool:
        """The intersection of the rules."""
        return np.asarray(np.logical_and.reduce([rule.accepts(situation) for rule in self.rules]))


def combi(after: float = 0.95, scale: float = 1.0, shift: float = 0.0) -> AcceptanceRule:
    """AC_combi(T, MAX^W): AC_next, or once ``after`` is reached the best offer of the window."""
    return AnyOf((Next(scale, shift), AllOf((After(after), BestOfWindow()))))


RULE_NAMES = ("aspiration", "next", "const", "time", "combi")


@dataclass(frozen=True)
class Accepting:
    """The parameters by which a strategy's acceptance rule is chosen.

    Attributes:
        acceptance: ``"aspiration"``, ``"next"``, ``"const"``, ``"time"`` or ``"combi"``; several joined by
            ``|`` accept where any of them does.
        accept_scale: alpha of AC_next, on the utility of the standing offer.
        accept_shift: beta of AC_next, in shares of the opening gain.
        accept_share: alpha of AC_const, in shares of the opening gain.
        accept_after: T of AC_time and AC_combi, as a share of the game.
    """

    acceptance: str = "aspiration"
    accept_scale: float = 1.0
    accept_shift: float = 0.0
    accept_share: float = 0.5
    accept_after: float = 0.95

    def check_acceptance(self) -> None:
        """Raise ``ValueError`` for a parameter outside its range."""
        names = self.acceptance.split("|") if isinstance(self.acceptance, str) else [self.acceptance]
        for name in names:
            if name not in RULE_NAMES:
                allowed = ", ".join(map(repr, RULE_NAMES))
                raise ValueError(
                    f"acceptance is {self.acceptance!r}; it must be one of {allowed}, or several joined by '|'."
                )
        check_number("accept_scale", self.accept_scale, low=0.0)
        check_number("accept_shift", self.accept_shift, low=-1.0, high=1.0)
        check_number("accept_share", self.accept_share, low=0.0)
        check_number("accept_after", self.accept_after, low=0.0, high=1.0)

    @cached_property
    def acceptance_rule(self) -> AcceptanceRule:
        """The rule that the parameters describe."""
        known: dict[str, AcceptanceRule] = {
            "aspiration": ByAspiration(),
            "next": Next(self.accept_scale, self.accept_shift),
            "const": Constant(self.accept_share),
            "time": After(self.accept_after),
            "combi": combi(self.accept_after, self.accept_scale, self.accept_shift),
        }
        rules = tuple(known[name] for name in self.acceptance.split("|"))
        return rules[0] if len(rules) == 1 else AnyOf(rules)
