"""`negotiate play`: games between two players, move by move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_env.episodes import Episodes

EPILOG = """
Examples:

  negotiate play --agent1 boulware_firm --agent2 tit_for_tat

  negotiate play --rounds 5 --agent1 linear:exponent=3 --seed 1

  negotiate play --domain multi_item --agent1 boulware --agent2 trade_off
"""
Rounds = Annotated[int, typer.Option("--rounds", help="How many games to play.")]
Agent1 = Annotated[
    str | None,
    typer.Option(
        "--agent1", help="The buyer, or agent_0: a name of 'negotiate list'.", show_default="boulware_firm, boulware"
    ),
]
Agent2 = Annotated[str, typer.Option("--agent2", help="The seller, or agent_1.")]
_FIRST = {"price": "boulware_firm", "multi_item": "boulware"}
Model = Annotated[
    str | None, typer.Option("--model", help="A language model that puts moves into words (not in this version).")
]
NoLlm = Annotated[bool, typer.Option("--no_llm", help="Play the bare strategies, whatever --model says.")]


def play(
    domain: options.Domain = "price",
    rounds: Rounds = 1,
    agent1: Agent1 = None,
    agent2: Agent2 = "tit_for_tat",
    model: Model = None,
    no_llm: NoLlm = False,
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
    as_json: options.AsJson = False,
) -> None:
    """Play two agents against each other and print every move.

    A strategy can be given parameters, as in linear:exponent=3, and several strategies separated by commas are
    drawn from for each game.
    """
    refuse_model(model, no_llm)
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
    limits = options.given(buyer_max=buyer_max, seller_min=seller_min)
    agents = (_FIRST.get(domain, "") if agent1 is None else agent1, agent2)
    games = _play(domain, agents, rounds, seed, limits, settings)
    if as_json:
        _write_json(games)
    else:
        _print(games)


def refuse_model(model: str | None, no_llm: bool) -> None:
    """Raise ``ValueError`` if a language model is asked for."""
    if model is not None and not no_llm:
        raise ValueError(
            f"--model {model}: language models are not in this version yet, they come with a later one. "
            "Leave --model out, or add --no_llm, to play the bare strategies."
        )


def _play(
    domain: str,
    agents: tuple[str, str],
    rounds: int,
    seed: int | None,
    limits: Mapping[str, object],
    settings: Mapping[str, Any],
) -> Episodes:
    from negotiation_env.domain import find_domain
    from negotiation_env.rollouts import rollout

    if rounds < 1:
        raise ValueError(f"--rounds is {rounds}; it must be a whole number, at least 1.")
    players = dict(zip(find_domain(domain).agents, agents, strict=True))
    return rollout(domain, players, rounds, seed, options=limits, **settings)


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
