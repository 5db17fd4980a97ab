"""What the tests of records are run over: players and runs of every domain."""

import pytest

from negotiation_env.domain import find_domain
from negotiation_env.registry import DOMAINS
from negotiation_env.run import make_run

POOLS = {
    "price": ["linear", "boulware_noisy", "tit_for_tat", "random", "micro_fine"],
    "multi_item": ["linear", "boulware", "tit_for_tat", "random", "micro"],
}
SETTINGS = {"multi_item": {"scenario": "bargaining", "discount": (0.9, 0.95)}}

every_domain = pytest.mark.parametrize("domain", sorted(DOMAINS, reverse=True))


def players_of(domain):
    return dict.fromkeys(find_domain(domain).agents, POOLS[domain])


def run_of(domain="price", seed=5, **settings):
    return make_run(domain, players_of(domain), seed, **{**SETTINGS.get(domain, {}), **settings})
