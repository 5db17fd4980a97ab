"""Players that speak, take their time and fail, as those with a language model do."""

import time

import numpy as np

from negotiation_env import MultiItemDecision, PriceDecision, make_policy
from negotiation_env.domain import find_domain
from negotiation_env.run import make_run

STRATEGIES = {"price": ("linear", "tit_for_tat"), "multi_item": ("boulware", "trade_off")}
NOTE = {
    "model": "test/model",
    "prompt": "basic-1",
    "replies": [
        {
            "text": "Hm.",
            "finish_reason": "stop",
            "reason": "no offer in it",
            "prompt_tokens": 10,
            "completion_tokens": 2,
            "cached_tokens": 4,
        },
        {
            "text": "I offer that.",
            "finish_reason": "stop",
            "reason": "",
            "prompt_tokens": 15,
            "completion_tokens": 3,
            "cached_tokens": 9,
        },
    ],
    "retries": 2,
    "fallback": "",
    "illegal": 1,
    "narration": "model",
}
ERROR = {"fault": "timeout", "message": "no answer in 60 s"}


class Talker:
    """Plays a strategy, says ``message`` with each move and keeps `NOTE`.

    It fails in games whose seed for its seat is a multiple of ``fails``, from its ``patience``-th turn on. How long it
    takes is drawn anew each time, up to ``pause`` seconds.
    """

    def __init__(self, domain, spec, message="Take it.", fails=0, pause=0.0, patience=3):
        self.domain, self.inner, self.name = domain, make_policy(spec, domain), f"talking_{spec}"
        self.message, self.fails, self.pause, self.patience = message, fails, pause, patience
        self.params = {"fails": 0}  # a model that answers again is the same model
        self.chance = np.random.default_rng()

    def reset(self, size, seed=None):
        self.inner.reset(size, seed)

    def decide(self, view):
        time.sleep(self.chance.uniform(0.0, self.pause))
        made = self.inner.decide(view)
        kind, notes = np.array(made.kind), [NOTE] * len(view)
        if self.fails:
            failing = (view.game_seed % np.uint64(self.fails) == 0) & (view.turn >= self.patience)
            kind[failing] = 3
            notes = [{**NOTE, "error": ERROR} if fails else NOTE for fails in failing.tolist()]
        said = [self.message] * len(view)
        if self.domain == "price":
            return PriceDecision(kind, made.price, said, notes)
        return MultiItemDecision(kind, made.keep, said, notes)


def talking_run(domain="price", seed=3, **talkers):
    agents = find_domain(domain).agents
    players = {agent: Talker(domain, spec, **talkers) for agent, spec in zip(agents, STRATEGIES[domain], strict=True)}
    return make_run(domain, players, seed, chat=True)


def files_of(folder):
    """What stands in the files of a folder, by name."""
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir())}
