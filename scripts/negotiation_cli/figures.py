"""The files of figures: their names, what may be replaced, and writing them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")


def slug(spec: str) -> str:
    """A spec as a part of a file name."""
    return re.sub(r"[^\w.=-]+", "_", spec).strip("_")


def figure_files(folder: Path, names: Sequence[str], formats: str, overwrite: bool) -> dict[str, list[Path]]:
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


def save_figures(figures: Mapping[str, Figure], files: Mapping[str, Sequence[Path]], as_json: bool) -> None:
    """Write each figure to its files and report them; an interrupt says which are written."""
    from negotiation_cli.output import report
    from negotiation_env.chart import save_figure
    from negotiation_env.records.errors import Interrupted

    written: list[str] = []
    try:
        for name, figure in figures.items():
            written += (str(save_figure(figure, path)) for path in files[name])
    except KeyboardInterrupt as error:
        wanted = sum(map(len, files.values()))
        raise Interrupted(f"interrupted: written of {wanted} files: {', '.join(written) or 'none'}.") from error
    report({"files": written}, as_json)
