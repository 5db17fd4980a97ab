"""A player that never deals."""

import numpy as np

from negotiation_env import PriceDecision


class Walker:
    """Never deals."""

    def reset(self, size, seed=None): ...

    def decide(self, view):
        return PriceDecision(kind=np.full(len(view), 2), price=view.price_low)
