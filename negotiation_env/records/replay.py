"""Playing the games of a kept shard again that had ended by a fault."""

from __future__ import annotations

import numpy as np

from negotiation_env.engine import Batch, play_batch
from negotiation_env.episodes import FAULTED, Episodes, concatenate
from negotiation_env.policy import Int64


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
