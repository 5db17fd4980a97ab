"""How well commanded rhos came out: the measures of `negotiation_janus.evaluation.evaluate_rho`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.bootstrap import interval, mean_sums, ratio, resample_weights
from negotiation_env.policy import Float64
from negotiation_janus.families import OTHER

if TYPE_CHECKING:
    import polars as pl

_RANKED_RESAMPLES = 200
_ROUNDING = 1e-9
Sums = Float64


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What came out against one opponent, in one role, with one first mover; C commands on the same E episodes.

    Attributes:
        opponent: its name.
        role: the seat of the policy.
        first_mover: the side that moved first.
        commands: (C,).
        rho: (C, E) of the settlement; NaN without a deal, and without a surplus to share.
        deal: bool (C, E).
        faults: bool (C, E), games that ended because a player failed: they count as faults and nowhere else.
        turns: (C, E).
        violations: bool (C, E), deals past the own limit.
        illegal_moves: (C, E), replies that the policy had to take back because no legal move could be read from them.
        nearest: (C, E) rho of the settlement closest to the command that a plan has reached; NaN where none deals, and
            for -1.
        strictly: the same of all plans, the further ones included; ``None`` if they were not played.
        part: the part of the families that the opponent is of, see `negotiation_janus.families.part_of`.
    """

    opponent: str
    role: str
    first_mover: str
    commands: Float64
    rho: Float64
    deal: NDArray[np.bool_]
    faults: NDArray[np.bool_]
    turns: NDArray[np.integer]
    violations: NDArray[np.bool_]
    illegal_moves: NDArray[np.integer]
    nearest: Float64
    strictly: Float64 | None = None
    part: str = OTHER

    @property
    def closest(self) -> Float64:
        """(C, E) the least distance from the command that a plan has reached; NaN where none has, and for faults."""
        return np.where(self.faults, np.nan, np.abs(self.nearest - self.commands[:, None]))

    @property
    def error(self) -> Float64:
        """(C, E) the distance from the command; NaN without a deal."""
        return np.abs(self.rho - self.commands[:, None])

    @property
    def closest_achievable(self) -> Float64:
        """(C, E) the least distance that a plan or the policy itself has reached; NaN where nobody deals."""
        return np.fmin(self.error, self.closest)

    @property
    def regret(self) -> Float64:
        """(C, E) how much farther from the command than was achievable; NaN without a deal."""
        return np.asarray(self.error - self.closest_achievable)

    @property
    def achievable(self) -> Float64:
        """(C, E) rho of the settlement closest to the command that a plan or the policy itself has reached."""
        own = np.isnan(self.closest) | (self.error <= self.closest)
        return np.where(own, self.rho, self.nearest)

    @property
    def strict_regret(self) -> Float64:
        """(C, E) as `regret`, against all plans that there are; NaN without a deal, or if they were not played."""
        if self.strictly is None:
            return np.full_like(self.rho, np.nan)
        distance = np.abs(self.strictly - self.commands[:, None])
        return np.asarray(self.error - np.fmin(self.closest_achievable, distance))

    @property
    def missed(self) -> Float64:
        """(C, E) 1 where a plan deals and the policy does not, 0 where the policy deals, NaN where nobody does."""
        return np.where(self.deal | ~np.isnan(self.closest), ~self.deal, np.nan)

    @property
    def dealt(self) -> Float64:
        """(C, E) 1 for a deal, 0 for none, NaN for a fault."""
        return self.of_whole(self.deal)

    def of_whole(self, values: NDArray[Any]) -> Float64:
        """Values (C, E) of the games that no fault has ended, NaN of the others."""
        return np.where(self.faults, np.nan, values)

    def of_deals(self, values: NDArray[Any]) -> Float64:
        """Values (C, E) of the games that ended in a deal, NaN of the others."""
        return np.where(self.deal, values, np.nan)


