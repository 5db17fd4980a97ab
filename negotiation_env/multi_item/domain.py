"""The multi-item domain, as the engine, the faces and the records see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding, turns
from negotiation_env.domain import Array, Columns, Encoding, Layout
from negotiation_env.episodes import Episodes
from negotiation_env.multi_item.config import MultiItemConfig
from negotiation_env.multi_item.game import MultiItemGame
from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT, utility
from negotiation_env.multi_item.scenarios import OPTION_RANKS, deal_setup
from negotiation_env.multi_item.setup import MultiItemSetup
from negotiation_env.multi_item.state import MultiItemState
from negotiation_env.multi_item.view import MultiItemDecision, MultiItemView, resolve_decision
from negotiation_env.openings import Seed
from negotiation_env.past import Move, messages_before, moves_of, offers_before, plain, standing_before
from negotiation_env.policy import Int64, JsonValue
from negotiation_env.splits import keep_of


@dataclass(frozen=True)
class MultiItemEpisode:
    """One game that has been played.

    Attributes:
        quantities: how many items of each type there were.
        values: by agent, what one item of each type was worth.
        keep: by agent, what it got; ``None`` without a deal.
        payoffs: by agent, its utility.
        quality: how good the outcome was, the columns of `negotiation_env.solutions.outcome_metrics`.
        moves: (turn, agent, kind, what the mover would keep or None, message).
    """

    uid: str
    quantities: list[int]
    values: dict[str, list[float]]
    first_mover: str
    deal: bool
    keep: dict[str, list[int]] | None
    payoffs: dict[str, float]
    rewards: dict[str, float]
    quality: dict[str, Any]
    turns: int
    ended_by: str
    moves: list[Move]
    players: dict[str, str]
    details: dict[str, Any]


class MultiItemDomain:
    """A pool of items that two agents split; see `negotiation_env.multi_item_v0` for the rules."""

    name = "multi_item"
    agents = AGENTS
    sides = AGENTS
    content = "split"
    option_ranks = OPTION_RANKS
    encoding_settings: tuple[str, ...] = ()
    game_type: type[MultiItemGame] = MultiItemGame
    state_type: type[MultiItemState] = MultiItemState
    default_role: str = "agent_0"
    default_opponent: str = "boulware"

    def build_config(self, settings: Mapping[str, object]) -> MultiItemConfig:
        """Checked settings from keyword arguments."""
        return MultiItemConfig.build(settings)

    def fingerprint(self, config: MultiItemConfig) -> dict[str, JsonValue]:
        """The settings as JSON; a file of games is named by the digest of its content, not by its path."""
        settings = config.as_json()
        if config.instances is not None:
            from negotiation_env.multi_item.instances import read_instances

            settings["instances"] = read_instances(config.instances).digest
        return settings

    def deal(
        self, config: MultiItemConfig, seed: Seed, games: Int64, options: Mapping[str, object] | None
    ) -> tuple[MultiItemSetup, Int64]:
        """The pools and values of games, and who moves first in each."""
        return deal_setup(config, seed, games, options)

    def setup_columns(self, setup: MultiItemSetup) -> dict[str, Array]:
        """Pools (B, I) and both agents' values (B, I)."""
        return {"quantities": setup.quantities, "values_0": setup.values[:, 0], "values_1": setup.values[:, 1]}

    def setup_of(self, columns: Columns) -> MultiItemSetup:
        """Pools and values."""
        values = np.stack([columns["values_0"], columns["values_1"]], axis=1)
        return MultiItemSetup.of(columns["quantities"].astype(np.int64), values)

    def new_state(self, config: MultiItemConfig, size: int) -> MultiItemState:
        """B games to be dealt."""
        return MultiItemState(config, size)

    def new_game(self, config: MultiItemConfig, setup: MultiItemSetup, row: int, first: int) -> MultiItemGame:
        """One game, from a row of a setup."""
        one, two = (tuple(values) for values in setup.values[row].tolist())
        worth_0, worth_1 = setup.pool[row].tolist()
        return MultiItemGame(
            config=config,
            first=first,
            quantities=tuple(setup.quantities[row].tolist()),
            values=(one, two),
            splits=int(setup.splits[row]),
            pool=(worth_0, worth_1),
        )

    def layout(self, config: MultiItemConfig) -> Layout:
        """How a game is observed."""
        from negotiation_env.multi_item.observation import MultiItemLayout

        return MultiItemLayout(config)

    def encoding(self, config: MultiItemConfig) -> Encoding:
        """How moves are written as numbers."""
        from negotiation_env.multi_item.encoding import SplitEncoding

        return SplitEncoding(config.shape.splits)

    def resolve(
        self, config: MultiItemConfig, view: MultiItemView, decision: MultiItemDecision, player: str
    ) -> tuple[NDArray[np.integer], Array]:
        """Check a decision and turn its proposals into splits; see `resolve_decision` for what raises."""
        return resolve_decision(view, decision, player)

    def render(self, game: MultiItemGame, render_mode: str) -> str | NDArray[np.uint8]:
        """The game so far as text or as a picture."""
        from negotiation_env.multi_item.render import render_game

        return render_game(game, render_mode)

    def result_columns(self, config: MultiItemConfig, facts: Columns) -> dict[str, Array | Callable[[], Array]]:
        """deal, payoffs, rewards, and how good the outcomes were (computed when first read)."""
        ended = facts["ended"]
        deal, fault = ended == turns.DEAL, ended == turns.FAULTED
        columns: dict[str, Array | Callable[[], Array]] = {"deal": deal}
        for seat, agent in enumerate(AGENTS):
            values, quantities, keep = facts[f"values_{seat}"], facts["quantities"], facts["keep_0"]
            without = config.disagreement[seat]
            gain = np.where(deal, utility(values, keep if seat == 0 else quantities - keep) - without, 0.0)
            columns[f"payoff_{agent}"] = np.where(fault, np.nan, without + gain)
            scale, discount = utility(values, quantities), config.discounts[seat]
            discounted = turns.reward(gain, scale, discount, np.maximum(facts["offer_turn"], 1))
            columns[f"reward_{seat}"] = np.where(fault, np.nan, discounted)
        return columns | _quality_columns(config, facts, deal, fault)

    def decision_columns(self, episodes: Episodes) -> dict[str, Callable[[], Array]]:
        """What is proposed, as what the mover would keep, ``keep`` (N, I); -1 where the move is no proposal."""
        split, games = episodes.batch.decisions["split"], episodes.episodes

        def keep() -> Array:
            quantities = np.repeat(games["quantities"], games["turns"], axis=0)
            return np.where((split >= 0)[:, None], keep_of(np.maximum(split, 0), quantities), NO_SPLIT)

        return {"keep": keep}

    def views(self, episodes: Episodes, rows: Int64) -> MultiItemView:
        """The views in which the given rows of the decision table were decided."""
        table, games, config = episodes.decisions, episodes.episodes, episodes.run.config
        game, turn, seat = table["episode"][rows], table["turn"][rows], table["seat"][rows]
        values = np.stack([games["values_0"][game], games["values_1"][game]])
        each, known = np.arange(len(rows)), config.information == "known"
        quantities = games["quantities"][game]
        seeds = seeding.seat_seeds(seeding.game_keys(episodes.run.seed, games["episode"][game]))

        def mine(splits: Array, own: bool) -> Array:
            pools = quantities if splits.ndim == 1 else quantities[:, None]
            kept = keep_of(np.maximum(splits, 0), pools)
            return np.where((splits >= 0)[..., None], kept if own else pools - kept, NO_SPLIT)

        return MultiItemView(
            role=seat,
            turn=turn,
            max_turns=np.full(len(rows), config.max_turns),
            game=game,
            game_seed=seeds[seat, each],
            messages=messages_before(episodes, game, turn),
            quantities=quantities,
            values=values[seat, each],
            opponent_values=values[1 - seat, each] if known else np.full(quantities.shape, np.nan),
            standing_offer=mine(standing_before(episodes, rows, turn, NO_SPLIT), False),
            own_offers=mine(offers_before(episodes, game, turn, 0, NO_SPLIT), True),
            opponent_offers=mine(offers_before(episodes, game, turn, 1, NO_SPLIT), False),
            discount=np.array(config.discounts)[seat],
            disagreement=np.array(config.disagreement)[seat],  # type: ignore[attr-defined]  # this domain's config
        )

    def episode(self, episodes: Episodes, index: int) -> MultiItemEpisode:
        """One episode as an object with named fields."""
        from negotiation_env.solutions import COLUMNS

        row = {name: plain(episodes.episodes[name][index]) for name in episodes.episodes}
        rest = [all_of - kept for all_of, kept in zip(row["quantities"], row["keep_0"], strict=True)]
        return MultiItemEpisode(
            **{name: row[name] for name in ("uid", "quantities", "first_mover", "deal", "turns", "ended_by")},
            values={agent: row[f"values_{seat}"] for seat, agent in enumerate(AGENTS)},
            keep=dict(zip(AGENTS, (row["keep_0"], rest), strict=True)) if row["deal"] else None,
            payoffs={agent: row[f"payoff_{agent}"] for agent in AGENTS},
            rewards={agent: row[f"reward_{seat}"] for seat, agent in enumerate(AGENTS)},
            quality={name: row[name] for name in COLUMNS},
            moves=moves_of(episodes, index, lambda move: episodes.decisions["keep"][move].tolist()),
            players={agent: row[agent] for agent in AGENTS},
            details={name: row[name] for name in ("seed", "episode", "scenario", "information", "max_turns")}
            | {"disagreement": episodes.run.config.disagreement},  # type: ignore[attr-defined]  # this domain's config
        )


def _quality_columns(
    config: MultiItemConfig, facts: Columns, deal: Array, fault: Array
) -> dict[str, Callable[[], Array]]:
    from negotiation_env.solutions import COLUMNS, outcome_metrics

    @cache
    def metrics() -> dict[str, Array]:
        values = np.stack([facts["values_0"], facts["values_1"]], axis=1)
        columns = outcome_metrics(facts["quantities"], values, facts["keep_0"], deal, config.disagreement)
        return {name: _without_faults(column, fault) for name, column in columns.items()}

    return {name: (lambda name=name: metrics()[name]) for name in COLUMNS}  # type: ignore[misc]


def _without_faults(column: Array, fault: Array) -> Array:
    if column.dtype.kind == "b":
        return column & ~fault
    return np.where(fault, np.nan, column)


MULTI_ITEM = MultiItemDomain()
