"""The PettingZoo faces of a game: `ParallelEnv` and `AECEnv` over one `Core`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray
from pettingzoo.utils.env import AECEnv, ParallelEnv

from negotiation_env import turns
from negotiation_env.faces.core import Core
from negotiation_env.policy import Message
from negotiation_env.registry import unknown_name

Observation = Any
Info = dict[str, Any]
RENDER_MODES = ("ansi", "human", "rgb_array")


def check_render_mode(render_mode: str | None) -> str | None:
    """Return a known mode or ``None``; an unknown one raises ``ValueError``."""
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise ValueError(unknown_name("render_mode", render_mode, RENDER_MODES))
    return render_mode


class Face:
    """What every face of one game has: its moves, chat, seeds, rendering, and saving of the state."""

    core: Core
    render_mode: str | None

    @property
    def moves(self) -> list[tuple[Any, ...]]:
        """The moves so far: (turn, agent, kind "offer" | "accept" | "walk", what is offered or None, message)."""
        return self.core.current().moves

    def say(self, agent: str, text: str) -> None:
        """Attach a public message to the agent's next move (needs ``chat=True``)."""
        self.core.say(agent, text)

    def messages(self) -> list[Message] | None:
        """All public messages so far; ``None`` without chat."""
        return self.core.messages()

    def seat_seeds(self, seat: int) -> NDArray[np.uint64]:
        """A seat's own seed in the current game, uint64 (1,)."""
        return self.core.seat_seed(seat)

    def game_numbers(self) -> NDArray[np.int64]:
        """The number of the current game within its seed, int64 (1,)."""
        return np.array([self.core.game_number])

    def get_state(self) -> dict[str, Any]:
        """Everything that changes while playing, as plain Python data."""
        return self.core.get_state()

    def render(self) -> str | NDArray[np.uint8] | None:
        """Show the game so far in the environment's ``render_mode``."""
        if self.render_mode is None:
            return None
        shown = self.core.domain.render(self.core.current(), self.render_mode)
        if self.render_mode != "human":
            return shown
        sys.stdout.write(f"{shown}\n")
        return None

    def close(self) -> None:
        """Nothing to release."""


