"""Alternating offers over a surplus that both sides know: who gets how much of it in subgame-perfect equilibrium.

The clock is that of the games here: turns are counted from 1, an offer that is made on turn k and then accepted pays
``discount ** (k - 1)`` of the gain, and the deadline T (``horizon``, the games' ``max_turns``) is a turn like others,
on which an offer can still be accepted but a new one can no longer be answered. So T turns hold T - 1 offers that
count.
"""

from __future__ import annotations

import numpy as np

from negotiation_env.config import check_whole
from negotiation_env.theory.checks import Float64, Numbers, numbers, plain
from negotiation_env.turns import mover

_LONGEST = 10_000


def last_answerable_turn(horizon: int) -> int:
    """The last turn on which an offer can still be answered, ``horizon - 1``; 0 if there is none.

    Raises:
        ValueError: ``horizon`` is no whole number from 1 to 10,000.
    """
    check_whole("horizon", horizon, 1, _LONGEST)
    return horizon - 1


def last_proposer(first: int, horizon: int) -> int:
    """The seat that makes the last offer that can be answered, where seat ``first`` (0 or 1) moves first.

    Without discounting it gets the whole surplus: the other side can only take what is offered or get nothing, and
    waiting for that costs nothing (backward induction, Stahl 1972, "Bargaining Theory", chapter 4).

    Raises:
        ValueError: ``first`` is no seat, or ``horizon`` is no whole number from 2 to 10,000.
    """
    check_whole("first", first, 0, 1)
    check_whole("horizon", horizon, 2, _LONGEST)
    return mover(first, last_answerable_turn(horizon))


def rubinstein_share(discount_0: Numbers = 0.9, discount_1: Numbers = 0.9, horizon: int | None = None) -> Numbers:
    """The share of the surplus that the side that moves first gets, in subgame-perfect equilibrium.

    Without a deadline ``(1 - d1) / (1 - d0 d1)`` (Rubinstein 1982, "Perfect Equilibrium in a Bargaining Model",
    Econometrica 50, the case of fixed discounting factors). With one, ``x_1`` of `rubinstein_path`. Agreement is
    immediate, so the other side gets the rest.

    Args:
        discount_0: d0, the factor a turn of the side that moves first, in (0, 1].
        discount_1: d1, that of the other side; both broadcast.
        horizon: the deadline in turns, ``max_turns``; ``None`` for none.

    Raises:
        ValueError: a discount is outside (0, 1], both are 1 without a deadline (then every division is an
            equilibrium), or ``horizon`` is no whole number from 1 to 10,000.
    """
    if horizon is not None:
        path = rubinstein_path(discount_0, discount_1, horizon)
        return plain(path[0] if len(path) else np.zeros(np.broadcast(discount_0, discount_1).shape))
    first, second = _discounts(discount_0, discount_1)
    if ((first == 1.0) & (second == 1.0)).any():
        raise ValueError(
            "discount_0 and discount_1 are both 1 and there is no horizon, so that every division is an equilibrium; "
            "give one of them below 1, or a horizon."
        )
    return plain((1.0 - second) / (1.0 - first * second))


def rubinstein_path(discount_0: Numbers, discount_1: Numbers, horizon: int) -> Float64:
    """What the proposer of each turn keeps of the surplus, ``x_1 .. x_{T-1}``: (horizon - 1, ...).

    Backward induction (Stahl 1972; Rubinstein 1982): ``x_{T-1} = 1`` and ``x_k = 1 - d x_{k+1}``, d the factor of the
    side that answers on turn k + 1, which could propose there. Each x_k is a share of the surplus as it is on turn k.

    Raises:
        ValueError: as in `rubinstein_share`.
    """
    discounts = _discounts(discount_0, discount_1)
    last = last_answerable_turn(horizon)
    path = np.ones((last, *discounts[0].shape))
    for turn in range(last - 1, 0, -1):
        path[turn - 1] = 1.0 - discounts[mover(0, turn + 1)] * path[turn]
    return path


def _discounts(discount_0: Numbers, discount_1: Numbers) -> tuple[Float64, Float64]:
    first, second = (
        numbers(name, value, 0.0, 1.0, above_low=True)
        for name, value in (("discount_0", discount_0), ("discount_1", discount_1))
    )
    both = np.broadcast_arrays(first, second)
    return both[0], both[1]
