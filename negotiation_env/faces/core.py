"""What the PettingZoo and Gymnasium faces of one game share: seeds, spaces, observations, infos."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from negotiation_env import seeding, turns
from negotiation_env.domain import Config, Domain, Encoding, Float32, Layout, find_domain
from negotiation_env.faces.layout import ELAPSED, MOVER
from negotiation_env.game import Game
from negotiation_env.policy import Message
from negotiation_env.registry import unknown_name

OBS_MODES = ("flat", "masked")
ON_ILLEGAL = ("pass", "raise")
_LARGEST_BLOCK = 256


class Block(NamedTuple):
    """Games that were dealt at once: their setup, who moves first in each, and the number of the first."""

    setup: Any
    first: list[int]
    start: int


def check_options(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The options of a reset; what is no mapping raises ``TypeError``."""
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"options is {options!r}; it must be a dict such as {{'first_mover': 'random'}}, or None.")
    return options or {}


class Core:
    """One game of a domain behind an environment: deals games, plays encoded actions and writes observations.

    Args:
        domain: the name of the domain.
        obs_mode: ``"flat"`` or ``"masked"``.
        on_illegal: ``"pass"`` or ``"raise"``.
        **settings: the settings of the domain's games and of its encoding of actions.
    """

    def __init__(self, domain: str, obs_mode: str = "flat", on_illegal: str = "pass", **settings: Any) -> None:  # noqa: ANN401
        self.domain: Domain = find_domain(domain)
        chosen = {name: settings.pop(name) for name in self.domain.encoding_settings if name in settings}
        self.config: Config = self.domain.build_config(settings)
        self.layout: Layout = self.domain.layout(self.config)
        self.encoding: Encoding = self.domain.encoding(self.config, **chosen)
        self.encoding_settings = chosen
        for name, value, allowed in (("obs_mode", obs_mode, OBS_MODES), ("on_illegal", on_illegal, ON_ILLEGAL)):
            if value not in allowed:
                raise ValueError(unknown_name(name, value, allowed))
        self.has_masks: bool = isinstance(self.encoding.space, spaces.Discrete)
        if obs_mode == "masked" and not self.has_masks:
            raise ValueError(
                "obs_mode='masked' needs action_mode='discrete': a mask has no meaning for a Box of actions."
            )
        self.obs_mode: str = obs_mode
        self.on_illegal: str = on_illegal
        self._seed: int | None = None
        self._game_number = -1
        self._block: Block | None = None
        self.game: Game | None = None
        self._pending_text: dict[str, str] = {}
        self._buffers = np.empty((2, self.layout.size), dtype=np.float32)

    # Spaces -----------------------------------------------------------------------------------------------

    @property
    def agents(self) -> tuple[str, str]:
        """The agents' names, seat 0 first."""
        return self.domain.agents

    @property
    def action_space(self) -> spaces.Space[Any]:
        """The action space of one agent."""
        space: spaces.Space[Any] = self.encoding.space
        return space

    def observation_space(self) -> spaces.Space[Any]:
        """The observation space of one agent."""
        flat: spaces.Space[Any] = self.layout.space
        if self.obs_mode == "flat":
            return flat
        mask = spaces.Box(0, 1, (int(self.encoding.space.n),), np.int8)
        return spaces.Dict({"observation": flat, "action_mask": mask})

    # Dealing ----------------------------------------------------------------------------------------------

    def reset(self, seed: int | None, options: Mapping[str, Any] | None) -> None:
        """Deal game 0 of a seed, or without a seed the next game."""
        keys, known = self.domain.option_ranks, {}
        for name, value in check_options(options).items():
            if name in keys:
                known[name] = value
            else:
                warnings.warn(f"option {name!r} is ignored; known: {', '.join(keys)}.", stacklevel=4)
        anew = seed is not None or self._seed is None
        chosen, number = (seeding.check_seed(seed), 0) if anew else (self.seed, self._game_number + 1)
        game, block = self._deal(chosen, number, known, None if anew else self._block)
        self._seed, self._game_number, self._block, self.game = chosen, number, block, game
        self._pending_text = {}
        self._write_buffers()

    def _deal(
        self, seed: int, number: int, options: Mapping[str, Any], block: Block | None
    ) -> tuple[Game, Block | None]:
        """One game, and the block that it is of: they double while games go on."""
        if options:
            setup, first = self.domain.deal(self.config, seed, np.array([number]), options)
            return self.domain.new_game(self.config, setup, 0, int(first[0])), block
        size = 0 if block is None else len(block.first)
        if block is None or not block.start <= number < block.start + size:
            wanted = min(max(2 * size, 1), _LARGEST_BLOCK)
            setup, first = self.domain.deal(self.config, seed, np.arange(number, number + wanted), None)
            block = Block(setup, first.tolist(), number)
        place = number - block.start
        return self.domain.new_game(self.config, block.setup, place, block.first[place]), block

    @property
    def seed(self) -> int:
        """The seed of the current run of games."""
        if self._seed is None:
            raise ResetNeeded("call reset() before anything else.")
        return self._seed

    @property
    def game_number(self) -> int:
        """The number of the current game within its seed."""
        return self._game_number

    def seat_seed(self, seat: int) -> NDArray[np.uint64]:
        """A seat's own seed in the current game, uint64 (1,)."""
        keys = seeding.game_keys(self.seed, np.array([self._game_number]))
        return np.asarray(seeding.seat_seeds(keys)[seat])

    def current(self) -> Game:
        """The game; raises `ResetNeeded` before the first reset."""
        if self.game is None:
            raise ResetNeeded("call reset() before anything else.")
        return self.game

    # Playing ----------------------------------------------------------------------------------------------

    def say(self, agent: str, text: str) -> None:
        """Attach a public message to the agent's next move (``chat=True``)."""
        if not self.config.chat:
            raise ValueError("messages need chat=True when the environment is made.")
        if agent not in self.agents:
            raise ValueError(unknown_name("agent", agent, self.agents))
        self._pending_text[agent] = str(text)

    def act(self, action: object) -> bool:
        """Play an encoded action of the mover; returns whether it was illegal (then it costs the turn)."""
        game = self.current()
        if game.ended:
            raise ResetNeeded("the game is over; call reset() to start the next one.")
        kind, offer = self.encoding.decode_one(action, game)
        reason = game.illegal_reason(kind, offer)
        if reason is not None:
            self._refuse(game, kind, reason)
            kind = turns.PASS
        self.play(kind, offer)
        return reason is not None

    def _refuse(self, game: Game, kind: int, reason: str) -> None:
        agent = self.agents[game.mover]
        if self.on_illegal == "raise":
            word = {turns.PASS: "pass", turns.ACCEPT: "accept"}.get(kind, "offer this")
            raise ValueError(f"{agent} may not {word} on turn {game.turn}: {reason}. Use the action mask.")
        game.illegal_moves[game.mover] += 1

    def play(self, kind: int, offer: Any) -> None:  # noqa: ANN401  # a price or a split
        """Play a legal typed move of the mover, and update both observations."""
        game = self.current()
        seat = game.mover
        game.play(kind, offer, self._pending_text.pop(self.agents[seat], None))
        if kind == turns.OFFER:
            self.layout.write_offer(self._buffers, game, seat)
        self._write_turn(game)

    # Observing --------------------------------------------------------------------------------------------

    def _write_buffers(self) -> None:
        """Write both observations of a game from scratch."""
        game = self.current()
        for seat in (0, 1):
            self.layout.write_game(self._buffers[seat], game, seat)
        self._write_turn(game)

    def _write_turn(self, game: Game) -> None:
        elapsed, mover = (game.turn - 1) / self.config.max_turns, game.mover
        for seat in (0, 1):
            row = self._buffers[seat]
            row[ELAPSED] = elapsed
            row[MOVER] = 0.0 if game.ended else (1.0 if mover == seat else -1.0)
            self.layout.write_turn(row, game, seat)

    def observe(self, seat: int) -> Float32 | dict[str, Any]:
        """A fresh observation of a seat, in the environment's ``obs_mode``."""
        observation = self.flat(seat)
        if self.obs_mode == "flat":
            return observation
        return {"observation": observation, "action_mask": self.mask(seat)}

    def flat(self, seat: int) -> Float32:
        """The flat observation of a seat, whatever the ``obs_mode``."""
        return np.array(self._buffers[seat])

    def mask(self, seat: int) -> NDArray[np.int8] | None:
        """Which discrete actions are legal for a seat now, int8 (n,); ``None`` where actions are no `Discrete`."""
        return self.encoding.mask(self.current(), seat)

    def info(self, seat: int) -> dict[str, Any]:
        """The info of a seat: who moves, the legal actions, and the outcome once the game is over."""
        game = self.current()
        info: dict[str, Any] = {"active_agent": None if game.ended else self.agents[game.mover], "turn": game.turn}
        if self.has_masks:
            info["action_mask"] = self.mask(seat)
        if game.ended:
            info["outcome"] = game.outcome()
        return info

    def messages(self) -> list[Message] | None:
        """All public messages so far; ``None`` without chat."""
        if not self.config.chat:
            return None
        return [(turn, agent, text) for turn, agent, _, _, text in self.current().moves if text]

    # Saving -----------------------------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """Everything that changes while playing, as plain Python data; see `set_state`."""
        game = self.current()
        facts = {item.name: getattr(game, item.name) for item in fields(game) if item.name != "config"}
        texts = dict(self._pending_text)
        return {"seed": self.seed, "game_number": self._game_number, "pending_text": texts, "game": deepcopy(facts)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state of an environment with the same settings."""
        missing = {"seed", "game_number", "pending_text", "game"} - set(state)
        if missing:
            raise ValueError(f"the state lacks {', '.join(sorted(missing))}; give what get_state() returned.")
        facts = deepcopy(dict(state["game"]))
        if facts["turn"] > self.config.max_turns + 1:
            raise ValueError(f"the state is at turn {facts['turn']}, past max_turns {self.config.max_turns}.")
        facts["offers"] = tuple(list(offers) for offers in facts["offers"])
        facts["moves"] = [tuple(move) for move in facts["moves"]]
        self._seed, self._game_number = int(state["seed"]), int(state["game_number"])
        self._block = None
        self._pending_text = dict(state["pending_text"])
        self.game = self.domain.game_type(config=self.config, **facts)
        self._write_buffers()
