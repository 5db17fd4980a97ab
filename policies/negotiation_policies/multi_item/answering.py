"""Strategies that answer what the opponent did: tit-for-tat over utilities, and MiCRO."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64, Int64
from negotiation_env.seeding import uniform
from negotiation_env.splits import index_of
from negotiation_policies.multi_item.choosing import in_order, least_enough
from negotiation_policies.multi_item.utilities import (
    SplitStrategy,
    floor,
    known_columns,
    offered_utility,
    pool_worth,
)
from negotiation_policies.parameters import check_choice, check_flag, check_number
from negotiation_policies.strategy import count_true

LAST, RANDOM = "last", "random"


@dataclass(frozen=True)
class TitForTat(SplitStrategy):
    """Gives in by as much own utility as the opponent has given it.

    Absolute tit-for-tat of Faratin, Sierra, Jennings (1998), section 4.4, over own utility and over the whole game, so
    that steps smaller than the gap to the next split add up: level = ``start * pool - rate * (best - first)``, the
    opponent's best proposal so far and its first one. Proposes the split of least own utility that reaches the level.

    Attributes:
        start: the level before any concession, as a share of the own value of the whole pool.
        rate: what is given in return for one unit of utility.
        imitate_retraction: count the opponent's last proposal in place of its best one, so that what it takes back is
            taken back too.
    """

    acceptance: str = "next"
    start: float = 1.0
    rate: float = 1.0
    imitate_retraction: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("start", self.start, 0.0, 1.0)
        check_number("rate", self.rate, low=0.0)
        check_flag("imitate_retraction", self.imitate_retraction)

    def plan(self, view: MultiItemView) -> tuple[Int64, Float64]:
        """The lowest tier that reaches the level, and the level."""
        worth = pool_worth(view)
        asked = self.start * worth - self.rate * self._conceded(view)
        level = np.minimum(np.maximum(asked, floor(view)), np.maximum(worth, floor(view)))
        return least_enough(view, level), level

    def _conceded(self, view: MultiItemView) -> Float64:
        """By how much (B,) the opponent's proposals have become better for me; 0 without any."""
        received = offered_utility(view, view.opponent_offers)
        made = ~np.isnan(received)
        if self.imitate_retraction:
            reached = received[np.arange(len(view)), np.maximum(count_true(made) - 1, 0)]
        else:
            reached = np.where(made, received, -np.inf).max(axis=1, initial=-np.inf)
        return np.where(made[:, 0], reached - received[:, 0], 0.0)


@dataclass(frozen=True)
class Micro(SplitStrategy):
    """MiCRO: proposes splits by falling own utility, one new one for each new one of the opponent (de Jonge 2022).

    "An Analysis of the Linear Bilateral ANAC Domains Using the MiCRO Benchmark Strategy", IJCAI 2022. With m own and n
    opposing different proposals so far, it makes its next one if ``m <= n``, else repeats an earlier one. It ends with
    the last split that is not worth less than disagreement. Splits of the same own utility come in the order of the
    items kept (fewest first), then of the index.

    Attributes:
        repeat: which one it repeats, ``"last"`` or ``"random"`` (as in the source).
    """

    acceptance: str = "next"
    repeat: str = LAST

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("repeat", self.repeat, (LAST, RANDOM))

    def plan(self, view: MultiItemView) -> tuple[Int64, None]:
        """The next split in order, or an earlier one."""
        own, opposing = count_distinct(view, view.own_offers), count_distinct(view, view.opponent_offers)
        earlier = own - 1 if self.repeat == LAST else (uniform(view) * own).astype(np.int64)
        return in_order(view, floor(view), np.where(own <= opposing, own, earlier)), None


def count_distinct(view: MultiItemView, offers: Int64) -> Int64:
    """How many different splits each row of ``offers`` (B, T, I) holds."""
    known = known_columns(view, offers)
    index = np.where(known[..., 0] >= 0, index_of(known, view.quantities[:, None]), -1)
    ordered = np.sort(np.ascontiguousarray(index), axis=1)  # -1 comes first
    return count_true(ordered[:, 1:] > ordered[:, :-1]) + (ordered[:, 0] >= 0)
