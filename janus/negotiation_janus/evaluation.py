"""`evaluate_rho`: does the settlement come out as commanded, as far as the opponent lets it?

An agent can always give, but cannot take past its opponent's last concession. So what came out is compared, on the same
episodes, with the closest that was achievable: the least ``|settlement - commanded|`` over the policy's own outcome and
the `negotiation_janus.plans.PLANS`, each against a fresh copy of the opponent with the same seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.engine import play_batch
from negotiation_env.policy import Float64
from negotiation_env.price.rules import SIDES
from negotiation_env.registry import AnyPolicy, make_player
from negotiation_env.run import Run, make_run
from negotiation_env.turns import DEAL
from negotiation_janus.plans import PLANS, Plans
from negotiation_janus.scores import Outcomes, cell_scores, summarise

if TYPE_CHECKING:
    import polars as pl

COMMANDS = (-1.0, *(round(0.1 * step, 1) for step in range(11)))
"""The commands that are given if none are named."""
IMPASSE = -1.0
Make = Callable[[float], str | AnyPolicy]


@dataclass(frozen=True, eq=False)
class RhoEvaluation:
    """What `evaluate_rho` has found.

    Attributes:
        table: one row a (command, opponent, role, first mover), see `negotiation_janus.scores.cell_scores`.
        summary: name -> float, and name_interval -> (low, high), 95 %; see `negotiation_janus.scores.summarise`.
    """

    table: pl.DataFrame
    summary: dict[str, Any]


def evaluate_rho(
    make: Make,
    opponents: Sequence[str | AnyPolicy],
    commands: Sequence[float] = COMMANDS,
    *,
    num_episodes: int = 200,
    seed: int = 0,
    roles: Sequence[str] = SIDES,
    first_movers: Sequence[str] = SIDES,
    progress: Callable[[int], None] | None = None,
    **settings: Any,  # noqa: ANN401  # the games' settings
) -> RhoEvaluation:
    """Command each rho against each opponent, in both seats, moving first and second, on the same episodes.

    Args:
        make: gives the policy (or its spec) for a command.
        opponents: policies or specs.
        commands: rhos in [0, 1], and -1 for an intended impasse.
        num_episodes: of each row of the table.
        seed: same seed, same episodes for every policy.
        roles: the seats that the policy takes, ``"buyer"`` and ``"seller"``.
        first_movers: who moves first.
        progress: called with the number of episodes that were played since the last call.
        **settings: of the games, see `negotiation_env.price.config.PriceConfig`: scenario, information, max_turns.

    Returns:
        A row for each (command, opponent, role, first mover), and the summary of all.

    Raises:
        ValueError: a bad command, an empty list, or a bad setting.
    """
    _check(commands, opponents, roles, first_movers, num_episodes)
    known = []
    for outcomes in _cells(
        make, opponents, tuple(map(float, commands)), num_episodes, seed, roles, first_movers, settings
    ):
        known.append(outcomes)
        if progress is not None:
            progress(num_episodes * len(commands))
    return RhoEvaluation(cell_scores(known), summarise(known, seed))


def _check(
    commands: Sequence[float],
    opponents: Sequence[str | AnyPolicy],
    roles: Sequence[str],
    first_movers: Sequence[str],
    num_episodes: int,
) -> None:
    for name, values in {
        "commands": commands,
        "opponents": opponents,
        "roles": roles,
        "first_movers": first_movers,
    }.items():
        if isinstance(values, str) or not len(values):
            raise ValueError(f"{name} is {values!r}; give a list with at least one.")
    for command in commands:
        if not (command == IMPASSE or 0.0 <= command <= 1.0):
            raise ValueError(f"command {command!r} is no rho; it must be from 0 to 1, or -1 for an intended impasse.")
    for name, given in {"roles": roles, "first_movers": first_movers}.items():
        wrong = [side for side in given if side not in SIDES]
        if wrong:
            raise ValueError(f"{name} holds {wrong[0]!r}; allowed are {', '.join(SIDES)}.")
    if isinstance(num_episodes, bool) or not isinstance(num_episodes, int) or num_episodes < 1:
        raise ValueError(f"num_episodes is {num_episodes!r}; it must be a whole number, at least 1.")


def _cells(
    make: Make,
    opponents: Sequence[str | AnyPolicy],
    commands: tuple[float, ...],
    episodes: int,
    seed: int,
    roles: Sequence[str],
    first_movers: Sequence[str],
    settings: Mapping[str, Any],
) -> Iterator[Outcomes]:
    """The outcomes against one opponent, in one seat, with one first mover, at a time."""
    policies = [make(command) for command in commands]
    for opponent in opponents:
        player = make_player(opponent, "price")
        for role, first_mover in product(roles, first_movers):
            run_of = partial(_run, player.policy, role, seed, {**settings, "first_mover": first_mover})
            yield Outcomes(
                opponent=player.name,
                role=role,
                first_mover=first_mover,
                commands=np.array(commands),
                closest=_closest_by_plans(run_of, commands, episodes, role),
                **_achieved([run_of(policy) for policy in policies], episodes, role),
            )


def _run(opponent: AnyPolicy, role: str, seed: int, settings: Mapping[str, Any], policy: str | AnyPolicy) -> Run:
    seats = {f"{side}_0": policy if side == role else opponent for side in SIDES}
    return make_run("price", seats, seed, **settings)


def _achieved(runs: Sequence[Run], episodes: int, role: str) -> dict[str, NDArray[Any]]:
    """What the policy reached with each command: arrays (commands, episodes)."""
    games = np.arange(episodes)
    found: dict[str, list[NDArray[Any]]] = {"rho": [], "turns": [], "violations": []}
    for run in runs:
        facts = play_batch(run, games, record=False).episodes
        results = run.domain.result_columns(run.config, facts)
        columns = {name: column() if callable(column) else column for name, column in results.items()}
        found["rho"].append(np.where(columns["deal"], columns["rho"], np.nan))
        found["turns"].append(facts["turns"])
        found["violations"].append(columns[f"violation_{role}"])
    return {name: np.stack(rows) for name, rows in found.items()}


def _closest_by_plans(
    run_of: Callable[[AnyPolicy], Run], commands: Sequence[float], episodes: int, role: str
) -> Float64:
    """The least |settlement - command| of all plans (commands, episodes); NaN where no plan deals, and for -1."""
    aims = np.array([command for command in commands if command != IMPASSE])
    closest = np.full((len(commands), episodes), np.nan)
    if not len(aims):
        return closest
    shape = (len(aims), len(PLANS), episodes)
    command, plan, game = (index.ravel() for index in np.indices(shape))
    probe = run_of(Plans(np.zeros(episodes, dtype=np.int64), np.zeros(episodes), np.zeros(episodes)))
    setup, _ = probe.domain.deal(probe.config, probe.seed, np.arange(episodes), None)
    width = np.maximum(setup.buyer_max - setup.seller_min, 0.0)
    share = aims if role == "seller" else 1.0 - aims
    run = run_of(Plans(plan, share[command] * width[game], width[game]))
    facts = play_batch(run, game, record=False).episodes
    rho = np.where(
        facts["ended"] == DEAL,
        (facts["price"] - facts["seller_min"]) / (facts["buyer_max"] - facts["seller_min"]),
        np.nan,
    )
    distance = np.where(np.isnan(rho), np.inf, np.abs(rho - aims[command])).reshape(shape).min(axis=1)
    closest[np.array(commands) != IMPASSE] = np.where(np.isinf(distance), np.nan, distance)
    return closest
