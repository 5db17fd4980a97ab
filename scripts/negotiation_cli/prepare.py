"""`negotiate prepare`: JSONL records to Parquet tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from negotiation_cli import options

EPILOG = """
Examples:

  negotiate prepare --jsonl_path datasets/local/price_domain.jsonl

  negotiate prepare --jsonl_path games.jsonl --output_dir tables --split pair

  negotiate prepare --jsonl_path negotiations/RUN
"""
_DEFAULT_FOLDER = "a folder named like the file"


def prepare(
    jsonl_path: Annotated[
        Path, typer.Option("--jsonl_path", help="The file of 'negotiate generate', or the folder of 'negotiate play'.")
    ],
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output_dir",
            help="Folder for decision_steps.parquet and episodes.parquet.",
            show_default=_DEFAULT_FOLDER,
        ),
    ] = None,
    k_history: Annotated[
        int, typer.Option("--k_history", help="How many earlier offers each decision row repeats.")
    ] = 5,
    split: Annotated[
        str, typer.Option("--split", help="Split by episode, or by pair: whole pairs of strategies are held out.")
    ] = "episode",
    split_fractions: Annotated[
        tuple[float, float, float], typer.Option("--split_fractions", help="Shares of train, val and test.")
    ] = (0.8, 0.1, 0.1),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Turn JSONL records into two Parquet tables for training: one row a decision, one row an episode.

    Rows of one episode never straddle a split. The file may hold several runs.
    """
    from negotiation_cli.output import progress_bar, report
    from negotiation_env.records.prepare import prepare as prepare_records
    from negotiation_env.records.splits import Split

    source = _records(jsonl_path)
    with progress_bar("episodes", None, as_json) as progress:
        result = prepare_records(
            source,
            output_dir or source.parent / source.stem,
            k_history=k_history,
            split=Split(split, split_fractions),
            overwrite=overwrite,
            progress=progress,
        )
    report({"episodes": result.episodes, "decisions": result.decisions, "files": [*map(str, result.files)]}, as_json)


def _records(path: Path) -> Path:
    """The file of records that a path names: in a folder of games it is the one of the finished games."""
    from negotiation_env.records.journal_folder import GAMES
    from negotiation_env.records.parquet import DECISIONS, EPISODES

    if not path.is_dir():
        return path
    if (path / GAMES).is_file():
        return path / GAMES
    if (path / DECISIONS).is_file() and (path / EPISODES).is_file():
        raise ValueError(
            f"{path} holds {DECISIONS} and {EPISODES} already: there is nothing to prepare. To make them again, give "
            "the .jsonl file that they were made of."
        )
    raise ValueError(
        f"{path} is a folder without {GAMES}; give one into which 'negotiate play' has played games "
        "to their end, or the .jsonl file of 'negotiate generate'."
    )
