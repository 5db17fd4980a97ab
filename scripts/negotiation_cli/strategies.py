"""The strategies, and the match-ups of them, that options of a command name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

EVERY = "all"
PAIRS = {
    "price": (
        "boulware_firm vs tit_for_tat",
        "linear vs boulware_hard",
        "conceder vs micro_fine",
        "tit_for_tat vs linear_noisy",
        "split_difference vs fair_slow",
        "price_fixed_strict vs price_fixed_strict",
    ),
    "multi_item": ("boulware vs trade_off", "linear vs tit_for_tat", "micro vs micro", "hardliner vs conceder"),
}


def named_strategies(text: str, option: str, domain: str = "price") -> list[str]:
    """The specs in a list separated by commas; ``all`` stands for every scripted policy of the domain.

    Raises:
        ValueError: the list is empty.
    """
    from negotiation_env.registry import list_policies
    from negotiation_env.specs import split_specs

    if text.strip() == EVERY:
        return list_policies(domain, kind="scripted")
    specs = split_specs(text)
    if not specs:
        raise ValueError(f"{option} names no strategy; 'negotiate list policies' shows them.")
    return specs


def told(information: str | None, *lists: str) -> str | None:
    """What a game tells its agents: where ``all`` strategies play, the other's limit, which some cannot do without."""
    return "known" if information is None and any(text.strip() == EVERY for text in lists) else information


def match_ups(
    domain: str, agent1: str | None, agent2: str | None, pairs: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Pairs of policies: those of ``pairs``, or each of ``agent1`` with each of ``agent2``."""
    if pairs and (agent1 or agent2):
        raise ValueError("--pairs and --agent1, --agent2 were given; give one or the other.")
    if agent1 or agent2:
        usual = PAIRS[domain][0].split(" vs ")[0]
        first = named_strategies(agent1 or usual, "--agent1", domain)
        return list(product(first, named_strategies(agent2 or usual, "--agent2", domain)))
    found = []
    for pair in pairs or PAIRS[domain]:
        sides = re.split(r"\s+vs\s+", pair.strip())
        if len(sides) != 2:
            raise ValueError(f"--pairs {pair!r} is not a match-up; write 'AGENT1 vs AGENT2', such as 'linear vs fair'.")
        found.append((sides[0], sides[1]))
    return found
