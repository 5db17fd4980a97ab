"""The multi-item game, version 0: two agents split a pool of item types that each values differently.

## Description

Agents ``agent_0`` and ``agent_1`` make alternating proposals of how to split a pool of item types with quantities
(by default 4 types, one item of each). Items are indivisible; an agent's utility is the sum of its private values of
the items it gets. One step of `parallel_env` is one turn: both agents submit an action and only the mover's counts
(``infos[agent]["active_agent"]`` names it); the other submits pass. In `env` and `raw_env` (AEC) ``agent_selection``
is the mover and nobody ever passes. The mover proposes a split, accepts the opponent's standing one, or walks away.

## Action Space

``Discrete(S + 3)``, where S is the number of splits of the scenario's largest pool: the splits, told as what the
*mover* keeps, then accept, walk, pass. The index of a split is mixed-radix over the quantities, the first type
slowest (`negotiation_env.splits`): with quantities ``[2, 1]`` index 3 keeps ``[1, 1]``. The mask of legal actions is
``infos[agent]["action_mask"]``, or part of the observation with ``obs_mode="masked"``; a smaller pool's mask leaves
out the splits that it does not have. A pool with more than 4,096 splits is refused.

An action outside the space raises ``ValueError``. One inside it that is not legal now costs the turn, sets
``infos[agent]["illegal_move"]`` and is counted in the outcome (``on_illegal="pass"``), or raises
(``on_illegal="raise"``). It never becomes another move.

## Observation Space

``obs_mode="flat"``: a float32 ``Box`` in [-1, 1], from which the decision point can be rebuilt exactly; the table of
its entries is in `negotiation_env.multi_item.observation`. ``obs_mode="masked"``: a ``Dict`` of ``observation`` and
``action_mask`` (int8).

## Rewards

0 until the end. With a deal ``(utility - disagreement) / own value of the whole pool * discount ** (k - 1)``, where k
is the 1-based turn on which the accepted proposal was made. Without a deal 0: the payoff is ``disagreement``.

## Starting State

``scenario`` draws pools and values (see `negotiation_env.multi_item.scenarios`), ``first_mover`` who starts.
``reset(seed=s)`` is game 0 of seed s and later resets without a seed are games 1, 2, ...: the same games that
``rollout("multi_item", ..., seed=s)`` plays. ``options`` fix ``quantities``, ``values`` and ``first_mover``.

## Episode End

- Termination: a deal, a walk-away, or the deadline after ``max_turns`` single turns, for both agents at once.
  ``infos[agent]["outcome"]`` then holds deal, keep (-1 of each type without a deal) and payoffs by agent, how good
  the outcome was (the columns of `negotiation_env.solutions.outcome_metrics`), illegal_moves, turns and ended_by.
- Truncation: never; it is left to wrappers.

## Arguments

| argument | default | meaning |
|---|---|---|
| scenario | ``"seed"`` | where pools and values come from: seed, bargaining, opposed, file |
| num_items | 4 | item types of seed and opposed, one item of each; at most 12 |
| max_turns | 20 | the deadline, in single turns |
| first_mover | ``"random"`` | or agent_0, agent_1 |
| information | ``"private"`` | or known: each agent is told the other's values |
| obs_mode | ``"flat"`` | or masked |
| disagreement | (0.0, 0.0) | both agents' utilities without a deal |
| discount | 1.0 | per turn, a number or a pair |
| opposition | 0.5 | of opposed: 0 = no conflict, 1 = zero-sum |
| instances | None | file of the file scenario |
| on_illegal | ``"pass"`` | or raise |
| chat | False | whether moves may carry messages (``env.unwrapped.say``) |
| render_mode | None | ansi, human, rgb_array |

## Example

>>> from negotiation_env import multi_item_v0
>>> env = multi_item_v0.parallel_env(scenario="bargaining", first_mover="agent_0")
>>> options = {"quantities": [2, 1, 2], "values": [[3, 4, 0], [3, 2, 1]]}
>>> observations, infos = env.reset(seed=0, options=options)
>>> accept, wait = 36, 38
>>> step = env.step({"agent_0": 15, "agent_1": wait})
>>> env.unwrapped.moves
[(1, 'agent_0', 'offer', [2, 1, 0], None)]
>>> observations, rewards, terminations, truncations, infos = env.step({"agent_0": wait, "agent_1": accept})
>>> infos["agent_0"]["outcome"]["payoffs"], rewards["agent_1"]
({'agent_0': 10.0, 'agent_1': 2.0}, 0.2)

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
    scenario: str = "seed",
    num_items: int = 4,
    max_turns: int = 20,
    first_mover: str = "random",
    information: str = "private",
    obs_mode: str = "flat",
    disagreement: tuple[float, float] = (0.0, 0.0),
    discount: float | tuple[float, float] = 1.0,
    opposition: float = 0.5,
    instances: str | None = None,
    on_illegal: str = "pass",
    chat: bool = False,
    render_mode: str | None = None,
) -> ParallelFace:
    """The PettingZoo parallel environment; the arguments are in the module's table."""
    core = Core(
        "multi_item",
        scenario=scenario,
        num_items=num_items,
        max_turns=max_turns,
        first_mover=first_mover,
        information=information,
        obs_mode=obs_mode,
        disagreement=disagreement,
        discount=discount,
        opposition=opposition,
        instances=instances,
        on_illegal=on_illegal,
        chat=chat,
    )
    return ParallelFace(core, render_mode)


def raw_env(render_mode: str | None = None, **settings: Any) -> TurnFace:  # noqa: ANN401
    """The PettingZoo turn-based environment without wrappers; same arguments as `parallel_env`."""
    return TurnFace(Core("multi_item", **settings), render_mode)


def env(render_mode: str | None = None, **settings: Any) -> wrappers.OrderEnforcingWrapper:  # noqa: ANN401
    """The PettingZoo turn-based environment with order checks; same arguments as `parallel_env`."""
    return wrappers.OrderEnforcingWrapper(raw_env(render_mode, **settings))
