"""The sections of a report: what each says in words and tables, and what its figure draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from negotiation_env.report.measures import heat_maps, policy_measures, policy_rows
from negotiation_env.report.numbers import short
from negotiation_env.report.page import number
from negotiation_env.report.tables import Row, Table, counted, estimated, rated, worded
from negotiation_env.tournament.results import Results

SHARES = {"price": "share of the surplus", "multi_item": "share of the own pool"}


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        id: its anchor, and the name of its part of the template.
        short: what the navigation calls it.
        title: its heading.
        text: what it shows and how to read it.
        parts: what its part of the template writes, under its own name.
        data: what its figures draw, by the name that the scripts read.
    """

    id: str
    short: str
    title: str
    text: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


def ranking_section(results: Results) -> Section:
    """Who wins most, with the measures of each policy."""
    rows, measures = policy_rows(results), policy_measures(results)
    ranked = results.ranking.policies.to_dicts()
    table = Table(
        "Policies by strength; means over all their games, with 95 % intervals",
        ("Policy", "Rank", "Strength", "Wins", *(measure.label for measure in measures)),
        [
            Row(
                [
                    worded(row["policy"]),
                    counted(row["rank"]),
                    estimated(strength(row)),
                    rated(row["win_rate"]),
                    *(estimated(rows[row["policy"]][measure.key], measure.scale) for measure in measures),
                ],
                [row["policy"]],
            )
            for row in ranked
        ],
        "The ranking as a table",
    )
    drawn = [
        {
            "policy": row["policy"], "rank": row["rank"], "strength": strength(row), "win_rate": short(row["win_rate"]),
            "share": short(row["share"]),
        }
        for row in ranked
    ]  # fmt: skip
    text = (
        "A win is the larger share of a game; shares within .01, and no deal, are half a win to both: a policy that "
        "blocks deals can rank high and earn little. The strength says how the odds of winning differ: a difference of "
        "1 between two policies is odds of 2.7 to 1."
    )
    parts = {"ranking": {"table": table, "effects": _effects(results)}}
    return Section("ranking", "Ranking", "Ranking", text, parts, {"ranking": drawn})


def strength(row: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """The strength of a row of the ranking, with its interval."""
    return short(row["strength"]), short(row["strength_low"]), short(row["strength_high"])


def seat_names(results: Results) -> tuple[str, str]:
    """The seats as words of a sentence: the buyer and the seller, agent_0 and agent_1."""
    one, two = results.settings.sides
    return (f"the {one}", f"the {two}") if results.settings.domain == "price" else (one, two)


def _effects(results: Results) -> list[str]:
    """What the seat and the first move are worth, in words."""
    what = {"seat_0": f"being {seat_names(results)[0]}", "first_mover": "moving first"}
    told = []
    for name, effect in results.ranking.effects.items():
        ends = f"95 %: {number(effect.low)} to {number(effect.high)}"
        told.append(
            f"{what.get(name, name).capitalize()} adds {number(effect.log_odds)} to the log odds of winning ({ends})."
        )
    return told


def map_section(results: Results) -> Section:
    """Each policy against each."""
    maps = heat_maps(results)
    text = (
        "Every ordered pair plays the same games, each of them twice, with either side moving first. Colours are the "
        "measure; a blank cell has nothing to average."
    )
    parts = {"maps": {"measures": maps["measures"], "movers": maps["movers"]}}
    return Section("match-ups", "Match-ups", "Each policy against each", text, parts, {"maps": maps})


def deals_section(results: Results) -> Section:
    """How often each policy agrees, against what it gets."""
    rows = policy_rows(results)
    rate = "deal_rate_possible" if results.settings.domain == "price" else "deal_rate"
    share = SHARES[results.settings.domain]
    label = "deals, of the games in which one is possible" if rate == "deal_rate_possible" else "deals"
    roles = {role: policy_rows(results, role) for role in results.settings.sides}
    table = Table(
        f"Deal rate and {share}, with 95 % intervals",
        ("Policy", "Deals", "Share", *(f"Share as {role}" for role in roles)),
        [
            Row(
                [
                    worded(name),
                    estimated(row[rate], "rate"),
                    estimated(row["share"]),
                    *(estimated(part[name]["share"]) for part in roles.values()),
                ],
                [name],
            )
            for name, row in rows.items()
        ],
    )
    data = {
        "rate": label,
        "share": f"mean {share}",
        "rows": [{"policy": name, "deal_rate": row[rate], "share": row["share"]} for name, row in rows.items()],
    }
    text = (
        "A policy can win much of few deals or little of many; a game without a deal counts as no share. Policies on "
        "the upper right leave little on the table and little to the others."
    )
    parts = {"deals": {"table": table}, "share_name": share}
    return Section("deals", "Deals", f"Deal rate against {share}", text, parts, {"deals": data})


def failure_section(results: Results) -> Section | None:
    """The cells that were lost; ``None`` without any."""
    if not results.failures:
        return None
    table = Table(
        "Cells that failed, and why",
        ("Pair", "First mover", "Error", "Message"),
        [
            Row(
                [
                    worded(f"{failure.policy_0} against {failure.policy_1}"),
                    worded(failure.first_mover),
                    worded(failure.type),
                    worded(failure.message),
                ],
                [failure.policy_0, failure.policy_1],
            )
            for failure in results.failures
        ],
        "The failures as a table",
    )
    text = "In these pairs a policy raised an error. The same tournament command plays them again."
    return Section("failures", "Failures", "Failures", text, {"failures": {"table": table}})
