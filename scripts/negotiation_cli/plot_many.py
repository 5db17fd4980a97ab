"""`negotiate plot payoffs`, `plot records` and `plot offers`: figures of many games between several players."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options
from negotiation_cli.figures import figure_files, save_figures
from negotiation_cli.strategies import match_ups, named_strategies, told

if TYPE_CHECKING:
    from negotiation_env.comparisons import SeatPayoffs

PLAYERS = {
    "price": "boulware_hard,boulware_firm,linear,linear_noisy,conceder,tit_for_tat,micro_fine,fair",
    "multi_item": "boulware,conceder,hardliner,linear,micro,tit_for_tat,trade_off",
}

PAYOFFS_EPILOG = """
Examples:

  negotiate plot payoffs

  negotiate plot payoffs --strategies all --opponents linear,boulware_firm

  negotiate plot payoffs --domain multi_item --scenario bargaining
"""
RECORDS_EPILOG = """
Examples:

  negotiate plot records

  negotiate plot records --strategies all --tie 0.05

  negotiate plot records --domain multi_item
"""
OFFERS_EPILOG = """
Examples:

  negotiate plot offers

  negotiate plot offers --pairs "linear vs fair" --scenario varied
"""
Strategies = Annotated[
    str | None,
    typer.Option("--strategies", help="The strategies to draw; all: every scripted one.", show_default="a few"),
]
Opponents = Annotated[
    str | None,
    typer.Option("--opponents", help="Whom each meets, drawn for each game.", show_default="the strategies"),
]
Games = Annotated[int, typer.Option("--num_episodes", help="Games of each strategy in each seat.")]
Formats = Annotated[str, typer.Option("--formats", help="Any of png, pdf, svg, separated by commas.")]


def offers(
    pairs: Annotated[
        list[str] | None,
        typer.Option("--pairs", help="'BUYER vs SELLER', again for each further pair.", show_default="a few"),
    ] = None,
    num_episodes: Annotated[int, typer.Option("--num_episodes", help="Games of each pair.")] = 500,
    seed: options.FixedSeed = 0,
    scenario: Annotated[
        str, typer.Option("--scenario", help="Where limits come from.", rich_help_panel="The game")
    ] = "seed",
    catalogue: options.CatalogueFile = None,
    max_turns: options.MaxTurns = None,
    first_mover: options.FirstMover = None,
    information: options.Information = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the figure.")] = Path("offer_plots"),
    formats: Formats = "png,pdf",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw the mean offer of both sides on each turn of many price games, with a band of one standard deviation."""
    from negotiation_env.domain import find_domain
    from negotiation_env.price.mean_offers import mean_offer_figure
    from negotiation_env.rollouts import rollout

    met = match_ups("price", None, None, pairs)
    files = figure_files(output_dir, ["offers"], formats, overwrite)
    settings = options.given(
        scenario=scenario, catalogue=catalogue, max_turns=max_turns, first_mover=first_mover, information=information
    )
    agents = find_domain("price").agents
    seats = [dict(zip(agents, pair, strict=True)) for pair in met]
    games = [rollout("price", players, num_episodes, seed, **settings) for players in seats]
    save_figures({"offers": mean_offer_figure(games, met)}, files, as_json)


def payoffs(
    domain: options.Domain = "price",
    strategies: Strategies = None,
    opponents: Opponents = None,
    num_episodes: Games = 500,
    seed: options.FixedSeed = 0,
    scenario: options.Scenario = None,
    max_turns: options.MaxTurns = None,
    information: options.Information = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the figure.")] = Path("payoff_plots"),
    formats: Formats = "png,pdf",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw how the payoffs of strategies are spread: violins of their shares in deals, in both seats.

    Diamonds are means over all games, in which a game without a deal counts as nothing.
    """
    from negotiation_env.comparisons import payoff_figure

    files = figure_files(output_dir, ["payoffs"], formats, overwrite)
    settings = {"scenario": scenario, "max_turns": max_turns, "information": information}
    results = _seat_payoffs(domain, strategies, opponents, num_episodes, seed, settings)
    save_figures({"payoffs": payoff_figure(results)}, files, as_json)


def records(
    domain: options.Domain = "price",
    strategies: Strategies = None,
    opponents: Opponents = None,
    tie: Annotated[float, typer.Option("--tie", help="Shares that differ by no more are equal.")] = 0.01,
    num_episodes: Games = 500,
    seed: options.FixedSeed = 0,
    scenario: options.Scenario = None,
    max_turns: options.MaxTurns = None,
    information: options.Information = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the figure.")] = Path("record_plots"),
    formats: Formats = "png,pdf",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw how often strategies win, tie, lose and reach no deal: who gets the larger share, in both seats."""
    from negotiation_env.comparisons import record_figure

    if not 0.0 <= tie < 1.0:
        raise ValueError(f"--tie is {tie}; give a share from 0 to less than 1.")
    files = figure_files(output_dir, ["records"], formats, overwrite)
    settings = {"scenario": scenario, "max_turns": max_turns, "information": information}
    results = _seat_payoffs(domain, strategies, opponents, num_episodes, seed, settings)
    save_figures({"records": record_figure(results, tie)}, files, as_json)


def _seat_payoffs(
    domain: str,
    strategies: str | None,
    opponents: str | None,
    num_episodes: int,
    seed: int,
    settings: dict[str, Any],
) -> list[SeatPayoffs]:
    """The games of each strategy in each seat, against opponents that are drawn for each game."""
    from negotiation_env.comparisons import seat_payoffs
    from negotiation_env.domain import find_domain
    from negotiation_env.registry import make_player
    from negotiation_env.rollouts import rollout

    agents = find_domain(domain).agents
    chosen = PLAYERS[domain] if strategies is None else strategies
    met = chosen if opponents is None else opponents
    specs = named_strategies(chosen, "--strategies", domain)
    rivals = named_strategies(met, "--opponents", domain)
    among = [make_player(spec, domain) for spec in specs]
    given = options.given(**{**settings, "information": told(settings["information"], chosen, met)})
    results: list[SeatPayoffs] = []
    for seat, (mine, theirs) in enumerate((agents, agents[::-1])):
        for spec in specs:
            games = rollout(domain, {mine: spec, theirs: rivals}, num_episodes, seed, **given)
            results += seat_payoffs(games, seat, among)
    return results
