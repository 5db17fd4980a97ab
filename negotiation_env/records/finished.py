"""`Games` from what the engine has played."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.episodes import ENDED_BY, FAULTED, Episodes
from negotiation_env.records.errors import RecordError
from negotiation_env.records.format import find_format
from negotiation_env.records.games import Games, Labels
from negotiation_env.records.text import json_text
from negotiation_env.registry import Player


def finished_games(episodes: Episodes) -> Games:
    """The games of an `Episodes` that did not end by a fault, for export.

    Raises:
        RecordError: the domain has no file format, or the games were played without a record.
    """
    run, batch = episodes.run, episodes.batch
    writer = find_format(run.domain.name).writer
    if not batch.decisions:
        raise RecordError("these games were played with record=False; play them again with record=True.")
    keep = batch.episodes["ended"] != FAULTED
    rows = np.repeat(keep, batch.episodes["turns"])
    place = np.cumsum(rows) - 1
    labels = {**_labels(episodes), **writer.labels(episodes)}
    return Games(
        run.domain.name,
        [f"{run.run_id}-{number}" for number in batch.episodes["episode"][keep].tolist()],
        {**_facts(episodes, keep), **writer.facts(episodes, keep)},
        {name: column.take(np.flatnonzero(keep)) for name, column in labels.items()},
        batch.decisions["kind"][rows],
        batch.decisions[run.domain.content][rows],
        {int(place[row]): text for row, text in sorted(batch.messages.items()) if rows[row]},
        {int(place[row]): json_text(note) for row, note in sorted(batch.notes.items()) if rows[row]},
    )


def _facts(episodes: Episodes, keep: NDArray[np.bool_]) -> dict[str, Array]:
    raw, run = episodes.batch.episodes, episodes.run
    size = int(keep.sum())
    facts = {
        "first": raw["first"][keep],
        "turns": raw["turns"][keep].astype(np.int32),
        "max_turns": np.full(size, run.config.max_turns, dtype=np.int32),
        "seed": np.full(size, run.seed, dtype=np.uint64),
    }
    for seat in (0, 1):
        facts[f"reward_{seat}"] = episodes.episodes[f"reward_{seat}"][keep] + 0.0  # -0.0 becomes 0.0
    return facts


def _labels(episodes: Episodes) -> dict[str, Labels]:
    raw, run = episodes.batch.episodes, episodes.run
    same = np.zeros(len(episodes), dtype=np.int32)
    labels = {
        "scenario": Labels(same, (run.config.scenario,)),
        "information": Labels(same, (run.config.information,)),
        "episode_outcome": Labels(raw["ended"].astype(np.int32), tuple(ENDED_BY.tolist())),
    }
    for seat, players in enumerate(run.players):
        codes = raw[f"player_{seat}"].astype(np.int32)
        labels[f"strategy_{seat}"] = Labels(codes, tuple(player.name for player in players))
        labels[f"params_{seat}"] = Labels(codes, tuple(_params_text(player) for player in players))
    return labels


def _params_text(player: Player) -> str:
    return json_text(dict(sorted(player.params.items())))
