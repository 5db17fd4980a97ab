"""`negotiate tournament`: every policy against every other, in both roles, on the same games."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from negotiation_cli import options

EPILOG = """
Examples:

  negotiate tournament --policies linear,boulware_firm,tit_for_tat

  negotiate tournament --policies all --num_episodes 1000 --engine process --output_dir runs/price

  negotiate tournament --policies all,janus:rho=0.7,sb3:path=runs/seller --information known

  negotiate tournament --domain multi_item --policies all --scenario bargaining --output_dir runs/items

  negotiate tournament --policies linear,basic --num_episodes 20 --workers 8 --output_dir runs/talks

If it is interrupted, the same command goes on. What the files in the folder hold stands in the docstring of
negotiation_env.tournament; load_results reads them.
"""


def tournament(
    policies: Annotated[
        str,
        typer.Option(
            "--policies",
            help="Who takes part: names or specs with commas, of 'negotiate list policies'; all means every "
            "deterministic strategy, those that play alike once.",
        ),
    ] = "all",
    num_episodes: Annotated[
        int,
        typer.Option(
            "--num_episodes", help="Games of each ordered pair, an even number: either side begins half of them."
        ),
    ] = 1000,
    domain: options.Domain = "price",
    seed: options.FixedSeed = 0,
    scenario: options.Scenario = None,
    catalogue: options.CatalogueFile = None,
    max_turns: options.MaxTurns = None,
    information: options.Information = None,
    price_range: options.PriceRange = None,
    tick: options.Tick = None,
    discount: options.Discount = None,
    num_items: options.NumItems = None,
    opposition: options.Opposition = None,
    instances: options.Instances = None,
    chat: Annotated[
        bool, typer.Option("--chat", help="Let language models hear each other.", rich_help_panel="The game")
    ] = False,
    engine: options.Engine = None,
    workers: options.Workers = None,
    ray_address: options.RayAddress = None,
    output_dir: Annotated[
        Path, typer.Option("--output_dir", help="Folder for the results.", rich_help_panel="Output")
    ] = Path("tournament"),
    keep_episodes: Annotated[
        int,
        typer.Option(
            "--keep_episodes",
            help="Games of each ordered pair that are kept move by move, an even number.",
            rich_help_panel="Output",
        ),
    ] = 10,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Play every ordered pair of policies on the same games, each side moving first in half of them.

    So differences are paired: between policies, roles and first movers. Deal rates, shares of the surplus, payoffs,
    rho, turns, violations and illegal replies come with 95 % bootstrap intervals; policies are compared with Holm's
    correction and ranked by a Bradley-Terry model, and choosing one is analysed as a game. A policy that crashes loses
    the cell and not the run. Equal arguments give equal files, for any engine and number of workers.
    """
    from negotiation_cli.output import progress_bar, screen, write_json
    from negotiation_cli.tournament_report import summary, summary_lines, summary_table
    from negotiation_env.engines import started
    from negotiation_env.records.errors import require
    from negotiation_env.tournament.folder import ResultFolder
    from negotiation_env.tournament.plan import make_plan
    from negotiation_env.tournament.play import EXTRAS, play_plan

    for package, extra in EXTRAS.items():
        require(package, extra)
    settings = options.given(
        scenario=scenario,
        catalogue=catalogue,
        max_turns=max_turns,
        information=information,
        price_range=price_range,
        tick=tick,
        discount=discount,
        num_items=num_items,
        opposition=opposition,
        instances=instances,
        chat=chat or None,
    )
    count = workers if engine is None else options.worker_count(engine, workers)
    plan = make_plan(policies, num_episodes, domain, seed, keep_episodes, settings)
    with started(engine or "serial", count, ray_address), progress_bar("pairs", len(plan.cells), as_json) as progress:
        folder = ResultFolder(output_dir, plan)
        results = play_plan(folder, engine, count, overwrite, progress)
    if as_json:
        write_json({**summary(results), "resumed": folder.resumed})
        return
    if folder.resumed:
        screen().print(f"{folder.resumed:,} of {len(plan.cells):,} pairs had been played before.")
    screen().print(summary_table(results))
    for line in summary_lines(results):
        screen().print(line)
