"""How well Janus brings prices to commanded rhos against the test families, and what of it is whose work.

python benchmarks/janus_control.py                       # the shipped janus: half an hour on two cores
python benchmarks/janus_control.py --ablations 1000      # trains five variants for as many steps first: hours
python benchmarks/janus_control.py --write               # also write the section of benchmarks/RESULTS.md

Trainings that were cut off go on, and finished ones are not made again.
"""

from __future__ import annotations

import os
import re

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that play: small batches gain nothing from threads

from itertools import product
from pathlib import Path
from typing import Any

from measure import measured_with, options_of, write_section
from negotiation_janus.families import TEST
from rho_control import WIDTHS, maker, table_rows

from negotiation_env.records.generate import generate
from negotiation_env.records.recipes import load_recipe

COMMANDS = (-1.0, 0.0, 0.25, 0.5, 0.75, 1.0)
EPISODES, SEED = 20, 202
BESIDE = ("rho_mlp", "rho_mlp:checkpoint=hindsight", "teacher", "hold_rho", "concede_to_rho")
MEASURES = ("regret", "missed_deals", "spearman", "spearman_achievable", "slope", "error", "deal_rate")
GAMES = 120_000
TEACHER = ("price-teacher-known", "price-teacher-private")
HINDSIGHT = ("price-seed", "price-seed")
VARIANTS: dict[str, dict[str, Any]] = {
    "gate only": {},
    "text only": {"tell_rho": True, "gate": False},
    "gate and text": {"tell_rho": True},
    "neither (plain LoRA)": {"gate": False},
    "gate only, hindsight": {"label": "outcome", "recipes": HINDSIGHT},
}
NOTES = f"""
- {len(TEST)} opponents of the test families, which nothing was trained on; commands {", ".join(f"{c:g}" for c in COMMANDS)},
  both seats, both first movers, {{episodes}} episodes each (seed {SEED}), 20 turns, the same for every policy. Brackets are
  95 % intervals.
- The measures are those of [Control by rho](#control-by-rho).
- For `janus`, targets in `varied`: known, regret at most .03 and missed deals at most .04; private, .05 and .04;
  Spearman .85 and .80.
- `teacher`, `hold_rho` and `concede_to_rho` assume the mean width of the surplus where it is hidden.
- `rho_mlp:checkpoint=hindsight` has learned from private limits and is never told the other's, so that its rows for
  known and private are the same moves, and equal.
- Every row: impasse at -1 in all games, no deal past the own limit, no illegal move."""  # noqa: E501
ABLATED = """
- Each variant is trained for {steps} steps on the same games in the same order with the settings of
  `janus/configs/smollm2.toml`. Gate: rho gates the adapters. Text: rho stands in the text. Hindsight: games of the
  recipe price-seed with the rho that came out; the others learn from the two teacher recipes."""


def tables(recipe: str, folder: Path) -> Path:
    """The tables of a recipe's games, made once."""
    place = folder / recipe
    if not (place / "decision_steps.parquet").is_file():
        generate(load_recipe(recipe).run(), GAMES, place)
    return place


def trained(name: str, steps: int, folder: Path) -> Path:
    """The adapters of a variant, made once."""
    from negotiation_janus.sft import SftSettings, has_fast_bf16
    from negotiation_janus.training import DataSettings, ModelSettings, train_janus
    from negotiation_janus.training_state import checkpoints

    place = folder / f"{'_'.join(re.findall('[a-zA-Z]+', name))}-{steps}"  # a comma would end it in a spec
    if (place / "adapter_config.json").is_file():
        return place
    given = dict(VARIANTS[name])
    known, private = (str(tables(recipe, folder)) for recipe in given.pop("recipes", TEACHER))
    model = ModelSettings(num_layers=10, gate=given.pop("gate", True))
    sft = SftSettings(max_steps=steps, bf16=has_fast_bf16(), save_every=250, eval_every=steps)
    print(f"training {name}", flush=True)
    train_janus(
        DataSettings(known, private, **given), model, sft, place, resume_from=place if checkpoints(place) else None
    )
    return place


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--ablations", type=int, metavar="STEPS", help="train and evaluate the variants instead")
    parser.add_argument("--work_dir", type=Path, default=Path("runs/ablations"), help="for games and trainings")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="of each row")
    options = parser.parse_args()
    cases = list(product(WIDTHS, ("known", "private")))
    title, notes, specs = "Control by rho: Janus", NOTES, {"janus": "janus"}
    if options.ablations:
        title, notes = (
            "Control by rho: ablations of Janus",
            NOTES + ABLATED.replace("{steps}", f"{options.ablations:,}"),
        )
        made = {name: trained(name, options.ablations, options.work_dir) for name in VARIANTS}
        specs = {name: f"janus:checkpoint={place}" for name, place in made.items()}
        cases = [("varied", information) for information in ("known", "private")]
    specs |= {name: name for name in BESIDE}
    table = []
    for scenario, information in cases:
        makers = {name: maker(spec, scenario, information) for name, spec in specs.items()}
        table += table_rows(makers, MEASURES, scenario, information, COMMANDS, options.episodes, SEED)
    heading = f"| games | policy | {' | '.join(name.replace('_', ' ') for name in MEASURES)} |"
    if options.write:
        rule = "|---" * (len(MEASURES) + 2) + "|"
        command = " ".join(["python benchmarks/janus_control.py", *_given(options)])
        text = f"{measured_with(command)}\n{notes.format(episodes=options.episodes)}\n\n"
        write_section(title, text + "\n".join([heading, rule, *table]))


def _given(options: Any) -> list[str]:
    given = {"ablations": options.ablations, "episodes": None if options.episodes == EPISODES else options.episodes}
    return [f"--{name} {value}" for name, value in given.items() if value]


if __name__ == "__main__":
    main()
