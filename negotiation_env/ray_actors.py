"""Players that wait for a server, as actors of Ray: one process asks a server, and no more often than it may.

A policy that says with ``games_at_once`` how many games it can play is put into an actor that answers so many calls at
once. Policies whose ``served_by`` is equal share an actor, so that the bound holds for all of them together, whatever
their seats and however many workers ask. In their place stands an `ActorPolicy`.
"""

from __future__ import annotations

import copy
import io
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType, TracebackType
from typing import Any, Self

from negotiation_env.advice import judged
from negotiation_env.assignment import packed, unpacked
from negotiation_env.ray_cluster import connected
from negotiation_env.ray_transport import as_bytes, extend_path, from_bytes, result_of
from negotiation_env.registry import AnyPolicy
from negotiation_env.run import Run
from negotiation_env.waiting import cancelled_with_game

_RESTARTS = 3
"""How often an actor that has died is started again, and what it was asked is asked again."""


@dataclass(eq=False)
class ActorPolicy:
    """A policy that decides in an actor, where it has a copy of its own for each of these."""

    actor: Any
    pickled: bytes
    place: str = field(default_factory=lambda: uuid.uuid4().hex)
    batch: tuple[int, int, int | None] = (0, 1, None)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return type(self)(self.actor, self.pickled)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.actor, self.pickled)

    def reset(self, size: int, seed: int | None = None) -> None:
        """Let the copy be reset before it decides the next time."""
        self.batch = (self.batch[0] + 1, size, seed)

    def decide(self, view: Any) -> Any:  # noqa: ANN401  # the domain's own view and decision
        """Have the copy decide; the actor ends if nobody wants the game any more."""
        import ray

        asked = self.actor.decide.remote(self.pickled, self.place, self.batch, as_bytes(view))
        with cancelled_with_game(partial(ray.kill, self.actor)):
            return result_of(ray, asked)


class Actors:
    """The actors of one piece of work. A context: they end with it."""

    def __init__(self, ray: ModuleType) -> None:
        self._ray = ray
        self._actors: dict[object, Any] = {}
        self._moved: dict[int, tuple[AnyPolicy, ActorPolicy]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._ray.is_initialized():
            for actor in self._actors.values():
                self._ray.kill(actor)

    def moved(self, policy: AnyPolicy) -> ActorPolicy:
        """What stands in the place of a policy that waits.

        Raises:
            TypeError: it cannot be sent to an actor.
        """
        if id(policy) not in self._moved:
            pickled = packed(policy, self._ray.cloudpickle.dumps)
            self._moved[id(policy)] = (policy, ActorPolicy(self._actor_of(policy), pickled))
        return self._moved[id(policy)][1]

    def _actor_of(self, policy: Any) -> Any:  # noqa: ANN401  # Ray's own handle
        bound: int = policy.games_at_once
        server = (getattr(policy, "served_by", None) or id(policy), bound)
        if server not in self._actors:
            made = self._ray.remote(
                num_cpus=0, max_concurrency=bound, max_restarts=_RESTARTS, max_task_retries=_RESTARTS
            )(_Host)
            self._actors[server] = made.remote(tuple(sys.path))
        return self._actors[server]


class _Host:
    """In an actor: policies that ask one server."""

    def __init__(self, path: Iterable[str]) -> None:
        extend_path(path)
        self._policies: dict[bytes, AnyPolicy] = {}
        self._copies: dict[str, tuple[tuple[int, int, int | None], AnyPolicy]] = {}

    @judged()
    def decide(self, pickled: bytes, place: str, batch: tuple[int, int, int | None], view: bytes) -> bytes:
        """The decision of the copy of a place; it is reset when its batch of games is another one."""
        held, policy = self._copies.get(place) or (None, copy.deepcopy(self._policy(pickled)))
        if held != batch:
            policy.reset(*batch[1:])
            self._copies[place] = batch, policy
        return as_bytes(policy.decide(from_bytes(view)))

    def _policy(self, pickled: bytes) -> AnyPolicy:
        if pickled not in self._policies:
            self._policies[pickled] = unpacked(pickled)
        return self._policies[pickled]


@contextmanager
def with_actors(run: Run) -> Iterator[Run]:
    """The same run with actors for its players that wait; those that need this process, as a person does, stay."""
    with connected(1) as ray, Actors(ray) as actors:
        one, two = (
            tuple(replace(p, policy=actors.moved(p.policy)) if _waits(p.policy) else p for p in seat)
            for seat in run.players
        )
        yield replace(run, players=(one, two))


def pickled_with(actors: Actors, work: object) -> bytes:
    """The work as bytes, with actors for the policies in it that wait.

    Raises:
        TypeError: a policy needs this process.
    """
    from ray import cloudpickle

    class Pickler(cloudpickle.CloudPickler):  # type: ignore[misc]  # Ray has no types for it
        def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401  # any part of the work
            if isinstance(obj, type) or not callable(getattr(obj, "decide", None)):
                return super().reducer_override(obj)
            if getattr(obj, "stays_here", False):
                raise TypeError(f"{type(obj).__name__} plays at this terminal only")
            return actors.moved(obj).__reduce__() if _waits(obj) else super().reducer_override(obj)

    written = io.BytesIO()
    Pickler(written).dump(work)
    return written.getvalue()


def _waits(policy: Any) -> bool:  # noqa: ANN401  # any policy
    return getattr(policy, "games_at_once", None) is not None and not getattr(policy, "stays_here", False)
