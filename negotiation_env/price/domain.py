"""The price domain, as the engine and the records see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation_env import seeding
from negotiation_env.domain import Array, Columns
from negotiation_env.episodes import Episodes
from negotiation_env.policy import KIND_NAMES, JsonValue
from negotiation_env.price import rules
from negotiation_env.price.config import PriceConfig
from negotiation_env.price.rules import Int64
from negotiation_env.price.scenarios import OPTION_KEYS, deal_setup
from negotiation_env.price.state import PriceState
from negotiation_env.price.view import PriceView
from negotiation_env.registry import unknown_name

Move = tuple[int, str, str, float | None, str | None]
"""(turn, agent, kind "offer" | "accept" | "walk" | "fault", price or None, message)."""


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
    agents = rules.AGENTS
    sides = rules.SIDES
    content = "price"

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

    def check_options(self, options: Mapping[str, object]) -> None:
        """Raise ``ValueError`` for an option other than buyer_max, seller_min, first_mover."""
        for name in options:
            if name not in OPTION_KEYS:
                raise ValueError(unknown_name("option", name, OPTION_KEYS))

    def start(
        self, config: PriceConfig, seed: int, games: Int64, options: Mapping[str, object] | None
    ) -> tuple[PriceState, dict[str, Array]]:
        """New games, and their set-up columns."""
        setup, first = deal_setup(config, seed, games, options)
        state = PriceState(config, len(games))
        state.deal(slice(0, len(games)), setup, first, seeding.seat_seeds(seeding.game_keys(seed, games)))
        columns = {
            "first": first,
            "buyer_max": setup.buyer_max,
            "seller_min": setup.seller_min,
            "price_low": setup.low,
            "price_high": setup.high,
            **setup.details,
        }
        return state, columns

    def result_columns(self, config: PriceConfig, facts: Columns) -> dict[str, Array]:
        """deal, rho, payoffs, rewards and violations of the own limit, from set-up and outcome."""
        ended, price = facts["ended"], facts["price"]
        deal, fault = ended == rules.DEAL, ended == rules.FAULTED
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
            discounted = rules.reward(gain, width, config.discounts[seat], np.maximum(facts["offer_turn"], 1))
            columns[f"reward_{seat}"] = discounted
            columns[f"violation_{side}"] = rules.violates_limit(gain, config.tick)
        return columns

    def views(self, episodes: Episodes, rows: Int64) -> PriceView:
        """The views in which the given rows of the decision table were decided."""
        table, games = episodes.decisions, episodes.episodes
        game, turn, role = table["episode"][rows], table["turn"][rows], table["role"][rows]
        seat = table["seat"][rows]
        limits = np.stack([games["buyer_max"][game], games["seller_min"][game]])
        each, known = np.arange(len(rows)), episodes.run.config.information == "known"
        own, opponent = (_offers_before(episodes, game, turn, parity) for parity in (0, 1))
        seeds = seeding.seat_seeds(seeding.game_keys(episodes.run.seed, games["episode"][game]))
        return PriceView(
            role=role,
            turn=turn,
            max_turns=np.full(len(rows), episodes.run.config.max_turns),
            game=game,
            game_seed=seeds[seat, each],
            messages=_messages_before(episodes, game, turn),
            reservation_price=limits[seat, each],
            price_low=games["price_low"][game],
            price_high=games["price_high"][game],
            standing_offer=_standing(episodes, rows, turn),
            own_offers=own,
            opponent_offers=opponent,
            opponent_reservation_price=limits[1 - seat, each] if known else np.full(len(rows), np.nan),
        )

    def episode(self, episodes: Episodes, index: int) -> PriceEpisode:
        """One episode as an object with named fields."""
        row = {name: _plain(episodes.episodes[name][index]) for name in episodes.episodes}
        deal, rho = bool(row["deal"]), float(row["rho"])
        known = {"uid", "buyer_max", "seller_min", "first_mover", "deal", "rho", "turns", "ended_by"}
        return PriceEpisode(
            **{name: row[name] for name in known},
            price=row["price"] if deal else None,
            payoffs={agent: row[f"payoff_{side}"] for agent, side in zip(rules.AGENTS, rules.SIDES, strict=True)},
            rewards={agent: row[f"reward_{seat}"] for seat, agent in enumerate(rules.AGENTS)},
            surplus_share=surplus_shares(deal, rho),
            moves=_moves(episodes, index),
            players={agent: row[side] for agent, side in zip(rules.AGENTS, rules.SIDES, strict=True)},
            details={
                name: row[name] for name in ("seed", "episode", "scenario", "price_low", "price_high", "max_turns")
            }
            | {name: row[name] for name in ("product",) if name in row},
        )


def surplus_shares(deal: bool, rho: float) -> dict[str, float]:
    """Each agent's share of the surplus: rho for the seller, 1 - rho for the buyer; 0 for both without a deal."""
    return {"buyer_0": 1.0 - rho if deal else 0.0, "seller_0": rho if deal else 0.0}


def _plain(value: Any) -> Any:  # noqa: ANN401  # NumPy scalars of any kind
    return value.item() if isinstance(value, np.generic) else value


def _moves(episodes: Episodes, index: int) -> list[Move]:
    if not episodes.decisions:
        return []
    start, turns = int(episodes.starts[index]), int(episodes.episodes["turns"][index])
    table, moves = episodes.decisions, []
    for row in range(start, start + turns):
        kind = int(table["kind"][row])
        price = float(table["price"][row]) if kind == rules.OFFER else None
        agent = rules.AGENTS[int(table["seat"][row])]
        moves.append((row - start + 1, agent, KIND_NAMES[kind], price, episodes.batch.messages.get(row)))
    return moves


def _offers_before(episodes: Episodes, game: Int64, turn: Int64, parity: int) -> Array:
    """Offers (n, T) made before ``turn`` by the mover (parity 0) or by the other agent (parity 1)."""
    max_turns = episodes.run.config.max_turns
    first_turn = np.where((turn & 1) == (1 - parity), 1, 2)
    turns = first_turn[:, None] + 2 * np.arange(max_turns)
    made = turns < turn[:, None]
    places = np.where(made, episodes.starts[game][:, None] + turns - 1, 0)
    return np.where(made, episodes.decisions["price"][places], np.nan)


def _standing(episodes: Episodes, rows: Int64, turn: Int64) -> Array:
    return np.where(turn > 1, episodes.decisions["price"][np.maximum(rows - 1, 0)], np.nan)


def _messages_before(episodes: Episodes, game: Int64, turn: Int64) -> list[list[tuple[int, str, str]]] | None:
    if not episodes.run.config.chat:
        return None
    heard, table = [], episodes.decisions
    for start, now in zip(episodes.starts[game].tolist(), turn.tolist(), strict=True):
        said = ((row, episodes.batch.messages.get(row)) for row in range(start, start + now - 1))
        heard.append([(row - start + 1, rules.AGENTS[table["seat"][row]], text) for row, text in said if text])
    return heard


PRICE = PriceDomain()
