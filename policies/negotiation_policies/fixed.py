"""Strategies that ask for the same share of their opening on every turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_policies.orientation import OpeningStrategy, decision, gain, price_of
from negotiation_policies.parameters import check_number
from negotiation_policies.strategy import NOISE


@dataclass(frozen=True)
class FixedAspiration(OpeningStrategy):
    """Offers ``share * opening`` on every turn and accepts what gains at least that.

    Attributes:
        share: the share of the opening gain that is asked for.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("share", self.share, 0.0, 1.0)

    def aspiration(self, view: PriceView) -> Float64:
        """The gain (B,) asked for on this turn."""
        return self.share * self.opening_gain(view)

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept what reaches the aspiration, else offer it."""
        level = self.aspiration(view)
        return decision(price_of(view, level), gain(view, view.standing_offer) >= level - NOISE)


@dataclass(frozen=True)
class Hardliner(FixedAspiration):
    """Insists on ``share * opening`` and caves in on its own last turn, to ``final_share * opening``.

    A side's last turn is T - 1 or T, the two turns of the last round.

    Attributes:
        final_share: the share of the opening gain asked for on the last turn.
    """

    share: float = 1.0
    final_share: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("final_share", self.final_share, 0.0, 1.0)

    def aspiration(self, view: PriceView) -> Float64:
        """``share`` of the opening before turn T - 1, ``final_share`` of it from there on."""
        is_last_turn = view.turn >= view.max_turns - 1
        return np.where(is_last_turn, self.final_share, self.share) * self.opening_gain(view)
