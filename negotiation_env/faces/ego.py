"""One seat of a game as a Gymnasium environment: the other seat is played by a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from negotiation_env import seeding, turns
from negotiation_env.decisions import refuse_fault
from negotiation_env.domain import Domain
from negotiation_env.faces.core import Core
from negotiation_env.faces.zoo import RENDER_MODES, Face, check_render_mode
from negotiation_env.registry import Player, unknown_name
from negotiation_env.run import Seat, make_players


def seat_of_role(domain: Domain, role: str | None) -> int:
    """The seat of an agent's name or side (``"seller"``, ``"seller_0"``); by default the domain's usual one."""
    role = domain.default_role if role is None else role
    names = (*domain.sides, *domain.agents)
    if role not in names:
        raise ValueError(unknown_name("role", role, domain.sides))
    return names.index(role) % 2


class SeatEnv(Face, gym.Env[Any, Any]):
    """Bargain in one seat against a policy; there are no pass steps.

    Spaces, rewards and arguments are those of the domain's PettingZoo environments (`negotiation_env.price_v0`,
    `negotiation_env.multi_item_v0`). ``role`` is the seat that is played, ``opponent`` a policy, a spec string or a
    list of them that is sampled for each game, as in `rollout`; by default the seller against ``linear``, and of items
    ``agent_0`` against ``boulware``. The opponent's opening and its answers are played
    inside ``reset`` and ``step``. An episode terminates with a deal, a walk-away or the deadline; it is never
    truncated. Where the opponent ends the game in its opening, the mask is all zero and the first step ends the
    episode, whatever the action.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 2}  # noqa: RUF012  # Gymnasium declares it so

    def __init__(
        self, core: Core, role: str | None = None, opponent: Seat | None = None, render_mode: str | None = None
    ) -> None:
        self.render_mode: str | None = check_render_mode(render_mode)
        self.core = core
        self.seat: int = seat_of_role(core.domain, role)
        chosen = core.domain.default_opponent if opponent is None else opponent
        self.opponents: tuple[Player, ...] = make_players(chosen, core.domain.name)
        self.observation_space: spaces.Space[Any] = core.observation_space()
        self.action_space: spaces.Space[Any] = core.action_space
        self._opponent = self.opponents[0]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Deal game 0 of ``seed``, or without a seed the next game; the opponent opens if it moves first."""
        super().reset(seed=seed)
        core = self.core
        core.reset(seed, options)
        self._seat_opponent()
        self._answer()
        if self.render_mode == "human":
            self.render()
        return core.observe(self.seat), self._info()

    def _seat_opponent(self) -> None:
        """Sample the opponent of the current game."""
        keys = seeding.game_keys(self.core.seed, np.array([self.core.game_number]))
        share = float(seeding.unit(keys, seeding.SAMPLE_FIRST + 1 - self.seat)[0])
        self._opponent = self.opponents[int(share * len(self.opponents))]
        self._opponent.policy.reset(1, self.core.seed)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:  # noqa: ANN401
        """Play one move of the seat, and the opponent's answer."""
        core = self.core
        game = core.current()
        if not game.ended and game.mover != self.seat:
            raise ResetNeeded("the opponent has failed to move; call reset() to start the next game.")
        illegal = core.act(action) if not self._ended_in_opening() else False
        self._answer()
        info = self._info()
        if illegal:
            info["illegal_move"] = True
        over = game.ended != turns.RUNNING
        reward = game.rewards()[self.seat] if over else 0.0
        if self.render_mode == "human":
            self.render()
        return core.observe(self.seat), reward, over, False, info

    def _ended_in_opening(self) -> bool:
        game = self.core.current()
        return bool(game.ended) and game.first != self.seat and game.turn == 2 and not game.illegal_moves[self.seat]

    def action_masks(self) -> NDArray[np.int8]:
        """Which discrete actions are legal now, int8 (n,); the name is the one that sb3-contrib asks for."""
        mask = self.core.mask(self.seat)
        if mask is None:
            raise ValueError("action_masks() needs action_mode='discrete'.")
        return mask

    def _info(self) -> dict[str, Any]:
        return self.core.info(self.seat) | {"opponent": self._opponent.name, "game_number": self.core.game_number}

    def _answer(self) -> None:
        """Play the opponent's move if it is to move."""
        game = self.core.current()
        if game.ended or game.mover == self.seat:
            return
        view = self._opponent_view()
        decision = self._opponent.policy.decide(view)
        kind, offer = self.core.domain.resolve(self.core.config, view, decision, self._opponent.name)
        refuse_fault(kind, decision, self._opponent.name)
        if decision.message is not None and decision.message[0] and self.core.config.chat:
            self.core.say(self.core.agents[1 - self.seat], decision.message[0])
        self.core.play(int(kind[0]), offer[0].item())

    def _opponent_view(self) -> Any:  # noqa: ANN401  # the domain's own view
        other = 1 - self.seat
        view = self.core.layout.decode(self.core.flat(other)[None], self.core.seat_seed(other))
        said = self.core.messages()
        if said is not None:
            object.__setattr__(view, "messages", [said])
        return view

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from the state of an environment with the same settings."""
        self.core.set_state(state)
        self._seat_opponent()
