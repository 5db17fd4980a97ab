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


def generate(
    num_episodes: Annotated[
        int | None,
        typer.Option("--num_episodes", help="How many games.", show_default="the recipe's; each product once"),
    ] = None,
    dataset_out: Annotated[
        Path,
        typer.Option("--dataset_out", help="A .jsonl file, or a folder for Parquet tables.", rich_help_panel="Output"),
    ] = DATASET_OUT,
    domain: options.Domain = "price",
    recipe: Annotated[
        str,
        typer.Option("--recipe", help="A name of 'negotiate list recipes', or a .toml file.", rich_help_panel=_PLAYERS),
    ] = RECIPE,
    buyers: Annotated[
        str | None,
        typer.Option(
            "--buyers", "--agent1", help="Drawn from for each game.", show_default="the recipe's", rich_help_panel=_PLAYERS
        ),
    ] = None,
    sellers: Annotated[
        str | None,
        typer.Option(
            "--sellers", "--agent2", help="Drawn from for each game.", show_default="the recipe's", rich_help_panel=_PLAYERS
        ),
    ] = None,
    model: Model = None,
    no_llm: NoLlm = False,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Same seed, same games.", show_default="the recipe's, else 0")
    ] = None,
    scenario: options.Scenario = None,
    catalogue: options.CatalogueFile = None,
    max_turns: options.MaxTurns = None,
    first_mover: options.FirstMover = None,
    information: options.Information = None,
    price_range: options.PriceRange = None,
    tick: options.Tick = None,
    discount: options.Discount = None,
    engine: options.Engine = "serial",
    workers: options.Workers = None,
    overwrite: options.Overwrite = False,
    append: Annotated[
        bool, typer.Option("--append", help="Add this run to those in the file.", rich_help_panel="Output")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Play many games and write every decision to a file.

    Equal arguments give equal bytes, for any engine and number of workers. If it is interrupted, the same command
    goes on where it stopped.
    """
