"""Games that have been played before: those that ended by a fault played once more, those of a record played back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from negotiation_env.engine import Batch, play_batch, replay_batch
from negotiation_env.episodes import FAULTED, Episodes, concatenate
from negotiation_env.policy import Int64
from negotiation_env.records.errors import RecordError
from negotiation_env.records.finished import finished_games
from negotiation_env.records.games import Games
from negotiation_env.records.jsonl import lines
from negotiation_env.records.recorded import number_of
from negotiation_env.run import Run


def played_again(episodes: Episodes) -> Episodes:
    """The same games, those that ended by a fault played once more."""
    faulted = np.flatnonzero(episodes.batch.episodes["ended"] == FAULTED)
    if not len(faulted):
        return episodes
    numbers = episodes.batch.episodes["episode"][faulted]
    again = Episodes(episodes.run, play_batch(episodes.run, numbers))
    order = np.arange(len(episodes))
    order[faulted] = len(episodes) + np.arange(len(faulted))
    return _chosen(concatenate([episodes, again]), order)


def _chosen(episodes: Episodes, order: Int64) -> Episodes:
    """Some games of ``episodes``, in the given order."""
    batch, turns = episodes.batch, episodes.batch.episodes["turns"][order]
    shift = episodes.starts[order] - (np.cumsum(turns) - turns)
    rows = np.repeat(shift, turns) + np.arange(turns.sum())
    chosen = Batch(
        {name: values[order] for name, values in batch.episodes.items()},
        {name: values[rows] for name, values in batch.decisions.items()},
    )
    place = {row: new for new, row in enumerate(rows.tolist())}
    chosen.messages.update((place[row], text) for row, text in batch.messages.items() if row in place)
    chosen.notes.update((place[row], note) for row, note in batch.notes.items() if row in place)
    return Episodes(episodes.run, chosen)


def played_back(run: Run, games: Games) -> Episodes:
    """Finished games of a run, read from a record, as they were played.

    Raises:
        RecordError: they are not what the run plays.
    """
    numbers = np.array([number_of(uid) for uid in games.ids])
    try:
        batch = replay_batch(run, numbers, games.facts["turns"], (games.kind, games.offer))
    except ValueError as error:
        raise RecordError(f"the record is not what its run plays: {error}") from error
    batch.messages.update(games.messages)
    batch.notes.update((row, json.loads(note)) for row, note in games.notes.items())
    episodes = Episodes(run, batch)
    for index, (told, played) in enumerate(zip(_texts(games), _texts(finished_games(episodes)), strict=True)):
        if told != played:
            raise RecordError(f"game {games.ids[index]} of the record is not what its run plays; move the record away.")
    return episodes


def _texts(games: Games) -> Iterator[str]:
    """The lines of each game."""
    return ("".join(lines(games.part(index, index + 1))) for index in range(len(games)))
