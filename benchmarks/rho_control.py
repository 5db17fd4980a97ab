"""How well policies bring prices to commanded rhos against the test families.

python benchmarks/rho_control.py              # some minutes on two cores
python benchmarks/rho_control.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from measure import measured_with, options_of, write_section
from negotiation_janus.evaluation import COMMANDS, evaluate_policies
from negotiation_janus.families import TEST

from negotiation_env import make_policy

TITLE = "Control by rho"
EPISODES, SEED = 60, 101
WIDTHS = {"varied": 475.0, "seed": 500.0}
"""Of the surplus, what scripted controllers assume where it is hidden."""
LEARNED = ("rho_mlp", "rho_mlp:settle=strict", "rho_mlp:checkpoint=hindsight")
SCRIPTED = ("teacher", "hold_rho", "concede_to_rho")
COLUMNS = {
    "regret": "regret", "missed_deals": "missed deals", "spearman": "Spearman", "spearman_achievable": "achievable",
    "slope": "slope", "error": "error", "deal_rate": "deals", "deal_rate_achievable": "achievable",
}  # fmt: skip
NOTES = f"""
- {len(TEST)} opponents of the test families, which nothing was trained on; commands -1, 0, .1 ... 1, both
  seats, both first movers, {EPISODES} episodes each (seed {SEED}), 20 turns, the same for every policy. Brackets are
  95 % intervals.
- Regret: how much farther from the command the price settled than the closest of 72 plans or the policy itself on the
  same episode. Missed deals: of the episodes in which any plan deals. "Achievable" is what the closest settlements
  would score: where opponents do not give in, no policy has a high Spearman.
- For `rho_mlp`, targets in `varied`: known, regret at most .025 and missed deals at most .03; private, .045 and .02;
  Spearman .85 and .80; strict and known, error at most .01 and slope at least .98.
- `teacher`, `hold_rho` and `concede_to_rho` assume the mean width of the surplus where it is hidden.
- `rho_mlp:checkpoint=hindsight` has learned from private limits and is never told the other's, so that its rows for
  known and private are the same moves, and equal.
- Every row: impasse at -1 in all games, no deal past the own limit."""


def maker(spec: str, scenario: str, information: str) -> Any:
    """What gives a policy for a command."""
    hidden = {"assumed_width": WIDTHS[scenario]} if spec in SCRIPTED and information == "private" else {}
    return lambda rho: make_policy(spec, rho=rho, **hidden)


def cell(summary: dict[str, Any], measure: str) -> str:
    """A measure with its interval."""
    low, high = summary[f"{measure}_interval"]
    return f"{summary[measure]:.3f} ({low:.3f} to {high:.3f})"


def table_rows(
    makers: Mapping[str, Any], measures: Sequence[str], scenario: str, information: str, commands: Sequence[float],
    episodes: int, seed: int,
) -> list[str]:  # fmt: skip
    """The rows of the table for one kind of game: policies against the test families."""
    found = evaluate_policies(
        makers, TEST, commands, num_episodes=episodes, seed=seed, scenario=scenario, information=information,
        engine="process", workers=2,
    )  # fmt: skip
    made = []
    for name, result in found.items():
        summary = result.summary
        if summary["impasse_at_minus_one"] != 1.0 or summary["violations"] != 0.0 or summary["illegal_moves"] != 0.0:
            raise SystemExit(f"{name} dealt at -1, past its own limit or not by the rules: the last note is not true.")
        cells = " | ".join(cell(summary, measure) for measure in measures)
        made.append(f"| {scenario}, {information} | `{name}` | {cells} |")
        print(made[-1], flush=True)
    return made


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    table = []
    for scenario, information in product(WIDTHS, ("known", "private")):
        makers = {spec: maker(spec, scenario, information) for spec in (*LEARNED, *SCRIPTED)}
        table += table_rows(makers, list(COLUMNS), scenario, information, COMMANDS, EPISODES, SEED)
    heading = f"| games | policy | {' | '.join(COLUMNS.values())} |\n|{'---|' * (len(COLUMNS) + 2)}"
    if options.write:
        text = f"{measured_with('python benchmarks/rho_control.py')}\n{NOTES}\n\n"
        write_section(TITLE, text + "\n".join([heading, *table]))


if __name__ == "__main__":
    main()
