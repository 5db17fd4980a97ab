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
from negotiation_env.engines import MAPPING, check_engine, check_players, share_out
from negotiation_env.policy import Float64
from negotiation_env.price.rules import SIDES
from negotiation_env.records.usage import illegal_replies
from negotiation_env.registry import AnyPolicy, Player, make_player, make_policy
from negotiation_env.run import Run, Seat, make_run
from negotiation_env.seeding import check_seed
from negotiation_env.turns import FAULTED
from negotiation_env.wrappers import check_rho
from negotiation_janus.achievable import Search
from negotiation_janus.commanded import Make, maker
from negotiation_janus.families import part_of
from negotiation_janus.plans import FURTHER, STAGES
from negotiation_janus.scores import Outcomes, by_opponent, cell_scores, summarise

if TYPE_CHECKING:
    import polars as pl

COMMANDS = (-1.0, *(round(0.1 * step, 1) for step in range(11)))
"""The commands that are given if none are named."""
IMPASSE = -1.0
Cell = tuple[int, str, str]
"""The place of an opponent in the list, the seat of the policy, the first mover."""


@dataclass(frozen=True, eq=False)
class RhoEvaluation:
    """What `evaluate_rho` has found.

    Attributes:
        table: one row a (command, opponent, role, first mover), see `negotiation_janus.scores.cell_scores`.
        summary: name -> float, and name_interval -> (low, high), 95 %; see `negotiation_janus.scores.summarise`.
        groups: opponent -> role of the policy -> the same as ``summary``, of their games.
        outcomes: the single episodes, a part for each (opponent, role, first mover).
    """

    table: pl.DataFrame
    summary: dict[str, Any]
    groups: dict[str, dict[str, dict[str, Any]]]
    outcomes: tuple[Outcomes, ...]


def evaluate_rho(
    make: Make | str,
    opponents: Sequence[str | AnyPolicy],
    commands: Sequence[float] = COMMANDS,
    **options: Any,  # noqa: ANN401  # the options of `evaluate_policies`
) -> RhoEvaluation:
    """Command each rho against each opponent, in both seats, moving first and second, on the same episodes.

    Args:
        make: gives the policy (or its spec) for a command; or the spec of a policy that leaves its rho open.
        opponents: policies or specs.
        commands: rhos in [0, 1], and -1 for an intended impasse.
        **options: num_episodes, seed, roles, first_movers, strict, engine, workers, progress and the games' settings,
            see `evaluate_policies`.

    Returns:
        A row for each (command, opponent, role, first mover), and the summary of all and by opponent and role.

    Raises:
        ValueError: a bad command, an empty list, or a bad setting.
    """
    return evaluate_policies({"": make}, opponents, commands, **options)[""]


def evaluate_policies(
    makers: Mapping[str, Make | str],
    opponents: Sequence[str | AnyPolicy],
    commands: Sequence[float] = COMMANDS,
    *,
    num_episodes: int = 200,
    seed: int | None = 0,
    roles: Sequence[str] = SIDES,
    first_movers: Sequence[str] = SIDES,
    strict: bool = False,
    engine: str = "serial",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    **settings: Any,  # noqa: ANN401  # the games' settings
) -> dict[str, RhoEvaluation]:
    """What `evaluate_rho` finds for several policies; what was achievable is found once for all of them.

    Args:
        makers: for each policy, by name, what gives it (or its spec) for a command, or its spec with its rho open.
        opponents: policies or specs.
        commands: rhos in [0, 1], and -1 for an intended impasse.
        num_episodes: of each row of the table.
        seed: same seed, same episodes for every policy; ``None`` draws one.
        roles: the seats that the policy takes, ``"buyer"`` and ``"seller"``.
        first_movers: who moves first.
        strict: whether to play further plans as well, for the measure ``strict_regret``.
        engine: ``"serial"``, or with the same result ``"process"``, worker processes, or ``"ray"``, those of a cluster.
        workers: how many of them; by default 1, with Ray as many as it has CPUs.
        progress: called with the number of the policies' episodes that were played since the last call.
        **settings: of the games, see `negotiation_env.price.config.PriceConfig`: scenario, information, max_turns.

    Raises:
        ValueError: a bad command, an empty list, a bad setting, or a player that worker processes cannot share.
        TypeError: what makes a policy is no function, or a player cannot be sent to another process.
        RuntimeError: a worker process has died.
        ImportError: Ray is not installed.
        ConnectionError: the Ray cluster cannot be reached.
    """
    counts = {"num_episodes": num_episodes, **({} if workers is None else {"workers": workers})}
    _check(makers, commands, opponents, roles, first_movers, counts)
    if "first_mover" in settings:
        raise ValueError("every first mover is played; give first_movers=['buyer'] to play one of them only.")
    check_engine(engine, MAPPING)
    chosen = check_seed(seed)
    policies = {
        name: [make_policy(make(float(command)), "price") for command in commands]
        for name, make in ((name, maker(given)) for name, given in makers.items())
    }
    players = [make_player(opponent, "price") for opponent in opponents]
    aims = np.array(commands, dtype=np.float64)
    match = _Match(policies, players, _labels(opponents, players), aims, num_episodes, chosen, strict, settings)
    known: dict[str, list[Outcomes]] = {name: [] for name in makers}
    for cell in match.cells(list(product(range(len(players)), roles, first_movers)), engine, workers):
        for name, outcomes in cell.items():
            known[name].append(outcomes)
        if progress is not None:
            progress(num_episodes * len(commands) * len(makers))
    return {
        name: RhoEvaluation(
            cell_scores(cells), summarise(cells, chosen), by_opponent(cells, chosen), outcomes=tuple(cells)
        )
        for name, cells in known.items()
    }


