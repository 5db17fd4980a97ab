"""Players that do one thing, whatever they see."""

import numpy as np

from negotiation_env import (
    PriceDecision,
)

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
