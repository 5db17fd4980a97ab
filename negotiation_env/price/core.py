"""What the PettingZoo and Gymnasium faces of one price game share: seeds, spaces, observations, infos."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from negotiation_env import seeding
from negotiation_env.policy import Message
from negotiation_env.price import observation as obs
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.encoding import ContinuousEncoding, DiscreteEncoding, make_encoding
from negotiation_env.price.game import PriceGame
from negotiation_env.price.observation import Float32, ObservationLayout
from negotiation_env.price.scenarios import OPTION_KEYS, deal_setup
from negotiation_env.registry import unknown_name

OBS_MODES = ("flat", "masked")
ON_ILLEGAL = ("pass", "raise")
_LARGEST_BLOCK = 256


def check_options(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The options of a reset; what is no mapping raises ``TypeError``."""
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"options is {options!r}; it must be a dict such as {{'first_mover': 'buyer'}}, or None.")
    return options or {}


class PriceCore:
    """One price game behind an environment: it deals games, plays encoded actions and writes observations."""

    def __init__(
        self,
        action_mode: str = "discrete",
        obs_mode: str = "flat",
        num_prices: int = 101,
        on_illegal: str = "pass",
        **settings: object,
    ) -> None:
        self.config = PriceConfig.build(settings)
        self.layout = ObservationLayout(self.config)
        self.encoding: DiscreteEncoding | ContinuousEncoding = make_encoding(self.config, action_mode, num_prices)
        for name, value, allowed in (("obs_mode", obs_mode, OBS_MODES), ("on_illegal", on_illegal, ON_ILLEGAL)):
            if value not in allowed:
                raise ValueError(unknown_name(name, value, allowed))
        if obs_mode == "masked" and action_mode != "discrete":
            raise ValueError(
                "obs_mode='masked' needs action_mode='discrete': a mask has no meaning for a Box of actions."
            )
        self.obs_mode, self.on_illegal = obs_mode, on_illegal
        self._masks = self.encoding.masks() if isinstance(self.encoding, DiscreteEncoding) else {}
        self._seed: int | None = None
        self._game_number = -1
        self._block: list[tuple[float, float, float, float, int]] = []
        self._block_start = 0
        self.game: PriceGame | None = None
        self._pending_text: dict[str, str] = {}
        self._buffers = np.empty((2, self.layout.size), dtype=np.float32)

    # Spaces -----------------------------------------------------------------------------------------------

    @property
    def action_space(self) -> spaces.Space[Any]:
        """The action space of one agent."""
        return self.encoding.space

    def observation_space(self) -> spaces.Space[Any]:
        """The observation space of one agent."""
        if self.obs_mode == "flat":
            return self.layout.space
        size = self.encoding.space.n  # type: ignore[union-attr]  # masked is discrete
        mask = spaces.Box(0, 1, (int(size),), np.int8)
        return spaces.Dict({"observation": self.layout.space, "action_mask": mask})

    # Dealing ----------------------------------------------------------------------------------------------

    def reset(self, seed: int | None, options: Mapping[str, Any] | None) -> None:
        """Deal game 0 of a seed, or without a seed the next game."""
        known = {}
        for name, value in check_options(options).items():
            if name in OPTION_KEYS:
                known[name] = value
            else:
                warnings.warn(f"option {name!r} is ignored; known: {', '.join(OPTION_KEYS)}.", stacklevel=4)
        if seed is not None or self._seed is None:
            self._seed = seeding.check_seed(seed)
            self._game_number, self._block, self._block_start = -1, [], 0
        self.game = PriceGame(self.config, *self._facts(self._game_number + 1, known))
        self._game_number += 1
        self._pending_text = {}
        self._write_buffers()

    def _facts(self, number: int, options: Mapping[str, Any]) -> tuple[float, float, float, float, int]:
        """Limits, range and first mover of a game; dealt in blocks that double while games go on."""
        if options:
            return self._deal(np.array([number]), options)[0]
        place = number - self._block_start
        if not 0 <= place < len(self._block):
            size = min(max(2 * len(self._block), 1), _LARGEST_BLOCK)
            self._block = self._deal(np.arange(number, number + size), None)
            self._block_start, place = number, 0
        return self._block[place]

    def _deal(
        self, games: NDArray[np.int64], options: Mapping[str, Any] | None
    ) -> list[tuple[float, float, float, float, int]]:
        setup, first = deal_setup(self.config, self.seed, games, options)
        columns = (setup.buyer_max, setup.seller_min, setup.low, setup.high, first)
        return list(zip(*(column.tolist() for column in columns), strict=True))

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

    def current(self) -> PriceGame:
        """The game; raises `ResetNeeded` before the first reset."""
        if self.game is None:
            raise ResetNeeded("call reset() before anything else.")
        return self.game

    # Playing ----------------------------------------------------------------------------------------------

    def say(self, agent: str, text: str) -> None:
        """Attach a public message to the agent's next move (``chat=True``)."""
        if not self.config.chat:
            raise ValueError("messages need chat=True when the environment is made.")
        if agent not in rules.AGENTS:
            raise ValueError(unknown_name("agent", agent, rules.AGENTS))
        self._pending_text[agent] = str(text)

    def act(self, action: object) -> bool:
        """Play an encoded action of the mover; returns whether it was illegal (then it costs the turn)."""
        game = self.current()
        if game.ended:
            raise ResetNeeded("the game is over; call reset() to start the next one.")
        kind, price = self.encoding.decode_one(action, game.low, game.high)
        reason = game.illegal_reason(kind)
        if reason is not None:
            self._refuse(game, kind, reason)
            kind = rules.PASS
        self.play(kind, price)
        return reason is not None

    def _refuse(self, game: PriceGame, kind: int, reason: str) -> None:
        agent = rules.AGENTS[game.mover]
        if self.on_illegal == "raise":
            word = "pass" if kind == rules.PASS else "accept"
            raise ValueError(f"{agent} may not {word} on turn {game.turn}: {reason}. Use the action mask.")
        game.illegal_moves[game.mover] += 1

    def play(self, kind: int, price: float) -> None:
        """Play a legal typed move of the mover, and update both observations."""
        game = self.current()
        seat = game.mover
        game.play(kind, price, self._pending_text.pop(rules.AGENTS[seat], None))
        self._update_buffers(game, seat, kind)

    # Observing --------------------------------------------------------------------------------------------

    def _write_buffers(self) -> None:
        """Write both observations of a game from scratch."""
        game, layout = self.current(), self.layout
        low, width = game.low, game.high - game.low
        known = self.config.information == "known"
        for seat in (0, 1):
            row = self._buffers[seat]
            row[:] = obs.NONE
            row[obs.ROLE] = rules.ROLES[seat]
            row[obs.LIMIT] = (game.limit(seat) - low) / width
            row[obs.OPPONENT_LIMIT] = (game.limit(1 - seat) - low) / width if known else obs.NONE
            row[obs.LOW], row[obs.HIGH] = low / layout.scale, game.high / layout.scale
            for owner, start in ((seat, obs.OFFERS), (1 - seat, obs.OFFERS + layout.horizon)):
                for place, price in enumerate(game.offers[owner]):
                    row[start + place] = (price - low) / width
        self._write_turn(game)

    def _update_buffers(self, game: PriceGame, seat: int, kind: int) -> None:
        if kind == rules.OFFER:
            place = obs.OFFERS + len(game.offers[seat]) - 1
            share = (game.standing - game.low) / (game.high - game.low)
            self._buffers[seat, place] = share
            self._buffers[1 - seat, place + self.layout.horizon] = share
        self._write_turn(game)

    def _write_turn(self, game: PriceGame) -> None:
        elapsed, mover = (game.turn - 1) / self.config.max_turns, game.mover
        share = (game.standing - game.low) / (game.high - game.low) if game.standing_seat >= 0 else obs.NONE
        for seat in (0, 1):
            row = self._buffers[seat]
            row[obs.ELAPSED] = elapsed
            row[obs.MOVER] = 0.0 if game.ended else (1.0 if mover == seat else -1.0)
            row[obs.STANDING] = share if game.standing_seat == 1 - seat else obs.NONE

    def observe(self, seat: int) -> Float32 | dict[str, Any]:
        """A fresh observation of a seat, in the environment's ``obs_mode``."""
        observation = self.flat(seat)
        if self.obs_mode == "flat":
            return observation
        return {"observation": observation, "action_mask": self.mask(seat)}

    def flat(self, seat: int) -> Float32:
        """The flat observation of a seat, whatever the ``obs_mode``."""
        return np.array(self._buffers[seat])

    def mask(self, seat: int) -> NDArray[np.int8]:
        """Which discrete actions are legal for a seat now: int8 (num_prices + 3,)."""
        game = self.current()
        if game.ended or game.mover != seat:
            return self._masks["wait"].copy()
        return self._masks["answer" if game.acceptable else "open"].copy()

    def info(self, seat: int) -> dict[str, Any]:
        """The info of a seat: who moves, the legal actions, and the outcome once the game is over."""
        game = self.current()
        info: dict[str, Any] = {"active_agent": None if game.ended else rules.AGENTS[game.mover], "turn": game.turn}
        if self._masks:
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
        self._block, self._block_start = [], 0
        self._pending_text = dict(state["pending_text"])
        self.game = PriceGame(self.config, **facts)
        self._write_buffers()
