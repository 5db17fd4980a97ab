"""Plays the given games with NegMAS and prints agreements and CPU-seconds. Runs in NegMAS's own environment.

Reads from standard input ``{"prices": n, "rounds": r, "reserves": [[buyer, seller], ...]}``.
"""

from __future__ import annotations

import json
import sys
import time

from negmas import SAOMechanism, make_issue
from negmas.preferences import LinearAdditiveUtilityFunction
from negmas.preferences.value_fun import AffineFun
from negmas.sao.negotiators import BoulwareTBNegotiator, LinearTBNegotiator


def play(prices: int, rounds: int, buyer_reserve: float, seller_reserve: float) -> int | None:
    """One negotiation, the buyer first in each round; the agreed price, or ``None``."""
    issues = [make_issue(prices, "price")]
    mechanism = SAOMechanism(issues=issues, n_steps=rounds)
    top = prices - 1
    sides = (
        (BoulwareTBNegotiator, AffineFun(-1.0 / top, 1.0), buyer_reserve),
        (LinearTBNegotiator, AffineFun(1.0 / top, 0.0), seller_reserve),
    )
    for negotiator, value, reserve in sides:
        utility = LinearAdditiveUtilityFunction([value], issues=issues, reserved_value=reserve)
        mechanism.add(negotiator(ufun=utility))
    agreement = mechanism.run().agreement
    return None if agreement is None else int(agreement[0])


def main() -> None:
    """Play every game, best of three passes."""
    task = json.load(sys.stdin)
    seconds, agreements = [], []
    for _ in range(3):
        start = time.process_time()
        agreements = [play(task["prices"], task["rounds"], *reserves) for reserves in task["reserves"]]
        seconds.append(time.process_time() - start)
    json.dump({"seconds": min(seconds), "agreements": agreements}, sys.stdout)


if __name__ == "__main__":
    main()
