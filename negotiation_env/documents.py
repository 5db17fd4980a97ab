"""JSON and TOML of files from elsewhere: of a reasonable size, and nested no deeper than can be followed."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

LARGEST = 64 << 20
"""Bytes of a file that is read as one document; our own are thousands of times smaller, but for tables of results."""


def read_text(path: Path) -> str:
    """The text of a file; raises ``ValueError`` if it is no UTF-8 or larger than `LARGEST`."""
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it has more than {LARGEST >> 20} MiB, and is read as one document")
    return content.decode("utf-8")


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401  # any JSON
    """A JSON document; raises ``ValueError`` if it is none, or nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_toml(text: str) -> dict[str, Any]:
    """A TOML document; raises ``ValueError`` if it is none, or nested too deeply."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
