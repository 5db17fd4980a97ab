"""The price game, version 0: a buyer and a seller bargain over the price of one item.

## Description

Agents ``buyer_0`` and ``seller_0`` make alternating offers. ``buyer_max`` and ``seller_min`` are private, the
price range and the deadline are public. One step of `parallel_env` is one turn: both agents submit an action and
only the mover's counts (``infos[agent]["active_agent"]`` names it); the other submits pass. In `env` and
`raw_env` (AEC) ``agent_selection`` is the mover and nobody ever passes. The mover offers a price (rounded to
``tick``), accepts the opponent's standing offer, or walks away.

## Action Space

``action_mode="discrete"``: ``Discrete(num_prices + 3)``, an even price grid over the public range, then accept,
walk, pass; the mask of legal actions is ``infos[agent]["action_mask"]``, or part of the observation with
``obs_mode="masked"``. ``action_mode="continuous"``: ``Box(-1, 1, (2,))``, a decision (accept from .5, offer from
-.5, pass from -.75, walk below) and a price (-1 the low end of the range, 1 the high end).

An action outside the space raises ``ValueError``. One inside it that is not legal now (accepting with nothing to
accept, passing on one's own turn) costs the turn, sets ``infos[agent]["illegal_move"]`` and is counted in the
outcome (``on_illegal="pass"``), or raises (``on_illegal="raise"``). It never becomes another move.

## Observation Space

``obs_mode="flat"``: a float32 ``Box`` in [-1, 1], from which the decision point can be rebuilt to a cent; the
table of its entries is in `negotiation_env.price.observation`. ``obs_mode="masked"``: a ``Dict`` of
``observation`` and ``action_mask`` (int8).

## Rewards

0 until the end. With a deal at price p: buyer ``(buyer_max - p) / w * discount ** (k - 1)``, seller
``(p - seller_min) / w * discount ** (k - 1)``, where w is the width of the public range and k the 1-based turn on
which the accepted offer was made. Without a deal 0 for both. A deal outside one's own limit earns a negative
reward and is reported in ``outcome["violations"]``.

## Starting State

``scenario`` draws the limits (see `negotiation_env.price.scenarios`), ``first_mover`` who starts. ``reset(seed=s)``
is game 0 of seed s and later resets without a seed are games 1, 2, ...: the same games that
``rollout(..., seed=s)`` plays. ``options`` fix ``buyer_max``, ``seller_min`` and ``first_mover``.

## Episode End

- Termination: a deal, a walk-away, or the deadline after ``max_turns`` single turns, for both agents at once.
  ``infos[agent]["outcome"]`` then holds deal, price, rho, payoffs, surplus_share, violations, illegal_moves, turns
  and ended_by. ``rho`` is -1 without a deal and NaN for a deal without a surplus; a deal past the seller's limit has
  one below 0, perhaps -1 itself, one past the buyer's limit one above 1: test ``deal``, not ``rho``.
- Truncation: never; it is left to wrappers.

## Arguments

| argument | default | meaning |
|---|---|---|
| scenario | ``"varied"`` | where the limits come from: seed, varied, private, catalogue |
| max_turns | 20 | the deadline, in single turns |
| first_mover | ``"random"`` | or buyer, seller |
| action_mode | ``"discrete"`` | or continuous |
| information | ``"private"`` | or known: each agent is told the other's limit |
| obs_mode | ``"flat"`` | or masked |
| num_prices | 101 | points of the discrete action grid |
| discount | 1.0 | per turn, a number or a pair (buyer, seller) |
| on_illegal | ``"pass"`` | or raise |
| price_range | (200.0, 1500.0) | public, currency units |
| tick | 0.01 | smallest price unit |
| price_grid | None | number of prices that the game itself knows, None for every tick |
| catalogue | None | CSV file of the catalogue scenario |
| chat | False | whether moves may carry messages (``env.unwrapped.say``) |
| render_mode | None | ansi, human, rgb_array |

## Example

>>> from negotiation_env import price_v0
>>> env = price_v0.parallel_env(scenario="seed", first_mover="buyer")
>>> observations, infos = env.reset(seed=0, options={"buyer_max": 900.0, "seller_min": 400.0})
>>> infos["seller_0"]["active_agent"]
'buyer_0'
>>> accept, walk, wait = 101, 102, 103
>>> step = env.step({"buyer_0": 30, "seller_0": wait})
>>> observations, rewards, terminations, truncations, infos = env.step({"buyer_0": wait, "seller_0": accept})
>>> infos["buyer_0"]["outcome"]["price"], infos["buyer_0"]["outcome"]["rho"]
(590.0, 0.38)
>>> round(rewards["seller_0"], 4)
0.1462

## Version History

- v0: first version.
"""

from __future__ import annotations

from typing import Any

from pettingzoo.utils import wrappers

from negotiation_env.faces.core import Core
from negotiation_env.faces.zoo import ParallelFace, TurnFace

__all__ = ["env", "parallel_env", "raw_env"]


def parallel_env(
    scenario: str = "varied",
    max_turns: int = 20,
    first_mover: str = "random",
    action_mode: str = "discrete",
    information: str = "private",
    obs_mode: str = "flat",
    num_prices: int = 101,
    discount: float | tuple[float, float] = 1.0,
    on_illegal: str = "pass",
    price_range: tuple[float, float] = (200.0, 1500.0),
    tick: float = 0.01,
    price_grid: int | None = None,
    catalogue: str | None = None,
    chat: bool = False,
    render_mode: str | None = None,
) -> ParallelFace:
    """The PettingZoo parallel environment; the arguments are in the module's table."""
    core = Core(
        "price",
        scenario=scenario,
        max_turns=max_turns,
        first_mover=first_mover,
        action_mode=action_mode,
        information=information,
        obs_mode=obs_mode,
        num_prices=num_prices,
        discount=discount,
        on_illegal=on_illegal,
        price_range=price_range,
        tick=tick,
        price_grid=price_grid,
        catalogue=catalogue,
        chat=chat,
    )
    return ParallelFace(core, render_mode)


def raw_env(render_mode: str | None = None, **settings: Any) -> TurnFace:  # noqa: ANN401
    """The PettingZoo turn-based environment without wrappers; same arguments as `parallel_env`."""
    return TurnFace(Core("price", **settings), render_mode)


def env(render_mode: str | None = None, **settings: Any) -> wrappers.OrderEnforcingWrapper:  # noqa: ANN401
    """The PettingZoo turn-based environment with order checks; same arguments as `parallel_env`."""
    return wrappers.OrderEnforcingWrapper(raw_env(render_mode, **settings))
