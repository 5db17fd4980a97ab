"""`bind`: any policy as a plain function from an environment's observation to its action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from negotiation_env import seeding, turns
from negotiation_env.decisions import refuse_fault
from negotiation_env.faces.layout import MOVER, ROLE
from negotiation_env.registry import AnyPolicy, make_player

BoundPolicy = Callable[[Any], Any]


def bind(policy: str | AnyPolicy, env: Any, agent: str | None = None, seed: int | None = None) -> BoundPolicy:  # noqa: ANN401
    """Make a callable ``observation -> action`` of a policy, for any face and encoding of an environment.

    Args:
        policy: a policy or a spec string.
        env: a PettingZoo environment, a Gymnasium environment or a `VectorEnv` of this package, wrapped or not.
        agent: the agent to play, needed only to refuse observations of the other one.
        seed: the seed of the policy's own draws; by default those of `rollout` with the environment's seed.

    Returns:
        A function of one observation (or of a vector environment's batch). When its agent is not to move it
        returns pass.

    Raises:
        ValueError: the policy is registered for another domain, or an observation is not one of this environment's or
            is another agent's.
    """
    faced = getattr(env, "unwrapped", env)
    if not hasattr(faced, "core"):
        raise TypeError(f"{faced!r} is not an environment of this package; make one with price_v0 or gymnasium.make.")
    player = make_player(policy, faced.core.domain.name)
    agents = faced.core.agents
    if agent is not None and agent not in agents:
        raise ValueError(f"agent is {agent!r}; it must be one of {', '.join(agents)}.")
    return _Bound(player.policy, player.name, faced, agent, None if seed is None else seeding.check_seed(seed))


class _Bound:
    """A policy with the environment whose observations it reads and whose actions it writes."""

    def __init__(self, policy: AnyPolicy, name: str, env: Any, agent: str | None, seed: int | None) -> None:  # noqa: ANN401
        self.policy, self.name, self.env, self.agent, self.seed = policy, name, env, agent, seed
        self._size: int | None = None

    def __call__(self, observation: Any) -> Any:  # noqa: ANN401  # an observation of the environment
        core = self.env.core
        if isinstance(observation, Mapping):
            observation = observation["observation"]
        flat = np.asarray(observation)
        batch = flat.ndim == 2
        rows = flat if batch else flat[None]
        if rows.ndim != 2 or rows.shape[1] not in (core.layout.size, core.layout.size + 2):
            raise ValueError(
                f"observation of shape {flat.shape} is not one of this environment's, which have "
                f"{core.layout.size} entries (or 2 more with AppendRho)."
            )
        actions = self._act(rows[:, : core.layout.size])
        return actions if batch else _single(actions[0])

    def _act(self, rows: Any) -> Any:  # noqa: ANN401  # float32 (n, size)
        core = self.env.core
        seats = (rows[:, ROLE] > 0).astype(np.int64)
        if self.agent is not None and (seats != self.env.core.agents.index(self.agent)).any():
            raise ValueError(f"this policy is bound to {self.agent!r} but was given the other agent's observation.")
        if self._size != len(rows):
            self._size = len(rows)
            self.policy.reset(len(rows), self.seed)
        view = core.layout.decode(rows, self._seeds(seats))
        view = core.encoding.told(replace(view, messages=self._messages(len(rows))))
        kind = np.full(len(rows), turns.PASS, dtype=np.int64)
        offer = np.zeros(len(rows))
        moving = np.flatnonzero(rows[:, MOVER] > 0.5)
        if len(moving):
            kind[moving], offer[moving] = self._decide(view.take(moving))
        return core.encoding.encode(kind, offer, view)

    def _decide(self, view: Any) -> tuple[Any, Any]:  # noqa: ANN401  # the domain's own view
        core = self.env.core
        decision = self.policy.decide(view)
        kind, offer = core.domain.resolve(core.config, view, decision, self.name)
        refuse_fault(kind, decision, self.name)
        chatting = core.config.chat and len(view) == 1
        if chatting and decision.message is not None and decision.message[0]:
            self.env.say(self.env.core.agents[int(view.role[0] > 0)], decision.message[0])
        return kind, offer

    def _seeds(self, seats: Any) -> Any:  # noqa: ANN401  # int64 (n,)
        if self.seed is None:
            return np.where(seats == 0, *(self.env.seat_seeds(seat) for seat in (0, 1)))
        keys = seeding.game_keys(self.seed, self.env.game_numbers())
        return np.where(seats == 0, *seeding.seat_seeds(keys))

    def _messages(self, size: int) -> Any:  # noqa: ANN401  # a list for each row
        said = self.env.messages()
        return None if said is None else [said] * size


def _single(action: Any) -> Any:  # noqa: ANN401  # an int or an array (2,)
    return int(action) if np.ndim(action) == 0 else action
