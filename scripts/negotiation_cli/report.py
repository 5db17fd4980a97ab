"""`negotiate report`: the results of a tournament as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from negotiation_cli import options

EPILOG = """
Examples:

  negotiate report runs/tournament

  negotiate report runs/tournament --rho runs/rho --best_responses 50 --overwrite
"""


def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder of a tournament.")],
    rho: Annotated[
        Path | None,
        typer.Option(
            "--rho",
            help="A folder of 'negotiate evaluate-rho', for the calibration of rho.",
            show_default="one that lies in RESULTS",
        ),
    ] = None,
    best_responses: Annotated[
        int,
        typer.Option(
            "--best_responses",
            min=0,
            help="In how many games of each seat to work out the best replies to scripted policies of price games.",
            show_default="none",
        ),
    ] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", help="The file to write.", show_default="RESULTS/report.html")
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Write the results of a tournament as one HTML file that needs no network.

    It holds the ranking, heat maps of all pairs, deal rates against shares, exploitability, theory scales, the Pareto
    picture of multi-item games, the calibration of rho where there is one, and a viewer of single games.
    """
    from negotiation_cli.output import report as told
    from negotiation_env.report import REPORT, write_report

    path = results / REPORT if output is None else output
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists already; --overwrite replaces it, --output writes elsewhere.")
    written = write_report(results, path, rho, best_responses)
    told({"report": str(written), "megabytes": round(written.stat().st_size / 1e6, 1)}, as_json)
