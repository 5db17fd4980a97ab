"""Checks for other people's policies: what every policy must do to be played, recorded and trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation_env.episodes import Episodes
from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.registry import AnyPolicy
from negotiation_env.rollouts import rollout
from negotiation_env.seeding import steady_uniform

_COMPARED = ("kind", "price")


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
        domain: ``"price"``.
        num_games: how many games each check plays.
        seed: the seed of the games.
        **settings: the games' settings, e.g. ``information="known"`` for a policy that needs it.

    Raises:
        AssertionError: a part of the contract is broken; the message says which.
        ValueError: an illegal decision, with the policy's name and the rows.
    """
    for seat in (0, 1):
        players = _seated(policy, seat)
        whole = rollout(domain, players, num_games, seed, **settings)
        _check_same(whole, rollout(domain, players, num_games, seed, **settings), "played again with the same seed")
        for size in (1, 7):
            again = rollout(domain, players, num_games, seed, batch_size=size, **settings)
            _check_same(whole, again, f"played in batches of {size} instead of {num_games}")
        _check_rows(whole, seat)


def _seated(policy: str | AnyPolicy, seat: int) -> dict[str, Any]:
    pair = (policy, Staircase()) if seat == 0 else (Staircase(), policy)
    return dict(zip(("buyer_0", "seller_0"), pair, strict=True))


def _check_same(first: Episodes, second: Episodes, how: str) -> None:
    for name in _COMPARED:
        one, two = first.decisions[name], second.decisions[name]
        if not np.array_equal(one, two, equal_nan=one.dtype.kind == "f"):
            raise AssertionError(
                f"the games differ in {name!r} when {how}: a policy must be a function of its view, with random "
                "draws from negotiation_env.seeding."
            )


def _check_rows(episodes: Episodes, seat: int) -> None:
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
        if not (same_kind and np.array_equal(np.asarray(whole.price)[order][offers], np.asarray(part.price)[offers])):
            raise AssertionError(
                f"policy {player.name!r} decides differently when the rows come in another order or number."
            )
