"""Multi-item games from records, told one by one."""

from __future__ import annotations

from typing import Any

from negotiation_env.multi_item.domain import MultiItemEpisode
from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT
from negotiation_env.records.games import Games
from negotiation_env.records.multi_item.facts import QUALITY, TRUTHS, find_pool, list_text
from negotiation_env.turns import FLOAT_NOISE


class MultiItemTeller:
    """See `negotiation_env.records.format.Teller`."""

    episode_type = MultiItemEpisode

    def own_fields(self, games: Games, index: int) -> dict[str, Any]:
        """Pool, values, what was agreed on, and how good that was."""
        facts, quantities = games.facts, _quantities(games, index)
        pool, split = find_pool(quantities), int(facts["split"][index])
        scores = facts["quality"][index].tolist()
        without: list[float] = facts["disagreement"][index].tolist()
        return {
            "quantities": list(quantities),
            "values": {
                agent: facts[f"values_{seat}"][index][: len(quantities)].tolist() for seat, agent in enumerate(AGENTS)
            },
            "deal": split != NO_SPLIT,
            "keep": None
            if split == NO_SPLIT
            else dict(zip(AGENTS, (list(pool.splits[place]) for place in (split, pool.rest(split))), strict=True)),
            "payoffs": dict(zip(AGENTS, facts["payoff"][index].tolist(), strict=True)),
            "quality": dict(zip(QUALITY, [*map(bool, scores[:TRUTHS]), *scores[TRUTHS:]], strict=True)),
            "details": {
                "information": games.labels["information"].take(slice(index, index + 1)).tolist()[0],
                "disagreement": tuple(without),
            },
        }

    def shown(self, games: Games, index: int, offer: float) -> list[int]:
        """What the mover would keep."""
        return list(find_pool(_quantities(games, index)).splits[int(offer)])

    def is_sound(self, episode: MultiItemEpisode) -> bool:
        """Whether a split was agreed on that is no worse than none for either agent."""
        gains = zip(episode.payoffs.values(), episode.details["disagreement"], strict=True)
        return episode.deal and all(payoff >= without - FLOAT_NOISE for payoff, without in gains)

    def log(self, episode: MultiItemEpisode) -> dict[str, object]:
        """Pool, values, what each agent got, and how good that was."""
        kept = episode.keep or dict.fromkeys(AGENTS)
        return {
            "quantities": list_text(episode.quantities),
            **{f"values_{agent}": list_text(values) for agent, values in episode.values.items()},
            **{f"keep_{agent}": None if keep is None else list_text(keep) for agent, keep in kept.items()},
            **{name: episode.quality[name] for name in ("efficiency", "pareto_optimal", "nash_distance")},
        }


def _quantities(games: Games, index: int) -> tuple[int, ...]:
    return tuple(games.facts["quantities"][index][: games.facts["types"][index]].tolist())
