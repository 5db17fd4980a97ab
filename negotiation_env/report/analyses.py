"""The sections that not every report has: outcomes of splits, rho, exploitability, theory, games."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from negotiation_env.report.games import viewer_games
from negotiation_env.report.measures import BOTH, policy_rows
from negotiation_env.report.numbers import short
from negotiation_env.report.pareto import outcome_places
from negotiation_env.report.rho import calibration
from negotiation_env.report.scales import theory_scales
from negotiation_env.report.sections import Section
from negotiation_env.report.tables import Row, Table, counted, estimated, rated, worded
from negotiation_env.tournament.results import Results

_RARE = 0.005
"""Policies of less weight in an equilibrium are not named."""


def outcome_section(results: Results) -> Section | None:
    """The Pareto picture; ``None`` for price games, whose sound deals are all Pareto-optimal."""
    if results.settings.domain != "multi_item":
        return None
    measures = {"pareto_rate": "rate", "efficiency": "rate"}
    rows = policy_rows(results, BOTH)
    table = Table(
        "Pareto-optimal outcomes and efficiency of each policy's games, with 95 % intervals",
        ("Policy", "Pareto-optimal", "Efficiency"),
        [
            Row([worded(name), *(estimated(row[key], scale) for key, scale in measures.items())], [name])
            for name, row in rows.items()
        ],
    )
    text = (
        "An outcome is Pareto-optimal if no split is better for one agent and no worse for the other. The viewer below "
        "shows the frontier of single games."
    )
    return Section(
        "outcomes", "Pareto", "The Pareto picture", text, {"outcomes": {"table": table}},
        {"outcomes": outcome_places(results)},
    )  # fmt: skip


def rho_section(folder: Path) -> Section:
    """How commanded rhos came out."""
    cases = calibration(folder)
    table = Table(
        "Commanded rho, for each policy and kind of game; means over the commands from 0 to 1, with 95 % intervals",
        ("Policy", "Scenario", "Limits", "Regret", "Missed deals", "Deals", "Spearman", "Slope", "Impasse at -1"),
        [
            Row(
                [
                    worded(policy["policy"]),
                    worded(case["scenario"]),
                    worded(case["information"]),
                    estimated(policy["summary"]["regret"]),
                    estimated(policy["summary"]["missed_deals"], "rate"),
                    estimated(policy["summary"]["deal_rate"], "rate"),
                    estimated(policy["summary"]["spearman"]),
                    estimated(policy["summary"]["slope"]),
                    estimated(policy["summary"]["impasse_at_minus_one"], "rate"),
                ]
            )
            for case in cases
            for policy in case["policies"]
        ],
    )
    text = (
        "Rho is the seller's share of the surplus. No policy can take past its opponent's last concession; so its "
        "regret is how much farther from the command it settled than was achievable in the same games."
    )
    parts = {"calibration": {"table": table, "cases": cases}}
    return Section("calibration", "Rho", "Calibration of a commanded rho", text, parts, {"calibration": cases})


def exploit_section(results: Results) -> Section:
    """What the best answer to each policy earns, and what a population of them comes to."""
    game = results.meta_game
    rows = _answers(results)
    table = Table(
        "Exploitability of each policy, in shares",
        ("Policy", "Exploitability", "Best answer", "Weight in the equilibrium"),
        [
            Row(
                [
                    worded(row["policy"]),
                    counted(row["exploitability"], 3),
                    worded(" or ".join(row["answers"])),
                    rated(row["weight"]),
                ],
                [row["policy"]],
            )
            for row in rows
        ],
    )
    data = {
        "rows": rows,
        "policies": list(game.policies),
        "times": [short(time) for time in game.times.tolist()],
        "weights": [[short(weight) for weight in row] for row in game.weights.tolist()],
    }
    parts = {"exploitability": {"table": table}}
    title = "Exploitability and equilibrium"
    return Section("exploitability", "Exploitability", title, _meta_text(results, rows), parts, {"meta": data})


def _answers(results: Results) -> list[dict[str, Any]]:
    """What the best answer to each policy is and gains, the least first, and the policy's weight in the equilibrium."""
    game = results.meta_game
    weights = dict(zip(game.policies, (game.equilibrium or {}).get("weights", [0.0] * len(game.policies)), strict=True))
    rows = []
    for name in sorted(game.policies, key=lambda name: game.exploitability[name]):
        found: Any = game.best_responses[name]
        answers = [found] if isinstance(found, str) else list(found)
        exploitability, weight = short(game.exploitability[name]), short(weights[name])
        rows.append({"policy": name, "exploitability": exploitability, "answers": answers, "weight": weight})
    return rows


def _meta_text(results: Results, rows: list[dict[str, Any]]) -> str:
    parts = [
        "Choosing a policy is itself a game, with mean shares as payoffs. The answers are those of the policies played "
        "here: a better one may exist, so these are lower bounds."
    ]
    chosen = sorted((row for row in rows if row["weight"] > _RARE), key=lambda row: -row["weight"])
    if chosen:
        named = ", ".join(f"{row['policy']} {100 * row['weight']:.0f} %" for row in chosen)
        parts.append(f"In equilibrium: {named}.")
    if results.meta_game.left_out:
        parts.append(f"Left out, because a cell of theirs failed: {', '.join(results.meta_game.left_out)}.")
    return " ".join(parts)


def theory_section(results: Results) -> Section | None:
    """The theory scales; ``None`` where there are none to be had."""
    scales = theory_scales(results)
    if scales is None:
        return None
    table = Table(
        "Realised share of the possible gains, with 95 % intervals",
        ("Games", "Share"),
        [
            Row([worded("All games"), estimated(scales["all"], "rate")]),
            *(Row([worded(f"Theory: {label}"), rated(share)]) for label, share in scales["references"]),
            *(
                Row([worded(f"All of {part['policy']}"), estimated(part["share"], "rate")], [part["policy"]])
                for part in scales["policies"]
            ),
            *(
                Row([worded(" against ".join(pair["players"])), estimated(pair["share"], "rate")], pair["players"])
                for pair in scales["pairs"]
            ),
        ],
    )
    text = (
        "What both sides gained, over what they could have gained. With private, independent, uniform limits no "
        "equilibrium realises more than the second best; a pair that does is no equilibrium, or knows too much."
        if len(scales["references"]) > 1
        else "What both sides gained, over what they could have gained; these limits are not those that theory has a "
        "second best for, which scenario private has."
    )
    drawn = {name: scales[name] for name in ("all", "policies", "references")}
    return Section("theory", "Theory", "Theory scales", text, {"theory": {"table": table}}, {"theory": drawn})


def game_section(results: Results) -> Section | None:
    """The viewer of single games; ``None`` if none were kept."""
    shown, kept = viewer_games(results)
    if not shown:
        return None
    is_price = results.settings.domain == "price"
    label = "Offers so far, and the surplus zone" if is_price else "Proposals so far, in the space of utilities"
    some = f"{len(shown):,} of {kept:,} kept games" if len(shown) < kept else f"All {kept:,} kept games"
    text = f"{some}, move by move, with what was said and what the policies noted."
    return Section("games", "Games", "Single games", text, {"games": {"label": label}}, {"games": shown})
