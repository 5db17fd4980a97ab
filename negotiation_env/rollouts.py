"""`rollout` and `play`: the one loop that plays games."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from negotiation_env.engine import play_batch
from negotiation_env.episodes import Episodes, concatenate
from negotiation_env.registry import unknown_name
from negotiation_env.run import Run, Seat, make_run

ENGINES = ("serial", "process", "thread")
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
        engine: ``"serial"``, ``"process"`` (worker processes), or ``"thread"``: each thread plays one game at a time,
            with players of its own. By default threads if a player waits for a server or a person, else serial.
        workers: how many worker processes or threads; by default 1, with threads as many as the players allow.
        record: whether to keep the decision table; the episode table is always kept.
        batch_size: how many games are played in lockstep; by default more, the more players there are to sample, and
            one with threads.
        progress: called with the number of games finished since the last call.
        **settings: the domain's settings, see `negotiation_env.price.config.PriceConfig` and
            `negotiation_env.multi_item.config.MultiItemConfig`.

    Raises:
        ValueError: a bad value, an unknown name, or an illegal decision of a policy (named, with the rows).
        TypeError: an unknown setting or policy parameter, or a player that cannot be sent or copied to a worker.
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
    if engine not in ENGINES:
        raise ValueError(unknown_name("engine", engine, ENGINES))
    if workers is None:
        workers = run.games_at_once or 1 if engine == "thread" else 1
    batch_size = best_batch_size(run, engine) if batch_size is None else batch_size
    for name, value in (("workers", workers), ("batch_size", batch_size)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is {value!r}; it must be a whole number, at least 1.")
    bounds = [(low, min(low + batch_size, stop)) for low in range(start, stop, batch_size)]
    if engine == "process":
        from negotiation_env.workers import play_in_processes

        yield from play_in_processes(run, bounds, workers, record)
        return
    if engine == "thread":
        from negotiation_env.threads import play_in_threads

        yield from play_in_threads(run, bounds, workers, record)
        return
    for low, high in bounds:
        yield Episodes(run, play_batch(run, np.arange(low, high), record))


def best_engine(run: Run) -> str:
    """``"thread"`` if a player waits for a server or a person, else ``"serial"``."""
    return "serial" if run.games_at_once is None else "thread"


def best_batch_size(run: Run, engine: str = "serial") -> int:
    """A batch in which each player has enough games to decide in at once, and which fits the processor's cache.

    With threads it is one game, which then waits for nothing but its own players.
    """
    if engine == "thread":
        return 1
    players = max(len(seat) for seat in run.players)
    return min(BATCH_SIZE * players, _LARGEST_BATCH)