def cell_scores(outcomes: Sequence[Outcomes]) -> pl.DataFrame:
    """One row a (command, opponent, role, first mover).

    Columns: ``command``, ``opponent``, ``part`` (of the families: ``train``, ``val``, ``test`` or ``other``), ``role``,
    ``first_mover``, ``num_episodes``, ``deal_rate``, ``achieved`` (mean rho of the deals), ``error`` (mean distance
    from the command), ``closest_achievable``, ``regret`` (of the deals), ``strict_regret`` (the same against further
    plans as well, if these were played), ``missed_deals`` (share of the episodes in which a deal was achievable),
    ``violations`` (share of deals past the own limit), ``illegal_moves`` (a game: unusable replies, as the policy's
    notes count them in ``illegal``; an illegal decision raises), ``turn`` (mean turn on which deals were closed) and
    ``faults`` (share of the games that a failing player ended, which nothing else counts). Where a mean has nothing to
    be of it is null.
    """
    import polars as pl

    rows = []
    for cell in outcomes:
        for place, command in enumerate(cell.commands.tolist()):
            rho = cell.rho[place]
            strict = {"strict_regret": _mean(cell.strict_regret[place]) if command >= 0 else None}
            rows.append(
                {
                    "command": command,
                    "opponent": cell.opponent,
                    "part": cell.part,
                    "role": cell.role,
                    "first_mover": cell.first_mover,
                    "num_episodes": len(rho),
                    "deal_rate": _mean(cell.dealt[place]),
                    "achieved": _mean(rho),
                    "error": _mean(cell.error[place]) if command >= 0 else None,
                    "closest_achievable": _mean(cell.closest_achievable[place]) if command >= 0 else None,
                    "regret": _mean(cell.regret[place]) if command >= 0 else None,
                    **(strict if cell.strictly is not None else {}),
                    "missed_deals": _mean(cell.missed[place]) if command >= 0 else None,
                    "violations": _mean(cell.of_deals(cell.violations)[place]),
                    "illegal_moves": _mean(cell.of_whole(cell.illegal_moves)[place]),
                    "turn": _mean(cell.of_deals(cell.turns)[place]),
                    "faults": float(cell.faults[place].mean()),
                }
            )
    named = {"command", "opponent", "part", "role", "first_mover", "num_episodes"}
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(rows[0].keys() - named, pl.Float64))


def summarise(outcomes: Sequence[Outcomes], seed: int) -> dict[str, Any]:
    """The measures over all rows, each with its 95 % interval (percentile bootstrap over episodes).

    Names: ``regret``, ``error``, ``closest_achievable``, ``deal_rate``, ``missed_deals``, ``violations``,
    ``illegal_moves``, ``turn``, ``faults``, ``spearman`` and ``slope`` (of the achieved rho on the commanded one, over
    deals), all of commands in [0, 1], and ``impasse_at_minus_one``. ``strict_regret`` is there if the further plans
    were played. ``spearman_achievable`` and ``deal_rate_achievable`` are of the settlements that came closest among the
    plans' and the policy's own: where opponents do not give in, nobody's can be high. ``name_interval`` is (low, high).
    ``negative_slopes`` is the share of opponents, by role, whose own slope is below 0, without an interval. What cannot
    be computed is NaN.
    """
    aimed = outcomes[0].commands >= 0.0
    rng = np.random.default_rng(seed)
    weights = resample_weights(rng, outcomes[0].rho.shape[1])
    summary: dict[str, Any] = {}
    means: dict[str, Callable[[Outcomes], Float64]] = {
        "regret": lambda cell: cell.regret,
        "error": lambda cell: cell.error,
        "closest_achievable": lambda cell: cell.closest_achievable,
        "deal_rate": lambda cell: cell.dealt,
        "deal_rate_achievable": lambda cell: cell.of_whole(cell.deal | ~np.isnan(cell.closest)),
        "missed_deals": lambda cell: cell.missed,
        "violations": lambda cell: cell.of_deals(cell.violations),
        "illegal_moves": lambda cell: cell.of_whole(cell.illegal_moves),
        "turn": lambda cell: cell.of_deals(cell.turns),
        "faults": lambda cell: cell.faults.astype(float),
    }
    if outcomes[0].strictly is not None:
        means["strict_regret"] = lambda cell: cell.strict_regret
    for name, values in means.items():
        _put(summary, name, mean_sums([values(cell)[aimed] for cell in outcomes]), weights, ratio)
    refused = [1.0 - cell.dealt[~aimed] for cell in outcomes]
    _put(summary, "impasse_at_minus_one", mean_sums(refused), weights, ratio)
    _put(summary, "slope", _moments(outcomes, aimed), weights, _slope)
    summary["negative_slopes"] = _negative_slopes(outcomes, aimed)
    x = np.concatenate([np.broadcast_to(cell.commands[aimed][:, None], cell.rho[aimed].shape) for cell in outcomes])
    size = x.shape[1] if len(x) else 0
    drawn = rng.integers(size, size=(_RANKED_RESAMPLES, size)) if size else np.zeros((0, 0), dtype=np.int64)
    _put_spearman(summary, "spearman", x, np.concatenate([cell.rho[aimed] for cell in outcomes]), drawn)
    reached = np.concatenate([cell.achievable[aimed] for cell in outcomes])
    _put_spearman(summary, "spearman_achievable", x, reached, drawn)
    return summary


