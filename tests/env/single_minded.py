"""Players that do one thing, whatever they see."""

from dataclasses import dataclass

import numpy as np

from negotiation_env import MultiItemDecision, PriceDecision
from negotiation_env.seeding import uniform

PAIR = {"buyer_0": "linear", "seller_0": "boulware_firm"}


class Walking:
    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        return PriceDecision(np.full(len(view), 2), np.full(len(view), np.nan))


class Talking:
    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        return PriceDecision(np.zeros(len(view), int), np.full(len(view), 700.0), message=["hello"] * len(view))


@dataclass(frozen=True)
class Leaving:
    """Makes an offer in most games and walks away in others, from the first turn on; the same whatever the batch."""

    domain: str

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        kind = np.where(uniform(view) < 0.3, 2, 0)
        if self.domain == "price":
            return PriceDecision(kind, view.price_low + uniform(view, 1) * (view.price_high - view.price_low))
        return MultiItemDecision(kind, view.quantities // 2)
