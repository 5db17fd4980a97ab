"""`negotiate play`: games between two players, move by move."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_env.episodes import Episodes

EPILOG = """
Examples:

  negotiate play --agent1 boulware_firm --agent2 tit_for_tat

  negotiate play --agent1 boulware --agent2 basic --model smollm2 --rounds 5

  negotiate play --agent1 human --agent2 linear --model ollama/llama3

  negotiate play --agent1 basic:model=openai/gpt-5-mini,temperature=0.3 --agent2 linear

  negotiate play --domain multi_item --agent1 charming --agent2 rude --model smollm2

  negotiate play --config experiment.toml
"""
Rounds = Annotated[int | None, typer.Option("--rounds", help="How many games to play.", show_default="1")]
Agent1 = Annotated[
    str | None,
    typer.Option(
        "--agent1", help="The buyer, or agent_0: a name of 'negotiate list'.", show_default="boulware_firm, boulware"
    ),
]
Agent2 = Annotated[str | None, typer.Option("--agent2", help="The seller, or agent_1.", show_default="tit_for_tat")]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        help="How many games with a language model are played at once.",
        show_default="4; 1 with a person",
        rich_help_panel=options.LANGUAGE,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="A TOML file with any of these settings; what is given here overrules it."),
]
OutputDir = Annotated[
    Path | None,
    typer.Option(
        "--output_dir",
        help="Folder for the record: games.jsonl, faults.jsonl, games.csv, turns.csv, settings.toml.",
        show_default="negotiations/RUN with a language model or a person, else none",
        rich_help_panel="Output",
    ),
]


def play(
    domain: options.OptionalDomain = None,
    rounds: Rounds = None,
    agent1: Agent1 = None,
    agent2: Agent2 = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    no_llm: options.NoLlm = False,
    concurrency: Concurrency = None,
    config: ConfigFile = None,
    seed: options.Seed = None,
    scenario: options.Scenario = None,
    catalogue: options.CatalogueFile = None,
    max_turns: options.MaxTurns = None,
    first_mover: options.FirstMover = None,
    information: options.Information = None,
    buyer_max: options.BuyerMax = None,
    seller_min: options.SellerMin = None,
    price_range: options.PriceRange = None,
    tick: options.Tick = None,
    discount: options.Discount = None,
    num_items: options.NumItems = None,
    opposition: options.Opposition = None,
    instances: options.Instances = None,
    output_dir: OutputDir = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Play two agents against each other and print every move.

    A strategy can be given parameters, as in linear:exponent=3, and several strategies separated by commas are
    drawn from for each game. With --model a language model puts the moves of a strategy into words; agents such as
    'basic' are language models that decide by themselves, and 'human' is you.
    """
    given = options.given(
        domain=domain, rounds=rounds, agent1=agent1, agent2=agent2, model=model, base_url=base_url,
        no_llm=no_llm or None, concurrency=concurrency, seed=seed, scenario=scenario, catalogue=catalogue,
        max_turns=max_turns, first_mover=first_mover, information=information, buyer_max=buyer_max,
        seller_min=seller_min, price_range=price_range, tick=tick, discount=discount, num_items=num_items,
        opposition=opposition, instances=instances,
    )  # fmt: skip
    from negotiation_cli.plan import SETTINGS, game_settings, make_plan
    from negotiation_cli.settings import read_settings

    filed = read_settings(config, [*SETTINGS, *game_settings()]) if config else {}
    try:
        plan = make_plan({**filed, **given})
    except (ValueError, TypeError) as error:
        if config:
            error.add_note(f"(Settings are read from {config}.)")
        raise
    if plan.is_slow or output_dir is not None:
        from negotiation_cli.record import play_and_record

        play_and_record(plan, output_dir or Path("negotiations", plan.run.run_id), overwrite, as_json)
        return
    from negotiation_env.rollouts import play_parts

    (games,) = play_parts(plan.run, 0, plan.rounds, batch_size=plan.rounds)
    if as_json:
        _write_json(games)
    else:
        _print(games)


def _write_json(games: Episodes) -> None:
    from negotiation_cli.output import write_json
    from negotiation_cli.reports import tally_of

    tally = tally_of(games.run.domain.name)
    tally.add(games)
    write_json({"run": games.run.identity, "games": [asdict(game) for game in games], "summary": tally.as_json()})


def _print(games: Episodes) -> None:
    from negotiation_cli.output import screen
    from negotiation_cli.reports import tally_of, transcript_of

    terminal, domain = screen(), games.run.domain.name
    transcript = transcript_of(domain)
    for place, game in enumerate(games, start=1):
        transcript.print_game(terminal, game, f"Game {place} of {len(games)}, seed {games.run.seed}")
    terminal.print(transcript.summary_table(list(games)))
    if len(games) > 1:
        tally = tally_of(domain)
        tally.add(games)
        terminal.print(tally.as_table())
