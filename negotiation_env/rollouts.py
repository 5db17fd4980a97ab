"""`rollout` and `play`: the one loop that plays games."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from negotiation_env.engines import check_engine, check_workers, default_workers, is_side_by_side, play_ranges
from negotiation_env.episodes import Episodes, concatenate
from negotiation_env.run import Run, Seat, make_run

BATCH_SIZE = 8192
_LARGEST_BATCH = 131_072


def rollout(
    domain: str,
    players: Mapping[str, Seat],
    num_episodes: int,
    seed: int | None = None,
    *,
    options: Mapping[str, object] | None = None,
    engine: str | None = None,
    workers: int | None = None,
    record: bool = True,
    batch_size: int | None = None,
    progress: Callable[[int], None] | None = None,
    **settings: object,
) -> Episodes:
    """Play games between policies and return their record.

    Args:
        domain: ``"price"`` or ``"multi_item"``.
        players: for each agent a policy or a spec string, or a list of them that is sampled for each game.
        num_episodes: how many games.
        seed: the run's seed; the same seed gives the same games for any batch size, engine and worker count.
        options: fix the limits or the first mover, as scalars or as arrays with one value a game.
        engine: ``"serial"``, ``"process"`` (worker processes), ``"ray"`` (the workers of this machine or of the cluster
            of ``ray.init`` or ``RAY_ADDRESS``), or ``"thread"``: each thread plays one game at a time, with players of
            its own. By default threads if a player waits for a server or a person, else serial.
        workers: how many worker processes or threads; by default 1, with Ray as many as it has CPUs, and with players
            that wait as many games as they allow.
        record: whether to keep the decision table; the episode table is always kept.
        batch_size: how many games are played in lockstep; by default more, the more players there are to sample, and
            one with threads.
        progress: called with the number of games finished since the last call.
        **settings: the domain's settings, see `negotiation_env.price.config.PriceConfig` and
            `negotiation_env.multi_item.config.MultiItemConfig`.

    Raises:
        ValueError: a bad value, an unknown name, or an illegal decision of a policy (named, with the rows).
        TypeError: an unknown setting or policy parameter, or a player that cannot be sent or copied to a worker.
        RuntimeError: a worker has died.
        ImportError: Ray is not installed.
        ConnectionError: the Ray cluster cannot be reached.
    """
    if isinstance(num_episodes, bool) or not isinstance(num_episodes, int | np.integer) or num_episodes < 1:
        raise ValueError(f"num_episodes is {num_episodes!r}; it must be a whole number, at least 1.")
    run = make_run(domain, players, seed, options, int(num_episodes), **settings)
    parts = []
    for part in play_parts(run, 0, int(num_episodes), engine, workers, record, batch_size):
        parts.append(part)
        if progress is not None:
            progress(len(part))
    return concatenate(parts)


def play(
    domain: str,
    players: Mapping[str, Seat],
    seed: int | None = None,
    options: Mapping[str, object] | None = None,
    **settings: object,
) -> Any:  # noqa: ANN401  # the domain's own episode
    """Play one game: game 0 of ``rollout(domain, players, num_episodes=1, ...)``."""
    return rollout(domain, players, 1, seed, options=options, **settings)[0]  # type: ignore[arg-type]


def play_parts(
    run: Run,
    start: int,
    stop: int,
    engine: str | None = None,
    workers: int | None = None,
    record: bool = True,
    batch_size: int | None = None,
) -> Iterator[Episodes]:
    """Play games ``start`` to ``stop`` of a run, batch by batch, in order; see `rollout` for the arguments."""
    engine = best_engine(run) if engine is None else engine
    check_engine(engine)
    workers = default_workers(run, engine) if workers is None else workers
    batch_size = best_batch_size(run, engine) if batch_size is None else batch_size
    check_workers(workers)
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}; it must be a whole number, at least 1.")
    bounds = [(low, min(low + batch_size, stop)) for low in range(start, stop, batch_size)]
    yield from play_ranges(engine, run, bounds, workers, record)


def best_engine(run: Run) -> str:
    """``"thread"`` if a player waits for a server or a person, else ``"serial"``."""
    return "serial" if run.games_at_once is None else "thread"


def best_batch_size(run: Run, engine: str = "serial") -> int:
    """A batch in which each player has enough games to decide in at once, and which fits the processor's cache.

    With players that wait it is one game, which then waits for nothing but its own players.
    """
    if is_side_by_side(run, engine):
        return 1
    players = max(len(seat) for seat in run.players)
    return min(BATCH_SIZE * players, _LARGEST_BATCH)
