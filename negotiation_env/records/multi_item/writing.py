"""Multi-item games as columns and as JSON text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.episodes import Episodes
from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT
from negotiation_env.policy import OFFER
from negotiation_env.records.format import OwnText
from negotiation_env.records.games import Games, Labels
from negotiation_env.records.multi_item.facts import QUALITY, TRUTHS, Pool, find_pool, list_text
from negotiation_env.records.text import number_text, number_texts
from negotiation_env.splits import index_of

PAIRS = ("disagreement", "discount", "payoff")
_TRUTH = {"0.0": "false", "1.0": "true"}


class MultiItemWriter:
    """See `negotiation_env.records.format.Writer`."""

    def facts(self, episodes: Episodes, keep: NDArray[np.bool_]) -> dict[str, Array]:
        """The columns of `negotiation_env.records.multi_item.facts.MultiItemFacts`."""
        table, config = episodes.episodes, episodes.run.config
        quantities = table["quantities"][keep]
        facts = {
            "types": np.full(len(quantities), quantities.shape[1]),
            "quantities": quantities,
            "split": np.where(table["deal"][keep], index_of(table["keep_0"][keep], quantities), NO_SPLIT),
            "quality": np.stack([table[name][keep].astype(np.float64) for name in QUALITY], axis=1) + 0.0,
        }
        same = np.zeros((len(quantities), 2))
        facts |= {f"values_{seat}": table[f"values_{seat}"][keep] + 0.0 for seat in (0, 1)}
        facts["payoff"] = np.stack([table[f"payoff_{agent}"][keep] for agent in AGENTS], axis=1) + 0.0
        facts["disagreement"] = same + config.disagreement  # type: ignore[attr-defined]  # this domain's config
        facts["discount"] = same + config.discounts
        return facts

    def labels(self, episodes: Episodes) -> dict[str, Labels]:
        """None."""
        return {}

    def own_texts(self, games: Games) -> Iterator[OwnText]:
        """Pool, values, outcome and quality of each game."""
        facts = games.facts
        pairs = zip(*(number_texts(column) for name in PAIRS for column in facts[name].T), strict=True)
        lists = zip(*(_lists(games, name) for name in ("quantities", "values_0", "values_1")), strict=True)
        splits, quality = facts["split"].tolist(), facts["quality"].tolist()
        for pool, (quantities, *values), pair, split, row in zip(
            pools(games), lists, pairs, splits, quality, strict=True
        ):
            yield own_text(list_text(quantities), list_text(values[0]), list_text(values[1]), pair,
                           pool.texts[split], quality_texts(row))  # fmt: skip

    def offer_texts(self, games: Games) -> tuple[list[str], list[str]]:
        """What the mover would keep, and what the other agent would get."""
        mine, theirs = [], []
        places = np.repeat(np.arange(len(games)), games.facts["turns"]).tolist()
        known, kinds = list(pools(games)), games.kind.tolist()
        for place, kind, split in zip(places, kinds, games.offer.tolist(), strict=True):
            pool = known[place]
            mine.append(pool.texts[split])
            theirs.append(pool.texts[pool.rest(split) if kind == OFFER else split])
        return mine, theirs


def pools(games: Games) -> Iterator[Pool]:
    """The pool of each game."""
    return (find_pool(tuple(quantities)) for quantities in _lists(games, "quantities"))


def _lists(games: Games, name: str) -> list[list[float]]:
    """A fact of each item type, of each game."""
    rows, types = games.facts[name].tolist(), games.facts["types"].tolist()
    return [row[:length] for row, length in zip(rows, types, strict=True)]


def quality_texts(quality: list[float]) -> list[str]:
    """JSON text of the quality of one outcome."""
    texts = list(map(number_text, quality))
    return [*(_TRUTH[text] for text in texts[:TRUTHS]), *texts[TRUTHS:]]


def own_text(
    quantities: str, values_0: str, values_1: str, pairs: Sequence[str], keep_0: str, quality: Sequence[str]
) -> OwnText:
    """The text of one game, from JSON text; ``pairs`` are those of `PAIRS`, of one agent and the other."""
    one, two = AGENTS
    scores = ",".join(f'"{name}":{text}' for name, text in zip(QUALITY, quality, strict=True))
    state = f'"quantities":{quantities},"own_values":'
    without_0, without_1, discount_0, discount_1, payoff_0, payoff_1 = pairs
    return OwnText(
        (f"{state}{values_0}", f"{state}{values_1}"),
        ("", ""),
        f'"values":{{"{one}":{values_0},"{two}":{values_1}}},'
        f'"disagreement":{{"{one}":{without_0},"{two}":{without_1}}},'
        f'"discount":{{"{one}":{discount_0},"{two}":{discount_1}}},'
        f'"payoffs":{{"{one}":{payoff_0},"{two}":{payoff_1}}},"accepted_keep":{keep_0}',
        f',"quality":{{{scores}}}',
    )
