"""The theory scales of price games: what policies realised of the gains that were possible, and what theory says."""

from __future__ import annotations

from typing import Any

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.report.measures import names_by_rank
from negotiation_env.report.numbers import short
from negotiation_env.tournament.results import Results

REFERENCES = {
    "first_best": "all possible gains",
    "second_best": "second best (Myerson, Satterthwaite)",
    "double_auction": "double auction",
    "take_it_or_leave_it": "take it or leave it",
    "posted_price": "posted price",
}


def theory_scales(results: Results) -> dict[str, Any] | None:
    """The measured share of the possible gains of all games, by policy and by pair, and what theory names.

    ``None`` where there are no limits to be had: in other domains, and where the scenario needs a file.
    """
    import polars as pl

    from negotiation_env.theory import scales

    limits = draw_limits(results)
    if limits is None:
        return None
    every = _scaled(scales, results, results.outcomes, limits)
    if every is None:
        return None
    seats = [results.outcomes[f"policy_{seat}"].cast(pl.String) for seat in (0, 1)]
    of_policy = {
        name: results.outcomes.filter((seats[0] == name) | (seats[1] == name)) for name in names_by_rank(results)
    }
    return {
        "all": _measured(every),
        "policies": [
            {"policy": name, "share": _measured(_scaled(scales, results, part, limits))}
            for name, part in of_policy.items()
        ],
        "pairs": [
            {"players": [str(one), str(two)], "share": _measured(_scaled(scales, results, part, limits))}
            for (one, two), part in results.outcomes.group_by("policy_0", "policy_1", maintain_order=True)
        ],
        "references": [[label, short(every[name])] for name, label in REFERENCES.items() if name in every],
    }


def _measured(found: dict[str, float] | None) -> list[float | None]:
    return [None if found is None else short(found[name]) for name in ("measured", "measured_low", "measured_high")]


def draw_limits(results: Results) -> dict[str, Array] | None:
    """The limits of every draw: the settings say which they were."""
    from negotiation_env.domain import find_domain

    game = dict(results.settings.game)
    if results.settings.domain != "price" or game.get("scenario") == "catalogue":
        return None
    domain = find_domain("price")
    config = domain.build_config({name: value for name, value in game.items() if value is not None})
    setup, _ = domain.deal(config, results.settings.seed, np.arange(results.settings.num_episodes // 2), None)
    return {name: np.asarray(values) for name, values in domain.setup_columns(setup).items()}


def _scaled(scales: Any, results: Results, games: Any, limits: dict[str, Array]) -> dict[str, float] | None:  # noqa: ANN401
    """The scales of some games; ``None`` if there is nothing to gain in them."""
    draw, size = games["draw"].to_numpy(), len(games)
    table = {
        "scenario": np.full(size, results.settings.game["scenario"], dtype=object),
        "information": np.full(size, results.settings.game["information"], dtype=object),
        "buyer_max": limits["buyer_max"][draw],
        "seller_min": limits["seller_min"][draw],
        "payoff_buyer": games["payoff_0"].fill_null(0.0).to_numpy(),
        "payoff_seller": games["payoff_1"].fill_null(0.0).to_numpy(),
        "ended_by": np.where(games["fault"].to_numpy(), "fault", "ended"),
    }
    gains = np.maximum(table["buyer_max"] - table["seller_min"], 0.0)[table["ended_by"] != "fault"]
    return scales(table) if gains.sum() > 0.0 else None