def _labels(opponents: Sequence[str | AnyPolicy], players: Sequence[Player]) -> list[str]:
    """The names of opponents, how they were given where several have one name, and numbers where that is equal too."""
    names = [player.name for player in players]
    labels = [
        player.name if names.count(player.name) == 1 else given if isinstance(given, str) else player.spec
        for given, player in zip(opponents, players, strict=True)
    ]
    return [
        label if labels.count(label) == 1 else f"{label} ({labels[: place + 1].count(label)})"
        for place, label in enumerate(labels)
    ]


def _check(
    makers: Mapping[str, Make | str],
    commands: Sequence[float],
    opponents: Sequence[str | AnyPolicy],
    roles: Sequence[str],
    first_movers: Sequence[str],
    counts: Mapping[str, int],
) -> None:
    for name, values in {
        "makers": makers,
        "commands": commands,
        "opponents": opponents,
        "roles": roles,
        "first_movers": first_movers,
    }.items():
        is_one = isinstance(values, str) or not hasattr(values, "__len__") or getattr(values, "ndim", 1) == 0
        if is_one or not len(values):
            raise ValueError(f"{name} is {values!r}; give a list with at least one.")
    for command in commands:
        check_rho(command)
    for name, given in {"roles": roles, "first_movers": first_movers}.items():
        wrong = [side for side in given if side not in SIDES]
        if wrong:
            raise ValueError(f"{name} holds {wrong[0]!r}; allowed are {', '.join(SIDES)}.")
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"{name} is {count!r}; it must be a whole number, at least 1.")


@dataclass(frozen=True, eq=False)
class _Match:
    """All policies with all commands, to be played against one opponent, in one seat, with one first mover, at a time.

    Attributes:
        policies: by name, one for each command.
        opponents: whom they meet.
        labels: what to call each of them.
        commands: (C,).
        episodes: how many: E.
        seed: of the episodes.
        strict: whether to play further plans as well.
        settings: of the games.
    """

    policies: Mapping[str, Sequence[AnyPolicy]]
    opponents: Sequence[Player]
    labels: Sequence[str]
    commands: Float64
    episodes: int
    seed: int
    strict: bool
    settings: Mapping[str, Any]

    def cells(self, cells: Sequence[Cell], engine: str, workers: int | None) -> Iterator[dict[str, Outcomes]]:
        """What came out in each cell, by policy."""
        for policies in self.policies.values():
            check_players(self._run([rival.policy for rival in self.opponents], *cells[0][1:], policies), engine)
        return share_out(engine, self.outcomes, cells, workers)

    def outcomes(self, cell: Cell) -> dict[str, Outcomes]:
        """What came out in one cell, by policy."""
        opponent, role, first_mover = self.opponents[cell[0]], *cell[1:]
        run_of = partial(self._run, opponent.policy, role, first_mover)
        shared: Callable[..., Outcomes] = partial(
            Outcomes,
            opponent=self.labels[cell[0]],
            part=part_of(opponent.name),
            role=role,
            first_mover=first_mover,
            commands=self.commands,
        )
        nearest = self._nearest(run_of, role)
        return {
            name: shared(**nearest, **self._achieved(run_of(policies), role))
            for name, policies in self.policies.items()
        }

    def _run(self, opponent: Seat, role: str, first_mover: str, seat: Seat) -> Run:
        seats = {f"{side}_0": seat if side == role else opponent for side in SIDES}
        return make_run("price", seats, self.seed, **{**self.settings, "first_mover": first_mover})

    def _achieved(self, run: Run, role: str) -> dict[str, NDArray[Any]]:
        """What the players of the seat, one a command, have reached: arrays (C, E)."""
        shape = len(self.commands), self.episodes
        command, game = (index.ravel() for index in np.indices(shape))
        chosen = np.zeros((2, len(game)), dtype=np.int64)
        chosen[SIDES.index(role)] = command
        batch = play_batch(run, game, chosen=chosen)
        facts = batch.episodes
        results = run.domain.result_columns(run.config, facts)
        columns = {name: column() if callable(column) else column for name, column in results.items()}
        found = {
            "rho": np.where(columns["deal"], columns["rho"], np.nan),
            "deal": columns["deal"],
            "faults": facts["ended"] == FAULTED,
            "turns": facts["turns"],
            "violations": columns[f"violation_{role}"],
            "illegal_moves": illegal_replies(batch, SIDES.index(role)),
        }
        return {name: values.reshape(shape) for name, values in found.items()}

    def _nearest(self, run_of: Callable[[AnyPolicy], Run], role: str) -> dict[str, Float64]:
        """The rho (C, E) of the plans' settlement closest to each command; NaN where none deals, and for -1."""
        aimed = self.commands != IMPASSE
        sets = {"nearest": STAGES, **({"strictly": (FURTHER,)} if self.strict else {})}
        found = {name: np.full((len(self.commands), self.episodes), np.nan) for name in sets}
        if aimed.any():
            search = Search(run_of, self.commands[aimed], self.episodes, role)
            for name, stages in sets.items():
                for plans in stages:
                    search.play(plans)
                found[name][aimed] = search.rho
        return found
