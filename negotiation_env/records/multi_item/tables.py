"""The columns of multi-item games in the two tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT
from negotiation_env.records.games import Games
from negotiation_env.records.multi_item.facts import QUALITY, TRUTHS
from negotiation_env.records.rows import Column, Lists, Rows
from negotiation_env.splits import count_splits, index_of, keep_of

if TYPE_CHECKING:
    import pyarrow as pa


class MultiItemTables:
    """See `negotiation_env.records.format.Tables`."""

    def decisions(self, rows: Rows, k_history: int) -> dict[str, Column]:
        """Pool, own values, and splits as lists of what the mover would have."""
        quantities, types = rows.fact("quantities"), rows.fact("types")

        def seen(lag: int) -> Lists:
            return _kept(rows.offer_before(lag, NO_SPLIT), quantities, types, is_rest=bool(lag & 1))

        return {
            "quantities": Lists(quantities, types),
            "own_values": Lists(rows.own("values_0", "values_1"), types),
            "last_offer": seen(1),
            **{f"history_{lag}": seen(lag) for lag in range(1, k_history + 1)},
            "action_keep": _kept(rows.games.offer, quantities, types),
        }

    def results(self, rows: Rows) -> dict[str, Column]:
        """None."""
        return {}

    def episodes(self, games: Games) -> dict[str, Column]:
        """Pool, the values of both agents, and what they agreed on."""
        facts = games.facts
        both = list(enumerate(AGENTS))
        quality = dict(zip(QUALITY, facts["quality"].T, strict=True))
        quality |= {name: quality[name] > 0.0 for name in QUALITY[:TRUTHS]}
        return {
            "quantities": Lists(facts["quantities"], facts["types"]),
            **{f"values_{agent}": Lists(facts[f"values_{seat}"], facts["types"]) for seat, agent in both},
            **{f"disagreement_{agent}": facts["disagreement"][:, seat] for seat, agent in both},
            **{f"discount_{agent}": facts["discount"][:, seat] for seat, agent in both},
            "deal": facts["split"] != NO_SPLIT,
            "keep_0": _kept(facts["split"], facts["quantities"], facts["types"]),
            **{f"payoff_{agent}": facts["payoff"][:, seat] for seat, agent in both},
            **quality,
        }

    def facts(self, episodes: pa.Table) -> dict[str, Array]:
        """Pool, values and outcome, the columns of `negotiation_env.records.multi_item.facts.MultiItemFacts`."""
        from negotiation_env.records.parquet_games import lists, numbers

        quantities = lists(episodes, "quantities").astype(np.int64)
        pairs = {
            name: np.stack([numbers(episodes, f"{name}_{agent}") for agent in AGENTS], axis=1)
            for name in ("disagreement", "discount", "payoff")
        }
        return {
            "types": np.array([len(row) for row in episodes["quantities"].to_pylist()]),
            "quantities": quantities,
            **{f"values_{seat}": lists(episodes, f"values_{agent}") for seat, agent in enumerate(AGENTS)},
            **pairs,
            "split": _splits(episodes, "keep_0", quantities),
            "quality": np.stack([numbers(episodes, name) for name in QUALITY], axis=1),
        }

    def offers(self, decisions: pa.Table, facts: Mapping[str, Array]) -> Array:
        """Indices of splits, -1 where a move offers none."""
        return _splits(decisions, "action_keep", facts["quantities"])

    def check(self, games: Games, agreed: Array) -> None:
        """The split that was agreed on is the last one, told as what ``agent_0`` keeps."""
        facts = games.facts
        by_other = (facts["first"] + facts["turns"]) & 1 == 1
        rest = count_splits(facts["quantities"]) - 1 - agreed
        if not np.array_equal(np.where((agreed != NO_SPLIT) & by_other, rest, agreed), facts["split"]):
            raise ValueError("the split of a deal is not the one that was proposed last")


def _splits(table: pa.Table, name: str, quantities: Array) -> Array:
    """The indices (R,) of what is kept of pools (R, I), -1 where nothing is."""
    from negotiation_env.records.parquet_games import lists

    keep = lists(table, name, NO_SPLIT, quantities.shape[1]).astype(np.int64)
    wide = np.pad(keep, ((0, 0), (0, quantities.shape[1] - keep.shape[1])))
    if not ((keep[:, 0] < 0) | ((wide >= 0) & (wide <= quantities)).all(axis=1)).all():
        raise ValueError(f"{name} is no split of its pool")
    return np.where(keep[:, 0] < 0, NO_SPLIT, index_of(np.maximum(wide, 0), quantities))


def _kept(splits: Array, quantities: Array, types: Array, is_rest: bool = False) -> Lists:
    """What is kept (R, I) of pools by splits (R,), or the rest of it; null where there is none."""
    kept = keep_of(np.maximum(splits, 0), quantities)
    return Lists(quantities - kept if is_rest else kept, types, splits != NO_SPLIT)
