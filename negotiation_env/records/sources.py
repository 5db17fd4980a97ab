"""Finished games from wherever they are: just played, or in a record, with the settings that they were played with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from negotiation_env.domain import Config, find_domain
from negotiation_env.episodes import Episodes
from negotiation_env.records.errors import RecordError
from negotiation_env.records.finished import finished_games
from negotiation_env.records.games import Games
from negotiation_env.records.journal_folder import GAMES
from negotiation_env.records.parquet import EPISODES
from negotiation_env.records.parquet_games import read_parquet_games
from negotiation_env.records.reading import read_games

BLOCK = 2048
"""Games that are held in memory at once."""
_SHARED = ("scenario", "information")


@dataclass(frozen=True)
class Source:
    """Games that were all played with the same settings.

    Attributes:
        domain: the name of their domain.
        config: the settings.
        blocks: gives the games from the first on, at most `BLOCK` at once; raises `RecordError` for what cannot be
            read or has other settings.
    """

    domain: str
    config: Config
    blocks: Callable[[], Iterator[Games]]


def open_source(source: Episodes | str | Path, **settings: Any) -> Source:  # noqa: ANN401  # the domain's settings
    """Games that have been played, or those of a record.

    Args:
        source: an `Episodes`, a ``.jsonl`` record, or a folder of Parquet tables or of ``negotiate play``.
        **settings: of games from a record, what it does not say: ``catalogue`` or ``instances``, a ``discount`` or a
            ``tick`` other than the default. `Episodes` know their settings.

    Raises:
        RecordError: the record cannot be read, or its games were played with different settings.
        ValueError: a setting has a bad value or contradicts the record.
        TypeError: a setting is unknown, or given for `Episodes`.
    """
    if isinstance(source, Episodes):
        if settings:
            raise TypeError(f"{', '.join(settings)}: games that were just played know their settings; leave it out.")
        return Source(source.run.domain.name, source.run.config, lambda: _parts(finished_games(source)))
    read = _reader(Path(source))
    try:
        first = next(read())
    except StopIteration:
        raise RecordError(f"{source} holds no games; give a record with some.") from None
    found = _settings(first)
    for name, value in settings.items():
        if name in found and found[name] != value:
            raise ValueError(f"{name} is {value!r}, but the games of {source} were played with {found[name]!r}.")
    config = find_domain(first.domain).build_config({**found, **settings})
    return Source(first.domain, config, lambda: _alike(read(), found, source))


def _parts(games: Games) -> Iterator[Games]:
    return (games.part(low, low + BLOCK) for low in range(0, len(games), BLOCK))


def _reader(path: Path) -> Callable[[], Iterator[Games]]:
    if path.is_dir() and (path / EPISODES).is_file():
        return lambda: read_parquet_games(path, BLOCK)
    file = path / GAMES if path.is_dir() else path
    if not file.is_file():
        raise RecordError(
            f"{path} is no record; give the .jsonl file of 'negotiate generate', a folder of 'negotiate play', or a "
            f"folder with {EPISODES}, as 'negotiate prepare' writes it."
        )
    return lambda: read_games(file, BLOCK)


def _settings(games: Games) -> dict[str, Any]:
    """What the first game of some says of its settings."""
    facts, labels = games.facts, games.labels
    found: dict[str, Any] = {name: labels[name].take(slice(0, 1)).tolist()[0] for name in _SHARED}
    found["max_turns"] = int(facts["max_turns"][0])
    if games.domain == "price":
        if found["scenario"] != "catalogue":
            found["price_range"] = (float(facts["price_low"][0]), float(facts["price_high"][0]))
        return found
    if found["scenario"] in ("seed", "opposed"):
        found["num_items"] = int(facts["types"][0])
    return found | {name: tuple(facts[name][0].tolist()) for name in ("disagreement", "discount")}


def _alike(blocks: Iterator[Games], settings: Mapping[str, Any], source: object) -> Iterator[Games]:
    """The same blocks, as long as all games were played with the settings."""
    for games in blocks:
        for name, value in settings.items():
            other = _other(games, name, value)
            if other is not None:
                raise RecordError(
                    f"{source}: {name} is {value!r} in the first game and {other!r} in others; split the record, since "
                    "games of different settings have different observations."
                )
        yield games


def _other(games: Games, name: str, value: Any) -> Any:  # noqa: ANN401
    """A value of a setting among games that is another than this one; ``None`` if there is none."""
    if name in _SHARED:
        return next((text for text in set(games.labels[name].tolist()) if text != value), None)
    columns = {"price_range": ("price_low", "price_high"), "num_items": ("types",)}.get(name, (name,))
    found = np.column_stack([games.facts[column] for column in columns])
    differing = np.flatnonzero((found != np.array(value)).any(axis=1))
    return found[differing[0]].tolist() if len(differing) else None
