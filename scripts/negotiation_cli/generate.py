"""`negotiate generate`: datasets of games, as JSONL or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negotiation_cli import options
from negotiation_cli.play import Model, NoLlm, refuse_model

if TYPE_CHECKING:
    from negotiation_cli.tally import Tally
    from negotiation_env.run import Run

EPILOG = """
Examples:

  negotiate generate --num_episodes 10000 --dataset_out games.jsonl

  negotiate generate --buyers linear,fair --sellers tit_for_tat --seed 1

  negotiate generate --scenario catalogue --catalogue products.csv
"""
RECIPE, NUM_EPISODES, DATASET_OUT = "price-mixed", 10_000, Path("datasets/local/price_domain.jsonl")
_PLAYERS = "Who plays"
