"""What best replies earn against the policies of a price tournament: replies that know the policy, limits and seeds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from negotiation_env.report.measures import names_by_rank
from negotiation_env.report.numbers import short
from negotiation_env.report.sections import Section
from negotiation_env.report.tables import Row, Table, counted, estimated, rated, worded
from negotiation_env.tournament.results import Results

CATALOGUE = "catalogue"
"""The scenario whose limits are in a file of its own."""


def no_replies(results: Results) -> str:
    """Why there are no best replies to be had, in words; empty if there are."""
    if results.settings.domain != "price":
        return "only price games have them"
    if results.settings.game["scenario"] == CATALOGUE:
        return "the limits of scenario catalogue are in its file, which the folder does not name"
    return "" if _specs(results) else "no scripted policy has played without failing"


def reply_section(results: Results, num_games: int) -> Section | None:
    """The best replies to all scripted policies that did not fail; ``None`` for no games."""
    if not num_games:
        return None
    rows = best_replies(results, num_games)
    table = Table(
        "What the best reply to each policy earns, in shares of the surplus, with 95 % intervals",
        ("Policy", "Best reply", "At most", "Left to the policy", "Exact", "NashConv"),
        [
            Row(
                [
                    worded(row["policy"]),
                    estimated(row["reply"]),
                    counted(row["upper"], 2),
                    counted(row["kept"], 2),
                    rated(row["exact"]),
                    counted(row["nash_conv"], 2),
                ],
                [row["policy"]],
            )
            for row in rows
        ],
    )
    text = (
        f"The most that any play earns, of {num_games} games in either seat, if it knows the policy, both limits and "
        "all seeds; a policy that cannot be exploited leaves it half. Where a reply is not exact, it is a lower bound."
    )
    return Section(
        "replies", "Best replies", "Best replies", text, {"replies": {"table": table}}, {"replies": rows}
    )  # fmt: skip


def best_replies(results: Results, num_games: int) -> list[dict[str, Any]]:
    """A row for each scripted policy, the strongest first."""
    from negotiation_env.best_response import exploitability

    specs = _specs(results)
    names = [name for name in names_by_rank(results) if name in specs]
    game = results.settings.game
    settings: dict[str, Any] = {name: game[name] for name in game if game[name] is not None and name != "chat"}
    found = exploitability([specs[name] for name in names], num_games=num_games, seed=results.settings.seed, **settings)
    return [{"policy": name, **_row(asdict(row))} for name, row in zip(names, found, strict=True)]


def _specs(results: Results) -> dict[str, str]:
    """The scripted policies that played against themselves without failing, by name, as spec strings."""
    from negotiation_env.registry import list_policies
    from negotiation_env.specs import format_spec

    scripted = set(list_policies("price", kind="scripted"))
    failed = {failure.policy_0 for failure in results.failures if failure.policy_0 == failure.policy_1}
    return {
        facts.policy: format_spec(facts.strategy, dict(facts.params))
        for facts in results.settings.policies
        if facts.strategy in scripted and facts.policy not in failed
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    low, high = found["best_reply_interval"]
    return {
        "reply": [short(found["best_reply_share"]), short(low), short(high)],
        "upper": short(found["upper_share"]),
        "kept": short(found["kept_share"]),
        "exact": short(found["exact"]),
        "nash_conv": short(found["nash_conv"]),
    }
