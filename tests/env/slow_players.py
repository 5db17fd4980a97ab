"""Players that wait, as those of language models do."""

import time

import numpy as np

from negotiation_env import PriceDecision, make_policy
from negotiation_env.run import make_run


class Slow:
    """A strategy that takes its time, says its price and keeps a note; how long depends on the game."""

    def __init__(self, name="boulware_firm", pause=0.01):
        self.inner, self.pause, self.name = make_policy(name), pause, name
        self.params = {"pause": pause}

    def reset(self, size, seed=None):
        self.inner.reset(size, seed)

    def decide(self, view):
        time.sleep(self.pause * int(view.game_seed[0] % np.uint64(7)))
        made = self.inner.decide(view)
        said = [f"{price:.2f}" for price in np.broadcast_to(made.price, len(view)).tolist()]
        return PriceDecision(made.kind, made.price, said, [{"turn": int(view.turn[0])}] * len(view))


def run_of(buyer=None, seller="tit_for_tat", seed=3, **settings):
    return make_run("price", {"buyer_0": buyer or Slow(), "seller_0": seller}, seed, chat=True, **settings)
