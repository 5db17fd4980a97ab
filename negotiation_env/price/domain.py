"""The price domain, as the engine and the records see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from negotiation_env import seeding, turns
from negotiation_env.domain import Array, Columns, Encoding, Layout
from negotiation_env.episodes import Episodes
from negotiation_env.openings import Seed
from negotiation_env.past import Move, messages_before, moves_of, offers_before, plain, standing_before
from negotiation_env.policy import JsonValue
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.game import PriceGame
from negotiation_env.price.rules import Int64
from negotiation_env.price.scenarios import OPTION_RANKS, PriceSetup, deal_setup
from negotiation_env.price.state import PriceState
from negotiation_env.price.view import PriceDecision, PriceView, resolve_decision


@dataclass(frozen=True)
class PriceEpisode:
    """One game that has been played. Prices and payoffs are in currency units.

    ``price`` is ``None`` and ``rho`` -1.0 without a deal; ``payoffs`` and ``surplus_share`` are by agent.
    """

    uid: str
    buyer_max: float
    seller_min: float
    first_mover: str
    deal: bool
    price: float | None
    rho: float
    payoffs: dict[str, float]
    rewards: dict[str, float]
    surplus_share: dict[str, float]
    turns: int
    ended_by: str
    moves: list[Move]
    players: dict[str, str]
    details: dict[str, Any]


class PriceDomain:
    """One item, one price; see `negotiation_env.price_v0` for the rules."""

    name = "price"
    agents: tuple[str, str] = rules.AGENTS
    sides: tuple[str, str] = rules.SIDES
    content = "price"
    option_ranks = OPTION_RANKS
    encoding_settings: tuple[str, ...] = ("action_mode", "num_prices")
    game_type: type[PriceGame] = PriceGame
    state_type: type[PriceState] = PriceState
    default_role: str = "seller"
    default_opponent: str = "linear"

    def build_config(self, settings: Mapping[str, object]) -> PriceConfig:
        """Checked settings from keyword arguments."""
        return PriceConfig.build(settings)

    def fingerprint(self, config: PriceConfig) -> dict[str, JsonValue]:
        """The settings as JSON; a catalogue is named by the digest of its content, not by its path."""
        settings = config.as_json()
        if config.catalogue is not None:
            from negotiation_env.price.catalogue import read_catalogue

            settings["catalogue"] = read_catalogue(config.catalogue).digest
        return settings

    def deal(
        self, config: PriceConfig, seed: Seed, games: Int64, options: Mapping[str, object] | None
    ) -> tuple[PriceSetup, Int64]:
        """The private limits of games, and who moves first in each."""
        return deal_setup(config, seed, games, options)

    def setup_columns(self, setup: PriceSetup) -> dict[str, Array]:
        """Limits, public range and further details of the scenario."""
        limits = {"buyer_max": setup.buyer_max, "seller_min": setup.seller_min}
        return {**limits, "price_low": setup.low, "price_high": setup.high, **setup.details}

    def setup_of(self, columns: Columns) -> PriceSetup:
        """Limits and public range."""
        return PriceSetup(columns["buyer_max"], columns["seller_min"], columns["price_low"], columns["price_high"])

    def new_state(self, config: PriceConfig, size: int) -> PriceState:
        """B games to be dealt."""
        return PriceState(config, size)

    def new_game(self, config: PriceConfig, setup: PriceSetup, row: int, first: int) -> PriceGame:
        """One game, from a row of a setup."""
        buyer_max, seller_min, low, high = (float(getattr(setup, name)[row]) for name in PriceState.facts)
        return PriceGame(config=config, first=first, buyer_max=buyer_max, seller_min=seller_min, low=low, high=high)

    def layout(self, config: PriceConfig) -> Layout:
        """How a game is observed."""
        from negotiation_env.price.observation import PriceLayout

        return PriceLayout(config)

    def encoding(self, config: PriceConfig, action_mode: str = "discrete", num_prices: int = 101) -> Encoding:
        """How moves are written as numbers."""
        from negotiation_env.price.encoding import make_encoding

        return make_encoding(config, action_mode, num_prices)

    def resolve(
        self, config: PriceConfig, view: PriceView, decision: PriceDecision, player: str
    ) -> tuple[NDArray[np.integer], Array]:
        """Check a decision and quantise its offers; see `resolve_decision` for what raises."""
        return resolve_decision(view, decision, player, *config.resolution)

    def render(self, game: PriceGame, render_mode: str) -> str | NDArray[np.uint8]:
        """The game so far as text or as a picture."""
        from negotiation_env.price.render import render_game

        return render_game(game, render_mode)

    def result_columns(self, config: PriceConfig, facts: Columns) -> dict[str, Array]:
        """deal, rho, payoffs, rewards and violations of the own limit, from set-up and outcome."""
        ended, price = facts["ended"], facts["price"]
        deal, fault = ended == turns.DEAL, ended == turns.FAULTED
        no_deal = np.where(fault, np.nan, 0.0)
        rho = rules.settlement_rho(price, facts["buyer_max"], facts["seller_min"])
        columns: dict[str, Array] = {
            "deal": deal,
            "rho": np.where(deal, rho, np.where(fault, np.nan, rules.NO_DEAL_RHO)),
        }
        width = facts["price_high"] - facts["price_low"]
        for seat, limit in enumerate((facts["buyer_max"], facts["seller_min"])):
            side = rules.SIDES[seat]
            gain = np.where(deal, rules.payoff(rules.ROLES[seat], limit, price), no_deal)
            columns[f"payoff_{side}"] = gain
            discounted = turns.reward(gain, width, config.discounts[seat], np.maximum(facts["offer_turn"], 1))
            columns[f"reward_{seat}"] = discounted
            columns[f"violation_{side}"] = rules.violates_limit(gain, config.tick)
        return columns

    def decision_columns(self, episodes: Episodes) -> dict[str, Callable[[], Array]]:
        """The ``role`` (-1 buyer, +1 seller) and, of the outcome, the ``rho`` of each decision."""
        batch, games = episodes.batch, episodes.episodes
        return {
            "role": lambda: np.where(batch.seats == 0, -1, 1),
            "rho": lambda: np.repeat(games["rho"], games["turns"]),
        }

    def views(self, episodes: Episodes, rows: Int64) -> PriceView:
        """The views in which the given rows of the decision table were decided."""
        config = cast(PriceConfig, episodes.run.config)
        table, games = episodes.decisions, episodes.episodes
        game, turn, role = table["episode"][rows], table["turn"][rows], table["role"][rows]
        seat = table["seat"][rows]
        limits = np.stack([games["buyer_max"][game], games["seller_min"][game]])
        each, known = np.arange(len(rows)), config.information == "known"
        own, opponent = (offers_before(episodes, game, turn, parity, np.nan) for parity in (0, 1))
        seeds = seeding.seat_seeds(seeding.game_keys(episodes.run.seed, games["episode"][game]))
        return PriceView(
            role=role,
            turn=turn,
            max_turns=np.full(len(rows), config.max_turns),
            game=game,
            game_seed=seeds[seat, each],
            messages=messages_before(episodes, game, turn),
            reservation_price=limits[seat, each],
            price_low=games["price_low"][game],
            price_high=games["price_high"][game],
            standing_offer=standing_before(episodes, rows, turn, np.nan),
            own_offers=own,
            opponent_offers=opponent,
            opponent_reservation_price=limits[1 - seat, each] if known else np.full(len(rows), np.nan),
            discount=np.array(config.discounts)[seat],
            tick=config.tick,
            price_points=config.price_grid,
        )

    def episode(self, episodes: Episodes, index: int) -> PriceEpisode:
        """One episode as an object with named fields."""
        row = {name: plain(episodes.episodes[name][index]) for name in episodes.episodes}
        deal, rho = bool(row["deal"]), float(row["rho"])
        known = {"uid", "buyer_max", "seller_min", "first_mover", "deal", "rho", "turns", "ended_by"}
        return PriceEpisode(
            **{name: row[name] for name in known},
            price=row["price"] if deal else None,
            payoffs={agent: row[f"payoff_{side}"] for agent, side in zip(rules.AGENTS, rules.SIDES, strict=True)},
            rewards={agent: row[f"reward_{seat}"] for seat, agent in enumerate(rules.AGENTS)},
            surplus_share=rules.surplus_shares(deal, rho),
            moves=moves_of(episodes, index, lambda move: float(episodes.decisions["price"][move])),
            players={agent: row[side] for agent, side in zip(rules.AGENTS, rules.SIDES, strict=True)},
            details={
                name: row[name] for name in ("seed", "episode", "scenario", "price_low", "price_high", "max_turns")
            }
            | {name: row[name] for name in ("product",) if name in row},
        )


PRICE = PriceDomain()
