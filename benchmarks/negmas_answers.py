"""Offers and solution points of NegMAS for the tasks given. Runs in NegMAS's own environment.

Reads ``{"curves": [{"curve", "exponent", "prices", "rounds", "reserve", "side"}, ...], "games": [{"quantities",
"values"}, ...]}`` from standard input. Prints the offers of each curve against a partner that refuses everything, and
of each game the frontier, the points and the CPU-seconds that all took.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from typing import Any

from negmas import ResponseType, SAOMechanism, SAONegotiator, make_issue
from negmas.negotiators.helpers import ExpAspiration, PolyAspiration
from negmas.preferences import LinearAdditiveUtilityFunction
from negmas.preferences.ops import kalai_points, ks_points, max_welfare_points, nash_points, pareto_frontier
from negmas.preferences.value_fun import AffineFun, LinearFun
from negmas.sao.negotiators import TimeBasedNegotiator

CURVES = {"polynomial": PolyAspiration, "exponential": ExpAspiration}
POINTS = {
    "nash": nash_points,
    "kalai_smorodinsky": ks_points,
    "egalitarian": kalai_points,
    "utilitarian": max_welfare_points,
}


class Refusing(SAONegotiator):
    """Offers its own best price and accepts nothing."""

    def propose(self, state: Any, dest: str | None = None) -> Any:
        """The outcome that is worth most to it."""
        return self.ufun.best()

    def respond(self, state: Any, source: str | None = None) -> ResponseType:
        """No."""
        return ResponseType.REJECT_OFFER


def offers(task: dict[str, Any]) -> list[int]:
    """The prices of a time-based negotiator, the buyer first in each round."""
    top = task["prices"] - 1
    issues = [make_issue(task["prices"], "price")]
    mechanism = SAOMechanism(issues=issues, n_steps=task["rounds"])
    worth = {"buyer": AffineFun(-1.0 / top, 1.0), "seller": AffineFun(1.0 / top, 0.0)}
    for side, value in worth.items():
        mine = side == task["side"]
        curve = CURVES[task["curve"]](1.0, task["exponent"])
        player = TimeBasedNegotiator(name=side, offering_curve=curve) if mine else Refusing(name=side)
        reserve = task["reserve"] if mine else 0.0
        mechanism.add(player, ufun=LinearAdditiveUtilityFunction([value], issues=issues, reserved_value=reserve))
    mechanism.run()
    named = {negotiator.id: negotiator.name for negotiator in mechanism.negotiators}
    mine = [row for row in mechanism.full_trace if named[row.negotiator] == task["side"]]
    return [int(row.offer[0]) for row in mine if row.offer is not None]


def points(game: dict[str, Any]) -> dict[str, list[list[float]]]:
    """The frontier and the solution points, in utilities of both."""
    quantities, (ours, theirs) = game["quantities"], game["values"]
    issues = [make_issue(quantity + 1, f"type {number}") for number, quantity in enumerate(quantities)]
    rest = sum(value * quantity for value, quantity in zip(theirs, quantities, strict=True))
    sides = (
        LinearAdditiveUtilityFunction([LinearFun(value) for value in ours], issues=issues, reserved_value=0.0),
        LinearAdditiveUtilityFunction(
            [LinearFun(-value) for value in theirs], issues=issues, bias=rest, reserved_value=0.0
        ),
    )
    outcomes = list(itertools.product(*(range(quantity + 1) for quantity in quantities)))
    frontier, _ = pareto_frontier(sides, outcomes=outcomes)
    found = {"pareto": [list(map(float, point)) for point in frontier]}
    for name, function in POINTS.items():
        found[name] = [list(map(float, point)) for point, _ in function(sides, frontier, outcomes=outcomes)]
    return found


def main() -> None:
    """Answer all."""
    task = json.load(sys.stdin)
    start = time.process_time()
    games = [points(game) for game in task["games"]]
    seconds = time.process_time() - start
    json.dump({"curves": [offers(curve) for curve in task["curves"]], "games": games, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
