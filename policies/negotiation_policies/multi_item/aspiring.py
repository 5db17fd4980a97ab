"""Strategies whose aspiration depends on the clock alone (Faratin, Sierra, Jennings 1998)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_policies.clock import CLOCKS, TURN_CLOCK
from negotiation_policies.concession import POLYNOMIAL, ConcessionCurve
from negotiation_policies.multi_item.choosing import least_enough
from negotiation_policies.multi_item.opponent_model import Modelling
from negotiation_policies.multi_item.utilities import SplitStrategy, floor, pool_worth
from negotiation_policies.parameters import check_choice, check_number, check_positive

ITEMS, FREQUENCY = "items", "frequency"


@dataclass(frozen=True)
class AspiringStrategy(SplitStrategy, Modelling):
    """Proposes the split of least own utility that reaches an aspiration, which a subclass gives as a share.

    The aspiration is ``max(share * own value of the whole pool, disagreement)``. Among splits of the same own utility
    the one that leaves the opponent most is proposed, then the one of the lowest index.

    Attributes:
        ties: what leaves the opponent most: ``"items"`` (all items are alike) or ``"frequency"`` (by the model of
            `negotiation_policies.multi_item.opponent_model`).
    """

    ties: str = ITEMS

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_model()
        check_choice("ties", self.ties, (ITEMS, FREQUENCY))

    @abstractmethod
    def share(self, view: MultiItemView) -> Float64:
        """The aspiration (B,) as a share of the own value of the whole pool."""

    def plan(self, view: MultiItemView) -> tuple[Int64, Float64]:
        """The lowest tier that reaches the aspiration, and the aspiration."""
        level = np.maximum(self.share(view) * pool_worth(view), floor(view))
        weights = self.opponent_weights(view) if self.ties == FREQUENCY else None
        return least_enough(view, level, weights), level


@dataclass(frozen=True)
class TimeDependent(AspiringStrategy):
    """Concedes along a curve of the clock, whatever the opponent does: ``end + (start - end) * (1 - t^exponent)``.

    "Negotiation decision functions for autonomous agents", section 4.2, over own utility; ``exponent`` is the inverse
    of the source's beta.

    Attributes:
        start: the aspiration at t = 0, as a share of the own value of the whole pool.
        end: the aspiration at t = 1.
        exponent: above 1 concedes late (Boulware), below 1 early (Conceder).
        clock: ``"t/T"`` (turn over deadline) or ``"(step+1)/(n+1)"`` (rounds of two turns, never 0 or 1).
    """

    start: float = 1.0
    end: float = 0.0
    exponent: float = 1.0
    clock: str = TURN_CLOCK

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("start", self.start, 0.0, 1.0)
        check_number("end", self.end, 0.0, 1.0)
        if self.end > self.start:
            raise ValueError(f"end is {self.end!r}; it must be at most start, {self.start!r}.")
        check_positive("exponent", self.exponent)
        check_choice("clock", self.clock, CLOCKS)

    @cached_property
    def concession(self) -> ConcessionCurve:
        """``t^exponent``."""
        return ConcessionCurve(POLYNOMIAL, self.exponent, clock=self.clock)

    def share(self, view: MultiItemView) -> Float64:
        """``end + (start - end) * (1 - t^exponent)``."""
        return self.end + (self.start - self.end) * (1.0 - self.concession.at(view))


@dataclass(frozen=True)
class FixedAspiration(AspiringStrategy):
    """Aims at the same share of the pool on every turn.

    Attributes:
        aspiration: that share of the own value of the whole pool.
    """

    aspiration: float = 0.6

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("aspiration", self.aspiration, 0.0, 1.0)

    def share(self, view: MultiItemView) -> Float64:
        """``aspiration``."""
        return np.full(len(view), self.aspiration)


@dataclass(frozen=True)
class Hardliner(FixedAspiration):
    """Insists on ``aspiration`` and caves in on its own last turn, to ``final_aspiration``.

    A side's last turn is T - 1 or T, the two turns of the last round.

    Attributes:
        final_aspiration: the share of the own value of the whole pool asked for on the last turn.
    """

    aspiration: float = 1.0
    final_aspiration: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("final_aspiration", self.final_aspiration, 0.0, 1.0)

    def share(self, view: MultiItemView) -> Float64:
        """``aspiration`` before turn T - 1, ``final_aspiration`` from there on."""
        return np.where(view.turn >= view.max_turns - 1, self.final_aspiration, self.aspiration)
