"""Checks for other people's policies: what every policy must do to be played, recorded and trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation_env.domain import find_domain
from negotiation_env.episodes import Episodes
from negotiation_env.multi_item.rules import utility
from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView
from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.registry import AnyPolicy
from negotiation_env.rollouts import rollout
from negotiation_env.seeding import steady_uniform


@dataclass(frozen=True)
class Staircase:
    """A plain opponent for checks: concedes from the end of the range to its limit, at a pace that varies by game."""

    slowest: float = 4.0

    def reset(self, size: int, seed: int | None = None) -> None:
        """Keeps nothing."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Offer a step of the staircase; accept what is at least as good."""
        exponent = 0.3 + self.slowest * steady_uniform(view)
        far = np.where(view.role > 0, view.price_high, view.price_low)
        price = far + (view.reservation_price - far) * (view.turn / view.max_turns) ** exponent
        with np.errstate(invalid="ignore"):
            accepts = view.role * (view.standing_offer - price) >= 0.0
        return PriceDecision(kind=np.where(accepts, ACCEPT, OFFER), price=price)


@dataclass(frozen=True)
class Giver:
    """A plain opponent for checks: keeps a falling share of every item type, at a pace that varies by game."""

    slowest: float = 4.0

    def reset(self, size: int, seed: int | None = None) -> None:
        """Keeps nothing."""

    def decide(self, view: MultiItemView) -> MultiItemDecision:
        """Keep a share of each type, rounded up; accept what is at least as good and no worse than disagreement."""
        exponent = 0.3 + self.slowest * steady_uniform(view)
        share = 1.0 - (view.turn / view.max_turns) ** exponent
        keep = np.ceil(share[:, None] * view.quantities).astype(np.int64)
        least = np.maximum(utility(view.values, keep), view.disagreement)
        accepts = (view.standing_offer[:, 0] >= 0) & (utility(view.values, view.standing_offer) >= least)
        return MultiItemDecision(kind=np.where(accepts, ACCEPT, OFFER), keep=keep)


_OPPONENTS = {"price": Staircase(), "multi_item": Giver()}
_OFFERED = {"price": "price", "multi_item": "keep"}
"""The field of a domain's decision that says what is offered."""


def check_policy(
    policy: str | AnyPolicy,
    domain: str = "price",
    num_games: int = 48,
    seed: int = 0,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Check that a policy keeps the contract of `negotiation_env.policy.Policy`, in both seats.

    It must make legal moves; the same seed must give the same moves; and its moves in a game must not depend on
    which other games are in the batch, or on the order of the rows.

    Args:
        policy: a policy or a spec string.
        domain: ``"price"`` or ``"multi_item"``.
        num_games: how many games each check plays.
        seed: the seed of the games.
        **settings: the games' settings, e.g. ``information="known"`` for a policy that needs it.

    Raises:
        AssertionError: a part of the contract is broken; the message says which.
        ValueError: an illegal decision, with the policy's name and the rows.
    """
    for seat in (0, 1):
        players = _seated(policy, seat, domain)
        whole = rollout(domain, players, num_games, seed, engine="serial", **settings)
        again = rollout(domain, players, num_games, seed, engine="serial", **settings)
        _check_same(whole, again, "played again with the same seed")
        for size in (1, 7):
            again = rollout(domain, players, num_games, seed, engine="serial", batch_size=size, **settings)
            _check_same(whole, again, f"played in batches of {size} instead of {num_games}")
        _check_rows(whole, seat, _OFFERED[domain])


def _seated(policy: str | AnyPolicy, seat: int, domain: str) -> dict[str, Any]:
    agents = find_domain(domain).agents
    return {agents[seat]: policy, agents[1 - seat]: _OPPONENTS[domain]}


def _check_same(first: Episodes, second: Episodes, how: str) -> None:
    for name in ("kind", first.run.domain.content):
        one, two = first.decisions[name], second.decisions[name]
        if not np.array_equal(one, two, equal_nan=one.dtype.kind == "f"):
            raise AssertionError(
                f"the games differ in {name!r} when {how}: a policy must be a function of its view, with random "
                "draws from negotiation_env.seeding."
            )


def _check_rows(episodes: Episodes, seat: int, offered: str) -> None:
    """Decide all decision points in one batch, and again in another order, and in part."""
    rows = np.flatnonzero(episodes.decisions["seat"] == seat)
    player = episodes.run.players[seat][0]
    player.policy.reset(len(episodes), episodes.run.seed)
    whole = player.policy.decide(episodes.views(rows))
    shuffled = np.random.default_rng(0).permutation(len(rows))
    for order in (shuffled, shuffled[: max(1, len(rows) // 3)]):
        player.policy.reset(len(episodes), episodes.run.seed)
        part = player.policy.decide(episodes.views(rows[order]))
        offers = np.asarray(whole.kind)[order] == OFFER
        same_kind = np.array_equal(np.asarray(whole.kind)[order], part.kind)
        before, after = (np.asarray(getattr(decided, offered)) for decided in (whole, part))
        if not (same_kind and np.array_equal(before[order][offers], after[offers])):
            raise AssertionError(
                f"policy {player.name!r} decides differently when the rows come in another order or number."
            )
