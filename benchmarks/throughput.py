"""Speed and memory, each beside its target and a reference measured in the same run.

python benchmarks/throughput.py                        # a minute or two
python benchmarks/throughput.py --full --with-negmas --with-open-spiel   # and a million episodes, and others
python benchmarks/throughput.py --write                # also write benchmarks/RESULTS.md
"""

from __future__ import annotations

from dataset_speed import dataset_figures
from engine_speed import engine_figures
from environment_speed import environment_figures
from measure import options_of, report
from multi_item_speed import multi_item_figures
from negmas_speed import negmas_figures
from solution_speed import solution_figures

SECTIONS = ("engine", "environments", "datasets", "multi_item")
NOTES = [
    "CPU-seconds of one process, best of three runs in it; a ratio compares figures of the same run.",
    "Engine: `boulware_firm` against `linear`, 20 turns, scenario `varied`. With records every column of the episode "
    "and decision tables is built, but for the strings (uid, message, notes), which are built when they are read.",
    "The bare NumPy loop (`benchmarks/bare_numpy.py`) plays the very same games with a turn, limits and an exponent a "
    "game and drops those that end; its prices are checked against the engine's.",
    "Records: the time with records less the time without, over that of writing the same columns from the moves of "
    "each turn with NumPy alone; these columns are checked to be equal. Medians of nine rounds, in each of which the "
    "three are measured one after the other: such a difference depends on the state of the memory.",
    "Environments: actions are drawn beforehand, uniformly over the whole action space, and games that end are reset.",
    "OpenSpiel: `bargaining` through its Python API, moves without the drawing of the instance, once with the chance "
    "node's outcomes and once with its number drawn directly; in a virtual environment and a process of its own.",
    "NegMAS: 101 prices, 20 rounds (40 turns), Boulware (exponent 4) against Linear, with reserves drawn per game, in "
    "a virtual environment and a process of its own.",
]


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be repeated")
    parser.add_argument("--games", type=int, default=100_000, help="games of the engine's figures")
    parser.add_argument("--full", action="store_true", help="also a million episodes to Parquet")
    parser.add_argument("--with-negmas", action="store_true", help="also NegMAS, installed for this run only")
    parser.add_argument("--with-open-spiel", action="store_true", help="also OpenSpiel, installed for this run only")
    options = parser.parse_args()
    sections = options.only or SECTIONS
    if options.write and (options.only or options.games != 100_000):
        parser.error("--write needs every section at its full size; leave --only and --games out.")
    figures = []
    if "engine" in sections:
        figures += engine_figures(options.games)
    if "environments" in sections:
        figures += environment_figures(vector_steps=1000, parallel_steps=50_000)
    if options.with_negmas:
        figures += negmas_figures(options.games)
    if "multi_item" in sections:
        figures += [*multi_item_figures(options.games, options.with_open_spiel), *solution_figures()]
    if "datasets" in sections:
        figures += dataset_figures(options.full)
    report("Speed and memory", figures, NOTES, "make bench", options.write)


if __name__ == "__main__":
    main()
