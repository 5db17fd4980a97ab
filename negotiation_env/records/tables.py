"""The two Arrow tables of games: one row a decision, and one row an episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array
from negotiation_env.policy import Float64
from negotiation_env.records.games import SIDES, Games, Labels, label, zopa_widths
from negotiation_env.records.jsonl import ACTIONS

if TYPE_CHECKING:
    import pyarrow as pa

IMPASSE_RHO = -1.0


def decision_table(games: Games, split: Labels, k_history: int) -> pa.Table:
    """One row a decision; prices in currency units and, as ``*_norm``, on [-1, 1] over the public range.

    ``history_1`` is the last offer before the decision (the opponent's), ``history_2`` the one before it
    (one's own), and so on in turns, up to ``history_<k_history>``; null where there was none.
    """
    rows = _Rows(games)
    labels = {name: column.sorted() for name, column in games.labels.items()}
    return _arrow(
        {
            "trajectory_id": Labels(rows.game, tuple(games.ids)),
            "split": rows.of_game(split),
            "turn": rows.turn,
            "max_turns": rows.fact("max_turns"),
            "role": Labels(rows.seat, SIDES).sorted(),
            "strategy": rows.by_seat(labels["strategy_0"], labels["strategy_1"]),
            "opponent": rows.by_seat(labels["strategy_1"], labels["strategy_0"]),
            **{name: rows.of_game(labels[name]) for name in ("scenario", "information", "episode_outcome")},
            **rows.prices(k_history),
            "action_type": Labels(games.kind.astype(np.int32), ACTIONS).sorted(),
            **rows.results(),
            "message": _sparse(games.messages, len(games.kind)),
            "notes": _sparse(games.notes, len(games.kind)),
        }
    )


def episode_table(games: Games, split: Labels) -> pa.Table:
    """One row an episode, with the private limits of both sides and the outcome."""
    facts, labels = games.facts, {name: column.sorted() for name, column in games.labels.items()}
    deal = ~np.isnan(facts["price"])
    paid = np.where(deal, facts["price"], 0.0)
    return _arrow(
        {
            "trajectory_id": label(games.ids),
            "split": split,
            "seed": facts["seed"],
            "scenario": labels["scenario"],
            "information": labels["information"],
            "max_turns": facts["max_turns"],
            "first_mover": Labels(facts["first"].astype(np.int32), SIDES).sorted(),
            "buyer": labels["strategy_0"],
            "seller": labels["strategy_1"],
            "buyer_params": labels["params_0"],
            "seller_params": labels["params_1"],
            **{name: facts[name] for name in ("price_low", "price_high", "buyer_max", "seller_min")},
            "zopa_width": zopa_widths(facts["buyer_max"], facts["seller_min"]),
            "deal": deal,
            "accepted_price": facts["price"],
            "rho": facts["rho"],
            "rho_commanded_buyer": facts["rho_commanded_0"],
            "rho_commanded_seller": facts["rho_commanded_1"],
            "payoff_buyer": np.where(deal, facts["buyer_max"] - paid, 0.0),
            "payoff_seller": np.where(deal, paid - facts["seller_min"], 0.0),
            "reward_buyer": facts["reward_0"],
            "reward_seller": facts["reward_1"],
            "turns": facts["turns"],
            "episode_outcome": labels["episode_outcome"],
            "product": labels["product"],
        }
    )


class _Rows:
    """What every decision row needs: its game (N,), its 1-based turn (N,) and its seat (N,)."""

    def __init__(self, games: Games) -> None:
        self.games = games
        self.turns = games.facts["turns"]
        self.game = np.repeat(np.arange(len(games), dtype=np.int32), self.turns)
        self.turn = (np.arange(len(games.kind)) - games.starts[self.game] + 1).astype(np.int32)
        self.seat = (games.facts["first"].astype(np.int32)[self.game] + self.turn - 1) & 1

    def fact(self, name: str) -> Array:
        return self.games.facts[name][self.game]

    def own(self, name: str) -> Array:
        """A fact of each seat, of the seat that moves."""
        return np.where(self.seat == 0, self.fact(f"{name}_0"), self.fact(f"{name}_1"))

    def of_game(self, column: Labels) -> Labels:
        return Labels(column.codes[self.game], column.names)

    def by_seat(self, first: Labels, second: Labels) -> Labels:
        codes = np.stack([first.codes, second.codes + np.int32(len(first.names))])
        return Labels(codes[self.seat, self.game], first.names + second.names).sorted()

    def prices(self, k_history: int) -> dict[str, Array]:
        low, high = self.fact("price_low"), self.fact("price_high")
        limit = np.where(self.seat == 0, self.fact("buyer_max"), self.fact("seller_min"))
        history = [self._offer_before(lag) for lag in range(1, k_history + 1)]
        raw = {"reservation_price": limit, "last_offer_price": self._offer_before(1)}
        raw |= {f"history_{lag}": offers for lag, offers in enumerate(history, 1)}
        raw["action_price"] = self.games.offer
        scaled = {f"{name}_norm": normalised(price, low, high) for name, price in raw.items()}
        return {"price_low": low, "price_high": high, **raw, **scaled}

    def _offer_before(self, lag: int) -> Float64:
        """The offer (N,) of ``lag`` turns ago; every move but a game's last is an offer."""
        earlier = np.full(len(self.turn), np.nan)
        earlier[lag:] = self.games.offer[: max(len(self.turn) - lag, 0)]
        earlier[self.turn <= lag] = np.nan
        return earlier

    def results(self) -> dict[str, Array]:
        left = self.turns[self.game] - self.turn
        commanded = self.own("rho_commanded")
        return {
            "reward": np.where(left < 2, self.own("reward"), 0.0),
            "is_terminal": left < 2,
            "rho_outcome": self.fact("rho"),
            "rho_commanded": commanded,
            "intent_impasse": commanded == IMPASSE_RHO,
        }


def normalised(price: Float64, low: Float64, high: Float64) -> NDArray[np.float32]:
    """Prices (N,) on [-1, 1] over the public range [low, high]."""
    return (2.0 * (price - low) / (high - low) - 1.0).astype(np.float32)


def _sparse(items: Mapping[int, str], size: int) -> Labels:
    """A column that is empty but for some rows."""
    known = label(["", *items.values()])
    codes = np.zeros(size, dtype=np.int32)
    codes[list(items)] = known.codes[1:]
    return Labels(codes, known.names).sorted()


def _arrow(columns: Mapping[str, Array | Labels]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: _arrow_column(values) for name, values in columns.items()})


def _arrow_column(values: Array | Labels) -> pa.Array:
    """NaN and the empty text become null."""
    import pyarrow as pa

    if isinstance(values, Labels):
        missing = np.array([name == "" for name in values.names])[values.codes] if "" in values.names else None
        indices = pa.array(values.codes, mask=missing)
        return pa.DictionaryArray.from_arrays(indices, pa.array(values.names, pa.string()))
    return pa.array(values, from_pandas=values.dtype.kind == "f")
