"""What a best response costs to work out, and how much each scripted strategy can be exploited.

python benchmarks/best_response.py              # some minutes on one core
python benchmarks/best_response.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

from measure import Figure, best, options_of, render, show, write_section

from negotiation_env import list_policies, rollout
from negotiation_env.best_response import Exploitability, best_response, exploitability

TITLE = "Best responses"
GAMES, SEED = 100, 7
SCENARIOS = ("seed", "varied", "private")
TARGET_MS = 100.0
NOTES = [
    "CPU time of one process, the best of three runs; 20 turns, prices to the cent, both limits known. With probes of "
    "the opponent and with the game in which the response is played out.",
    f"Exploitability: scenario `varied`, {GAMES} games in each seat (seed {SEED}), shares of the surplus. The "
    "responder knows the strategy, both limits and all seeds. `best reply` is what it earns (95 % interval), `at most` "
    "what no response exceeds, `exact` in how many games both are the same for certain; `kept` is what is left to the "
    "strategy, `exploitability` the best reply less an equal share, `NashConv` the sum over both seats of what a best "
    "response earns above self-play. A firm strategy has a low exploitability, and loses what two firm sides lose.",
]
HEADINGS = ("strategy", "memory", "exact", "best reply", "at most", "kept", "exploitability", "NashConv")


def time_of(opponent: str, scenario: str, games: int, **settings: object) -> float:
    """CPU-milliseconds of one best response."""
    seconds, _ = best(lambda: best_response(opponent, scenario, num_games=games, seed=SEED, **settings))
    return 1000.0 * seconds


def figures() -> list[Figure]:
    """What best responses cost, one game and many."""
    found = [
        Figure(f"exact, one game of `{scenario}` against `boulware`", ms, "CPU-ms", TARGET_MS, at_most=True)
        for scenario in SCENARIOS
        for ms in [time_of("boulware", scenario, 1, information="known")]
    ]
    players = {"buyer_0": "boulware", "seller_0": "linear"}
    seconds, _ = best(lambda: rollout("price", players, GAMES, seed=SEED, record=False))
    for opponent in ("boulware", "tit_for_tat", "micro_fine"):
        ms = time_of(opponent, "varied", GAMES)
        kind = "exact" if opponent == "boulware" else "searched"
        reference = f"playing as many games once: {1000.0 * seconds:.1f} CPU-ms"
        name = f"{kind}, {GAMES} games of `varied` against `{opponent}`"
        found.append(Figure(name, ms, "CPU-ms", reference=reference, ratio=ms / (1000.0 * seconds)))
    ms = time_of("tit_for_tat", "varied", 1, price_grid=27)
    found.append(Figure("exact on a grid of 27 prices, one game against `tit_for_tat`", ms, "CPU-ms"))
    return found


def line(row: Exploitability) -> str:
    """One strategy as a row of Markdown."""
    low, high = row.best_reply_interval
    cells = [
        f"`{row.policy}`",
        "longer" if row.memory is None else str(row.memory),
        f"{row.exact:.0%}",
        f"{row.best_reply_share:.3f} ({low:.3f} to {high:.3f})",
        *(f"{value:.3f}" for value in (row.upper_share, row.kept_share, row.exploitability, row.nash_conv)),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    found = figures()
    show(found, TITLE)
    rows = exploitability(list_policies("price", "scripted"), num_games=GAMES, seed=SEED, information="known")
    rows.sort(key=lambda row: row.best_reply_share)
    table = [f"| {' | '.join(HEADINGS)} |", "|" + "---|" * len(HEADINGS), *map(line, rows)]
    print(*table, sep="\n")
    if options.write:
        text = render(found, NOTES, "python benchmarks/best_response.py")
        write_section(TITLE, text + "\n" + "\n".join(table))


if __name__ == "__main__":
    main()
