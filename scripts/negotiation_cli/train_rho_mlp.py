"""`negotiate train-rho-mlp`: the small numeric network that brings the price to a commanded rho."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_janus.rho_mlp.examples import Examples

EPILOG = """
The shipped network, from the teacher's games:

  negotiate generate --recipe price-teacher-known --dataset_out datasets/local/teacher-known/

  negotiate generate --recipe price-teacher-private --dataset_out datasets/local/teacher-private/

  negotiate train-rho-mlp --known_path datasets/local/teacher-known --private_path datasets/local/teacher-private

  negotiate evaluate-rho --policy rho_mlp:checkpoint=checkpoints/rho_mlp

The shipped baseline, from what came out by itself:

  negotiate generate --recipe price-seed --dataset_out datasets/local/price-seed/

  negotiate train-rho-mlp --private_path datasets/local/price-seed --label outcome --output_dir checkpoints/hindsight
"""
_RECORD = "a .jsonl record or a folder of Parquet tables"


def train_rho_mlp(
    known_path: Annotated[
        Path | None, typer.Option("--known_path", help=f"Games to learn from seeing the opponent's limit: {_RECORD}.")
    ] = None,
    private_path: Annotated[
        Path | None, typer.Option("--private_path", help=f"Games to learn from with that limit hidden: {_RECORD}.")
    ] = None,
    label: Annotated[
        str,
        typer.Option(
            "--label",
            help="commanded: what commanded agents did; outcome: what all did, with the rho that came out (hindsight).",
        ),
    ] = "commanded",
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the network.")] = Path(
        "checkpoints", "rho_mlp"
    ),
    num_epochs: Annotated[float, typer.Option("--num_epochs", help="How often each decision is seen.")] = 6.0,
    batch_size: Annotated[int, typer.Option("--batch_size", help="Decisions a step.")] = 256,
    learning_rate: Annotated[float, typer.Option("--learning_rate", help="The highest of the cycle.")] = 1.5e-3,
    hidden: Annotated[int, typer.Option("--hidden", help="Units of each hidden layer.")] = 256,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same weights.")] = 0,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Clone recorded decisions into a small network that is told a rho: 'rho_mlp:rho=0.7,checkpoint=FOLDER' plays it.

    It takes about a minute on one core. Give games to learn from with the opponent's limit in view, with it hidden, or
    both.
    """
    from dataclasses import asdict

    from negotiation_janus.rho_mlp.training import Settings, save, train

    from negotiation_cli.output import progress_bar, report

    settings = Settings(num_epochs, batch_size, learning_rate, hidden, seed)
    if output_dir.exists() and not output_dir.is_dir():
        raise ValueError(f"--output_dir {output_dir} is a file; give a folder.")
    if (output_dir / "policy.json").exists() and not overwrite:
        raise ValueError(f"{output_dir} holds a network; --overwrite replaces it, --output_dir writes elsewhere.")
    known = _read({"known": known_path, "private": private_path}, label)
    size = sum(map(len, known.values()))
    with progress_bar("steps", settings.steps(size), as_json) as progress:
        tensors, loss = train(list(known.values()), settings, progress)
    facts = {"information": list(known), "label": label, "decisions": size, "loss": loss, **asdict(settings)}
    folder = save(output_dir, tensors, facts, overwrite)
    report({"written to": str(folder), "decisions": size, "loss": round(loss, 4)}, as_json)


def _read(paths: dict[str, Path | None], label: str) -> dict[str, Examples]:
    """By what is told of the opponent's limit, the decisions."""
    from negotiation_janus.rho_mlp.examples import read_examples

    given = {told: path for told, path in paths.items() if path is not None}
    if not given:
        raise ValueError("there is nothing to learn from; give --known_path, --private_path or both.")
    return {told: read_examples(path, label, hide=told == "private") for told, path in given.items()}  # type: ignore[arg-type]  # another label is refused with those that are allowed
