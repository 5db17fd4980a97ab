"""The ``thread`` engine: games of slow players, side by side.

Policies that ask servers or people wait and need no processor, so games are played by many threads of this process,
each with players of its own. The threads are daemons: they do not keep the interpreter from ending after Ctrl-C, as
those of `concurrent.futures` do, and what they wait for is cancelled, see `negotiation_env.waiting`. While a policy
decides, others go on; the engine's own work between decisions is done for one game at a time, since thousands of
threads that want the interpreter at once only hinder each other.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import numpy as np

from negotiation_env.engine import Batch, play_batch
from negotiation_env.episodes import Episodes
from negotiation_env.policy import Int64
from negotiation_env.registry import AnyPolicy, Player
from negotiation_env.run import Run
from negotiation_env.waiting import Waits

Watch = Callable[[Episodes], None]
_STACK_BYTES = 4 << 20
"""Enough that endless recursion is a ``RecursionError`` and not a crash; what is not touched takes no memory."""


def play_in_threads(
    run: Run, bounds: Sequence[tuple[int, int]], workers: int, record: bool, keep: Watch | None = None
) -> Generator[Episodes, None, None]:
    """Play the game ranges ``bounds`` of a run in threads, in order; at most ``2 * workers`` are in memory.

    ``keep`` is called with each of them as soon as it has ended, as in `play_as_ended`.

    Raises:
        TypeError: a player cannot be copied for each thread.
        RuntimeError: the system has no more threads.
    """
    ready: dict[int, Episodes] = {}
    given = 0
    with _Crew(run, min(workers, len(bounds)), record, keep=keep) as crew:
        for place in range(len(bounds)):
            for ahead in range(given, min(place + 2 * workers, len(bounds))):
                crew.give(ahead, np.arange(*bounds[ahead]))
                given = ahead + 1
            while place not in ready:
                ended, episodes = crew.take()
                ready[ended] = episodes
            yield ready.pop(place)


def play_as_ended(
    run: Run,
    games: Sequence[int],
    workers: int,
    record: bool = True,
    watch: Watch | None = None,
    keep: Watch | None = None,
) -> Generator[Episodes, None, None]:
    """Play games of a run side by side in threads; yields each one when it ends, in the order of ending.

    At most ``workers`` games are in memory. An error of one game is raised here, and the games that are still
    played end at their next move, as they do when the generator is closed; what their players wait for is cancelled.

    Args:
        run: what to play.
        games: the numbers of the games, in the order in which they are begun.
        workers: how many games are played at once.
        record: whether to keep the moves.
        watch: called after each move with the game as it stands, an `Episodes` of one game whose ``ended_by`` is empty
            until it ends; in the thread of that game and before its next move, for one game at a time. It needs a
            record.
        keep: called with each game when it ends, in its thread and before it is yielded, for one game at a time. So an
            error or Ctrl-C elsewhere loses no game that has ended. It is not called any more once the generator is
            closed or has raised.

    Raises:
        ValueError: ``workers`` or a number of a game is no whole number, or too small.
        TypeError: a player cannot be copied for each thread.
        RuntimeError: the system has no more threads.
    """
    _check_whole("workers", workers, 1)
    for game in games:
        _check_whole("a number of a game", game, 0)
    if watch is not None and not record:
        raise ValueError("watch needs record=True: without a record there are no moves to watch.")
    return _as_ended(_Crew(run, min(workers, len(games)), record, watch, keep), games)


def _as_ended(idle: _Crew, games: Sequence[int]) -> Generator[Episodes, None, None]:
    left, playing = iter(games), 0
    with idle as crew:
        while True:
            for game in islice(left, crew.size - playing):
                crew.give(0, np.array([game]))
                playing += 1
            if not playing:
                return
            _, episodes = crew.take()
            playing -= 1
            yield episodes


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {value!r}; it must be a whole number, at least {least}.")


class _Crew:
    """Threads that play what they are given. A context: on leaving it, games end at their next move."""

    def __init__(
        self, run: Run, size: int, record: bool, watch: Watch | None = None, keep: Watch | None = None
    ) -> None:
        self.run = run
        self.size = size
        self.record = record
        self.watch = watch
        self.keep = keep
        self._given: SimpleQueue[tuple[int, Int64] | None] = SimpleQueue()
        self._ended: SimpleQueue[tuple[int, Episodes | BaseException]] = SimpleQueue()
        self._waits = Waits()
        self._engine = threading.Lock()

    def __enter__(self) -> Self:
        before = threading.stack_size(_STACK_BYTES)
        try:
            for number in range(self.size):
                self._start(number)
        except BaseException:
            self._dismiss()
            raise
        finally:
            threading.stack_size(before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._dismiss()

    def give(self, place: int, games: Int64) -> None:
        """Have games (n,) played together; ``place`` comes back with them."""
        self._given.put((place, games))

    def take(self) -> tuple[int, Episodes]:
        """Wait for the next games that have ended; raises what went wrong in them."""
        place, result = self._ended.get()
        if isinstance(result, BaseException):
            raise result
        return place, result

    def _start(self, number: int) -> None:
        run = _with_own_players(self.run, self._engine, self._waits)
        try:
            threading.Thread(target=self._work, args=(run,), name=f"negotiation-game-{number}", daemon=True).start()
        except RuntimeError as error:
            raise RuntimeError(
                f"no thread could be started after {number:,} of {self.size:,} ({error}); use fewer workers."
            ) from error

    def _work(self, run: Run) -> None:
        self._waits.join()
        while (job := self._given.get()) is not None and not self._waits.are_over:
            place, games = job
            with self._engine:
                try:
                    self._ended.put((place, self._played(run, games)))
                except BaseException as error:  # noqa: BLE001  # the caller's thread raises it
                    self._ended.put((place, error))
                    self._waits.end()  # before another game is kept: the error may be that none can be

    def _played(self, run: Run, games: Int64) -> Episodes:
        watch = None if self.watch is None else self._show
        episodes = Episodes(self.run, play_batch(run, games, self.record, watch))
        if self.keep is not None:
            if self._waits.are_over:
                raise _Dismissed
            self.keep(episodes)
        return episodes

    def _show(self, batch: Batch) -> None:
        if self.watch is not None and not self._waits.are_over:
            self.watch(Episodes(self.run, batch))

    def _dismiss(self) -> None:
        self._waits.end()
        for _ in range(self.size):
            self._given.put(None)
        if self.keep is not None:
            with self._engine:  # what is being kept is kept to its end
                pass


class _Dismissed(Exception):  # noqa: N818  # no error: nobody waits for the game
    """Ends a game whose outcome nobody will read."""


@dataclass(frozen=True, eq=False)
class _OwnPolicy:
    """A thread's own copy of a policy: it leaves the engine to others while it decides, until nobody wants the game."""

    policy: AnyPolicy
    engine: threading.Lock
    waits: Waits

    def reset(self, size: int, seed: int | None = None) -> None:
        self.policy.reset(size, seed)

    def decide(self, view: Any) -> Any:  # noqa: ANN401  # the domain's own view and decision
        if self.waits.are_over:
            raise _Dismissed
        self.engine.release()
        try:
            return self.policy.decide(view)
        finally:
            self.engine.acquire()


def _with_own_players(run: Run, engine: threading.Lock, waits: Waits) -> Run:
    """The same run with copies of its players; a policy that has several seats still is one object."""
    memo: dict[int, Any] = {}
    one, two = (
        tuple(replace(player, policy=_OwnPolicy(_copied(player, memo), engine, waits)) for player in seat)
        for seat in run.players
    )
    return replace(run, players=(one, two))


def _copied(player: Player, memo: dict[int, Any]) -> AnyPolicy:
    try:
        copied: AnyPolicy = copy.deepcopy(player.policy, memo)
    except (TypeError, copy.Error) as error:
        raise TypeError(
            f"player {player.name!r} cannot be copied for each thread ({error}); give its class a __deepcopy__ that "
            "shares what cannot be copied, or use engine='serial'."
        ) from error
    return copied
