"""`negotiate calibrate-janus`: a map beside a trained Janus that takes out what it does too high or too low."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from negotiation_cli import options

EPILOG = """
Examples:

  negotiate calibrate-janus --checkpoint checkpoints/janus

  negotiate evaluate-rho --policy janus:checkpoint=checkpoints/janus --opponents val

  negotiate evaluate-rho --policy janus:checkpoint=checkpoints/janus,calibrated=false --opponents val
"""


def calibrate_janus(
    checkpoint: Annotated[Path, typer.Option("--checkpoint", help="Folder of trained adapters; the map goes into it.")],
    num_episodes: Annotated[
        int, typer.Option("--num_episodes", help="Games for each command, opponent, seat and first mover.")
    ] = 2,
    scenario: Annotated[
        str, typer.Option("--scenario", help="Where limits come from: names of 'negotiate list scenarios'.")
    ] = "varied",
    seed: options.FixedSeed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Command rhos against the training opponents and keep, for each, what came out where it could be had.

    From then on the policy tells its network the rho that brings about the wanted one. It needs the extra janus.
    """
    from negotiation_janus.calibration import COMMANDS, INFORMATION, fit_calibration, save_calibration
    from negotiation_janus.families import GENERIC, TRAINING
    from negotiation_janus.policy import Janus, load_janus

    from negotiation_cli.output import progress_bar, report

    trained = load_janus(checkpoint)
    information = [kind for kind in INFORMATION if kind == "private" or not trained.hides]
    opponents = TRAINING + GENERIC
    with progress_bar("games", len(information) * len(opponents) * 4 * len(COMMANDS) * num_episodes, as_json) as bar:
        found = fit_calibration(
            lambda rho: Janus(rho, checkpoint=str(checkpoint), calibrated=False),
            information=information,
            opponents=opponents,
            num_episodes=num_episodes,
            seed=seed,
            progress=bar,
            scenario=scenario,
        )
    path = save_calibration(found, checkpoint, trained.digest)
    far: dict[str, Any] = {
        f"farthest from the command, {kind}": round(
            max(abs(a - b) for a, b in zip(found.told[kind], found.achieved[kind], strict=True)), 3
        )
        for kind in information
    }
    report({"written to": str(path), **far}, as_json)