class ZooFace(Face):
    """What both PettingZoo faces have: spaces by agent, and the global state."""

    def _build(self, core: Core, render_mode: str | None) -> None:
        self.render_mode: str | None = check_render_mode(render_mode)
        self.core = core
        self.metadata: dict[str, Any] = {
            "name": f"{core.domain.name}_v0",
            "render_modes": list(RENDER_MODES),
            "render_fps": 2,
            "is_parallelizable": False,
        }
        self.agents: list[str] = []
        self.possible_agents: list[str] = list(core.agents)
        self.observation_spaces: dict[str, spaces.Space[Any]] = {
            agent: core.observation_space() for agent in core.agents
        }
        self.action_spaces: dict[str, spaces.Space[Any]] = dict.fromkeys(core.agents, core.action_space)
        self.state_space: spaces.Box = spaces.Box(-1.0, 1.0, (2 * self.core.layout.size,), np.float32)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """The observation space of an agent, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """The action space of an agent, always the same object."""
        return self.action_spaces[agent]

    def state(self) -> NDArray[np.float32]:
        """The global state: both flat observations, seat 0 first, float32 (2 * size,)."""
        return np.concatenate([self.core.flat(0), self.core.flat(1)])


class ParallelFace(ZooFace, ParallelEnv[str, Observation, Any]):  # type: ignore[misc]  # PettingZoo ships no types
    """Bargaining in which both agents submit, and only the mover's action counts; see `negotiation_env.price_v0`."""

    agents: list[str]

    def __init__(self, core: Core, render_mode: str | None = None) -> None:
        self._build(core, render_mode)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, Info]]:
        """Deal game 0 of ``seed``, or without a seed the next game; options fix private facts and first mover."""
        core = self.core
        core.reset(seed, options)
        self.agents = list(self.core.agents)
        if self.render_mode == "human":
            self.render()
        return (
            {agent: core.observe(seat) for seat, agent in enumerate(self.core.agents)},
            {agent: core.info(seat) for seat, agent in enumerate(self.core.agents)},
        )

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Info]]:
        """Play one turn: the mover's action; what the other agent submits is ignored."""
        core = self.core
        game = core.current()
        if not self.agents:
            raise ResetNeeded("the game is over; call reset() to start the next one.")
        mover = self.core.agents[game.mover]
        if mover not in actions:
            raise ValueError(
                f"no action for {mover!r}, which moves on turn {game.turn}; actions has {sorted(actions)}."
            )
        illegal = core.act(actions[mover])
        over = game.ended != turns.RUNNING
        rewards = game.rewards() if over else (0.0, 0.0)
        one, two = core.agents
        infos = {one: core.info(0), two: core.info(1)}
        if illegal:
            infos[mover]["illegal_move"] = True
        if over:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return (
            {one: core.observe(0), two: core.observe(1)},
            {one: rewards[0], two: rewards[1]},
            {one: over, two: over},
            {one: False, two: False},
            infos,
        )

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from the state of an environment with the same settings."""
        self.core.set_state(state)
        self.agents = [] if self.core.current().ended else list(self.core.agents)


class TurnFace(ZooFace, AECEnv[str, Observation, Any]):  # type: ignore[misc]  # PettingZoo ships no types
    """Bargaining turn by turn: ``agent_selection`` is the mover; see `negotiation_env.price_v0`."""

    agents: list[str]
    agent_selection: str
    rewards: dict[str, float]
    terminations: dict[str, bool]
    truncations: dict[str, bool]
    infos: dict[str, dict[str, Any]]

    def __init__(self, core: Core, render_mode: str | None = None) -> None:
        super().__init__()
        self._build(core, render_mode)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Deal game 0 of ``seed``, or without a seed the next game; options fix private facts and first mover."""
        self.core.reset(seed, options)
        self._start()
        if self.render_mode == "human":
            self.render()

    def _start(self) -> None:
        self.agents = list(self.core.agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {agent: self.core.info(seat) for seat, agent in enumerate(self.core.agents)}
        self.agent_selection = self.core.agents[self.core.current().mover]

    def observe(self, agent: str) -> Observation:
        """What an agent observes now."""
        return self.core.observe(self.core.agents.index(agent))

    def step(self, action: Any) -> None:  # noqa: ANN401  # any action of the space, None for a finished agent
        """Play the mover's turn; once the game is over, each agent takes a ``None`` step and leaves."""
        core = self.core
        game = core.current()
        if not self.agents:
            raise ResetNeeded("the game is over; call reset() to start the next one.")
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        mover = self.agent_selection
        illegal = core.act(action)
        self._cumulative_rewards[mover] = 0.0
        if game.ended:
            self.rewards = dict(zip(self.core.agents, game.rewards(), strict=True))
            self.terminations = dict.fromkeys(self.agents, True)
        self.infos = {agent: core.info(seat) for seat, agent in enumerate(self.core.agents)}
        if illegal:
            self.infos[mover]["illegal_move"] = True
        self._accumulate_rewards()
        self.agent_selection = self.core.agents[1 - self.core.agents.index(mover)]
        if self.render_mode == "human":
            self.render()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from the state of an environment with the same settings."""
        self.core.set_state(state)
        self._start()
        self.agents = list(state.get("agents", self.agents))
        self.agent_selection = state.get("agent_selection", self.agent_selection)
        game = self.core.current()
        if game.ended:
            self.rewards = dict(zip(self.core.agents, game.rewards(), strict=True))
            self._cumulative_rewards = dict(self.rewards)
            self.terminations = dict.fromkeys(self.core.agents, True)

    def get_state(self) -> dict[str, Any]:
        """Everything that changes while playing, as plain Python data."""
        return super().get_state() | {"agents": list(self.agents), "agent_selection": self.agent_selection}
