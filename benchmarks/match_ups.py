"""All strategies, the numeric network, Janus and, in fewer games, language models against each other.

python benchmarks/match_ups.py              # some minutes on two cores; needs: negotiate fetch-model smollm2
python benchmarks/match_ups.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that play: small batches gain nothing from threads

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from measure import measured_with, options_of, write_section

from negotiation_env.best_response import exploitability
from negotiation_env.registry import list_policies
from negotiation_env.tournament import Results, play_tournament

TITLE = "Match-ups"
LEARNED = ("rho_mlp:rho=0.5", "janus:rho=0.5")
SPOKEN = ("basic:model=smollm2", "price_strategy:strategy=boulware,model=smollm2")
RIVALS = ("linear", "boulware", "tit_for_tat")
DRAWS, SPOKEN_DRAWS, RESPONSES = 20, 2, 50
NOTES = [
    "Scenario `varied`, 20 turns, limits told to both sides (four strategies cannot play without). Every ordered pair, "
    f"itself included, plays the same {DRAWS} draws of limits with either side moving first; brackets are 95 % "
    "intervals. A game without a deal counts as a share of 0.",
    "Strength: Bradley-Terry, log odds of the larger share. Exploitability: how much more than the policy earns "
    "against itself its best answer among these policies earns. Best reply: what the exact or, with a star, the "
    f"best response found earns of the surplus in {RESPONSES} games of each seat; only scripted policies have one.",
    f"Language models: SmolLM2-135M-Instruct by llama.cpp on the CPU, {SPOKEN_DRAWS} draws, against three strategies "
    "and each other, private limits; illegal: unusable replies a game, which are asked again.",
]
HEADINGS = ("policy", "strength", "share", "deals where possible", "turns", "exploitability", "best reply")
SPOKEN_HEADINGS = ("policy", "share", "deals where possible", "turns", "illegal replies", "past own limit")


def cell(row: dict[str, float | None], name: str, digits: int = 2) -> str:
    """A measure with its interval."""
    value, low, high = (row[part] for part in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return ""
    return f"{value:.{digits}f}" + ("" if low is None else f" ({low:.{digits}f} to {high:.{digits}f})")


def of_all(results: Results) -> dict[str, dict[str, float | None]]:
    """Each policy's measures over both roles and first movers."""
    whole = results.policies.filter((pl.col("role") == "both") & (pl.col("moves") == "both"))
    return {row["policy"]: row for row in whole.iter_rows(named=True)}


def whole_table(folder: Path) -> list[str]:
    """Strategies, network and Janus, by strength."""
    results = play_tournament(
        ",".join(("all", *LEARNED)), folder, 2 * DRAWS, information="known", engine="process", workers=2
    )
    known, rows = of_all(results), []
    scripted = [
        facts.policy for facts in results.settings.policies if facts.strategy in list_policies("price", "scripted")
    ]
    replies = exploitability(scripted, num_games=RESPONSES, information="known")
    reply = {row.policy: row for row in replies}
    for ranked in results.ranking.policies.iter_rows(named=True):
        name = ranked["policy"]
        row, found = known[name], reply.get(name)
        best = "" if found is None else f"{found.best_reply_share:.2f}{'' if found.exact == 1.0 else '*'}"
        gain = results.meta_game.exploitability.get(name)
        cells = (cell(ranked, "strength"), cell(row, "share"), cell(row, "deal_rate_possible"), cell(row, "turns", 1))
        rows.append(" | ".join((f"| `{name}`", *cells, "" if gain is None else f"{gain:.2f}", f"{best} |")))
    return rows


def spoken_table(folder: Path) -> list[str]:
    """Language models, with three strategies."""
    results = play_tournament([*SPOKEN, *RIVALS], folder, 2 * SPOKEN_DRAWS)
    names = ("share", "deal_rate_possible", "turns", "illegal_replies", "violation_rate")
    return [
        " | ".join((f"| `{name}`", *(cell(row, measure) for measure in names))) + " |"
        for name, row in zip([*SPOKEN, *RIVALS], of_all(results).values(), strict=True)
    ]


def as_table(headings: tuple[str, ...], rows: list[str]) -> str:
    """Markdown."""
    return "\n".join([f"| {' | '.join(headings)} |", "|---" * len(headings) + "|", *rows])


def main() -> None:
    """Play, print, and write if asked to."""
    options = options_of(__doc__).parse_args()
    with TemporaryDirectory() as folder:
        tables = [
            as_table(HEADINGS, whole_table(Path(folder, "all"))),
            as_table(SPOKEN_HEADINGS, spoken_table(Path(folder, "spoken"))),
        ]
    print("\n\n".join(tables))
    if options.write:
        notes = "\n".join(f"- {note}" for note in NOTES)
        text = f"{measured_with('python benchmarks/match_ups.py')}\n\n{notes}\n\n"
        write_section(TITLE, text + "\n\n".join(tables))


if __name__ == "__main__":
    main()
