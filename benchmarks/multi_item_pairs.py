"""Every ordered pair of the multi-item policies: how often they agree, and how much of what is there they find.

Run: ``python benchmarks/multi_item_pairs.py``; ``--write`` puts the tables into policies/README.md. All pairs play the
same games with the same first movers. A game without a deal counts as what both have without one.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from negotiation_env import list_policies, make_policy, rollout
from negotiation_env.metrics import mean_interval

DOMAIN, AGENTS = "multi_item", ("agent_0", "agent_1")
SCENARIOS = ("bargaining", "seed")
README = Path(__file__).resolve().parents[1] / "policies" / "README.md"
BEGIN, END = "<!-- multi-item pairs: begin -->", "<!-- multi-item pairs: end -->"
MEASURES = ["deals", "Pareto-optimal", "mean welfare", "of the largest"]
HEADINGS = ["agent_0", "agent_1", *MEASURES, "payoff 0", "payoff 1"]
SUMMARY = ["policy", *MEASURES, "own payoff", "opponent's payoff"]
_Z = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Games:
    """What came of the games of one pair; columns (G,).

    Attributes:
        names: the policies of both agents.
        deal: whether there was a deal.
        pareto: whether the outcome was Pareto-optimal.
        welfare: the sum of both utilities.
        efficiency: that as a share of the largest of all splits.
        payoffs: (2, G) the utilities of both agents.
    """

    names: tuple[str, str]
    deal: np.ndarray
    pareto: np.ndarray
    welfare: np.ndarray
    efficiency: np.ndarray
    payoffs: np.ndarray

    def cells(self) -> list[str]:
        """A row of a table; brackets hold 95 % intervals, Wilson's for rates and Student's for means."""
        return [
            *self.names,
            rate(self.deal),
            rate(self.pareto),
            mean(self.welfare, 2),
            mean(self.efficiency, 3),
            *(f"{payoff:.2f}" for payoff in self.payoffs.mean(axis=1)),
        ]


def rate(happened: np.ndarray) -> str:
    """A share in percent with Wilson's 95 % interval."""
    number, share = len(happened), float(happened.mean())
    middle = (share + _Z**2 / (2 * number)) / (1 + _Z**2 / number)
    half = _Z / (1 + _Z**2 / number) * math.sqrt(share * (1 - share) / number + _Z**2 / (4 * number**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{100 * share:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"


def mean(values: np.ndarray, digits: int, unit: str = "") -> str:
    """A mean with Student's 95 % interval."""
    low, high = mean_interval(values)
    return f"{values.mean():.{digits}f}{unit} [{low:.{digits}f}, {high:.{digits}f}]"


def contestants() -> list[str]:
    """All scripted policies, those that play the same once."""
    built = {name: make_policy(name, domain=DOMAIN) for name in list_policies(DOMAIN, kind="scripted")}
    return [name for place, name in enumerate(built) if built[name] not in list(built.values())[:place]]


def play_pair(names: tuple[str, str], scenario: str, number: int, seed: int) -> Games:
    """The games of one ordered pair."""
    table = rollout(
        DOMAIN, dict(zip(AGENTS, names, strict=True)), number, seed, scenario=scenario, record=False
    ).episodes
    return Games(
        names=names,
        deal=table["deal"],
        pareto=table["pareto_optimal"],
        welfare=table["welfare"],
        efficiency=table["efficiency"],
        payoffs=np.stack([table[f"payoff_{agent}"] for agent in AGENTS]),
    )


def by_policy(pairs: Sequence[Games]) -> list[list[str]]:
    """A row for each policy against all, in both seats, by falling own payoff.

    Its opponents play the same games, so an interval is that of the means of a game over all opponents.
    """
    rows = []
    for name in dict.fromkeys(pair.names[0] for pair in pairs):
        seats = [(pair, seat) for pair in pairs for seat in (0, 1) if pair.names[seat] == name]
        deal, pareto, welfare, efficiency = (
            np.mean([getattr(pair, column) for pair, _ in seats], axis=0)
            for column in ("deal", "pareto", "welfare", "efficiency")
        )
        own, other = (np.mean([pair.payoffs[seat ^ side] for pair, seat in seats]) for side in (0, 1))
        cells = [mean(100 * deal, 1, "%"), mean(100 * pareto, 1, "%"), mean(welfare, 2), mean(efficiency, 3)]
        rows.append((own, [name, *cells, f"{own:.2f}", f"{other:.2f}"]))
    return [row for _, row in sorted(rows, reverse=True)]


def show(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=160).print(table)


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def write(results: dict[str, list[Games]], number: int) -> None:
    """Put the tables between the marks of the README."""
    lines = [BEGIN]
    for scenario, pairs in results.items():
        lines += ["", f"### Scenario `{scenario}`, {number:,} games a pair", ""]
        lines += markdown(SUMMARY, by_policy(pairs))
        lines += ["", f"<details><summary>All {len(pairs)} ordered pairs</summary>", ""]
        lines += [*markdown(HEADINGS, [pair.cells() for pair in pairs]), "", "</details>"]
    page = README.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{README} has no marks {BEGIN} and {END}; put them where the tables belong.")
    README.write_text(f"{before}{chr(10).join(lines)}\n\n{END}{after}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Play all pairs, print the tables and perhaps write them down."""
    parser = argparse.ArgumentParser(description="Every ordered pair of the multi-item policies.")
    parser.add_argument("--games", type=int, default=1000, help="games of each pair")
    parser.add_argument("--seed", type=int, default=0, help="seed of the games")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="by default all; may be repeated")
    parser.add_argument("--write", action="store_true", help="put the tables into policies/README.md")
    options = parser.parse_args(arguments)
    started, results = time.perf_counter(), {}
    for scenario in options.scenario or SCENARIOS:
        ordered = list(itertools.product(contestants(), repeat=2))
        pairs = [
            play_pair(names, scenario, options.games, options.seed)
            for names in track(ordered, description=scenario, console=Console(stderr=True))
        ]
        results[scenario] = pairs
        show(
            f"{scenario}: every ordered pair, {options.games:,} games each", HEADINGS, [pair.cells() for pair in pairs]
        )
        show(f"{scenario}: each policy against all, in both seats", SUMMARY, by_policy(pairs))
    print(f"{time.perf_counter() - started:.1f} seconds")
    if options.write:
        write(results, options.games)


if __name__ == "__main__":
    main()
