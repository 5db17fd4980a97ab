"""How a policy does against named opponents, with what is uncertain beside each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from negotiation_env import rollout
from negotiation_env.domain import Columns
from negotiation_env.metrics import mean_interval, sound_deals
from negotiation_env.policy import Float64
from negotiation_env.specs import parse_spec
from negotiation_policies.learned.coding import Coding
from negotiation_policies.learned.policy import LearnedPolicy

ALL = "all"
_ENDS = {"deal_rate": (0.0, 1.0)}
Figures = dict[str, tuple[float, float, float]]
"""A mean and its 95 % interval, by name."""


def closed_loop(
    policy: LearnedPolicy, role: str, opponents: Sequence[str], num_episodes: int, seed: int
) -> dict[str, Figures]:
    """Play a trained policy against each opponent in games as those it has learned.

    Args:
        policy: in whose games.
        role: its side.
        opponents: spec strings.
        num_episodes: games against each.
        seed: of the games.

    Returns:
        For each opponent (its name, or its spec if several share the name) and for ``"all"``: ``deal_rate``; ``payoff``
        (without a deal 0, or that of the disagreement); ``share`` of the surplus, or of the own worth of the pool; and
        of prices ``rho`` of the sound deals. NaN where there is none. The games against each opponent are dealt alike,
        so those of ``"all"`` are averaged over the opponents first.
    """
    coding = policy.coding
    settings: dict[str, Any] = dict(coding.settings)
    seat = coding.game.sides.index(role)
    own, other = coding.game.agents[seat], coding.game.agents[1 - seat]
    tables = {
        opponent: rollout(coding.domain, {own: policy, other: opponent}, num_episodes, seed, **settings).episodes
        for opponent in opponents
    }
    found = {label: _values(tables[spec], coding, seat) for spec, label in _labels(opponents).items()}
    names = next(iter(found.values()))
    found[ALL] = {name: _mean_over_opponents([values[name] for values in found.values()]) for name in names}
    return {of: {name: _mean(value, _ENDS.get(name)) for name, value in values.items()} for of, values in found.items()}


def flat(figures: Mapping[str, Figures]) -> dict[str, float]:
    """The means by ``opponent/name``, those that are numbers."""
    return {
        f"{of}/{name}": mean
        for of, values in figures.items()
        for name, (mean, _, _) in values.items()
        if np.isfinite(mean)
    }


def _labels(specs: Sequence[str]) -> dict[str, str]:
    """Short labels: the name alone where no other spec has it."""
    names = {spec: parse_spec(spec)[0] for spec in specs}
    return {spec: name if list(names.values()).count(name) == 1 else spec for spec, name in names.items()}


def _values(table: Columns, coding: Coding, seat: int) -> dict[str, Float64]:
    """By name, what each game (E,) came to; NaN where it does not count."""
    payoff = table[f"payoff_{coding.game.sides[seat]}"]
    found = {"deal_rate": table["deal"].astype(np.float64), "payoff": payoff}
    if coding.domain == "multi_item":
        found["share"] = payoff / np.einsum("ei,ei->e", table[f"values_{seat}"], table["quantities"])
    else:
        width = table["buyer_max"] - table["seller_min"]
        has_surplus = width > 0.0
        found["share"] = np.divide(payoff, width, out=np.full(len(width), np.nan), where=has_surplus)
        found["rho"] = np.where(sound_deals(table) & has_surplus, table["rho"], np.nan)
    ended = table["ended_by"] != "fault"
    return {name: np.where(ended, values, np.nan) for name, values in found.items()}


def _mean_over_opponents(values: Sequence[Float64]) -> Float64:
    """The mean (E,) of each game over the opponents, (E,) each, against whom it counts."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))


def _mean(values: Float64, ends: tuple[float, float] | None = None) -> tuple[float, float, float]:
    """The mean and its interval, of which no part lies past the ends."""
    known = values[~np.isnan(values)]
    mean = float(np.mean(known)) if len(known) else float("nan")
    low, high = mean_interval(known) if ends is None else np.clip(mean_interval(known), *ends)
    return mean, float(low), float(high)
