"""`negotiate generate`: datasets of games, as JSONL or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options
from negotiation_cli.seating import check_models, kinds_of, seated

if TYPE_CHECKING:
    from negotiation_cli.reports import Tally
    from negotiation_env.records.generate import GenerateResult
    from negotiation_env.records.recipes import Recipe
    from negotiation_env.run import Run

EPILOG = """
Examples:

  negotiate generate --num_episodes 10000 --dataset_out games.jsonl

  negotiate generate --buyers linear,fair --sellers tit_for_tat --seed 1

  negotiate generate --scenario catalogue --catalogue products.csv
"""
RECIPES = {"price": "price-mixed", "multi_item": "multi-item-mixed"}
"""Every strategy of a domain against every other."""
_PLAYERS = "Who plays"
_NO_GAMES = 1
"""The exit code if every game ended by a fault."""


def generate(
    num_episodes: Annotated[
        int | None,
        typer.Option(
            "--num_episodes", help="How many games.", show_default="the recipe's; with --catalogue each product once"
        ),
    ] = None,
    dataset_out: Annotated[
        Path | None,
        typer.Option(
            "--dataset_out",
            help="A .jsonl file, or a folder for Parquet tables.",
            show_default="datasets/local/price_domain.jsonl",
            rich_help_panel="Output",
        ),
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="The kind of game: price or multi_item.", show_default="the recipe's")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="A name of 'negotiate list recipes', or a .toml file.",
            show_default="price-mixed, multi-item-mixed",
            rich_help_panel=_PLAYERS,
        ),
    ] = None,
    buyers: Annotated[
        str | None,
        typer.Option(
            "--buyers",
            "--agent1",
            help="The buyers, or agent_0: drawn from for each game.",
            show_default="the recipe's",
            rich_help_panel=_PLAYERS,
        ),
    ] = None,
    sellers: Annotated[
        str | None,
        typer.Option(
            "--sellers",
            "--agent2",
            help="The sellers, or agent_1: drawn from for each game.",
            show_default="the recipe's",
            rich_help_panel=_PLAYERS,
        ),
    ] = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    no_llm: options.NoLlm = False,
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
    num_items: options.NumItems = None,
    opposition: options.Opposition = None,
    instances: options.Instances = None,
    engine: options.Engine = None,
    workers: options.Workers = None,
    ray_address: options.RayAddress = None,
    overwrite: options.Overwrite = False,
    append: Annotated[
        bool, typer.Option("--append", help="Add this run to those in the file.", rich_help_panel="Output")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Play many games and write every decision to a file.

    Equal arguments give equal bytes, for any engine and number of workers. If it is interrupted, the same command
    goes on where it stopped. Games that end by a fault are told, with the reason, in a file beside the dataset.
    """
    from negotiation_cli.output import progress_bar
    from negotiation_cli.reports import tally_of
    from negotiation_env.engines import check_players, is_side_by_side, started
    from negotiation_env.records.generate import generate as write_games
    from negotiation_env.rollouts import best_engine

    settings = options.given(
        scenario=scenario,
        catalogue=catalogue,
        max_turns=max_turns,
        first_mover=first_mover,
        information=information,
        price_range=price_range,
        tick=tick,
        discount=discount,
        num_items=num_items,
        opposition=opposition,
        instances=instances,
    )
    llm = options.given(model=model, base_url=base_url, no_llm=no_llm or None)
    run, number = _plan(domain, recipe, (buyers, sellers), llm, seed, num_episodes, settings)
    engine = engine or best_engine(run)
    check_players(run, engine)
    check_models(run)
    tally = tally_of(run.domain.name)
    processes = 1 if is_side_by_side(run, engine) else workers
    with started(engine, processes, ray_address), progress_bar("games", number, as_json) as progress:
        result = write_games(
            run,
            number,
            dataset_out or Path("datasets", "local", f"{run.domain.name}_domain.jsonl"),
            engine=engine,
            workers=options.worker_count(engine, workers),
            overwrite=overwrite,
            append=append,
            progress=progress,
            observe=tally.add,
        )
    _summarise(result, tally, as_json)
    _stop_without_games(result)


def _plan(
    domain: str | None,
    recipe: str | None,
    pools: tuple[str | None, str | None],
    llm: Mapping[str, Any],
    seed: int | None,
    num_episodes: int | None,
    settings: Mapping[str, Any],
) -> tuple[Run, int]:
    """The run and its number of games: the recipe's, but for what was given; players that speak are heard."""
    from negotiation_env.domain import find_domain
    from negotiation_env.records.recipes import load_recipe
    from negotiation_env.registry import SPEAKING
    from negotiation_env.run import make_run
    from negotiation_env.specs import split_specs

    if domain is not None:
        find_domain(domain)
    plan = load_recipe(RECIPES[domain or "price"] if recipe is None else recipe)
    if domain not in (None, plan.domain):
        raise ValueError(f"recipe {plan.name!r} is for domain {plan.domain!r}, not {domain!r}; give another --recipe.")
    agents = find_domain(plan.domain).agents
    pairs = zip(agents, pools, strict=True)
    players = {
        agent: seated(split_specs(pool), plan.domain, llm) if pool else _seated_by(plan, agent, llm)
        for agent, pool in pairs
    }
    given = any(pools) or settings or llm or seed is not None
    speaking = {"chat": True} if kinds_of(players.values(), plan.domain) & SPEAKING else {}
    chosen = {**speaking, **plan.settings, **settings}
    run = make_run(plan.domain, players, plan.seed if seed is None else seed, **chosen) if given else plan.run()
    if not any(pools):
        run = replace(run, leading=plan.leading)
    if num_episodes is not None:
        return run, num_episodes
    return run, _products(settings["catalogue"]) if "catalogue" in settings else plan.num_episodes


def _seated_by(plan: Recipe, agent: str, llm: Mapping[str, Any]) -> list[str]:
    """The players that a recipe names for a seat; one that there is not is refused with the file."""
    from negotiation_env.records.errors import RecordError

    try:
        return seated(plan.players[agent], plan.domain, llm)
    except ValueError as error:
        raise RecordError(f"{plan.path}: {error}") from error


def _products(catalogue: str) -> int:
    from negotiation_env.price.catalogue import read_catalogue

    return len(read_catalogue(catalogue))


def _summarise(result: GenerateResult, tally: Tally, as_json: bool) -> None:
    from negotiation_cli.output import report, screen

    files = [str(path) for path in result.files]
    figures = tally.as_json() if tally.episodes + tally.faults else asdict(result.counts)
    if as_json:
        report({"run_id": result.run_id, "files": files, "resumed": result.resumed, **figures}, as_json)
        return
    if tally.episodes + tally.faults:
        screen().print(tally.as_table())
    if result.resumed:
        screen().print(f"{result.resumed:,} games had been played before.")
    report({"written to": files, "run": result.run_id}, as_json)


def _stop_without_games(result: GenerateResult) -> None:
    """End with the reason on standard error if there were faults and nothing else."""
    from negotiation_env.records.faults import error_text, read_faults

    if result.counts.episodes or not result.counts.faults:
        return
    path = result.files[-1]
    first = next(game for game in read_faults(path) if game.episode.uid.startswith(result.run_id))
    reason = error_text(first.error).rstrip(".")
    typer.echo(
        f"error: every game ended by a fault ({result.counts.faults:,}), as game {first.episode.uid}: {reason}. All "
        f"reasons are in {path}; once that is mended, play the games again.",
        err=True,
    )
    raise typer.Exit(_NO_GAMES)
