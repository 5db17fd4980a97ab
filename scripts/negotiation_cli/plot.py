"""`negotiate plot`: figures of how strategies concede, of who meets whom, and of what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options, plot_many
from negotiation_cli.figures import figure_files, save_figures, slug
from negotiation_cli.strategies import match_ups, named_strategies, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from negotiation_env.episodes import Episodes

STRATEGIES = "boulware_hard,boulware_firm,linear_noisy,conceder,tit_for_tat,micro_fine"
BUYER_MAX, SELLER_MIN = 900.0, 400.0

CONCESSIONS_EPILOG = """
Examples:

  negotiate plot concessions

  negotiate plot concessions --strategies linear,fair --opponent hardliner

  negotiate plot concessions --strategies all
"""
INTERACTIONS_EPILOG = """
Examples:

  negotiate plot interactions

  negotiate plot interactions --agent1 linear,fair --agent2 tit_for_tat

  negotiate plot interactions --pairs "linear vs fair" --pairs "fair vs fair"

  negotiate plot interactions --domain multi_item --scenario bargaining
"""
OUTCOMES_EPILOG = """
Examples:

  negotiate plot outcomes

  negotiate plot outcomes --agent1 boulware --agent2 trade_off --scenario bargaining
"""
app = typer.Typer(
    help="Draw figures: concessions, interactions, mean offers, payoffs, records, outcomes.", no_args_is_help=False
)
app.command("offers", epilog=plot_many.OFFERS_EPILOG)(plot_many.offers)
app.command("payoffs", epilog=plot_many.PAYOFFS_EPILOG)(plot_many.payoffs)
app.command("records", epilog=plot_many.RECORDS_EPILOG)(plot_many.records)

Formats = Annotated[str, typer.Option("--formats", help="Any of png, pdf, svg, separated by commas.")]
BuyerMax = Annotated[float, typer.Option("--buyer_max", help="The most the buyer pays.", rich_help_panel="The game")]
SellerMin = Annotated[
    float, typer.Option("--seller_min", help="The least the seller takes.", rich_help_panel="The game")
]
OpeningMover = Annotated[
    str | None,
    typer.Option(
        "--first_mover",
        help="buyer, seller or random.",
        show_default="the strategy that is drawn",
        rich_help_panel="The game",
    ),
]


@app.callback(invoke_without_command=True)
def plot(context: typer.Context) -> None:
    """Draw figures of games."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("concessions", epilog=CONCESSIONS_EPILOG)
