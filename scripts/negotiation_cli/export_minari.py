"""`negotiate export-minari`: one seat of recorded games as a Minari dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from negotiation_cli import options

EPILOG = """
Examples:

  negotiate export-minari --path datasets/local/price_domain.jsonl --seat seller --dataset_id negotiation/price/mixed-seller-v0

  negotiate export-minari --path datasets/local/price --seat buyer --dataset_id negotiation/price/buyer-v0 --num_prices 1301
"""  # noqa: E501  # commands to be copied


def export_minari(
    path: Annotated[
        Path,
        typer.Option(
            "--path",
            help="A .jsonl record, a folder of Parquet tables, or one of 'negotiate play'.",
        ),
    ],
    dataset_id: Annotated[
        str, typer.Option("--dataset_id", help="The Minari id, with a version: negotiation/price/mixed-seller-v0.")
    ],
    seat: Annotated[str, typer.Option("--seat", help="Whose decisions: buyer, seller, agent_0 or agent_1.")],
    action_mode: Annotated[
        str | None,
        typer.Option(
            "--action_mode", help="Actions of the price domain: discrete or continuous.", show_default="discrete"
        ),
    ] = None,
    num_prices: Annotated[
        int | None, typer.Option("--num_prices", help="Points of the discrete price grid.", show_default="101")
    ] = None,
    rho: Annotated[
        str | None,
        typer.Option(
            "--rho",
            help="What is appended to observations of prices: outcome, commanded or none.",
            show_default="outcome",
        ),
    ] = None,
    catalogue: options.CatalogueFile = None,
    instances: options.Instances = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Write the decisions of one seat as a Minari dataset: 'minari.load_dataset(ID)' loads it.

    Datasets are in ~/.minari/datasets, or where MINARI_DATASETS_PATH says. The dataset gives its environment back with
    recover_environment(), and negotiation_env.offline hands it to d3rlpy and TorchRL.
    """
    from dataclasses import asdict

    from negotiation_cli.output import progress_bar, report
    from negotiation_env.minari_export import export_minari as export
    from negotiation_env.records.sources import open_source

    files = {"catalogue": catalogue, "instances": instances}
    given = {"action_mode": action_mode, "num_prices": num_prices, "rho": rho, **files}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings |= {name: str(value) for name, value in files.items() if value is not None}
    domain = open_source(path, **{name: settings[name] for name in files if name in settings}).domain
    _check_domain(domain, settings)
    _check_seat(domain, seat)
    if rho == "none":
        settings["rho"] = None
    with progress_bar("games", None, as_json) as progress:
        result = export(
            path,
            dataset_id,
            seat,
            overwrite=overwrite,
            progress=progress,
            **settings,
        )
    report({**asdict(result), "path": str(result.path)}, as_json)


def _check_domain(domain: str, settings: Mapping[str, object]) -> None:
    """Raise ``ValueError`` at what is said of prices where there are none."""
    wrong = [name for name in ("action_mode", "num_prices", "rho") if name in settings and domain != "price"]
    if wrong:
        raise ValueError(f"--{wrong[0]} is for prices, and these are {domain} games; leave it out.")


def _check_seat(domain: str, seat: str) -> None:
    """Raise ``ValueError`` at a seat that the games lack."""
    from negotiation_env.domain import find_domain
    from negotiation_env.registry import unknown_name

    known = find_domain(domain)
    if seat not in (*known.sides, *known.agents):
        raise ValueError(unknown_name("--seat", seat, known.sides))
