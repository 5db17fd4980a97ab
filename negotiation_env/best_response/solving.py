"""`best_response`: the best that a seat can do against a deterministic opponent in price games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from negotiation_env.best_response.games import Games
from negotiation_env.best_response.result import BestResponse
from negotiation_env.best_response.solution import Solution, make_responder, solve
from negotiation_env.config import check_choice, check_whole
from negotiation_env.policy import Float64, Int64
from negotiation_env.price import rules
from negotiation_env.registry import AnyPolicy
from negotiation_env.run import Run, make_run
from negotiation_env.testing import Staircase


def best_response(
    opponent: str | AnyPolicy,
    scenario: str = "varied",
    *,
    role: str = "seller",
    num_games: int = 100,
    seed: int | None = 0,
    options: Mapping[str, object] | None = None,
    room: int | None = None,
    **settings: object,
) -> BestResponse:
    """Work out what a seat can earn at most against an opponent, and the policy that earns it.

    The responder knows the opponent, both limits, who moves first and the opponent's seeds: it is the full-information
    best response in each game, and an upper bound for a side that must infer them.

    - *Time-dependent* opponents (memory 0, see `negotiation_env.best_response.memory`): exact to the tick, by dynamic
      programming over turns. The best price that is accepted on a turn is found between 46 tried ones by bisection. So
      it rests on acceptance being monotone, which is checked at those; where it is not, the game is not exact.
    - *Reacting* opponents in games of few prices (``price_grid`` up to 2,049 points): exact on that grid, by dynamic
      programming over all positions that differ to the opponent, where they fit into ``room``.
    - Otherwise ``value`` is a lower bound, the best plan of a search: a beam of ``room`` positions, 46 prices a turn,
      closing offers to the tick. ``upper`` is the whole surplus if the opponent never offered or accepted a price past
      its own limit when it was probed, else the gain at the end of the public range.

    What was worked out is played out in the engine, and ``value`` is what that earned. Where the two differ, the
    opponent looks at more than the probes have shown, and the game is searched anew.

    Args:
        opponent: a policy or a spec string; it must be a function of its view alone, as all policies are.
        scenario: where the limits come from.
        role: the side that responds, ``"buyer"`` or ``"seller"``.
        num_games: B, how many games: the first of the run with the same seed and settings.
        seed: the run's seed.
        options: fix limits or first mover, as in `negotiation_env.rollout`.
        room: how many positions of a game are kept on a turn; by default 48, or where all prices are tried as many as
            200,000 offers allow (18,181 with 11 prices, 1,980 with 101).
        **settings: the games' settings, see `negotiation_env.price.config.PriceConfig`.

    Raises:
        ValueError: a bad value, several opponents, one that waits for a server or a person, or games with chat.
        TypeError: an unknown setting or policy parameter.
    """
    check_choice("role", role, rules.SIDES)
    check_whole("num_games", num_games, 1, 1_000_000)
    if room is not None:
        check_whole("room", room, 1, 10_000_000)
    run = _run_against(opponent, role, num_games, seed, options, {**settings, "scenario": scenario})
    numbers, seat = np.arange(num_games), rules.SIDES.index(role)
    _, firsts = run.domain.deal(run.config, run.seed, numbers, run.options_of(numbers))
    parts = [np.flatnonzero(firsts == first) for first in (0, 1)]
    solved = [(solve(Games(run, seat, rows, first), room), rows) for first, rows in enumerate(parts) if len(rows)]
    return _assembled(solved, run, seat)


def _run_against(
    opponent: str | AnyPolicy,
    role: str,
    num_games: int,
    seed: int | None,
    options: Mapping[str, object] | None,
    settings: Mapping[str, object],
) -> Run:
    """The run, with a stand-in in the responder's seat."""
    if settings.get("chat"):
        raise ValueError(f"chat is {settings['chat']!r}; best_response plays without messages, leave it out.")
    if "domain" in settings:
        raise ValueError(f"domain is {settings['domain']!r}; best_response works out price games only, leave it out.")
    seat = rules.SIDES.index(role)
    players = {rules.AGENTS[seat]: Staircase(), rules.AGENTS[1 - seat]: opponent}
    run = make_run("price", players, seed, options, num_games, **settings)
    if len(run.players[1 - seat]) != 1:
        raise ValueError(f"opponent is {opponent!r}; best_response answers one opponent, call it once for each.")
    if run.games_at_once is not None:
        raise ValueError(
            f"opponent is {run.players[1 - seat][0].spec!r}, which waits for a server or a person; best_response asks "
            "thousands of questions, give a policy that plays by itself."
        )
    return run


def _assembled(solved: Sequence[tuple[Solution, Int64]], run: Run, seat: int) -> BestResponse:
    """One result from the solutions of the games that each seat opens."""
    order = np.argsort(np.concatenate([rows for _, rows in solved]))

    def whole(*parts: Float64) -> Float64:
        return np.concatenate(parts)[order]

    solutions = [solution for solution, _ in solved]
    against = run.players[1 - seat][0].spec
    params: dict[str, str | int] = {"against": against, "role": rules.SIDES[seat], "seed": run.seed}
    policy = make_responder(
        np.concatenate([solution.games.seeds[seat] for solution in solutions]),
        np.concatenate([solution.ask for solution in solutions]),
        np.concatenate([solution.level for solution in solutions]),
        params,
    )
    memories = [solution.memory for solution in solutions]
    return BestResponse(
        policy=policy,
        value=whole(*(solution.value for solution in solutions)),
        upper=whole(*(solution.upper for solution in solutions)),
        exact=np.concatenate([solution.exact for solution in solutions])[order],
        surplus=whole(*(solution.games.surplus for solution in solutions)),
        earned_by_opponent=whole(*(solution.opponent for solution in solutions)),
        memory=None if None in memories else max(memory for memory in memories if memory is not None),
        method=" | ".join(dict.fromkeys(solution.method for solution in solutions)),
        parts=[(solution.games, rows) for solution, rows in solved],
    )
