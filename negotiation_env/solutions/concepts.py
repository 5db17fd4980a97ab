"""The bargaining solutions: each the arg max of its key over the Pareto frontier, all ties kept."""

from __future__ import annotations

import numpy as np

from negotiation_env.policy import Float64
from negotiation_env.solutions.frontier import Frontier, Mask, slack

CONCEPTS = ("pareto", "nash", "kalai_smorodinsky", "egalitarian", "leximin", "utilitarian")
"""The names of the point sets."""


def best_points(frontier: Frontier, disagreement: Float64) -> dict[str, Mask]:
    """Which points of the frontiers of n games belong to each of `CONCEPTS`: masks (n, F).

    Args:
        frontier: of n games.
        disagreement: (n, 2), each agent's utility without a deal.
    """
    gains = frontier.points - disagreement.T[:, :, None]
    egalitarian = _best(least_gain(gains), frontier.exists)
    return {
        "pareto": frontier.exists,
        "nash": _nash(gains, frontier.exists),
        "kalai_smorodinsky": _best(least_share(gains), frontier.exists),
        "egalitarian": egalitarian,
        "leximin": _best(greatest_gain(gains), egalitarian),
        "utilitarian": _best(frontier.points.sum(axis=0), frontier.exists),
    }


def gain_product(gains: Float64) -> Float64:
    """The product (...) of both agents' gains (2, ...); a loss counts as no gain, so that two losses are no success."""
    kept = np.maximum(gains, 0.0)
    return np.asarray(kept[0] * kept[1])


def least_gain(gains: Float64) -> Float64:
    """``min_i (u_i - d_i)``, (n, F), over the agents that can gain; 0 if neither can."""
    return _among(np.where(can_gain(gains), gains, np.inf).min(axis=0))


def least_share(gains: Float64) -> Float64:
    """``min_i (u_i - d_i) / (u_i^max - d_i)``, (n, F), over the agents that can gain; 0 if neither can."""
    possible = can_gain(gains)
    most = np.where(possible, gains.max(axis=2, keepdims=True), 1.0)
    return _among(np.where(possible, gains / most, np.inf).min(axis=0))


def greatest_gain(gains: Float64) -> Float64:
    """``max_i (u_i - d_i)``, (n, F), over the agents that can gain; 0 if neither can."""
    return _among(np.where(can_gain(gains), gains, -np.inf).max(axis=0))


def can_gain(gains: Float64) -> Mask:
    """Whether an agent's best point of the frontier is better for it than its disagreement: (2, n, 1)."""
    most = gains.max(axis=2, keepdims=True)
    return np.asarray(most > slack(most))


def _nash(gains: Float64, exists: Mask) -> Mask:
    """Where the product of gains is greatest, over the individually rational points if there are any."""
    rational = exists & (gains >= -slack(gains)).all(axis=0)
    return _best(gain_product(gains), np.where(rational.any(axis=1, keepdims=True), rational, exists))


def _best(key: Float64, among: Mask) -> Mask:
    """Where a key (n, F) is greatest among the marked points."""
    top = np.where(among, key, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(among & (key >= top - slack(top)))


def _among(key: Float64) -> Float64:
    """A key over no agent at all is the same for every point."""
    return np.where(np.isfinite(key), key, 0.0)