def concessions(
    strategies: Annotated[
        str, typer.Option("--strategies", help="The strategies to draw; all: every scripted one.")
    ] = STRATEGIES,
    opponent: Annotated[str, typer.Option("--opponent", help="Whom they all play against.")] = "linear",
    side: Annotated[str, typer.Option("--side", help="buyer, seller or both.")] = "both",
    num_episodes: Annotated[int, typer.Option("--num_episodes", help="Games of each strategy on each side.")] = 100,
    seed: options.FixedSeed = 0,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            help="Draw the limits of each game; the axis is then the share of the surplus.",
            show_default="fixed limits",
            rich_help_panel="The game",
        ),
    ] = None,
    catalogue: options.CatalogueFile = None,
    buyer_max: BuyerMax = BUYER_MAX,
    seller_min: SellerMin = SELLER_MIN,
    max_turns: options.MaxTurns = None,
    first_mover: OpeningMover = None,
    information: options.Information = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the figures.")] = Path(
        "concession_plots"
    ),
    formats: Formats = "png,pdf",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw the offers of strategies over the turns, against the surplus zone.

    Lines are medians over games, bands reach from the 10th to the 90th percentile where there is randomness, and
    stars are deals.
    """
    from negotiation_env.price.plots import concession_figure
    from negotiation_env.registry import unknown_name

    sides = {"buyer": ("buyer",), "seller": ("seller",), "both": ("buyer", "seller")}
    if side not in sides:
        raise ValueError(unknown_name("side", side, sides))
    files = figure_files(output_dir, ["concessions"], formats, overwrite)
    settings = options.given(
        scenario=scenario, catalogue=catalogue, max_turns=max_turns, information=told(information, strategies)
    )
    limits = {} if scenario else {"buyer_max": buyer_max, "seller_min": seller_min}
    games = {
        name: [
            _rollout(name, spec, opponent, num_episodes, seed, limits, {**settings, "first_mover": first_mover or name})
            for spec in named_strategies(strategies, "--strategies")
        ]
        for name in sides[side]
    }
    save_figures({"concessions": concession_figure(games)}, files, as_json)


@app.command("interactions", epilog=INTERACTIONS_EPILOG)
def interactions(
    domain: options.Domain = "price",
    agent1: Annotated[
        str | None, typer.Option("--agent1", help="Policies, separated by commas; each meets each of agent2.")
    ] = None,
    agent2: Annotated[str | None, typer.Option("--agent2", help="Policies, separated by commas.")] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--pairs", help="'AGENT1 vs AGENT2', again for each further pair.", show_default="a few"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the first game; the next one plays seed + 1, and so on.")] = 0,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", help="Draw the limits.", show_default="fixed limits", rich_help_panel="The game"),
    ] = None,
    catalogue: options.CatalogueFile = None,
    buyer_max: options.BuyerMax = None,
    seller_min: options.SellerMin = None,
    num_items: options.NumItems = None,
    opposition: options.Opposition = None,
    instances: options.Instances = None,
    max_turns: options.MaxTurns = None,
    first_mover: options.FirstMover = None,
    information: options.Information = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the figures.")] = Path(
        "interaction_plots"
    ),
    formats: Formats = "png,pdf",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw games move by move: both offer curves and the surplus zone; of multi_item games, the utility space.

    Each match-up gets a figure, and all of them together the figure 'interactions'.
    """
    from negotiation_env.domain import find_domain
    from negotiation_env.rollouts import play

    agents = find_domain(domain).agents
    met = match_ups(domain, agent1, agent2, pairs)
    names = [f"{slug(one)}_vs_{slug(two)}" for one, two in met]
    files = figure_files(output_dir, list(dict.fromkeys([*names, "interactions"])), formats, overwrite)
    settings = options.given(
        scenario=scenario, catalogue=catalogue, max_turns=max_turns, first_mover=first_mover, information=information,
        num_items=num_items, opposition=opposition, instances=instances,
    )  # fmt: skip
    limits = options.given(buyer_max=buyer_max, seller_min=seller_min)
    if domain == "price" and scenario is None:
        limits = {"buyer_max": BUYER_MAX, "seller_min": SELLER_MIN, **limits}
    seats = [dict(zip(agents, pair, strict=True)) for pair in met]
    games = [play(domain, players, seed + place, limits, **settings) for place, players in enumerate(seats)]
    draw = _interaction_figure(domain)
    figures = {name: draw(game, [seat]) for name, game, seat in zip(names, games, seats, strict=True)}
    save_figures({**figures, "interactions": draw(games, seats)}, files, as_json)


def _interaction_figure(domain: str) -> Callable[..., Figure]:
    """The function that draws single games of a domain."""
    if domain == "price":
        from negotiation_env.price.plots import interaction_figure

        return interaction_figure
    from negotiation_env.multi_item.plots import utility_figure

    return utility_figure


@app.command("outcomes", epilog=OUTCOMES_EPILOG)
def outcomes(
    agent1: Annotated[
        str, typer.Option("--agent1", help="Policies of agent_0, drawn from for each game.")
    ] = "boulware",
    agent2: Annotated[str, typer.Option("--agent2", help="Policies of agent_1.")] = "tit_for_tat",
    num_episodes: Annotated[int, typer.Option("--num_episodes", help="How many games.")] = 1000,
    seed: options.FixedSeed = 0,
    scenario: options.Scenario = None,
    num_items: options.NumItems = None,
    opposition: options.Opposition = None,
    instances: options.Instances = None,
    max_turns: options.MaxTurns = None,
    first_mover: options.FirstMover = None,
    information: options.Information = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the figure.")] = Path("outcome_plots"),
    formats: Formats = "png,pdf",
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Draw what many multi_item games came to: both agents' shares, and how many outcomes were Pareto-optimal."""
    from negotiation_env.multi_item.outcomes import outcome_figure
    from negotiation_env.rollouts import rollout

    files = figure_files(output_dir, ["outcomes"], formats, overwrite)
    settings = options.given(
        scenario=scenario, num_items=num_items, opposition=opposition, instances=instances, max_turns=max_turns,
        first_mover=first_mover, information=information,
    )  # fmt: skip
    games = rollout("multi_item", {"agent_0": agent1, "agent_1": agent2}, num_episodes, seed, **settings)
    save_figures({"outcomes": outcome_figure(games)}, files, as_json)


def _rollout(
    side: str,
    strategy: str,
    opponent: str,
    num_episodes: int,
    seed: int,
    limits: Mapping[str, object],
    settings: Mapping[str, Any],
) -> Episodes:
    from negotiation_env.rollouts import rollout

    buyer, seller = (strategy, opponent) if side == "buyer" else (opponent, strategy)
    return rollout("price", {"buyer_0": buyer, "seller_0": seller}, num_episodes, seed, options=limits, **settings)
