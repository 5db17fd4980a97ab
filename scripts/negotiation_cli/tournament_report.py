"""What the end of a tournament is told as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from negotiation_cli.output import number, table

if TYPE_CHECKING:
    from rich.table import Table

    from negotiation_env.tournament import Results

_DIGITS = 3
_NAME = 32
"""Characters of a policy's name that stay in one line where there is room."""
_WEIGHTY = 0.005
"""The least weight in an equilibrium that is told."""


def summary(results: Results) -> dict[str, Any]:
    """What ``--json`` prints: each policy over both roles, the ranking's effects, the equilibrium, and failures."""
    return {
        "folder": str(results.folder.resolve()),
        "domain": results.settings.domain,
        "num_episodes": results.settings.num_episodes,
        "policies": list(_rows(results)),
        "effects": {name: vars(effect) for name, effect in results.ranking.effects.items()},
        "equilibrium": _equilibrium(results),
        "failures": [
            {name: value for name, value in vars(failure).items() if name != "traceback"}
            for failure in results.failures
        ],
    }


def _rows(results: Results) -> Iterator[dict[str, Any]]:
    """The policies by rank: their measures over both roles and first movers, and their time."""
    whole = results.policies.filter(role="both", moves="both")
    measured = {row["policy"]: row for row in whole.iter_rows(named=True)}
    seconds = {row["policy"]: row["seconds_a_decision"] for row in results.policy_seconds.iter_rows(named=True)}
    for ranked in results.ranking.policies.iter_rows(named=True):
        name = ranked["policy"]
        row = {key: value for key, value in measured[name].items() if key not in ("role", "moves")}
        yield {
            **{key: value for key, value in ranked.items() if key != "share"},
            **row,
            "exploitability": results.meta_game.exploitability.get(name),
            "seconds_a_decision": seconds[name],
        }


def _equilibrium(results: Results) -> dict[str, float] | None:
    """The weights of the policies that are played in the meta-game's symmetric equilibrium."""
    found = results.meta_game.equilibrium
    if found is None:
        return None
    weights = dict(zip(results.meta_game.policies, found["weights"], strict=True))
    return {name: weight for name, weight in sorted(weights.items(), key=lambda item: -item[1]) if weight > 0.0}


def summary_table(results: Results) -> Table:
    """A row for each policy, by rank; every number over all opponents, both roles and both first movers."""
    own = {"price": {"rho": "rho"}, "multi_item": {"efficiency": "efficiency", "pareto_rate": "Pareto"}}
    headings = {
        "strength": "strength",
        "win_rate": "wins",
        "share": "share of surplus",
        "deal_rate_possible": "deals, possible",
        "deal_rate_impossible": "impossible",
        **own[results.settings.domain],
        "turns": "turns",
        "violation_rate": "violations",
        "illegal_replies": "illegal",
        "exploitability": "exploitable by",
    }
    made = table("", "policy", *headings.values(), "µs a move", numbers=["", *headings.values(), "µs a move"])
    made.columns[1].min_width = min(max(map(len, results.settings.names)), _NAME)
    for row in _rows(results):
        cells = [_cell(row, name) for name in headings]
        time = row["seconds_a_decision"]
        made.add_row(str(row["rank"]), row["policy"], *cells, number(time and time * 1e6, 1))
    return made


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = number(row[name], 1 if name == "turns" else _DIGITS)
    if name != "share" or row["share_low"] is None:
        return value
    return f"{value} [{number(row['share_low'], _DIGITS)}, {number(row['share_high'], _DIGITS)}]"


def summary_lines(results: Results) -> Iterator[str]:
    """What stands below the table."""
    settings, policies = results.settings, len(results.settings.policies)
    games = results.outcomes.height
    yield (
        f"{policies} policies, {policies**2:,} ordered pairs, {games:,} games, scenario {settings.game['scenario']}, "
        f"seed {settings.seed}. Strengths are Bradley-Terry log odds; brackets hold 95 % intervals."
    )
    yield (
        "A win is the larger share of a game; no deal is half a win to both: a policy that blocks deals can rank high "
        "and earn little."
    )
    for name, what in (("seat_0", f"Being {settings.sides[0]}"), ("first_mover", "Moving first")):
        effect = results.ranking.effects[name]
        ends = f" [{number(effect.low, _DIGITS)}, {number(effect.high, _DIGITS)}]"
        yield f"{what} changes the log odds of winning by {number(effect.log_odds, _DIGITS)}{ends}."
    weights = _equilibrium(results)
    if weights is not None:
        told = ", ".join(f"{name} {weight:.0%}" for name, weight in weights.items() if weight >= _WEIGHTY)
        yield f"Nash equilibrium of choosing a policy: {told}."
    sure = results.comparisons.filter(results.comparisons["p_holm"] < 0.05).height
    yield f"{sure:,} of {results.comparisons.height:,} pairs of policies differ in their share (p < .05, Holm)."
    if results.failures:
        failure = results.failures[0]
        yield (
            f"{len(results.failures):,} pairs failed and count nowhere; the first: {failure.policy_0} against "
            f"{failure.policy_1}: {failure.type}: {failure.message} See {results.folder / 'failures.json'}; the same "
            "command plays them again."
        )
    yield f"Written: {results.folder}"
