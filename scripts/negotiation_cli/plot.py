"""`negotiate plot`: figures of how strategies concede, and of who meets whom."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from negotiation_env.episodes import Episodes

STRATEGIES = "boulware_hard,boulware_firm,linear_noisy,conceder,tit_for_tat,micro_fine"
PAIRS = (
    "boulware_firm vs tit_for_tat",
    "linear vs boulware_hard",
    "conceder vs micro_fine",
    "tit_for_tat vs linear_noisy",
    "split_difference vs fair_slow",
    "price_fixed_strict vs price_fixed_strict",
)
BUYER_MAX, SELLER_MIN = 900.0, 400.0
FORMATS = ("png", "pdf", "svg")

CONCESSIONS_EPILOG = """
Examples:

  negotiate plot concessions

  negotiate plot concessions --strategies linear,fair --opponent hardliner
"""
INTERACTIONS_EPILOG = """
Examples:

  negotiate plot interactions

  negotiate plot interactions --agent1 linear,fair --agent2 tit_for_tat

  negotiate plot interactions --pairs "linear vs fair" --pairs "fair vs fair"
"""
app = typer.Typer(help="Draw figures: concessions, interactions.", no_args_is_help=False)

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
    """Draw figures of price games."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("concessions", epilog=CONCESSIONS_EPILOG)
def concessions(
    strategies: Annotated[str, typer.Option("--strategies", help="The strategies to draw.")] = STRATEGIES,
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
    from negotiation_env.specs import split_specs

    sides = {"buyer": ("buyer",), "seller": ("seller",), "both": ("buyer", "seller")}
    if side not in sides:
        raise ValueError(unknown_name("side", side, sides))
    files = _files(output_dir, ["concessions"], formats, overwrite)
    settings = options.given(scenario=scenario, catalogue=catalogue, max_turns=max_turns, information=information)
    limits = {} if scenario else {"buyer_max": buyer_max, "seller_min": seller_min}
    games = {
        name: [
            _rollout(name, spec, opponent, num_episodes, seed, limits, {**settings, "first_mover": first_mover or name})
            for spec in _named(split_specs(strategies), "--strategies")
        ]
        for name in sides[side]
    }
    _save({"concessions": concession_figure(games)}, files, as_json)


@app.command("interactions", epilog=INTERACTIONS_EPILOG)
def interactions(
    agent1: Annotated[
        str | None, typer.Option("--agent1", help="Buyers, separated by commas; each meets each seller.")
    ] = None,
    agent2: Annotated[str | None, typer.Option("--agent2", help="Sellers, separated by commas.")] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--pairs", help="'BUYER vs SELLER', again for each further pair.", show_default="six match-ups"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the first game; the next one plays seed + 1, and so on.")] = 0,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", help="Draw the limits.", show_default="fixed limits", rich_help_panel="The game"),
    ] = None,
    catalogue: options.CatalogueFile = None,
    buyer_max: BuyerMax = BUYER_MAX,
    seller_min: SellerMin = SELLER_MIN,
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
    """Draw games move by move: both offer curves, the surplus zone, who opens, and the deal with its rho.

    Each match-up gets a figure, and all of them together the figure 'interactions'.
    """
    from negotiation_env.price.plots import interaction_figure
    from negotiation_env.rollouts import play

    match_ups = _match_ups(agent1, agent2, pairs)
    names = [f"{_slug(buyer)}_vs_{_slug(seller)}" for buyer, seller in match_ups]
    files = _files(output_dir, list(dict.fromkeys([*names, "interactions"])), formats, overwrite)
    settings = options.given(
        scenario=scenario, catalogue=catalogue, max_turns=max_turns, first_mover=first_mover, information=information
    )
    limits = {} if scenario else {"buyer_max": buyer_max, "seller_min": seller_min}
    seats = [{"buyer_0": buyer, "seller_0": seller} for buyer, seller in match_ups]
    games = [play("price", players, seed + place, limits, **settings) for place, players in enumerate(seats)]
    figures = {name: interaction_figure(game, [seat]) for name, game, seat in zip(names, games, seats, strict=True)}
    _save({**figures, "interactions": interaction_figure(games, seats)}, files, as_json)


def _match_ups(agent1: str | None, agent2: str | None, pairs: Sequence[str] | None) -> list[tuple[str, str]]:
    """Pairs of (buyer, seller): those of ``pairs``, or each of ``agent1`` with each of ``agent2``."""
    from negotiation_env.specs import split_specs

    if pairs and (agent1 or agent2):
        raise ValueError("--pairs and --agent1, --agent2 were given; give one or the other.")
    if agent1 or agent2:
        buyers, sellers = (split_specs(given or "boulware_firm") for given in (agent1, agent2))
        return list(product(_named(buyers, "--agent1"), _named(sellers, "--agent2")))
    found = []
    for pair in pairs or PAIRS:
        sides = re.split(r"\s+vs\s+", pair.strip())
        if len(sides) != 2:
            raise ValueError(f"--pairs {pair!r} is not a match-up; write 'BUYER vs SELLER', such as 'linear vs fair'.")
        found.append((sides[0], sides[1]))
    return found


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


def _named(specs: list[str], option: str) -> list[str]:
    if not specs:
        raise ValueError(f"{option} names no strategy; 'negotiate list policies' shows them.")
    return specs


def _slug(spec: str) -> str:
    """A spec as a part of a file name."""
    return re.sub(r"[^\w.=-]+", "_", spec).strip("_")


def _files(folder: Path, names: Sequence[str], formats: str, overwrite: bool) -> dict[str, list[Path]]:
    """The files of each figure; none may be there already unless it may be replaced."""
    from negotiation_env.registry import unknown_name

    endings = [ending.strip().lower().lstrip(".") for ending in formats.split(",") if ending.strip()]
    for ending in endings or [formats]:
        if ending not in FORMATS:
            raise ValueError(unknown_name("format", ending, FORMATS))
    files = {name: [folder / f"{name}.{ending}" for ending in endings] for name in names}
    existing = [path for paths in files.values() for path in paths if path.exists()]
    if existing and not overwrite:
        raise ValueError(f"{existing[0]} exists already; --overwrite replaces it, --output_dir writes elsewhere.")
    return files


def _save(figures: Mapping[str, Figure], files: Mapping[str, Sequence[Path]], as_json: bool) -> None:
    from negotiation_cli.output import report
    from negotiation_env.price.plots import save_figure
    from negotiation_env.records.errors import Interrupted

    written: list[str] = []
    try:
        for name, figure in figures.items():
            written += (str(save_figure(figure, path)) for path in files[name])
    except KeyboardInterrupt as error:
        wanted = sum(map(len, files.values()))
        raise Interrupted(f"interrupted: written of {wanted} files: {', '.join(written) or 'none'}.") from error
    report({"files": written}, as_json)
