"""How a network is shown its games and writes its moves: what a trained policy must know besides its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env import turns
from negotiation_env.domain import Array, Config, Domain, Encoding, Float32, Layout, find_domain
from negotiation_env.faces.ego import seat_of_role
from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView
from negotiation_env.policy import JsonValue, View
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.splits import keep_of
from negotiation_env.wrappers import rho_features

LAYOUT_VERSION = 1
"""Goes up whenever observations or actions of the environments change their meaning."""
_NOT_OF_THE_GAME = ("domain", "opponent", "rho", "obs_mode", "on_illegal", "render_mode", "autoreset_mode", "num_envs")
_FIELDS = ("domain", "role", "settings", "encoding", "append_rho", "observation_size")


@dataclass(frozen=True)
class Coding:
    """The spaces in which a network has learned.

    Attributes:
        domain: the name of the domain.
        settings: those of the games, JSON-able.
        role: the side that was learned (``"seller"``, ``"agent_0"``), or ``None`` for both.
        encoding: those of the actions, such as ``num_prices``.
        append_rho: whether observations end with the two features of a commanded rho.
    """

    domain: str
    settings: Mapping[str, JsonValue]
    role: str | None = None
    encoding: Mapping[str, JsonValue] = field(default_factory=dict)
    append_rho: bool = False

    @classmethod
    def of_env(cls, env: Any) -> Coding:  # noqa: ANN401
        """The coding of an environment of this package: PettingZoo, Gymnasium or vector, wrapped or not."""
        faced = getattr(env, "unwrapped", env)
        if not hasattr(faced, "core"):
            raise TypeError(f"{env!r} is not an environment of this package, so how it is observed is not known.")
        core = faced.core
        role = core.domain.sides[faced.seat] if hasattr(faced, "seat") else None
        shown = env.single_observation_space if hasattr(env, "single_observation_space") else _space_of(env)
        flat = shown["observation"] if isinstance(shown, spaces.Dict) else shown
        appended = spaces.flatdim(flat) == core.layout.size + 2
        return cls(core.domain.name, core.config.as_json(), role, dict(core.encoding_settings), appended)

    @classmethod
    def of_kwargs(cls, domain: str, kwargs: Mapping[str, Any]) -> Coding:
        """The coding of the keyword arguments of a Gymnasium environment, such as Minari keeps in a dataset."""
        settings = {name: value for name, value in kwargs.items() if name not in _NOT_OF_THE_GAME}
        game = find_domain(domain)
        encoding = {name: settings.pop(name) for name in game.encoding_settings if name in settings}
        role, append_rho = settings.pop("role", game.default_role), bool(settings.pop("append_rho", False))
        return cls(domain, game.build_config(settings).as_json(), role, encoding, append_rho)

    def as_json(self) -> dict[str, JsonValue]:
        """What `from_json` reads."""
        known = {name: getattr(self, name) for name in _FIELDS}
        return {"layout_version": LAYOUT_VERSION, **known}

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Coding:
        """The coding that was written; raises ``ValueError`` if it is of another version or does not add up."""
        if known.get("layout_version") != LAYOUT_VERSION:
            raise ValueError(
                f"it was trained on observations of version {known.get('layout_version')!r}, and this package shows "
                f"version {LAYOUT_VERSION}; train it again."
            )
        missing = [name for name in _FIELDS if name not in known]
        if missing:
            raise ValueError(f"it does not say its {', '.join(missing)}; train it again.")
        *values, size = (known[name] for name in _FIELDS)
        domain, role, settings, encoding, append_rho = values
        coding = cls(domain, settings, role, encoding, append_rho)
        if coding.observation_size != size:
            raise ValueError(
                f"it was trained on {size} features, and its settings give {coding.observation_size}; train it again."
            )
        return coding

    @cached_property
    def game(self) -> Domain:
        """The domain."""
        return find_domain(self.domain)

    @cached_property
    def config(self) -> Config:
        """The settings of the games."""
        return self.game.build_config(dict(self.settings))

    @cached_property
    def layout(self) -> Layout:
        """How games are observed."""
        return self.game.layout(self.config)

    @cached_property
    def encoder(self) -> Encoding:
        """How moves are written."""
        return self.game.encoding(self.config, **self.encoding)

    @property
    def is_discrete(self) -> bool:
        """Whether an action is one whole number."""
        return isinstance(self.encoder.space, spaces.Discrete)

    @property
    def observation_size(self) -> int:
        """The length of an observation."""
        return self.layout.size + (2 if self.append_rho else 0)

    def check(self, view: View) -> None:
        """Raise ``ValueError`` for games that are not observed as those of the training were."""
        longest = self.config.max_turns
        other = view.max_turns != longest
        if other.any():
            raise ValueError(f"it has learned games of {longest} turns, not of {view.max_turns[other][0]}.")
        if self.role is not None and ((view.role > 0) != seat_of_role(self.game, self.role)).any():
            raise ValueError(f"it has learned to be the {self.role}; give it that seat.")
        hidden = view.opponent_reservation_price if isinstance(view, PriceView) else view.opponent_values
        if self.config.information == "known" and np.isnan(hidden).any():
            raise ValueError("it has learned to be told what the opponent knows; use information='known'.")
        given, learned = self._shape_of(view), self._shape_of_training()
        if given != learned:
            raise ValueError(f"it has learned games of {learned}, not of {given}.")

    def _shape_of(self, view: View) -> str:
        """What else sets the meaning of an observation, in words."""
        if isinstance(view, MultiItemView):
            return f"{view.quantities.shape[1]} types of items"
        assert isinstance(view, PriceView)
        if self.config.scenario == "catalogue":
            return "a catalogue's prices"
        low, high = np.unique(view.price_low), np.unique(view.price_high)
        return f"prices from {', '.join(map(str, low))} to {', '.join(map(str, high))}"

    def _shape_of_training(self) -> str:
        if self.domain == "multi_item":
            return f"{self.config.shape.types} types of items"  # type: ignore[attr-defined]  # multi-item settings
        if self.config.scenario == "catalogue":
            return "a catalogue's prices"
        low, high = self.config.price_range  # type: ignore[attr-defined]  # price settings
        return f"prices from {low} to {high}"

    def observe(self, view: View, rho: float | None = None) -> Float32:
        """What the network is shown, float32 (n, size), of views and of a commanded rho if it has learned any."""
        seen = self.layout.encode(view)
        if rho is None:
            return seen
        return np.concatenate([seen, rho_features(np.full(len(seen), rho))], axis=1)

    def legal(self, view: View) -> NDArray[np.bool_] | None:
        """Which actions (n, number of actions) can be played; ``None`` for a Box."""
        masks = self.encoder.legal(view)
        return None if masks is None else masks.astype(np.bool_)

    def decide(self, actions: Array, view: View) -> PriceDecision | MultiItemDecision:
        """The decision of actions on a view.

        A Box has no mask: where its first number accepts and nothing stands, or passes, its second number is offered.
        """
        kind, offer = self.encoder.read(actions, view)
        if isinstance(view, MultiItemView):
            return MultiItemDecision(kind=kind, keep=keep_of(np.maximum(offer, 0), view.quantities))
        assert isinstance(view, PriceView)
        impossible = (kind == turns.PASS) | ((kind == turns.ACCEPT) & np.isnan(view.standing_offer))
        return PriceDecision(kind=np.where(impossible, turns.OFFER, kind), price=offer)


def coding_of(place: str | Path, facts: Mapping[str, Any], needed: Sequence[str], domain: str) -> Coding:
    """The coding of a checkpoint.

    Raises:
        ValueError: it or another ``needed`` fact is missing, or it is of another version or domain; with the place.
    """
    missing = [name for name in ("coding", *needed) if name not in facts]
    if missing:
        raise ValueError(f"{place} does not say its {', '.join(missing)}; train it again.")
    try:
        coding = Coding.from_json(facts["coding"])
    except ValueError as error:
        raise ValueError(f"{place} cannot be played: {error}") from None
    if coding.domain != domain:
        raise ValueError(f"{place} has learned {coding.domain} games, not {domain}; play that domain.")
    return coding


def _space_of(env: Any) -> Any:  # noqa: ANN401
    if hasattr(env, "possible_agents"):
        return env.observation_space(env.possible_agents[0])
    return env.observation_space