def by_opponent(outcomes: Sequence[Outcomes], seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    """The measures of `summarise` by opponent and by the role in which it was met, each over its own games."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for (opponent, role), cells in _groups(outcomes).items():
        found.setdefault(opponent, {})[role] = summarise(cells, seed)
    return found


def _put(
    summary: dict[str, Any], name: str, sums: Sums, weights: NDArray[np.int64], of: Callable[[Sums], Float64]
) -> None:
    """Add a measure that is a function of sums (K, E) over the episodes; one episode gives no interval."""
    summary[name] = float(of(sums.sum(axis=1)))
    summary[f"{name}_interval"] = interval(of(sums @ weights.T)) if sums.shape[1] > 1 else (np.nan, np.nan)


def _moments(outcomes: Sequence[Outcomes], aimed: NDArray[np.bool_]) -> Sums:
    """(5, E): for each episode the sums of 1, x, y, x x and x y over deals, x the commanded and y the achieved rho.

    Commands count from the middle of [0, 1], which changes no slope and keeps the differences exact.
    """
    y = np.concatenate([cell.rho[aimed] for cell in outcomes])
    x = np.concatenate([np.broadcast_to(cell.commands[aimed][:, None], cell.rho[aimed].shape) for cell in outcomes])
    x = np.where(np.isnan(y), np.nan, x - 0.5)
    return np.stack([np.nansum(part, axis=0) for part in (x * 0 + 1, x, y, x * x, x * y)])


def _slope(sums: Sums) -> Float64:
    """The slopes (...) of sums (5, ...); NaN where the commands do not vary."""
    count, x, y, xx, xy = sums
    spread = count * xx - x * x
    varies = spread > _ROUNDING * count * xx
    return np.asarray(np.divide(count * xy - x * y, spread, out=np.full(np.shape(spread), np.nan), where=varies))


def _negative_slopes(outcomes: Sequence[Outcomes], aimed: NDArray[np.bool_]) -> float:
    slopes = np.array([float(_slope(_moments(cells, aimed).sum(axis=1))) for cells in _groups(outcomes).values()])
    known = slopes[~np.isnan(slopes)]
    return float((known < 0.0).mean()) if len(known) else float("nan")


def _groups(outcomes: Sequence[Outcomes]) -> dict[tuple[str, str], list[Outcomes]]:
    """The outcomes by opponent and role."""
    groups: dict[tuple[str, str], list[Outcomes]] = {}
    for cell in outcomes:
        groups.setdefault((cell.opponent, cell.role), []).append(cell)
    return groups


def _put_spearman(summary: dict[str, Any], name: str, x: Float64, y: Float64, drawn: NDArray[np.int64]) -> None:
    """Add Spearman's correlation of x and y (N, E), with its interval from resamples (R, E) of the episodes."""
    summary[name] = _spearman(x, y)
    resampled = np.array([_spearman(x[:, row], y[:, row]) for row in drawn])
    summary[f"{name}_interval"] = interval(resampled) if x.shape[1] > 1 else (np.nan, np.nan)


def _spearman(x: Float64, y: Float64) -> float:
    """Spearman's rank correlation over deals, ties at their mean rank; NaN if either is constant."""
    deal = ~np.isnan(y)
    ranks = [_ranks(values[deal]) for values in (x, y)]
    if not deal.any() or any(np.ptp(rank) == 0.0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: Float64) -> Float64:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place])


def _mean(values: Float64) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
